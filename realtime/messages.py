"""Group commit for messages of consultations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from realtime.batches import BatchWriter
from storage.messages import MessageDraft, MessageOutcome, insert_messages
from storage.transaction import Connection


class MessageWriter(BatchWriter[MessageDraft, MessageOutcome]):
    """Stores messages; one statement for each batch."""

    name = "messages"

    def key_of(self, draft: MessageDraft) -> tuple[UUID, UUID, str]:
        return (draft.consultation_id, draft.sender_id, draft.nonce)

    async def write(self, db: Connection, drafts: Sequence[MessageDraft], *, skip_locked: bool) -> list[MessageOutcome]:
        return await insert_messages(db, drafts, now=self._clock.now(), skip_locked=skip_locked)
