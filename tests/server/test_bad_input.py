"""Whatever is sent, the answer is a clear problem with the right code, and never a 500."""

from __future__ import annotations

import asyncio
import gzip
import socket
from typing import Any

import orjson
import pytest

from tests.support.clients import Reply
from tests.support.servers import PASSWORD, Server

JSON = {"Content-Type": "application/json"}
GOOD = {"email": "x@example.com", "password": PASSWORD, "display_name": "X", "role": "client"}


def check_problem(reply: Reply, status: int, code: str) -> dict[str, Any]:
    assert (reply.status, reply.code) == (status, code), reply.content
    body: dict[str, Any] = reply.body
    assert {"type", "title", "status", "detail", "code", "retryable", "fields"} <= set(body)
    assert body["status"] == status
    text = reply.content.decode().lower()
    assert "traceback" not in text
    assert "asyncpg" not in text
    assert "/work" not in text
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"email": "\\ud800"}',
        b'{"email": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b"[" * 5000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"a": 1e999}',
        b"'{}'",
        b'{"a": 01}',
        b'{"a": 1,}',
        b"{} {}",
    ],
)
async def test_what_is_not_json_is_a_400(server: Server, body: bytes) -> None:
    reply = await (await server.visitor()).post("/auth/register", data=body, headers=JSON)
    check_problem(reply, 400, "request.malformed")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1", b"true"])
async def test_json_that_is_no_object_is_a_422(server: Server, body: bytes) -> None:
    reply = await (await server.visitor()).post("/auth/register", data=body, headers=JSON)
    check_problem(reply, 422, "request.invalid")


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"email": None}, ["email"]),
        ({"email": "no-at-sign"}, ["email"]),
        ({"email": "a@b@c.com"}, ["email"]),
        ({"email": "a b@example.com"}, ["email"]),
        ({"email": "a\x00@example.com"}, ["email"]),
        ({"email": "x" * 250 + "@example.com"}, ["email"]),
        ({"email": ["x@example.com"]}, ["email"]),
        ({"password": "short"}, ["password"]),
        ({"password": "          "}, ["password"]),
        ({"password": "x" * 257}, ["password"]),
        ({"password": 1234567890123}, ["password"]),
        ({"email": "long.enough@example.com", "password": "Long.Enough@example.com"}, [""]),
        ({"display_name": ""}, ["display_name"]),
        ({"display_name": "nul \x00"}, ["display_name"]),
        ({"role": "admin"}, ["role"]),
        ({"role": {}}, ["role"]),
        ({"unknown": 1, "other": 2}, ["unknown", "other"]),
        ({"email": "x", "password": "y", "role": "z"}, ["email", "password", "role"]),
    ],
)
async def test_each_mistake_in_a_payload_has_its_own_entry(server: Server, change: dict[str, Any], paths: list[str]) -> None:
    reply = await (await server.visitor()).post("/auth/register", {**GOOD, **change})
    body = check_problem(reply, 422, "request.invalid")
    assert [field["path"] for field in body["fields"]] == paths
    assert all(field["message"] for field in body["fields"])


async def test_missing_fields_are_each_named(server: Server) -> None:
    body = check_problem(await (await server.visitor()).post("/auth/register", {}), 422, "request.invalid")
    assert {field["path"] for field in body["fields"]} == {"email", "password", "display_name", "role"}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "application/json; charset=latin-1",
    ],
)
async def test_another_content_type_is_a_415(server: Server, content_type: str) -> None:
    reply = await (await server.visitor()).post("/auth/register", data=orjson.dumps(GOOD), headers={"Content-Type": content_type})
    check_problem(reply, 415, "request.unsupported_media_type")


async def test_a_body_that_is_too_large_is_a_413_announced_or_not(server: Server) -> None:
    visitor = await server.visitor()
    large = orjson.dumps({**GOOD, "display_name": "x" * 300_000})
    check_problem(await visitor.post("/auth/register", data=large, headers=JSON), 413, "limit.payload_too_large")

    async def chunks() -> Any:
        for _ in range(40):
            yield b" " * 10_000

    check_problem(await visitor.post("/auth/register", data=chunks(), headers=JSON), 413, "limit.payload_too_large")
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {**JSON, "Content-Encoding": "gzip"}
    check_problem(await visitor.post("/auth/register", data=bomb, headers=headers), 413, "limit.payload_too_large")


async def test_a_body_that_cannot_be_unpacked_is_a_400(server: Server) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    reply = await (await server.visitor()).post("/auth/register", data=b"this is not gzip at all", headers=headers)
    check_problem(reply, 400, "request.malformed")


async def test_an_unknown_path_and_an_id_that_is_none_are_a_404(server: Server) -> None:
    person = await server.register()
    check_problem(await person.get("/nowhere"), 404, "resource.not_found")
    check_problem(await person.get("/api/nowhere", root=True), 404, "resource.not_found")
    check_problem(await person.delete("/me/logins/not-an-id"), 404, "resource.not_found")
    check_problem(await person.delete("/me/logins/%00"), 404, "resource.not_found")
    check_problem(await person.delete("/me/logins/{00000000-0000-7000-8000-000000000000}"), 404, "resource.not_found")
    check_problem(await person.delete("/me/logins/00000000-0000-7000-8000-000000000000"), 404, "resource.not_found")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE", "PROPFIND"])
async def test_another_method_is_a_405_that_says_which_there_are(server: Server, method: str) -> None:
    reply = await (await server.visitor()).request(method, "/me")
    check_problem(reply, 405, "request.method_not_allowed")
    assert set(reply.headers["Allow"].split(",")) == {"GET", "HEAD", "PATCH"}


async def test_options_and_head_are_answered(server: Server) -> None:
    person = await server.register()
    options = await person.request("OPTIONS", "/me")
    assert options.status == 204
    assert "PATCH" in options.headers["Allow"]
    head = await person.request("HEAD", "/me")
    assert head.status == 200
    assert head.content == b""


@pytest.mark.parametrize(
    "query", ["unknown=1", "limit=0", "limit=101", "limit=ten", "cursor=forged", "cursor=", "limit=1&limit=2", "cursor=%00"]
)
async def test_a_query_that_is_not_acceptable_is_a_422(server: Server, query: str) -> None:
    person = await server.register()
    body = check_problem(await person.get(f"/wallet/transfers?{query}"), 422, "request.invalid")
    assert [field["path"] for field in body["fields"]] == [query.partition("=")[0]]


async def test_a_door_that_takes_no_query_refuses_one(server: Server) -> None:
    body = check_problem(await (await server.visitor()).get("/site?a=1&b=2"), 422, "request.invalid")
    assert [field["path"] for field in body["fields"]] == ["a", "b"]


async def test_a_request_that_needs_a_login_is_a_401_before_anything_else(server: Server) -> None:
    visitor = await server.visitor()
    check_problem(await visitor.patch("/me", data=b"nonsense"), 401, "auth.unauthenticated")


async def raw(server: Server, request: bytes) -> bytes:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(65536), 5)
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/me?q=%ff%fe HTTP/1.1",
        b"GET /api/v1/%ff HTTP/1.1",
        b"GET /../../etc/passwd HTTP/1.1",
        b"GET /assets/..%2f..%2fpyproject.toml HTTP/1.1",
        b"GET /assets/%00 HTTP/1.1",
        b"GET //evil.example.com/x.js HTTP/1.1",
        b"GET http://evil.example.com/api/v1/me HTTP/1.1",
        b"GET * HTTP/1.1",
        b"NONSENSE",
        b"NONSENSE / HTTP/1.1",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1",
        b"GET / HTTP/9.9",
    ],
)
async def test_odd_requests_never_get_a_500_or_a_file(server: Server, request_line: bytes) -> None:
    answer = await raw(server, request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    status = int(answer.split(b" ")[1])
    assert status < 500 or status == 505, answer
    assert b"Traceback" not in answer
    assert b"[project]" not in answer
    assert b"root:" not in answer


async def test_a_request_id_comes_back_when_it_is_sane_and_is_replaced_when_not(server: Server) -> None:
    visitor = await server.visitor()
    sane = await visitor.get("/site", headers={"X-Request-Id": "abc-123"})
    assert sane.headers["X-Request-Id"] == "abc-123"
    odd = await visitor.get("/site", headers={"X-Request-Id": "a" * 65})
    assert odd.headers["X-Request-Id"] != "a" * 65
