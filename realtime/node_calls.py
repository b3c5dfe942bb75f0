"""Asking another server process for something: a request and its answer over the backplane, each at most once, bounded in time.

Whoever does not answer in time counts as unreachable, and may have done it all the same: what is asked must bear repetition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from config import limits
from config.ids import new_id
from config.logging import get_logger
from realtime.presence import Node

log = get_logger(__name__)

Fields = dict[str, Any]
# Answers a call. Raises NodeRefused.
Serve = Callable[[Fields], Awaitable[Fields]]
# Sends a message to every other node; returns at once.
Publish = Callable[[dict[str, object]], None]


class NodeUnreachable(Exception):
    """It does not answer, or there is no way to ask."""


class NodeRefused(Exception):
    """It answered no; the text is why."""


class NodeCalls:
    """One per process. `receive` gets every message of another node that has `call` or `answer`."""

    def __init__(self, node: Node, publish: Publish | None) -> None:
        """`publish` None: no other node is known."""
        self._node = node
        self._publish = publish
        self._served: dict[str, Serve] = {}
        self._waiting: dict[str, asyncio.Future[Fields]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, action: str, handler: Serve) -> None:
        """Let others ask this process for `action`."""
        assert action not in self._served
        self._served[action] = handler

    async def ask(self, node_id: UUID, action: str, **fields: Any) -> Fields:
        """Raises NodeUnreachable or NodeRefused."""
        if self._publish is None or len(self._waiting) >= limits.NODE_CALLS_AT_ONCE:
            raise NodeUnreachable
        call_id = str(new_id())
        future: asyncio.Future[Fields] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        message: dict[str, object] = {
            "call": action,
            "id": call_id,
            "to": str(node_id),
            "from": str(self._node.id),
            "fields": fields,
        }
        try:
            self._publish(message)
            return await asyncio.wait_for(future, limits.NODE_CALL_SECONDS)
        except TimeoutError:
            raise NodeUnreachable from None
        finally:
            del self._waiting[call_id]

    def receive(self, message: dict[str, Any]) -> None:
        """Never waits; what is not for this process is passed over."""
        if message["to"] != str(self._node.id):
            return
        if "answer" in message:
            self._take_answer(message)
        elif len(self._tasks) < limits.NODE_CALLS_AT_ONCE:
            task = asyncio.ensure_future(self._answer(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take_answer(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message["id"])
        if future is None or future.done():
            return
        if message["refusal"] is not None:
            future.set_exception(NodeRefused(message["refusal"]))
        else:
            future.set_result(message["answer"])

    async def _answer(self, message: dict[str, Any]) -> None:
        answer: Fields | None = None
        refusal: str | None = None
        handler = self._served.get(message["call"])
        try:
            if handler is None:
                raise NodeRefused("unknown")
            answer = await handler(message["fields"])
        except NodeRefused as error:
            refusal = str(error)
        except Exception:
            log.exception("node_call.failed", action=message["call"])
            refusal = "failed"
        assert self._publish is not None
        self._publish(
            {"answer": answer, "refusal": refusal, "id": message["id"], "to": message["from"], "from": str(self._node.id)}
        )
