"""Pages, assets, security headers, health, metrics and logs."""

from __future__ import annotations

import logging
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from config.settings import load_settings
from server.http.middlewares import security_headers
from server.http.pages import Pages
from tests.support.clients import ApiClient
from tests.support.servers import PASSWORD, Server, StartServer


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built browser app in miniature."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>App</title>")
    (tmp_path / "index.html.br").write_bytes(b"brotli page")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "service_worker.js").write_text("worker")
    (tmp_path / "gifts").mkdir()
    (tmp_path / "gifts" / "rose.svg").write_text("<svg/>")
    (tmp_path / "assets" / "app-abc123.js").write_text("plain")
    (tmp_path / "assets" / "app-abc123.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "app-abc123.js.gz").write_bytes(b"gzip")
    (tmp_path.parent / "secret.txt").write_text("secret")
    monkeypatch.setattr("server.app.DIST_FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
async def visitor(built: Path, start_server: StartServer) -> ApiClient:
    return await (await start_server()).visitor()


@pytest.mark.parametrize("path", ["/", "/login", "/readers/01a1fdb7-85c4-717e-8ca0-5a1ccea29c05", "/room/x?y=1", "/no/such/page"])
async def test_every_page_is_the_app_and_is_asked_for_anew(visitor: ApiClient, path: str) -> None:
    reply = await visitor.get(path, root=True, headers={"Accept-Encoding": "identity"})
    assert reply.status == 200
    assert b"<title>App</title>" in reply.content
    assert reply.headers["Cache-Control"] == "no-cache"
    again = await visitor.get(path, root=True, headers={"If-None-Match": reply.headers["ETag"], "Accept-Encoding": "identity"})
    assert again.status == 304


async def test_the_service_worker_lies_at_the_root_and_is_asked_for_anew(visitor: ApiClient) -> None:
    reply = await visitor.get("/service_worker.js", root=True, headers={"Accept-Encoding": "identity"})
    assert (reply.status, reply.content) == (200, b"worker")
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["Content-Type"].partition(";")[0] in ("text/javascript", "application/javascript")
    assert "connect-src 'self'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("encoding", "expected"), [("br", "br"), ("gzip", "gzip"), ("gzip, br", "br"), ("identity", None)])
async def test_assets_are_sent_as_compressed_as_the_browser_can_read_and_kept_for_ever(
    visitor: ApiClient, encoding: str, expected: str | None
) -> None:
    url = f"{visitor.url}/assets/app-abc123.js"
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with http.get(url, headers={"Accept-Encoding": encoding}) as reply:
            assert reply.status == 200
            assert reply.headers.get("Content-Encoding") == expected
            assert "javascript" in reply.headers["Content-Type"]
            assert "immutable" in reply.headers["Cache-Control"]
            assert await reply.read() == {"br": b"brotli", "gzip": b"gzip", None: b"plain"}[expected]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/",
        "/robots.txt",
        "/gifts/none.svg",
        "/gifts/../../secret.txt",
        "/gifts/deep/rose.svg",
        "/.env",
        "/api",
        "/api/x",
    ],
)
async def test_what_is_not_there_is_a_404_and_nothing_outside_the_app_is_served(visitor: ApiClient, path: str) -> None:
    reply = await visitor.get(path, root=True)
    assert (reply.status, reply.code) == (404, "resource.not_found")


@pytest.mark.parametrize("path", ["/favicon.svg", "/gifts/rose.svg"])
async def test_files_at_the_root_and_gifts_pictures_are_served(visitor: ApiClient, path: str) -> None:
    reply = await visitor.get(path, root=True)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "image/svg+xml"


async def test_without_a_built_app_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "missing")
    response = pages.find_page(make_mocked_request("GET", "/"))
    assert isinstance(response, web.Response)
    assert response.status == 503
    assert "make setup" in (response.text or "")


async def test_every_answer_carries_the_security_headers(server: Server) -> None:
    visitor = await server.visitor()
    for path in ("/", "/healthz", "/api/v1/site", "/api/v1/me", "/api/docs", "/nowhere.txt"):
        headers = (await visitor.get(path, root=True)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        permissions = set(headers["Permissions-Policy"].split(", "))
        assert {"camera=(self)", "microphone=(self)", "display-capture=(self)", "picture-in-picture=(self)"} <= permissions
        assert "Server" not in headers


def policy_with(**stripe: str) -> dict[str, str]:
    """The directives of the policy under these Stripe settings, and how windows may know each other."""
    settings = load_settings(overrides={"stripe": stripe}, environment={}, env_file=None)
    headers = security_headers(settings)
    directives = (part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))
    return dict(directives) | {"opener": headers["Cross-Origin-Opener-Policy"]}


def test_stripe_is_allowed_only_where_cards_are_typed_into_its_fields() -> None:
    keys = {"api_key": "sk_live_x", "webhook_secret": "whsec_x", "publishable_key": "pk_live_x"}
    with_stripe, without = policy_with(**keys), policy_with()
    assert {name: sources for name, sources in with_stripe.items() if sources != without[name]} == {
        "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
        "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
        "connect-src": "'self' https://api.stripe.com",
        "img-src": "'self' blob: data: https://*.stripe.com",
        "opener": "same-origin-allow-popups",
    }
    assert not any("http" in sources for sources in without.values())
    # The stand-in takes the cards, whatever else is set; and without a publishable key there is nowhere to type one.
    assert policy_with(publishable_key="pk_live_x") == without
    assert policy_with(api_key="sk_live_x", webhook_secret="whsec_x") == without


async def test_health_readiness_and_metrics(server: Server) -> None:
    visitor = await server.visitor()
    assert (await visitor.get("/healthz", root=True)).body == {"status": "ok"}
    ready = await visitor.get("/readyz", root=True)
    assert ready.status == 200
    assert ready.body["checks"]["database"] == "ok"
    assert (await visitor.get("/nothing.txt", root=True)).status == 404
    metrics = await visitor.get("/metrics", root=True)
    assert b'soulseer_http_requests_total{method="GET",route="unknown",status="404"}' in metrics.content
    assert b'soulseer_http_requests_total{method="GET",route="/readyz",status="200"}' in metrics.content


async def test_pages_are_counted_as_such_whatever_their_path(visitor: ApiClient) -> None:
    await visitor.get("/login", root=True)
    metrics = await visitor.get("/metrics", root=True)
    assert b'soulseer_http_requests_total{method="GET",route="page",status="200"}' in metrics.content


async def test_a_redis_that_does_not_answer_makes_the_server_unready(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_gone() -> bool:
        return False

    object.__setattr__(server.services, "ready_checks", {"redis": is_gone})
    reply = await (await server.visitor()).get("/readyz", root=True)
    object.__setattr__(server.services, "ready_checks", {})
    assert reply.status == 503
    assert reply.body["checks"] == {"database": "ok", "redis": "unreachable"}


async def test_the_log_has_the_request_id_and_neither_tokens_nor_addresses(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    person = await server.register()
    await person.get("/me", headers={"X-Request-Id": "look-for-me"})
    await person.log_in(person.email, "a wrong password")
    await person.get(f"/nowhere?email={person.email}")
    written = caplog.text + "".join(capfd.readouterr())
    assert "look-for-me" in written
    for secret in (person.email, person.access_token or "-", person.refresh_cookie, PASSWORD, "a wrong password"):
        assert secret not in written


async def test_an_unexpected_failure_tells_nothing_but_its_request_id(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_arguments: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("server.features.site.routes.describe_site", explode)
    reply = await (await server.visitor()).get("/site", headers={"X-Request-Id": "trace-me"})
    assert (reply.status, reply.code) == (500, "internal")
    assert b"secret detail" not in reply.content
    assert reply.headers["X-Request-Id"] == "trace-me"
