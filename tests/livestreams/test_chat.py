"""What is said in livestreams: told to everybody, numbered without a gap, bounded, and found again by who comes later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.ids import new_id
from tests.livestreams.people import Show, Viewer
from tests.livestreams.talk import add_audience, calm, fetch, follow, follow_events, hear, refused, said_to, say, seqs
from tests.support.servers import Server


@pytest.fixture
async def show(stage: Server) -> AsyncIterator[Show]:
    """There is a picture, and nobody watches."""
    show = await Show.start(stage)
    yield show
    await show.end()


async def test_what_is_said_is_told_to_everybody_else_once_and_numbered(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    first = await say(show, anna, "Hello")
    second = await say(show, show.live, "Welcome")
    assert [first["seq"], second["seq"]] == [1, 2]
    assert first["sender"] == {"id": anna.person.id, "display_name": anna.person.user["display_name"], "avatar_url": None}
    assert (first["kind"], first["gift"], first["is_deleted"], first["badges"]) == ("text", None, False, [])
    assert second["badges"] == ["reader"]
    assert [await hear(ben), await hear(ben)] == [first, second]
    assert await hear(show.live) == first
    assert await hear(anna) == second
    # The acknowledgement told the sender.
    assert said_to(anna.live, show) == [second]
    assert await fetch(show) == [first, second]
    assert (await show.snapshot())["last_seq"] == 2


async def test_the_same_nonce_says_it_once(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    other_device = await show.server.connect(anna.person)
    await other_device.command("livestream.join", livestream_id=show.id)
    first, *others = await asyncio.gather(
        *(say(show, live, "Once", nonce="one") for live in (anna.live, other_device, anna.live, other_device))
    )
    assert others == [first] * 3
    error = await anna.live.refused("livestream.say", livestream_id=show.id, content="Twice", nonce="one")
    assert (error["code"], error["status"]) == ("nonce.reused", 422)
    # Somebody else's nonces are their own.
    await say(show, ben, "Mine", nonce="one")
    await hear(show.live, "Mine")
    assert [message["content"] for message in said_to(show.live, show)] == ["Once", "Mine"]
    assert [message["content"] for message in await fetch(show)] == ["Once", "Mine"]


async def test_who_joins_gets_the_last_hundred_and_who_comes_back_what_was_missed(show: Show) -> None:
    people = await add_audience(show, 2)
    for number in range(130):
        if number % 10 == 0:
            await calm(show)
        await say(show, people[number % 2], f"Line {number + 1}")
    (late,) = await add_audience(show, 1)
    joined = await late.join()
    assert seqs(joined["messages"]) == list(range(31, 131))
    assert joined["messages"] == await fetch(show, after_seq=30)
    assert seqs((await late.join(after_seq=120))["messages"]) == list(range(121, 131))
    assert (await late.join(after_seq=130))["messages"] == []
    assert seqs((await late.join(after_seq=0))["messages"]) == list(range(1, 131))
    assert seqs(await fetch(show, late.person)) == list(range(1, 131))
    reply = await show.reader.get(f"/livestreams/{show.id}/messages", params={"after_seq": "-1"})
    assert reply.status == 422


async def test_only_who_is_in_it_may_speak(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    outsider = await show.add()
    assert (await refused(show, outsider))["code"] == "livestream.not_joined"
    # It is the connection that has joined.
    other_device = await show.server.connect(anna.person)
    assert (await refused(show, other_device))["code"] == "livestream.not_joined"
    await anna.leave()
    assert (await refused(show, anna))["code"] == "livestream.not_joined"
    missing = await anna.live.refused("livestream.say", livestream_id=str(new_id()), content="Hello", nonce="lost")
    assert (missing["code"], missing["status"]) == ("resource.not_found", 404)
    await anna.join()
    await show.end()
    assert (await refused(show, anna))["code"] == "livestream.ended"
    assert (await refused(show, show.live))["code"] == "livestream.ended"
    assert await fetch(show) == []


async def test_people_talk_before_it_begins_and_while_it_is_paused(stage: Server) -> None:
    show = await Show.prepare(stage)
    (anna,) = await add_audience(show, 1)
    await say(show, anna, "When does it begin?")
    await show.go_live()
    await say(show, anna, "There you are")
    await show.pause()
    await say(show, anna, "Back soon, please")
    assert seqs(await fetch(show)) == [1, 2, 3]


async def test_nobody_speaks_faster_than_people_read(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    other_device = await show.server.connect(anna.person)
    await other_device.command("livestream.join", livestream_id=show.id)
    for number in range(5):
        await say(show, anna.live if number % 2 else other_device, f"Quick {number}")
    for live in (anna.live, other_device):
        error = await refused(show, live)
        assert (error["code"], error["status"], error["retryable"]) == ("limit.rate", 429, True)
        assert "5 seconds" in error["message"]
    await say(show, ben, "I am slow")
    await calm(show)
    await say(show, anna, "I waited")
    assert seqs(await fetch(show)) == list(range(1, 8))


async def test_a_flood_touches_nobody_else(show: Show) -> None:
    flooder, ben = await add_audience(show, 2)
    sent = [
        flooder.live.send("livestream.say", {"livestream_id": show.id, "content": f"Flood {number}", "nonce": f"flood{number}"})
        for number in range(60)
    ]
    answers = await asyncio.gather(*sent)
    codes = [None if answer["ok"] else answer["error"]["code"] for answer in answers]
    assert codes.count(None) == 5
    assert set(codes) == {None, "limit.rate"}
    await say(show, ben, "Calm")
    await hear(show.live, "Calm")
    assert len(said_to(ben.live, show)) == 5
    assert seqs(await fetch(show)) == [1, 2, 3, 4, 5, 6]


async def test_slow_mode_holds_for_viewers_on_all_their_devices(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    other_device = await show.server.connect(anna.person)
    await other_device.command("livestream.join", livestream_id=show.id)
    livestream = (await show.live.command("livestream.set_chat", livestream_id=show.id, slow_mode_seconds=30))["livestream"]
    assert livestream["slow_mode_seconds"] == 30
    assert (await anna.told("changed"))["slow_mode_seconds"] == 30
    answers = await asyncio.gather(
        *(
            live.send("livestream.say", {"livestream_id": show.id, "content": "Me first", "nonce": live.nonce()})
            for live in (anna.live, other_device)
        )
    )
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    error = next(answer["error"] for answer in answers if not answer["ok"])
    assert (error["code"], error["status"], error["retryable"]) == ("livestream.slow_mode", 429, True)
    assert "in 30 seconds" in error["message"]
    await calm(show, 10)
    assert "in 20 seconds" in (await refused(show, anna))["message"]
    # The reader is not slowed down.
    await say(show, show.live, "One")
    await say(show, show.live, "Two")
    await calm(show, 20)
    await say(show, anna, "At last")


async def test_followers_only_lets_followers_speak_and_the_reader(show: Show) -> None:
    follower, stranger = await add_audience(show, 2)
    await follow(show.server, follower.person, show.reader)
    await show.live.command("livestream.set_chat", livestream_id=show.id, is_followers_only=True)
    await say(show, follower, "I follow")
    await say(show, show.live, "So you do")
    error = await refused(show, stranger)
    assert (error["code"], error["status"], error["retryable"]) == ("livestream.followers_only", 403, False)
    assert (await follower.join())["standing"]["is_following"] is True
    assert (await stranger.join())["standing"]["is_following"] is False
    await follow(show.server, stranger.person, show.reader)
    await say(show, stranger, "I do too")


async def test_markup_and_links_stay_text(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    text = "<b>bold</b> <script>alert(1)</script> [a](javascript:alert(1)) https://example.com/?a=1&b=2 &lt;\n\u202egnp"
    assert (await say(show, anna, text))["content"] == text
    assert (await hear(show.live))["content"] == text
    assert (await fetch(show))[0]["content"] == text


CONTENT = st.one_of(
    st.text(max_size=520),
    st.text(alphabet=st.characters(codec="utf-16", categories=["Cc", "Cf", "Zs", "So", "Mn"]), max_size=60),
    st.sampled_from(["", " ", "\n", "\x00", "a\x00b", "\ud800", "x" * 500, "x" * 501, "😀" * 500, None, 5, [], {}, True]),
)


async def test_whatever_is_sent_is_stored_as_it_is_or_refused_clearly(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    loop = asyncio.get_running_loop()

    async def check(content: Any) -> None:
        await calm(show)
        answer = await anna.live.send(
            "livestream.say", {"livestream_id": show.id, "content": content, "nonce": anna.live.nonce()}
        )
        if answer["ok"]:
            assert answer["data"]["message"]["content"] == content
            assert (await hear(show.live))["content"] == content
            return
        assert answer["error"]["code"] in ("request.invalid", "request.malformed"), answer
        assert not isinstance(content, str) or not content.strip() or len(content) > 500 or not _is_storable(content)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(content=CONTENT)
    def run(content: Any) -> None:
        asyncio.run_coroutine_threadsafe(check(content), loop).result(timeout=30)

    await asyncio.to_thread(run)
    assert seqs(await fetch(show)) == list(range(1, len(await fetch(show)) + 1))


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


BAD: tuple[dict[str, Any], ...] = (
    {"nonce": ""},
    {"nonce": "x" * 65},
    {"nonce": None},
    {"livestream_id": "nothing"},
    {"livestream_id": 7},
    {"more": 1},
    {"content": ["a"]},
)


async def test_bad_input_is_refused(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    for change in BAD:
        answer = await anna.live.send("livestream.say", {"livestream_id": show.id, "content": "Hi", "nonce": "n"} | change)
        assert answer["error"]["code"] == "request.invalid", change
    assert await fetch(show) == []


async def test_when_many_speak_at_once_numbers_have_no_gap_and_everybody_hears_all(show: Show) -> None:
    people = await add_audience(show, 12)
    await asyncio.gather(*(say(show, person, f"{person.person.id} {number}") for person in people for number in range(4)))
    messages = await fetch(show)
    assert seqs(messages) == list(range(1, 49))
    for person in people:
        own = [message["content"] for message in messages if message["sender"]["id"] == person.person.id]
        assert sorted(own) == [f"{person.person.id} {number}" for number in range(4)]
    await asyncio.gather(*(_until_heard(show, person, 44) for person in people))
    assert sorted(seqs(said_to(show.live, show))) == list(range(1, 49))


async def _until_heard(show: Show, viewer: Viewer, count: int) -> None:
    async with asyncio.timeout(10):
        while len(said_to(viewer.live, show)) < count:
            await hear(viewer)


async def test_what_was_known_with_what_was_missed_and_heard_is_what_there_is(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    first = [await say(show, ben, f"Before {number}") for number in range(4)]
    known = (await anna.join())["messages"]
    await anna.live.close()
    # While she is away something is said, and something deleted: of what she knows, and of what she does not.
    await calm(show)
    missed = [await say(show, ben, f"Missed {number}") for number in range(3)]
    for message in (first[1], missed[0]):
        await show.live.command("livestream.delete_message", livestream_id=show.id, message_id=message["id"])
    anna.live = await show.server.connect(anna.person)
    told = (await anna.join(after_seq=known[-1]["seq"]))["messages"]
    assert seqs(told) == [2, 5, 6, 7]
    await calm(show)
    after = await say(show, ben, "After")
    last = await say(show, ben, "Last")
    await show.live.command("livestream.delete_message", livestream_id=show.id, message_id=after["id"])
    await anna.live.next_event("livestream.message_deleted", lambda event: event["seq"] == after["seq"])
    await hear(anna, "Last")
    merged = {message["seq"]: message for message in known} | {message["seq"]: message for message in told}
    state = follow_events([merged[seq] for seq in sorted(merged)], anna.live, show)
    assert state == await fetch(show)
    assert [message["content"] for message in state] == [
        *("Before 0", "", "Before 2", "Before 3", "", "Missed 1", "Missed 2", ""),
        last["content"],
    ]


async def test_a_livestream_that_somebody_keeps_locked_holds_up_no_other(show: Show, stage: Server) -> None:
    other = await Show.start(stage)
    (anna,), (ben,) = await add_audience(show, 1), await add_audience(other, 1)
    async with stage.database.transaction() as stuck:
        await stuck.execute("SELECT 1 FROM livestreams WHERE id = $1::text::uuid FOR UPDATE", show.id)
        held = asyncio.create_task(refused(show, anna, "Held up"))
        async with asyncio.timeout(4):
            free = await say(other, ben, "Free")
            error = await held
    assert (error["code"], error["retryable"]) == ("server.overloaded", True)
    assert free["seq"] == 1
    assert (await say(show, anna, "Now"))["seq"] == 1


async def test_what_was_said_is_there_afterwards_for_the_reader_alone_unless_it_is_published(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    await say(show, anna, "Good night")
    visitor = await show.server.visitor()
    path = f"/livestreams/{show.id}/messages"
    assert (await visitor.get(path)).status == 200
    await show.end()
    assert [(await person.get(path)).status for person in (visitor, anna.person, show.reader)] == [404, 404, 200]
    assert (await (await show.server.make_admin()).get(path)).status == 200
