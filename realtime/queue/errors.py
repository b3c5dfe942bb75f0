"""The expected failures of waiting in line."""

from __future__ import annotations

from config.errors import AppError


class QueueReaderFree(AppError):
    code, status, title = "queue.reader_free", 409, "The reader is free: ask for a consultation right away"


class QueueFull(AppError):
    code, status, title, retryable = "queue.full", 409, "The line is full; try again later", True


class QueueTooManyLines(AppError):
    code, status, title = "queue.too_many_lines", 409, "You wait in as many lines as you may; leave one first"
