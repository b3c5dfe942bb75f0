"""`schema`: prints every payload's JSON Schema; needs neither settings nor a database."""

from __future__ import annotations

import argparse

import orjson

from config.settings import Settings
from server.schemas import describe_models


def print_schema(_settings: Settings, _options: argparse.Namespace) -> int:
    print(orjson.dumps(describe_models(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    return 0
