"""Reading the one part of a multipart body (RFC 7578), without ever holding more than an upload may have."""

from __future__ import annotations

import asyncio

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from config import limits
from config.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType, invalid
from server.http.problems import RequestTimedOut

# Boundaries and headers around the file.
_ENVELOPE_BYTES = 16 * 1024
_CHUNK_BYTES = 64 * 1024


async def read_file_part(request: web.Request) -> bytes:
    """The content of the part `file`.

    Raises UnsupportedMediaType, BadRequest, PayloadTooLarge, RequestTimedOut, or Unprocessable for another or no part.
    """
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("the content type must be multipart/form-data")
    if request.content_length is not None and request.content_length > limits.UPLOAD_BYTES + _ENVELOPE_BYTES:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(limits.UPLOAD_SECONDS):
            return await _read_only_part(request)
    except TimeoutError:
        raise RequestTimedOut from None
    # How aiohttp's reader says that a body is malformed.
    except (ValueError, LookupError, AssertionError, RuntimeError, HttpProcessingError, web.RequestPayloadError):
        raise BadRequest("the multipart body could not be read") from None


async def _read_only_part(request: web.Request) -> bytes:
    reader = await request.multipart()
    part = await reader.next()
    if part is None:
        raise invalid([("file", "is required")])
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise invalid([(str(getattr(part, "name", None) or ""), "is not a known part"), ("file", "is required")])
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        content += chunk
        if len(content) > limits.UPLOAD_BYTES:
            raise PayloadTooLarge
    if await reader.next() is not None:
        raise invalid([("", "must have one part only")])
    return bytes(content)
