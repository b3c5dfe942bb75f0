#!/usr/bin/env bash
# The programs that tests drive and that are no Python or npm package: installed where we may, named where we may not.
# With CI=true a missing one is a failure; otherwise the tests that need it say so and are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh

has_any() { local name; for name in "$@"; do command -v "$name" >/dev/null && return; done; return 1; }

# Debian package, then the names that its program may have.
missing() {
  has_any chromium chromium-browser google-chrome google-chrome-stable || echo chromium
  has_any redis-server valkey-server || echo redis-server
  has_any turnserver || echo coturn
  has_any ip || echo iproute2
  has_any janus || echo janus
}

packages="$(missing)"
[ -n "$packages" ] || exit 0
say "Installing what the tests need:" $packages
apt_install $packages || true
# Debian starts what it installs: coturn as it comes relays for anybody, Janus has demonstration rooms; the tests start their own.
for service in coturn janus; do
  case " $packages " in *" $service "*) as_root systemctl disable --now "$service" >/dev/null 2>&1 || true ;; esac
done
packages="$(missing)"
[ -n "$packages" ] || exit 0
say "Not installed:" $packages "- install them with: sudo apt-get install" $packages
[ "${CI:-}" != true ] || exit 1
