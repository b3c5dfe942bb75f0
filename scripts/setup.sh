#!/usr/bin/env bash
# Makes .venv from requirements.lock and builds the browser app into static/dist; does only what changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh

# One digest over the given files' names and contents.
digest() { sort | tr '\n' '\0' | xargs -0 cksum | cksum; }

is_stamped() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

python_environment() {
  local wanted python
  # The place counts too: programs in .venv begin with its absolute path.
  wanted="$PWD $(printf '%s\n' requirements.lock | digest)"
  if is_stamped .venv/.stamp "$wanted" && .venv/bin/python -c '' 2>/dev/null; then return; fi
  python="$(find_python)"
  ensure_uv "$python"
  say "Installing the Python environment into .venv"
  case "$(cat .venv/.stamp 2>/dev/null)" in
    "$PWD "*) .venv/bin/python -c '' 2>/dev/null || uv venv -q --clear --python "$python" .venv ;;
    *) uv venv -q --clear --python "$python" .venv ;;
  esac
  rm -f .venv/.stamp
  uv pip sync -q --require-hashes --python .venv/bin/python requirements.lock
  printf '%s' "$wanted" >.venv/.stamp
}

browser_packages() {
  local wanted
  wanted="$(printf '%s\n' static/package.json static/package-lock.json | digest)"
  if is_stamped static/node_modules/.stamp "$wanted"; then return; fi
  ensure_node
  say "Installing the browser app's packages"
  (cd static && npm ci --no-audit --no-fund --loglevel=error >../.setup/packages.log 2>&1) || {
    head -n 12 .setup/packages.log >&2
    fail "the browser app's packages cannot be installed (if the lock is out of step: make lock)."
  }
  printf '%s' "$wanted" >static/node_modules/.stamp
}

browser_app() {
  local wanted log
  wanted="$(find static \( -name node_modules -o -name dist -o -name tests \) -prune -o -type f -print | digest)"
  if [ -f static/dist/index.html ] && is_stamped .setup/browser "$wanted"; then return; fi
  ensure_node
  say "Building the browser app"
  mkdir -p .setup
  log=".setup/build.log"
  (cd static && npm run --silent build) >"$log" 2>&1 || { cat "$log" >&2; fail "the browser app does not build."; }
  printf '%s' "$wanted" >.setup/browser
}

# Two set-ups at once (two terminals, or `make -j`) take turns, where the system has the tool for it.
if mkdir -p .setup 2>/dev/null && : 2>/dev/null >>.setup/lock && command -v flock >/dev/null; then
  exec 9>>.setup/lock
  flock 9
fi

python_environment
if [ -f static/package.json ]; then
  browser_packages
  browser_app
fi
