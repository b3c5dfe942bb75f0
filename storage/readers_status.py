"""What others see of a reader's status: what the reader chose, whether they are connected, whether they are taken.

`effective_status` is the one expression for it; the directory and the status events both select by it.
"""

from __future__ import annotations

# `busy` also while a participant who lost the connection may come back; without a connection nobody is online or away.
_EFFECTIVE_STATUS = """CASE
    WHEN {reader}.chosen_status NOT IN ('online', 'away') THEN 'offline'
    WHEN EXISTS (SELECT 1 FROM consultations AS live
        WHERE live.reader_id = {reader}.user_id AND live.status IN ('requested', 'in_progress')) THEN 'busy'
    WHEN EXISTS (SELECT 1 FROM connections AS connection JOIN nodes AS node ON node.id = connection.node_id
        WHERE connection.user_id = {reader}.user_id AND node.lease_expires_at > {now}) THEN {reader}.chosen_status
    ELSE 'offline' END"""


def effective_status(*, reader: str = "r", now: str = "$1") -> str:
    """SQL for the status (`online`, `busy`, `away`, `offline`) of the row of `readers` called `reader` at `now`."""
    return _EFFECTIVE_STATUS.format(reader=reader, now=now)
