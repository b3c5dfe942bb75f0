"""The AsyncAPI document names every command and event, and everything it refers to is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from server.live_catalogue import COMMANDS, EVENTS
from tests.support.servers import Server


def find_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from find_references(part)
    elif isinstance(value, list):
        for part in value:
            yield from find_references(part)


async def test_the_live_document_is_complete_and_closed(server: Server) -> None:
    document = (await (await server.visitor()).get("/api/asyncapi.json", root=True)).body
    assert document["asyncapi"] == "3.0.0"
    received = {name for name, operation in document["operations"].items() if operation["action"] == "receive"}
    sent = {name for name, operation in document["operations"].items() if operation["action"] == "send"}
    assert received == {f"command.{command.name}" for command in COMMANDS}
    assert sent == {f"event.{event.name}" for event in EVENTS}
    for reference in find_references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
