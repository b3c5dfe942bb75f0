"""From bytes and query strings to typed models; whatever cannot be read is an error that says what is wrong with it."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar, get_origin

import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from config import limits
from config.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType, invalid
from config.validation import translate_validation
from server.http.problems import RequestTimedOut

ModelT = TypeVar("ModelT", bound=BaseModel)
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


async def read_body(request: web.Request, *, limit: int) -> bytes:
    """The whole body, decompressed. Raises PayloadTooLarge past `limit` bytes, RequestTimedOut for a body that never ends."""
    if request.content_length is not None and request.content_length > limit:
        raise PayloadTooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise PayloadTooLarge
    except TimeoutError:
        raise RequestTimedOut from None
    except (HttpProcessingError, web.RequestPayloadError):
        raise BadRequest("the body could not be decoded") from None
    return bytes(body)


def check_content_type(request: web.Request, expected: str) -> None:
    """Raises UnsupportedMediaType for anything but `expected`, and for JSON in another encoding than UTF-8."""
    if request.content_type != expected or "Content-Type" not in request.headers:
        raise UnsupportedMediaType(f"the content type must be {expected}")
    try:
        charset = (request.charset or "utf-8").lower()
    except ValueError:
        raise UnsupportedMediaType("the content type could not be read") from None
    if charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("the encoding must be UTF-8")


def parse_json(body: bytes) -> Any:
    """The JSON value in `body`. Raises BadRequest for what is not JSON by RFC 8259: NaN, Infinity, repeated names,
    invalid UTF-8, lone surrogates, nesting without end.
    """
    try:
        orjson.loads(body)
        # orjson keeps the last of repeated names; what a client meant by them cannot be known.
        return json.loads(body.decode(), object_pairs_hook=_unique_names, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _RepeatedName) else "the body is not valid JSON"
        raise BadRequest(reason) from None


def parse_payload(model: type[ModelT], value: Any) -> ModelT:
    """Raises Unprocessable with one entry for each mistake."""
    if not isinstance(value, dict):
        raise invalid([("", "must be a JSON object")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise translate_validation(error) from None


def parse_query(model: type[ModelT], request: web.Request) -> ModelT:
    """Each parameter once, except those that the model says are lists. Raises Unprocessable."""
    values: dict[str, Any] = {}
    if len(request.query) > limits.QUERY_PARAMETERS:
        raise invalid([("", "has too many query parameters")])
    mistakes: list[tuple[str, str]] = []
    for name in dict.fromkeys(request.query):
        given = request.query.getall(name)
        if _is_list(model, name):
            values[name] = given
        elif len(given) > 1:
            mistakes.append((name, "must be given once"))
        else:
            values[name] = given[0]
    if mistakes:
        raise invalid(mistakes)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise translate_validation(error) from None


def client_address(request: web.Request, trusted_proxies: Sequence[str]) -> str | None:
    """The caller's IP address: the last hop of X-Forwarded-For that is not one of our own proxies."""
    address = _parse_address(request.remote)
    hops = [hop for header in request.headers.getall("X-Forwarded-For", []) for hop in header.split(",")]
    while address is not None and hops and _is_trusted(address, trusted_proxies):
        hop = _parse_address(hops.pop().strip())
        if hop is None:
            break
        address = hop
    return None if address is None else str(address)


def _parse_address(text: str | None) -> _Address | None:
    """Without its zone, which only means something on this machine, and as IPv4 where IPv6 only wraps it."""
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def _is_trusted(address: _Address, trusted_proxies: Sequence[str]) -> bool:
    return any(address in ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies)


class _RepeatedName(ValueError):
    pass


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise _RepeatedName("a name appears twice in one JSON object")
    return names


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) in (list, tuple)
