"""What the reviews' doors accept."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from config import limits
from config.fields import Payload, PlainText, WholeNumber

Rating = Annotated[WholeNumber, Field(ge=1, le=5)]
Comment = Annotated[PlainText, Field(max_length=limits.REVIEW_COMMENT_LENGTH), AfterValidator(lambda text: text.strip() or None)]


class ReviewPayload(Payload):
    rating: Rating
    comment: Comment | None = None


class ReviewPatch(Payload):
    """What is left out stays as it is; null takes the comment away."""

    rating: Rating | None = None
    comment: Comment | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.rating is None and "comment" not in self.model_fields_set:
            raise ValueError("give a rating or a comment")
        return self
