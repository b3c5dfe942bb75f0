"""People over HTTP: a cookie jar, an access token, and answers that are read to the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from multidict import CIMultiDictProxy


@dataclass(frozen=True)
class Reply:
    status: int
    headers: CIMultiDictProxy[str]
    content: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.content)

    @property
    def code(self) -> str:
        """The error's code."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.content
        return str(self.body["code"])


class ApiClient:
    """Paths that begin with a slash lie below /api/v1; `root=True` takes them as they are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.access_token: str | None = None
        self.user: dict[str, Any] = {}
        self.email = ""
        self.password = ""
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()

    @property
    def id(self) -> str:
        return str(self.user["id"])

    @property
    def refresh_cookie(self) -> str:
        return next((cookie.value for cookie in self._http.cookie_jar if cookie.key == "soulseer_refresh"), "")

    async def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        root: bool = False,
        key: str | None = None,
    ) -> Reply:
        """`key`: the Idempotency-Key."""
        sent = dict(headers or {})
        if self.access_token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.access_token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        if json is not None:
            data = orjson.dumps(json)
            sent.setdefault("Content-Type", "application/json")
        url = self.url + ("" if root else "/api/v1") + path
        async with self._http.request(method, url, data=data, headers=sent, params=params, allow_redirects=False) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.request("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Reply:
        return await self.request("POST", path, json, **options)

    async def put(self, path: str, json: Any = None, **options: Any) -> Reply:
        return await self.request("PUT", path, json, **options)

    async def patch(self, path: str, json: Any = None, **options: Any) -> Reply:
        return await self.request("PATCH", path, json, **options)

    async def delete(self, path: str, **options: Any) -> Reply:
        return await self.request("DELETE", path, **options)

    async def log_in(self, email: str, password: str) -> Reply:
        reply = await self.post("/auth/login", {"email": email, "password": password})
        self._take(reply, email, password)
        return reply

    async def register(self, email: str, password: str, *, role: str, display_name: str) -> Reply:
        payload = {"email": email, "password": password, "display_name": display_name, "role": role}
        reply = await self.post("/auth/register", payload)
        self._take(reply, email, password)
        return reply

    async def refresh(self) -> Reply:
        reply = await self.post("/auth/refresh")
        self._take(reply, self.email, self.password)
        return reply

    def _take(self, reply: Reply, email: str, password: str) -> None:
        if reply.status in (200, 201):
            self.access_token = reply.body["access_token"]
            self.user = reply.body["user"]
            self.email, self.password = email, password
