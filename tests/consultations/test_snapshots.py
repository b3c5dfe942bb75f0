"""The old snapshot plus the events since is the new snapshot, for every event and for both participants."""

from __future__ import annotations

from typing import Any

import pytest

from config.clock import MovableClock
from realtime.consultations import events as consultation_events
from tests.support.consultations import Scene
from tests.support.live import LiveClient
from tests.support.servers import Server, StartServer
from tests.support.snapshots import apply_event, lasting


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    return await start_server({"consultations": {"silent_reader_seconds": 0}}, clock=MovableClock())


class Follower:
    """One participant's view, kept up to date by nothing but the events that reach a device of theirs."""

    def __init__(self, scene: Scene, device: LiveClient, *, reader: bool) -> None:
        self.scene = scene
        self.device = device
        self.reader = reader
        self.snapshot: dict[str, Any] = {}
        self.seen: set[str] = set()
        self._next = 0

    async def follow(self) -> None:
        """Take in what has come, and compare with what the server says."""
        fresh = await self.scene.snapshot(reader=self.reader)
        if not self.snapshot:
            self.snapshot, self._next = fresh, len(self.device.events)
            return
        # An answer on the same connection comes behind the events that were sent before it.
        await self.device.send("readers.watch", {"on": False})
        for name, event in self.device.events[self._next :]:
            self.seen.add(name)
            if event.get("consultation_id") == self.scene.id:
                self.snapshot = apply_event(self.snapshot, name, event, reader_id=self.scene.reader.id)
        self._next = len(self.device.events)
        assert lasting(self.snapshot) == lasting(fresh)


async def test_old_snapshot_and_events_give_the_new_snapshot(metered: Server) -> None:
    scene = await Scene.prepare(metered, balance=1000)
    # A second device of each follows; it stays connected while the first ones come and go.
    devices = [await metered.connect(scene.client), await metered.connect(scene.reader)]
    await scene.request()
    followers = [Follower(scene, devices[0], reader=False), Follower(scene, devices[1], reader=True)]

    async def follow() -> None:
        for follower in followers:
            await follower.follow()

    await follow()
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await follow()
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await follow()
    await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    await follow()
    await scene.say("What should I do?")
    await scene.say("Tell me more.", by_reader=True)
    await scene.reader_live.command("message.read", consultation_id=scene.id, up_to_seq=1)
    await scene.client_live.command("typing.set", consultation_id=scene.id, is_typing=True)
    await follow()
    await scene.pass_time(30)
    await scene.drop()
    await follow()
    await scene.pass_time(5)
    await scene.come_back()
    await follow()
    await scene.pass_time(100)
    await follow()
    await scene.top_up(1000)
    await scene.pass_time(2)
    await follow()
    await scene.end(by_reader=True)
    await follow()
    reply = await scene.client.post(f"/consultations/{scene.id}/review", {"rating": 5, "comment": "Clear and kind"})
    assert reply.status == 201, reply.content
    await follow()
    unseen = {event.name for event in consultation_events.EVENTS} - followers[0].seen - followers[1].seen
    of_bookings = {"consultation.scheduled", "consultation.booking_near"}  # followed in test_no_shows.py
    assert unseen == {"consultation.requested", "consultation.declined", "consultation.cancelled"} | of_bookings


@pytest.mark.parametrize(("command", "by_reader", "reason"), [("decline", True, "declined"), ("cancel", False, "withdrawn")])
async def test_a_request_that_comes_to_nothing_looks_the_same_to_both(
    metered: Server, command: str, by_reader: bool, reason: str
) -> None:
    scene = await Scene.prepare(metered)
    asked = await scene.request()
    requested = await scene.reader_live.next_event("consultation.requested")
    assert lasting(requested["consultation"]) == lasting(await scene.snapshot(reader=True))
    live = scene.reader_live if by_reader else scene.client_live
    await live.command(f"consultation.{command}", consultation_id=asked["id"])
    name = "consultation.declined" if by_reader else "consultation.cancelled"
    for other, reader in ((scene.client_live, False), (scene.reader_live, True)):
        event = await other.next_event(name)
        assert event["consultation"]["end_reason"] == reason
        assert lasting(event["consultation"]) == lasting(await scene.snapshot(reader=reader))
