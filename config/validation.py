"""What pydantic found wrong with a payload, in the words that HTTP and the live protocol both answer."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.errors import Unprocessable, invalid


def translate_validation(error: ValidationError, *, within: Iterable[str] = ()) -> Unprocessable:
    """One entry in `fields` for each mistake, with a dotted path."""
    prefix = list(within)
    return invalid((".".join([*prefix, *_location(problem)]), _message(problem)) for problem in error.errors(include_url=False))


def _location(problem: ErrorDetails) -> list[str]:
    # Parts that name a branch of a union, or a validator, are ours and mean nothing to who sent the payload.
    return [str(part) for part in problem["loc"] if isinstance(part, int) or not part.startswith(("function-", "tagged-"))]


def _message(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return "is not a known field"
    if problem["type"] == "missing":
        return "is required"
    if problem["type"] in ("too_short", "string_too_short", "too_long", "string_too_long"):
        return _say_length(problem)
    message = problem["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _say_length(problem: ErrorDetails) -> str:
    kind = "characters" if isinstance(problem["input"], str) else "entries"
    context = problem.get("ctx", {})
    if "min_length" in context:
        return f"must have at least {context['min_length']} {kind}"
    return f"must have at most {context.get('max_length')} {kind}"
