"""The bundled Postgres, used when no database URL is set: made, started, shared and stopped without any set-up.

Several processes may use one data folder at once; the database stops when the last of them leaves, however it leaves.
"""

from __future__ import annotations

from storage.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
