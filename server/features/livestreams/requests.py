"""What the livestreams' doors accept."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config import limits
from config.fields import Flag, Id, Instant, NonBlank, Payload, PlainText, WholeNumber
from server.http.pagination import PageQuery

_strip = AfterValidator(str.strip)
Title = Annotated[PlainText, Field(min_length=1, max_length=limits.LIVESTREAM_TITLE_LENGTH), NonBlank, _strip]
Description = Annotated[PlainText, Field(max_length=limits.LIVESTREAM_DESCRIPTION_LENGTH), _strip]
Category = Annotated[PlainText, Field(min_length=1, max_length=limits.LIVESTREAM_CATEGORY_LENGTH), NonBlank, _strip]
Status = Literal["scheduled", "live", "ended", "cancelled"]


class GiftGoal(Payload):
    """Money in minor units of the installation's currency."""

    title: Annotated[PlainText, Field(min_length=1, max_length=limits.GIFT_GOAL_TITLE_LENGTH), NonBlank, _strip]
    goal_minor: Annotated[WholeNumber, Field(ge=1, le=limits.GIFT_GOAL_MAXIMUM_MINOR)]


class LivestreamDraft(Payload):
    """`scheduled_at` left out: it is not announced, and begins when its reader starts it."""

    title: Title
    description: Description = ""
    category: Category
    scheduled_at: Instant | None = None
    cover_upload_id: Id | None = None
    is_recorded: Flag = False
    gift_goal: GiftGoal | None = None


class LivestreamPatch(Payload):
    """What is left out stays as it is; null takes the cover, the time or the goal away."""

    title: Title | None = None
    description: Description | None = None
    category: Category | None = None
    scheduled_at: Instant | None = None
    cover_upload_id: Id | None = None
    is_recorded: Flag | None = None
    gift_goal: GiftGoal | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        given = self.model_fields_set
        if not given:
            raise ValueError("give something to change")
        for name in ("title", "description", "category", "is_recorded"):
            if name in given and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be taken away")
        return self


def _split(value: object) -> object:
    return value if isinstance(value, list) else [value]


class LivestreamsQuery(PageQuery):
    """`status` may be given several times."""

    status: Annotated[list[Status], BeforeValidator(_split)] = Field(default=[], max_length=4)
    reader_id: Id | None = None
