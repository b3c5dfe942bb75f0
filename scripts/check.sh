#!/usr/bin/env bash
# Everything that reads the code without running the product: format, lint, types, the import rule, the architecture tests.
# Runs all of it before it fails, so that one run names every mistake.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
status=0
check() { say "» $1"; shift; "$@" || status=1; }

check "format" .venv/bin/ruff format --check -q .
check "lint" .venv/bin/ruff check -q .
check "types" .venv/bin/mypy
check "import rule" .venv/bin/lint-imports
if [ -d tests/architecture ]; then check "architecture" .venv/bin/python -m pytest -q tests/architecture; fi
if [ -f static/package.json ]; then
  ensure_node
  check "browser app" npm --prefix static run --silent check
fi
exit "$status"
