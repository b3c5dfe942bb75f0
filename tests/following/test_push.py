"""Web push: sealed for one browser, proven to be ours, sent for as long as the login lasts, and given up when it is of no use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from config import limits
from config.clock import MovableClock
from storage.jobs import enqueue_job
from tests.following.people import (
    add_livestream,
    add_readers_with_followers,
    kinds,
    make_due,
    pass_time,
    tell_followers,
    until_told,
)
from tests.support.clients import ApiClient
from tests.support.postgres import TestPostgres
from tests.support.push_service import Browser, PushService, run_push_service
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[PushService]:
    async with run_push_service() as service:
        yield service


@pytest.fixture(scope="module")
async def site(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    overrides = {"push": {"allow_private": True, "contact": "mailto:operator@example.com"}}
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, overrides=overrides, clock=MovableClock()) as server:
        yield server


async def subscribe(person: ApiClient, service: PushService) -> Browser:
    browser = service.subscribe()
    reply = await person.post("/me/push-subscriptions", browser.subscription())
    assert reply.status == 201, reply.content
    return browser


async def go_live(server: Server, reader: ApiClient) -> UUID:
    livestream_id = await add_livestream(server, reader)
    await tell_followers(server, "reader_live", reader, livestream_id)
    return livestream_id


async def count_subscriptions(server: Server, person: ApiClient) -> int:
    async with server.database.connection() as db:
        return int(await db.fetch_value("SELECT count(*) FROM push_subscriptions WHERE user_id = $1", UUID(person.id)))


async def test_a_push_can_be_read_by_its_browser_alone_and_is_proven_to_be_ours(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser, other = await subscribe(follower, service), service.subscribe()
    livestream_id = await go_live(site, reader)
    received = await service.next_of(browser)
    told = browser.open(received.body)
    assert (told["kind"], told["url"]) == ("reader_live", f"/live/{livestream_id}")
    assert told == (await follower.get("/me/notifications")).body["items"][0]
    with pytest.raises(Exception):  # noqa: B017, PT011  (whatever the library raises for a wrong key)
        other.open(received.body)
    assert reader.user["display_name"].encode() not in received.body
    public_key = (await follower.get("/push-key")).body["key"]
    claims = received.proof(public_key, service.url)
    assert claims["sub"] == "mailto:operator@example.com"
    assert 0 < claims["exp"] - site.clock.now().timestamp() <= 24 * 3600
    assert (received.headers["Content-Encoding"], received.headers["TTL"]) == ("aes128gcm", "3600")
    assert received.headers["Urgency"] == "high"
    assert len(received.body) <= 4096


async def test_the_key_stays_the_same(site: Server, service: PushService, tmp_path_factory: pytest.TempPathFactory) -> None:
    key = (await (await site.visitor()).get("/push-key")).body["key"]
    folder = tmp_path_factory.mktemp("var")
    async with run_server(site.database.dsn, folder, clock=site.clock) as second:
        assert (await (await second.visitor()).get("/push-key")).body["key"] == key


async def test_every_browser_gets_one_push_of_one_thing(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browsers = [await subscribe(follower, service) for _ in range(3)]
    livestream_id = await go_live(site, reader)
    await tell_followers(site, "reader_live", reader, livestream_id)
    assert [len(service.of(browser)) for browser in browsers] == [1, 1, 1]


async def test_preferences_hold_for_pushes(site: Server, service: PushService) -> None:
    reader, (quiet, loud) = await add_readers_with_followers(site, 2)
    silent_browser, browser = await subscribe(quiet, service), await subscribe(loud, service)
    await quiet.put("/me/notification-preferences", {"items": [{"kind": "reader_live", "in_page": True, "by_push": False}]})
    await loud.put("/me/notification-preferences", {"items": [{"kind": "reader_live", "in_page": False, "by_push": True}]})
    await go_live(site, reader)
    await service.next_of(browser)
    assert service.of(silent_browser) == []
    assert (await kinds(quiet), await kinds(loud)) == (["reader_live"], [])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_the_service_forgot_is_removed(site: Server, service: PushService, status: int) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser = await subscribe(follower, service)
    service.answer(browser, status)
    await go_live(site, reader)
    assert len(service.of(browser)) == 1
    assert await count_subscriptions(site, follower) == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_has_trouble_is_asked_again(site: Server, service: PushService, status: int) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser = await subscribe(follower, service)
    service.answer(browser, status, headers={"Retry-After": "45"})
    await go_live(site, reader)
    async with site.database.connection() as db:
        wait = await db.fetch_value(
            "SELECT extract(epoch FROM execute_after - now()) FROM pgqueuer WHERE entrypoint = 'send_pushes'"
        )
    assert 40 < wait <= 46
    await make_due(site)
    assert len(service.of(browser)) == 2
    assert await count_subscriptions(site, follower) == 1


async def test_what_failed_is_not_sent_to_others_again_and_is_given_up_at_last(
    site: Server, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PUSH_FAILURES", 2)
    reader, (follower,) = await add_readers_with_followers(site)
    bad, good = await subscribe(follower, service), await subscribe(follower, service)
    tries = 1 + len(limits.PUSH_RETRY_SECONDS)
    for round in (1, 2):
        service.answer(bad, *[500] * tries)
        await go_live_anew(site, reader)
        for _ in limits.PUSH_RETRY_SECONDS:
            await make_due(site)
        assert (len(service.of(bad)), len(service.of(good))) == (round * tries, round)
    assert await count_subscriptions(site, follower) == 1, "the one that failed twice in a row is gone"


async def go_live_anew(site: Server, reader: ApiClient) -> None:
    async with site.database.transaction() as tx:
        await tx.execute(
            "UPDATE livestreams SET status = 'ended', ended_at = started_at, end_reason = 'reader_ended'"
            " WHERE reader_id = $1 AND status = 'live'",
            UUID(reader.id),
        )
    await go_live(site, reader)


async def test_a_redirect_is_not_followed(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser, elsewhere = await subscribe(follower, service), service.subscribe()
    service.answer(browser, 307, headers={"Location": elsewhere.endpoint})
    await go_live(site, reader)
    assert (len(service.of(browser)), service.of(elsewhere)) == (1, [])


async def test_a_service_that_never_answers_holds_up_nobody_for_long(
    site: Server,
    service: PushService,
    monkeypatch: pytest.MonkeyPatch,
    postgres: TestPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setattr(limits, "PUSH_TIMEOUT_SECONDS", 0.3)
    folder, overrides = tmp_path_factory.mktemp("var"), {"push": {"allow_private": True}}
    async with postgres.database() as dsn, run_server(dsn, folder, overrides=overrides, clock=MovableClock()) as server:
        reader, (follower,) = await add_readers_with_followers(server)
        browser = await subscribe(follower, service)
        service.held.clear()
        await go_live(server, reader)
        service.held.set()
        assert len(service.of(browser)) == 1
        await make_due(server)
        assert len(service.of(browser)) == 2


async def test_pushes_end_with_the_login(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    here = await subscribe(follower, service)
    elsewhere = await site.visitor()
    await elsewhere.log_in(follower.email, follower.password)
    there = await subscribe(elsewhere, service)
    await follower.post("/auth/logout")
    await go_live(site, reader)
    await service.next_of(there)
    assert service.of(here) == []


async def test_a_push_that_waits_is_not_sent_after_the_logout(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser = await subscribe(follower, service)
    service.answer(browser, 503)
    await go_live(site, reader)
    await follower.post("/auth/logout")
    await make_due(site)
    assert len(service.of(browser)) == 1


async def test_old_news_is_not_sent(site: Server, service: PushService) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    browser = await subscribe(follower, service)
    service.answer(browser, 503)
    await go_live(site, reader)
    await pass_time(site, 3600)
    await make_due(site)
    assert len(service.of(browser)) == 1


async def test_a_browser_goes_over_to_who_logs_in_there(site: Server, service: PushService) -> None:
    reader, (first, second) = await add_readers_with_followers(site, 2)
    browser = await subscribe(first, service)
    assert (await second.post("/me/push-subscriptions", browser.subscription())).status == 201
    await go_live(site, reader)
    received = await service.next_of(browser)
    assert browser.open(received.body)["id"] == (await second.get("/me/notifications")).body["items"][0]["id"]
    assert await count_subscriptions(site, first) == 0


async def test_an_address_cannot_be_taken_from_its_browser(site: Server, service: PushService) -> None:
    owner, thief = await site.register(), await site.register()
    browser = await subscribe(owner, service)
    forged = Browser(browser.endpoint).subscription()
    assert (await thief.post("/me/push-subscriptions", forged)).code == "push.subscription_taken"
    assert (await thief.delete("/me/push-subscriptions", json={"endpoint": browser.endpoint})).status == 404
    assert await count_subscriptions(site, owner) == 1


async def test_of_one_persons_browsers_the_newest_are_kept(site: Server, service: PushService) -> None:
    person = await site.register()
    for _ in range(limits.PUSH_SUBSCRIPTIONS_PER_USER + 2):
        newest = await subscribe(person, service)
    assert await count_subscriptions(site, person) == limits.PUSH_SUBSCRIPTIONS_PER_USER
    assert (await person.delete("/me/push-subscriptions", json={"endpoint": newest.endpoint})).status == 204
    assert await count_subscriptions(site, person) == limits.PUSH_SUBSCRIPTIONS_PER_USER - 1


async def test_many_pushes_are_shared_out_over_jobs(site: Server, service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PUSHES_PER_JOB", 2)
    reader, followers = await add_readers_with_followers(site, 5)
    browsers = [await subscribe(follower, service) for follower in followers]
    await go_live(site, reader)
    assert [len(service.of(browser)) for browser in browsers] == [1] * 5


async def test_a_job_that_names_what_is_gone_does_nothing(site: Server) -> None:
    nothing = "00000000-0000-7000-8000-000000000000"
    async with site.database.transaction() as tx:
        await enqueue_job(tx, "send_pushes", {"pushes": [[nothing, nothing]], "tries": 0})
    await until_told(site)


def change(subscription: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**subscription, "keys": {**subscription["keys"], **keys}}


async def test_subscriptions_that_make_no_sense_are_refused(site: Server, service: PushService) -> None:
    person, good = await site.register(), service.subscribe().subscription()
    off_curve = "BA" + "A" * 85
    for bad in (
        {},
        {**good, "endpoint": ""},
        {**good, "endpoint": "ftp://push.example.com/1"},
        {**good, "endpoint": "https://" + "a" * 2000 + ".example.com"},
        {**good, "endpoint": "https://push.example.com/\u0000"},
        {**good, "endpoint": "https://[::1"},
        {**good, "endpoint": 7},
        {**good, "keys": None},
        change(good, p256dh="AAAA"),
        change(good, p256dh=off_curve),
        change(good, p256dh="é" * 87),
        change(good, auth="AAAA"),
        change(good, auth=""),
        {**good, "more": 1},
    ):
        assert (await person.post("/me/push-subscriptions", bad)).code == "request.invalid", bad
    assert (await (await site.visitor()).post("/me/push-subscriptions", good)).status == 401
    assert await count_subscriptions(site, person) == 0
