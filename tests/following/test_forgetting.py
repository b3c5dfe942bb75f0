"""What nobody needs any more goes: old notifications, and browsers whose login ended."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from config import limits
from server.background import forget_the_old
from tests.following.people import add_livestream, add_readers_with_followers, kinds, tell_followers
from tests.support.push_service import Browser
from tests.support.servers import Server


async def count_browsers(site: Server, user_id: str) -> int:
    async with site.database.connection() as db:
        return int(await db.fetch_value("SELECT count(*) FROM push_subscriptions WHERE user_id = $1", UUID(user_id)))


async def test_old_notifications_and_ended_browsers_are_forgotten(site: Server) -> None:
    reader, (follower, stays) = await add_readers_with_followers(site, 2)
    for number, person in enumerate((follower, stays)):
        browser = Browser(f"https://push.example.com/{number}")
        assert (await person.post("/me/push-subscriptions", browser.subscription())).status == 201
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader))
    await follower.post("/auth/logout")
    await forget_the_old(site.database, site.clock)
    assert (await count_browsers(site, follower.id), await count_browsers(site, stays.id)) == (0, 1)
    assert await kinds(stays) == ["reader_live"]
    async with site.database.transaction() as tx:
        past = site.clock.now() - timedelta(days=limits.NOTIFICATIONS_KEPT_DAYS, seconds=1)
        await tx.execute("UPDATE notifications SET created_at = $2 WHERE user_id = $1", UUID(stays.id), past)
    await forget_the_old(site.database, site.clock)
    assert await kinds(stays) == []
