"""Messages: stored before they are acknowledged, gapless, once for each nonce, the same for both sides in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from config.clock import MovableClock
from realtime.consultations.events import MessageSentEvent
from realtime.consultations.talk import MessageData
from tests.support.consultations import Scene
from tests.support.servers import StartServer


@pytest.fixture
async def scene(start_server: StartServer) -> Scene:
    return await Scene.start(await start_server(clock=MovableClock()), balance=100_000)


async def transcript(scene: Scene, *, reader: bool = False, after_seq: int = 0) -> list[Any]:
    person = scene.reader if reader else scene.client
    reply = await person.get(f"/consultations/{scene.id}/messages", params={"after_seq": str(after_seq)})
    assert reply.status == 200, reply.content
    return list(reply.body["items"])


async def test_messages_of_both_sides_are_numbered_without_gaps(scene: Scene) -> None:
    answers = await asyncio.gather(*(scene.say(f"message {number}", by_reader=number % 2 == 0) for number in range(60)))
    seqs = sorted(answer["message"]["seq"] for answer in answers)
    assert seqs == list(range(2, 62))  # the first was the greeting
    both = [await transcript(scene), await transcript(scene, reader=True)]
    assert both[0] == both[1]
    assert [message["seq"] for message in both[0]] == list(range(1, 62))


async def test_the_same_nonce_and_body_gives_the_first_answer_and_tells_nobody_twice(scene: Scene) -> None:
    payload = {"consultation_id": scene.id, "content": "once", "kind": "text", "nonce": "n1"}
    answers = await asyncio.gather(*(scene.client_live.command("message.send", **payload) for _ in range(8)))
    assert len({answer["message"]["id"] for answer in answers}) == 1
    await scene.reader_live.command("readers.watch", on=False)
    told = [event for event in scene.events("message.sent", reader=True) if event["message"]["nonce"] == "n1"]
    assert len(told) == 1
    error = await scene.client_live.refused("message.send", **payload | {"content": "another"})
    assert (error["code"], error["status"]) == ("nonce.reused", 422)
    # The other side may use the same nonce: it is the sender's own.
    other = await scene.reader_live.command("message.send", **payload | {"content": "mine"})
    assert other["message"]["sender_id"] == scene.reader.id


async def test_whoever_was_away_gets_exactly_what_was_missed(scene: Scene) -> None:
    await scene.say("before")
    await scene.drop()
    await scene.say("while you were away", by_reader=True)
    live = scene.client_live = await scene.server.connect(scene.client)
    joined = await live.command("consultation.join", consultation_id=scene.id, after_seq=2)
    assert [(message["seq"], message["content"]) for message in joined["messages"]] == [(3, "while you were away")]
    assert joined["consultation"]["last_seq"] == 3


async def test_who_comes_back_without_joining_cannot_talk_on_for_nothing(scene: Scene) -> None:
    await scene.drop()
    scene.client_live = await scene.server.connect(scene.client)
    payload = {"consultation_id": scene.id, "content": "still here", "kind": "text", "nonce": "again"}
    error = await scene.client_live.refused("message.send", **payload)
    assert (error["code"], error["status"], error["retryable"]) == ("consultation.not_joined", 409, True)
    assert (await scene.say("Are you there?", by_reader=True))["message"]["seq"] == 2
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    assert (await scene.client_live.command("message.send", **payload))["message"]["seq"] == 3


async def test_a_senders_other_device_is_told_and_the_sending_one_is_not(scene: Scene) -> None:
    other_device = await scene.server.connect(scene.client)
    await scene.say("from my phone")
    assert (await other_device.next_event("message.sent"))["message"]["content"] == "from my phone"
    await scene.client_live.command("readers.watch", on=False)
    assert [event for event in scene.events("message.sent") if event["message"]["sender_id"] == scene.client.id] == []


async def test_the_answer_and_the_event_are_what_their_models_say(scene: Scene) -> None:
    payload = {"consultation_id": scene.id, "content": "encoded once", "kind": "text", "nonce": "encoded"}
    answer = await scene.reader_live.command("message.send", **payload)
    assert await scene.reader_live.command("message.send", **payload) == answer
    assert answer["message"] in await transcript(scene)
    [event] = [event for event in scene.events("message.sent") if event["message"]["content"] == "encoded once"]
    assert orjson.loads(MessageData.model_validate_json(orjson.dumps(answer)).model_dump_json()) == answer
    assert orjson.loads(MessageSentEvent.model_validate_json(orjson.dumps(event)).model_dump_json()) == event
    assert event["message"] == answer["message"]


async def test_nothing_can_be_said_after_the_end(scene: Scene) -> None:
    await scene.end()
    for live in (scene.client_live, scene.reader_live):
        error = await live.refused("message.send", consultation_id=scene.id, content="wait", kind="text", nonce="late")
        assert (error["code"], error["status"]) == ("consultation.not_in_progress", 409)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"content": ""}, "content"),
        ({"content": "   "}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"content": "x" * 4001}, "content"),
        ({"content": 5}, "content"),
        ({"nonce": ""}, "nonce"),
        ({"nonce": "n" * 65}, "nonce"),
        ({"kind": "system"}, "kind"),
        ({"consultation_id": "nonsense"}, "consultation_id"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "image", "content": "not an upload"}, "content"),
        ({"kind": "image", "content": "01890a5d-ac96-774b-bcce-b302099a8057"}, "content"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_field(scene: Scene, change: dict[str, Any], path: str) -> None:
    payload = {"consultation_id": scene.id, "content": "hello", "kind": "text", "nonce": "n1"} | change
    error = await scene.client_live.refused("message.send", **payload)
    assert error["status"] == 422
    assert [field["path"] for field in error["fields"]] == [path]
    assert len(await transcript(scene)) == 1


async def test_read_marks_move_forward_only_and_never_past_the_end(scene: Scene) -> None:
    await scene.say("one")
    data = await scene.reader_live.command("message.read", consultation_id=scene.id, up_to_seq=99)
    assert data["up_to_seq"] == 2
    data = await scene.reader_live.command("message.read", consultation_id=scene.id, up_to_seq=1)
    assert data["up_to_seq"] == 2
    event = await scene.client_live.next_event("message.read")
    assert (event["user_id"], event["up_to_seq"]) == (scene.reader.id, 2)
