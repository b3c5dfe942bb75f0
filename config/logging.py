"""Structured logs: one JSON object (or one readable line on a terminal) per event, without personal data or tokens."""

from __future__ import annotations

import logging
import sys

import structlog

# Values under these keys never reach a log line, whoever passed them.
_HIDDEN = frozenset(
    {"password", "token", "access_token", "refresh_token", "authorization", "cookie", "email", "content", "secret", "body", "dsn"}
)


def _hide(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    for key in event:
        if key.lower() in _HIDDEN:
            event[key] = "[hidden]"
    return event


class _WithoutRequests(logging.Filter):
    """aiohttp logs what it could not read, bytes and all; those may hold tokens, so only the kind of error is kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"a request could not be read: {record.exc_info[0].__name__}", ()
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


def configure_logging(*, level: str, readable: bool) -> None:
    """Set up structlog and the standard library's loggers to write to standard error in one format."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if readable else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.server").filters[:] = [_WithoutRequests()]
    for noisy in ("aiohttp.access", "stripe", "socketio", "engineio", "pgqueuer"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry `name`; cheap, safe to call at import."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
