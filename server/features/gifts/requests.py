"""What the gifts' doors accept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from config import limits
from config.fields import Flag, Id, NonBlank, Payload, PlainText, Reason, WholeNumber

_Name = Annotated[PlainText, Field(min_length=1, max_length=limits.GIFT_NAME_LENGTH), NonBlank, AfterValidator(str.strip)]
_Description = Annotated[PlainText, Field(max_length=limits.GIFT_DESCRIPTION_LENGTH), AfterValidator(str.strip)]
_PriceMinor = Annotated[int, Strict(), Field(ge=1, le=limits.GIFT_PRICE_MAXIMUM_MINOR)]
_SortOrder = Annotated[WholeNumber, Field(ge=0, le=1_000_000)]
# Pictures that the app brings along.
OwnPictureUrl = Annotated[PlainText, Field(pattern=r"^/gifts/[a-z0-9-]{1,60}\.svg$")]


class GiftKindPayload(Payload):
    """A new kind, offered at once unless `is_active` is false. Its picture: an own upload, or one that the app brings along."""

    name: _Name
    description: _Description = ""
    price_minor: _PriceMinor
    image_upload_id: Id | None = None
    image_url: OwnPictureUrl | None = None
    sort_order: _SortOrder = 1000
    is_active: Flag = True


class GiftKindPatch(Payload):
    """What is left out stays as it is. A new price holds from the next gift on."""

    name: _Name | None = None
    description: _Description | None = None
    price_minor: _PriceMinor | None = None
    image_upload_id: Id | None = None
    image_url: OwnPictureUrl | None = None
    sort_order: _SortOrder | None = None
    is_active: Flag | None = None


class TopSendersQuery(Payload):
    """`now`: of the last ten minutes."""

    window: Literal["now", "livestream"] = "livestream"


class GiftRefundPayload(Payload):
    reason: Reason
