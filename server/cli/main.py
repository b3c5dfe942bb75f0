"""The commands' arguments, and how every command starts and fails: one line on standard error and exit code 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from config.errors import AppError, StartupError
from config.logging import configure_logging
from config.settings import Settings, load_settings
from server.cli import accounts, databases, doctor, running, schema

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _make_parser().parse_args(arguments)
    command: Command = options.command
    try:
        settings = load_settings(overrides=_overrides(options), demo=getattr(options, "demo", False))
        is_readable = {"readable": True, "json": False}.get(settings.server.log_format, sys.stderr.isatty())
        configure_logging(level=settings.server.log_level, readable=is_readable)
        return command(settings, options)
    except (StartupError, AppError) as error:
        print(f"soulseer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description="SoulSeer: live, paid, one-to-one expertise.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, help: str, under: Any = None) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = (under or commands).add_parser(name, help=help, description=help)
        sub.add_argument("--data-dir", metavar="DIR", help="where everything is kept (default: var)")
        sub.set_defaults(command=command)
        return sub

    run = add("run", running.run, "Serve the site.")
    run.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    run.add_argument("--port", type=int, help="port to listen on, 0 = any free one (default: 8080)")
    run.add_argument("--demo", action="store_true", help="fill in demo data and print its logins")
    add("worker", running.work, "Run jobs (mail) in a process of its own.")
    add("migrate", databases.migrate_database, "Bring the database up to this release.")
    admin = add("create-admin", accounts.create_admin, "Make an admin, or give an existing admin a new password.")
    admin.add_argument("--email", required=True)
    admin.add_argument("--password", required=True)
    add("demo", accounts.seed_demo, "Fill in the demo data.")
    ledger = commands.add_parser("ledger", help="Look into the ledger.").add_subparsers(required=True, metavar="COMMAND")
    add("check", databases.check_whole_ledger, "Check every invariant of the ledger.", ledger)
    add("doctor", doctor.examine, "Say what is configured, reachable and missing.")
    add("schema", schema.print_schema, "Print the JSON Schema of every payload, for generators of types.")
    return parser


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line says, which wins over everything else."""
    overrides: dict[str, Any] = {}
    if options.data_dir is not None:
        overrides["data_dir"] = options.data_dir
    server = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name, None) is not None}
    if server:
        overrides["server"] = server
    return overrides
