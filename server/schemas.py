"""Every payload of the product as one JSON Schema document, for generators of types."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.http.openapi import list_error_codes
from server.http.problems import ProblemDetails
from server.live_catalogue import live_models
from server.routes import ALL_ROUTES

_Mode = Literal["validation", "serialization"]


def describe_models() -> dict[str, Any]:
    """`$defs` of all models, and the enumeration of error codes."""
    live = live_models()
    taken: set[type[BaseModel]] = set(live["payloads"])
    taken |= {model for route in ALL_ROUTES for model in (route.payload, route.query) if model is not None}
    given: set[type[BaseModel]] = {*live["answers"], *live["events"], ProblemDetails}
    given |= {route.answer for route in ALL_ROUTES if route.answer is not None}
    wanted: list[tuple[type[BaseModel], _Mode]] = [
        *((model, "validation") for model in _sorted(taken)),
        *((model, "serialization") for model in _sorted(given)),
    ]
    _references, schema = models_json_schema(wanted, ref_template="#/$defs/{model}", title="SoulSeer")
    schema["$defs"]["ErrorCode"] = {"type": "string", "enum": [error["code"] for error in list_error_codes()]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _sorted(models: set[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: (model.__name__, model.__module__))
