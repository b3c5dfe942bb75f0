"""What is generated from the models is fresh: a renamed field must fail the browser app's types, not its users."""

from __future__ import annotations

import json

from server.schemas import describe_models
from tests.architecture.test_structure import ROOT


def test_the_browser_app_is_typed_by_the_models_as_they_are() -> None:
    kept = json.loads((ROOT / "static" / "schema.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(describe_models())), "run `make types`"
