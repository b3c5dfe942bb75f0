"""Writing down what people say in livestreams: a batch at a time, judged by the rules of each room as they are just then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from storage.livestream_messages import LineSpeaker, LivestreamLine
from storage.transaction import Connection, Record


class LineDraft(NamedTuple):
    """Something to say; `id` is new, `nonce` the client's. `keeps_order`: an admin who may, whom no mode of the chat binds."""

    id: UUID
    livestream_id: UUID
    sender_id: UUID
    connection_id: str
    keeps_order: bool
    content: str
    nonce: str


class LineOutcome(NamedTuple):
    """What became of a draft.

    `verdict`: `stored`; `known` (the nonce came before: `line` is the first one, `said` what it said, also if it has been
    deleted); `missing` (no such livestream); `busy` (somebody else keeps it locked: nothing was written); `ended`; `banned`;
    `not_joined`; `muted` (until `until_at`, or until it is lifted); `followers_only`; `too_fast` and `slow_mode` (not before
    `until_at`).
    """

    verdict: str
    line: LivestreamLine | None = None
    said: str = ""
    until_at: datetime | None = None


class SpeakingLimit(NamedTuple):
    """So many lines of one person within that time, whatever their connections and the nodes they are on."""

    burst: int
    within: timedelta


# The livestream first, as everywhere: whoever bans somebody holds its row and waits for what is being written just now.
_LOCK_ROOMS = """
WITH rooms AS MATERIALIZED (
    SELECT id FROM livestreams WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE {locked}
)
SELECT livestream_id FROM livestream_tallies WHERE livestream_id IN (SELECT id FROM rooms)
ORDER BY livestream_id FOR NO KEY UPDATE {locked}
"""
_LOCK_OR_WAIT = _LOCK_ROOMS.replace("{locked}", "")
_LOCK_OR_LEAVE = _LOCK_ROOMS.replace("{locked}", "SKIP LOCKED")

# Runs after the locks were taken, so that it sees everything that was committed before them.
_INSERT_LINES = """
WITH incoming AS MATERIALIZED (
    SELECT * FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::text[], $8::text[])
        AS draft (position, id, livestream_id, sender_id, connection_id, is_admin, content, nonce)
), known_facts AS MATERIALIZED (
    SELECT i.position, i.id, i.livestream_id, i.sender_id, i.content, i.nonce, l.id IS NOT NULL AS is_held,
        EXISTS (SELECT 1 FROM livestreams AS any_livestream WHERE any_livestream.id = i.livestream_id) AS exists_at_all,
        l.status, l.slow_mode_seconds, l.is_followers_only, t.last_seq, u.display_name, u.avatar_upload_id, u.role,
        coalesce(l.reader_id = i.sender_id, false) AS is_reader, helper.user_id IS NOT NULL AS is_moderator, i.is_admin,
        EXISTS (SELECT 1 FROM livestream_viewers AS v
            WHERE v.livestream_id = i.livestream_id AND v.connection_id = i.connection_id) AS has_joined,
        EXISTS (SELECT 1 FROM follows AS f WHERE f.follower_id = i.sender_id AND f.reader_id = l.reader_id) AS is_following,
        s.kind AS sanction, s.until_at AS sanction_until_at, recent.newest_at, recent.oldest_at, recent.lines,
        m.id AS known_id, m.seq AS known_seq, m.content AS known_content, m.created_at AS known_at,
        m.deleted_at IS NOT NULL AS is_known_deleted
    FROM incoming AS i
    JOIN users AS u ON u.id = i.sender_id
    LEFT JOIN livestreams AS l ON l.id = i.livestream_id AND l.id = ANY ($9::uuid[])
    LEFT JOIN livestream_tallies AS t ON t.livestream_id = l.id
    LEFT JOIN livestream_moderators AS helper ON helper.reader_id = l.reader_id AND helper.user_id = i.sender_id
    LEFT JOIN livestream_sanctions AS s ON s.reader_id = l.reader_id AND s.user_id = i.sender_id
        AND (s.until_at IS NULL OR s.until_at > $10)
    LEFT JOIN livestream_messages AS m ON m.livestream_id = l.id AND m.sender_id = i.sender_id AND m.kind = 'text'
        AND m.nonce = i.nonce
    LEFT JOIN LATERAL (
        SELECT max(last.created_at) AS newest_at, min(last.created_at) AS oldest_at, count(*) AS lines
        FROM (SELECT said.created_at FROM livestream_messages AS said
            WHERE said.livestream_id = l.id AND said.sender_id = i.sender_id AND said.kind = 'text'
            ORDER BY said.seq DESC LIMIT $11) AS last
    ) AS recent ON true
), judged AS MATERIALIZED (
    SELECT f.*, CASE
        WHEN NOT is_held AND exists_at_all THEN 'busy'
        WHEN NOT is_held THEN 'missing'
        WHEN known_id IS NOT NULL THEN 'known'
        WHEN status NOT IN ('scheduled', 'live') THEN 'ended'
        WHEN sanction = 'banned' THEN 'banned'
        WHEN NOT has_joined AND NOT is_reader THEN 'not_joined'
        WHEN sanction = 'muted' THEN 'muted'
        WHEN is_followers_only AND NOT (is_following OR is_reader OR is_moderator OR is_admin) THEN 'followers_only'
        WHEN lines >= $11 AND oldest_at > $10::timestamptz - $12::interval THEN 'too_fast'
        WHEN slow_mode_seconds > 0 AND NOT (is_reader OR is_moderator OR is_admin)
            AND newest_at > $10::timestamptz - make_interval(secs => slow_mode_seconds) THEN 'slow_mode'
        ELSE 'stored' END AS verdict
    FROM known_facts AS f
), numbered AS MATERIALIZED (
    SELECT position, id, livestream_id, sender_id, content, nonce,
        (last_seq + row_number() OVER (PARTITION BY livestream_id ORDER BY position))::integer AS seq
    FROM judged WHERE verdict = 'stored'
), stored AS (
    INSERT INTO livestream_messages (livestream_id, seq, id, sender_id, kind, content, nonce, created_at)
    SELECT livestream_id, seq, id, sender_id, 'text', content, nonce, $10 FROM numbered
), moved AS (
    UPDATE livestream_tallies AS t SET last_seq = newest.seq
    FROM (SELECT livestream_id, max(seq) AS seq FROM numbered GROUP BY livestream_id) AS newest
    WHERE t.livestream_id = newest.livestream_id
)
SELECT j.position, j.verdict, j.display_name, j.avatar_upload_id, j.role, j.is_reader, j.is_moderator, j.sanction_until_at,
    j.newest_at, j.oldest_at, j.slow_mode_seconds, j.known_id, j.known_seq, j.known_content, j.known_at, j.is_known_deleted, n.seq
FROM judged AS j LEFT JOIN numbered AS n ON n.position = j.position ORDER BY j.position
"""


async def insert_lines(
    db: Connection, drafts: Sequence[LineDraft], *, limit: SpeakingLimit, now: datetime, skip_locked: bool
) -> list[LineOutcome]:
    """Write a batch in a transaction of its own; one outcome for each draft, in their order.

    Within the batch each (livestream, sender) may come once. With `skip_locked` nobody is waited for.
    """
    async with db.raw.transaction():
        livestream_ids = list({draft.livestream_id for draft in drafts})
        held = await db.fetch(_LOCK_OR_LEAVE if skip_locked else _LOCK_OR_WAIT, livestream_ids)
        rows = await db.fetch(
            _INSERT_LINES,
            list(range(len(drafts))),
            [draft.id for draft in drafts],
            [draft.livestream_id for draft in drafts],
            [draft.sender_id for draft in drafts],
            [draft.connection_id for draft in drafts],
            [draft.keeps_order for draft in drafts],
            [draft.content for draft in drafts],
            [draft.nonce for draft in drafts],
            [row["livestream_id"] for row in held],
            now,
            limit.burst,
            limit.within,
        )
    return [_outcome(draft, row, limit=limit, now=now) for draft, row in zip(drafts, rows, strict=True)]


def _outcome(draft: LineDraft, row: Record, *, limit: SpeakingLimit, now: datetime) -> LineOutcome:
    verdict = row["verdict"]
    if verdict == "stored":
        return LineOutcome("stored", _line(draft, row, id=draft.id, seq=row["seq"], content=draft.content, at=now))
    if verdict == "known":
        content = "" if row["is_known_deleted"] else row["known_content"]
        line = _line(draft, row, id=row["known_id"], seq=row["known_seq"], content=content, at=row["known_at"])
        # An earlier try of ours was committed although we were not told: nobody has heard of this line yet.
        is_ours = row["known_id"] == draft.id
        return LineOutcome("stored" if is_ours else "known", line, said=row["known_content"])
    if verdict == "muted":
        return LineOutcome(verdict, until_at=row["sanction_until_at"])
    if verdict == "too_fast":
        return LineOutcome(verdict, until_at=row["oldest_at"] + limit.within)
    if verdict == "slow_mode":
        return LineOutcome(verdict, until_at=row["newest_at"] + timedelta(seconds=row["slow_mode_seconds"]))
    return LineOutcome(verdict)


def _line(draft: LineDraft, row: Record, *, id: UUID, seq: int, content: str, at: datetime) -> LivestreamLine:
    speaker = LineSpeaker(
        draft.sender_id, row["display_name"], row["avatar_upload_id"], row["role"], row["is_reader"], row["is_moderator"]
    )
    is_deleted = bool(row["is_known_deleted"]) and row["verdict"] == "known"
    return LivestreamLine(id, draft.livestream_id, seq, speaker, "text", content, at, is_deleted=is_deleted)
