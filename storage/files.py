"""The file store: a folder, or an S3-compatible bucket by its URL, through obstore. Files are written once and never changed."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from config import limits
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

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        """A file of any size, a few megabytes at a time. Raises DependencyUnavailable."""
        is_remote = not isinstance(self._store, LocalStore)
        try:
            await obstore.put_async(
                self._store,
                key,
                path,
                attributes={"Content-Type": content_type} if is_remote else None,
                use_multipart=True,
                chunk_size=limits.FILE_PART_BYTES,
                max_concurrency=2,
            )
        except (BaseError, OSError) as error:
            log.warning("files.put_failed", error=type(error).__name__)
            raise DependencyUnavailable from None

    async def stream(self, key: str, *, begin: int, end: int) -> AsyncIterator[bytes] | None:
        """The bytes from `begin` up to and not including `end`, in pieces; None when there is no such file.

        Raises DependencyUnavailable, also from between the pieces.
        """
        try:
            found = await obstore.get_async(self._store, key, options={"range": (begin, end)})
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            log.warning("files.get_failed", error=type(error).__name__)
            raise DependencyUnavailable from None
        return _pieces(found.stream(min_chunk_size=limits.FILE_CHUNK_BYTES))

    async def remove(self, key: str) -> None:
        """Gone for certain when this returns. Raises DependencyUnavailable."""
        try:
            await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            log.warning("files.delete_failed", error=type(error).__name__)
            raise DependencyUnavailable from None

    async def delete(self, key: str) -> None:
        """Best effort: a file that nothing points at does no harm."""
        try:
            await obstore.delete_async(self._store, key)
        except (BaseError, OSError) as error:
            log.warning("files.delete_failed", error=type(error).__name__)


async def _pieces(chunks: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield bytes(chunk)
    except (BaseError, OSError) as error:
        log.warning("files.get_failed", error=type(error).__name__)
        raise DependencyUnavailable from None
