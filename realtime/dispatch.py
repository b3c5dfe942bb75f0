"""The one path that every live command takes: limits, role, payload model, handler, acknowledgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from orjson import Fragment
from pydantic import BaseModel, ValidationError

from config import limits
from config.errors import AppError, Forbidden, RateLimited, invalid
from config.logging import get_logger
from config.validation import translate_validation
from realtime.commands import Command, Live
from realtime.connections import LiveConnection
from realtime.errors import ServerRestarting, UnknownCommand
from realtime.packets import Refused

log = get_logger(__name__)

# `{"ok": true, "data": …}` or `{"ok": false, "error": …}`
Acknowledgement = dict[str, Any]
# Told of every command: its name (empty when there is no such command), the code of the error if any, and how long it took.
Observe = Callable[[str, str | None, float], None]

FIELDS_MAXIMUM = 100


def encode_once(model: BaseModel | Any) -> Any:
    """JSON that is put into every frame as it is, however many there are; plain values are left to the encoder."""
    return Fragment(model.__pydantic_serializer__.to_json(model)) if isinstance(model, BaseModel) else model


def render_error(error: AppError) -> Acknowledgement:
    return {
        "ok": False,
        "error": {
            "code": error.code,
            "message": error.detail,
            "status": error.status,
            "retryable": error.retryable,
            "fields": [{"path": field.path, "message": field.message} for field in error.fields[:FIELDS_MAXIMUM]],
        },
    }


class Dispatcher:
    """Carries out commands by name. Never raises: whatever happens is an acknowledgement."""

    def __init__(self, commands: Sequence[Command], *, observe: Observe | None = None) -> None:
        self._commands = {command.name: command for command in commands}
        assert len(self._commands) == len(commands), "every command has a name of its own"
        self._observe = observe

    async def run(self, live: Live, connection: LiveConnection, name: str | Refused, arguments: Sequence[Any]) -> Acknowledgement:
        """`arguments` is what came after the name."""
        started = time.monotonic()
        known = ""
        code: str | None = None
        connection.commands_in_flight += 1
        try:
            command = self._admit(live, connection, name, started)
            known = command.name
            if command.is_ordered:
                async with connection.take_turn():
                    return await _carry_out(live, connection, command, arguments)
            return await _carry_out(live, connection, command, arguments)
        except AppError as error:
            code = error.code
            return render_error(error)
        except Exception:
            log.exception("command.failed", command=known)
            code = AppError.code
            return render_error(AppError())
        finally:
            connection.finish_command()
            if self._observe is not None:
                self._observe(known, code, time.monotonic() - started)

    def _admit(self, live: Live, connection: LiveConnection, name: str | Refused, now: float) -> Command:
        if isinstance(name, Refused):
            connection.gate.count_refusal(now)
            raise name.error
        command = self._commands.get(name)
        if not connection.gate.admit(command.weight if command is not None else 1, now):
            raise RateLimited
        if command is None:
            raise UnknownCommand
        if connection.commands_in_flight > limits.COMMANDS_IN_FLIGHT:
            connection.gate.count_refusal(now)
            raise RateLimited("Too many commands at once; wait for answers")
        if command.roles and connection.caller.role not in command.roles:
            raise Forbidden
        # A process that was frozen longer than its lease lasts serves nobody: its people were counted as gone.
        if connection.closing_code is not None or not live.node.holds_lease(live.clock.now()):
            raise ServerRestarting
        return command


async def _carry_out(live: Live, connection: LiveConnection, command: Command, arguments: Sequence[Any]) -> Acknowledgement:
    payload = _read_payload(command, arguments)
    data = await command.handler(live, connection.caller, payload)
    return {"ok": True, "data": encode_once(data)}


def _read_payload(command: Command, arguments: Sequence[Any]) -> BaseModel:
    if len(arguments) != 1:
        problem = "a payload is required" if not arguments else "a command takes one payload, not several"
        raise invalid([("", problem)])
    if not isinstance(arguments[0], dict):
        raise invalid([("", "the payload must be an object")])
    try:
        return command.payload.model_validate(arguments[0])
    except ValidationError as error:
        raise translate_validation(error) from None
