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
# What fails is run once more and named as rerun in the summary: a machine may stall for seconds, and a race that is ours fails again.
# Three at a time, a file always by one of them: most of a test's time is waiting.
.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --reruns 1 "$@" || status=1
exit "$status"
