"""What came of one piece of news from the payment provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """`deferred`: it came before what it is about. `mismatch` and `unknown` moved no money and need a person's look."""

    kind: Literal["applied", "repeated", "ignored", "deferred", "mismatch", "unknown"]
    detail: str | None = None


APPLIED = Outcome("applied")
REPEATED = Outcome("repeated")
