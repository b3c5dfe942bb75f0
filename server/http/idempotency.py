"""One answer for each Idempotency-Key, however often and however concurrently a call is repeated.

A key is claimed in a transaction of its own, with the id of what the call will create. Whoever retries after a crash goes on
with that same id; whoever retries while the first call runs waits for its answer.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson
from pydantic import BaseModel

from config import limits
from config.clock import Clock
from config.errors import AppError, FieldError, IdempotencyKeyMissing, IdempotencyKeyReused, invalid
from config.ids import new_id
from server.http.routes import Answer
from storage.database import Database
from storage.idempotency_keys import ClaimedKey, claim_key, record_answer, release_key


class IdempotencyKeyBusy(AppError):
    code, status, title, retryable = "idempotency.in_progress", 409, "The first call with this key is still running", True


class RecordedRefusal(AppError):
    """A refusal that was recorded for a key, told again word for word."""

    def __init__(self, body: dict[str, object]) -> None:
        fields = [FieldError(field["path"], field["message"]) for field in body["fields"]]  # type: ignore[attr-defined]
        instance = body.get("instance")
        super().__init__(str(body["detail"]), fields=fields, instance=None if instance is None else str(instance))
        self.code = str(body["code"])  # type: ignore[misc]
        self.title = str(body["title"])  # type: ignore[misc]
        self.status = int(str(body["status"]))  # type: ignore[misc]


class RecordedAnswer(BaseModel):
    """A body that was recorded for a key."""

    model_config = {"extra": "allow"}


def check_key(key: str | None, *, is_required: bool) -> str | None:
    """The key of the header, if one may be used. Raises IdempotencyKeyMissing or Unprocessable."""
    if key is None or not key.strip():
        if is_required or key is not None:
            raise IdempotencyKeyMissing
        return None
    if len(key) > limits.IDEMPOTENCY_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise invalid([("Idempotency-Key", f"must be 1 to {limits.IDEMPOTENCY_KEY_LENGTH} printable ASCII characters")])
    return key


def hash_request(method: str, path: str, payload: BaseModel | None) -> bytes:
    """What makes two calls the same: the method, the path and the payload's meaning."""
    body = None if payload is None else payload.model_dump(mode="json")
    return hashlib.sha256(orjson.dumps([method, path, body], option=orjson.OPT_SORT_KEYS)).digest()


class Answering:
    """The calls with a key that this process is answering right now."""

    def __init__(self, database: Database, clock: Clock, node_id: Callable[[], UUID]) -> None:
        """`node_id` tells who this process is now: a node that lost its lease goes on under another id."""
        self._database = database
        self._clock = clock
        self._node_id = node_id
        self._running: dict[tuple[UUID, str], asyncio.Event] = {}

    async def answer_once(
        self,
        *,
        user_id: UUID,
        key: str,
        request_hash: bytes,
        status: int,
        run: Callable[[UUID], Awaitable[BaseModel | Answer | None]],
    ) -> Answer:
        """`run` gets the resource's id. Raises IdempotencyKeyReused or IdempotencyKeyBusy, and what `run` raises."""
        place = (user_id, key)
        deadline = asyncio.get_running_loop().time() + limits.IDEMPOTENCY_WAIT_SECONDS
        while True:
            running = self._running.get(place)
            if running is None:
                finished = self._running[place] = asyncio.Event()
                try:
                    claimed = await self._claim(user_id, key, request_hash)
                    if claimed is not None:
                        return await self._answer(user_id, key, claimed, status, run)
                finally:
                    del self._running[place]
                    finished.set()
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                raise IdempotencyKeyBusy(retry_after_seconds=1)
            # Another node tells nobody when it is done, so that one is asked again and again.
            patience_seconds = remaining if running is not None else min(remaining, 0.1)
            try:
                await asyncio.wait_for((running or asyncio.Event()).wait(), patience_seconds)
            except TimeoutError:
                continue

    async def _claim(self, user_id: UUID, key: str, request_hash: bytes) -> ClaimedKey | None:
        """None while another node works on it."""
        claimed = await self._database.transact(
            lambda tx: claim_key(
                tx,
                user_id=user_id,
                key=key,
                request_hash=request_hash,
                resource_id=new_id(),
                node_id=self._node_id(),
                now=self._clock.now(),
            )
        )
        if claimed.request_hash != request_hash:
            raise IdempotencyKeyReused
        return claimed if claimed.is_ours or claimed.response_status is not None else None

    async def _answer(
        self,
        user_id: UUID,
        key: str,
        claimed: ClaimedKey,
        status: int,
        run: Callable[[UUID], Awaitable[BaseModel | Answer | None]],
    ) -> Answer:
        if claimed.response_status is not None:
            return _replay(claimed)
        is_recorded = False
        try:
            try:
                handled = await run(claimed.resource_id)
                answer = handled if isinstance(handled, Answer) else Answer(handled)
                body = None if answer.body is None else answer.body.model_dump(mode="json")
                await self._record(user_id, key, answer.status or status, body)
            except AppError as error:
                # A refusal that trying again cannot change is the answer; anything else leaves the call open.
                if error.retryable or error.status >= 500:
                    raise
                fields = [{"path": field.path, "message": field.message} for field in error.fields]
                refusal = {
                    "code": error.code,
                    "title": error.title,
                    "status": error.status,
                    "detail": error.detail,
                    "fields": fields,
                    "instance": error.instance,
                }
                await self._record(user_id, key, error.status, refusal)
                is_recorded = True
                raise
            is_recorded = True
            return answer
        finally:
            if not is_recorded:
                await asyncio.shield(self._release(user_id, key))

    async def _record(self, user_id: UUID, key: str, status: int, body: object) -> None:
        await self._database.transact(
            lambda tx: record_answer(
                tx, user_id=user_id, key=key, response_status=status, response_body=body, now=self._clock.now()
            )
        )

    async def _release(self, user_id: UUID, key: str) -> None:
        await self._database.transact(lambda tx: release_key(tx, user_id=user_id, key=key, node_id=self._node_id()))


def _replay(claimed: ClaimedKey) -> Answer:
    assert claimed.response_status is not None
    if claimed.response_status >= 400:
        raise RecordedRefusal(claimed.response_body)
    body = None if claimed.response_body is None else RecordedAnswer.model_validate(claimed.response_body)
    return Answer(body, status=claimed.response_status, headers=(("Idempotent-Replayed", "true"),))
