"""What the groups of settings have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def split_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(split_list)]


class Section(BaseModel):
    """One group of settings; refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
