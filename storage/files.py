"""The file store: a folder, or an S3-compatible bucket by its URL, through obstore. Files are written once and never changed."""

from __future__ import annotations

from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from config.errors import DependencyUnavailable, StartupError
from config.logging import get_logger

log = get_logger(__name__)


class FileStore:
    """Open it with `FileStore.open`; it holds no connection of its own."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, *, url: str | None, folder: Path) -> FileStore:
        """The bucket of `url` (credentials from the environment, as for AWS's own tools), or `folder`, which is made."""
        try:
            if url is not None:
                return cls(from_url(url))
            return cls(LocalStore(folder.resolve(), mkdir=True))
        except (BaseError, ValueError, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise StartupError(f"the file store cannot be used ({reason}); check SOULSEER_FILES__URL") from error

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Raises DependencyUnavailable."""
        is_remote = not isinstance(self._store, LocalStore)
        try:
            await obstore.put_async(self._store, key, content, attributes={"Content-Type": content_type} if is_remote else None)
        except (BaseError, OSError) as error:
            log.warning("files.put_failed", error=type(error).__name__)
            raise DependencyUnavailable from None

    async def get(self, key: str) -> bytes | None:
        """None when there is no such file. Raises DependencyUnavailable."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            log.warning("files.get_failed", error=type(error).__name__)
            raise DependencyUnavailable from None

    async def delete(self, key: str) -> None:
        """Best effort: a file that nothing points at does no harm."""
        try:
            await obstore.delete_async(self._store, key)
        except (BaseError, OSError) as error:
            log.warning("files.delete_failed", error=type(error).__name__)
