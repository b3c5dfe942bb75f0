"""How the bundled Postgres is set up: safe on a power cut, modest on a small machine, quiet about people's data."""

from __future__ import annotations

import os
from pathlib import Path

from config import limits

MEGABYTE = 1024 * 1024


def postgres_settings(socket_folder: Path) -> dict[str, str]:
    """Every setting that differs from Postgres's own default; given on the command line, so that code and effect never part."""
    memory = memory_bytes()
    return {
        "listen_addresses": "",
        "unix_socket_directories": f'"{socket_folder}"',
        "unix_socket_permissions": "0700",
        "max_connections": str(limits.EMBEDDED_CONNECTIONS),
        "superuser_reserved_connections": "3",
        "shared_buffers": f"{max(32, min(256, memory // 8 // MEGABYTE))}MB",
        "effective_cache_size": f"{max(128, memory // 2 // MEGABYTE)}MB",
        "maintenance_work_mem": "64MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "max_wal_size": "1GB",
        "max_wal_senders": "2",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        # Details of an error quote the row, and rows hold addresses and messages: those stay out of the log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_lock_waits": "on",
    }


def memory_bytes() -> int:
    """The machine's memory, or the container's where that is less."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            found = min(found, int(Path(name).read_text()))
        except (OSError, ValueError):
            continue
    return found
