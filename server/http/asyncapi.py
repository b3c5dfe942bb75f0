"""The AsyncAPI 3.0 document of the live protocol, generated from the commands and events that are dispatched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from config import limits
from realtime.commands import Command, EventKind
from server.http.openapi import list_error_codes
from server.http.problems import FieldProblem

_REF = "#/components/schemas/{model}"
_Mode = Literal["validation", "serialization"]
_References = dict[tuple[type[BaseModel], _Mode], dict[str, Any]]
Json = dict[str, Any]


def describe_live(commands: Sequence[Command], events: Sequence[EventKind], *, title: str, version: str) -> Json:
    """The whole document, as seen from the server: it receives commands and sends events."""
    references, schemas = _collect_schemas(commands, events)
    channels: Json = {}
    operations: Json = {}
    for command in commands:
        channels[f"command.{command.name}"] = _describe_command_channel(command, references)
        operations[f"command.{command.name}"] = _describe_command(command)
    for event in events:
        payload = references[(event.payload, "serialization")]
        channels[f"event.{event.name}"] = {"address": event.name, "messages": {"event": _message(event.name, payload)}}
        operations[f"event.{event.name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/event.{event.name}"},
            "summary": f"To {event.audience}: {event.when}",
            "messages": [{"$ref": f"#/channels/event.{event.name}/messages/event"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"{title} live protocol", "version": version, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"here": _SERVER},
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": {**schemas, "LiveError": _LIVE_ERROR | {"properties": _error_properties()}},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The access token, as `auth: {token}` of the connect",
                }
            },
        },
        "x-error-codes": list_error_codes(),
    }


def _collect_schemas(commands: Sequence[Command], events: Sequence[EventKind]) -> tuple[_References, Json]:
    wanted: dict[tuple[type[BaseModel], _Mode], None] = {(FieldProblem, "serialization"): None}
    wanted |= {(command.payload, "validation"): None for command in commands}
    wanted |= {(command.data, "serialization"): None for command in commands}
    wanted |= {(event.payload, "serialization"): None for event in events}
    references, schema = models_json_schema(list(wanted), ref_template=_REF)
    return references, schema.get("$defs", {})  # type: ignore[return-value]


def _describe_command_channel(command: Command, references: _References) -> Json:
    done = {
        "type": "object",
        "properties": {"ok": {"const": True}, "data": references[(command.data, "serialization")]},
        "required": ["ok", "data"],
    }
    refused = {
        "type": "object",
        "properties": {"ok": {"const": False}, "error": {"$ref": _REF.format(model="LiveError")}},
        "required": ["ok", "error"],
    }
    return {
        "address": command.name,
        "messages": {
            "command": _message(command.name, references[(command.payload, "validation")]),
            "acknowledgement": _message(f"{command.name} acknowledged", {"oneOf": [done, refused]}),
        },
    }


def _describe_command(command: Command) -> Json:
    operation: Json = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/command.{command.name}"},
        "summary": command.summary,
        "messages": [{"$ref": f"#/channels/command.{command.name}/messages/command"}],
        "reply": {
            "channel": {"$ref": f"#/channels/command.{command.name}"},
            "messages": [{"$ref": f"#/channels/command.{command.name}/messages/acknowledgement"}],
        },
    }
    if command.roles:
        operation["description"] = "For " + " and ".join(f"{role}s" for role in sorted(command.roles)) + "."
    return operation


def _message(name: str, payload: Json) -> Json:
    return {"name": name, "payload": payload}


def _error_properties() -> Json:
    codes = sorted({error["code"] for error in list_error_codes()})
    return {
        "code": {"type": "string", "enum": codes},
        "message": {"type": "string"},
        "status": {"type": "integer", "description": "What HTTP would have answered"},
        "retryable": {"type": "boolean"},
        "fields": {"type": "array", "items": {"$ref": _REF.format(model="FieldProblem")}},
    }


_SERVER: Json = {
    "host": "{host}",
    "pathname": "/socket.io/",
    "protocol": "wss",
    "description": "Socket.IO v4, WebSocket transport only, default namespace",
    "variables": {"host": {"default": "localhost:8080"}},
    "security": [{"$ref": "#/components/securitySchemes/token"}],
}
_LIVE_ERROR: Json = {"type": "object", "required": ["code", "message", "status", "retryable", "fields"]}
_DESCRIPTION = (
    "Every command is acknowledged with `{ok: true, data}` or `{ok: false, error}`. Commands that create something carry a"
    " `nonce`: the same nonce and body again gives the first answer and does nothing twice. Events may be missed: a gap in a"
    " room's `version` or `seq` means that the snapshot and the messages after the last `seq` are to be fetched. A refused"
    " connect is a CONNECT_ERROR whose `data` is the HTTP error body. Before it closes a connection the server sends"
    f" `connection.closing`. A payload may have up to {limits.SOCKET_PAYLOAD_BYTES} bytes."
)
