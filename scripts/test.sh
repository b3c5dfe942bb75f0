#!/usr/bin/env bash
# Every test: the browser app's, then the server's. Both run to their end and close with their own summaries.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
bash scripts/test-packages.sh || exit 1
status=0
if [ -f static/package.json ]; then
  ensure_node
  (cd static && npm run --silent test) || status=1
fi
.venv/bin/python -m pytest "$@" || status=1
exit "$status"
