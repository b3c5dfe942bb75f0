"""Adds to static/package-lock.json the optional packages of other platforms that npm left out.

npm drops an optional package from the lock when the registry at hand does not carry it, and then `npm ci` refuses the lock
everywhere. The entries added here carry the exact version and the platform, so that only that platform ever fetches them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

LOCK = Path(__file__).parent.parent / "static" / "package-lock.json"
PLATFORM = re.compile(r"(android|darwin|freebsd|linux|win32)-(arm64|arm|ia32|x64)(?:-(gnu|musl))?")
LIBRARIES = {"gnu": "glibc", "musl": "musl"}


def main() -> None:
    lock = json.loads(LOCK.read_text())
    packages = lock["packages"]
    for package in list(packages.values()):
        for name, version in package.get("optionalDependencies", {}).items():
            found = PLATFORM.search(name)
            if f"node_modules/{name}" in packages or found is None:
                continue
            system, processor, library = found.groups()
            # In npm's own order of keys, so that its next run leaves these lines alone.
            entry = {
                "version": version,
                "cpu": [processor],
                "dev": package.get("dev"),
                "libc": [LIBRARIES[library]] if library else None,
                "license": package.get("license"),
                "optional": True,
                "os": [system],
            }
            entry = {key: value for key, value in entry.items() if value is not None}
            packages[f"node_modules/{name}"] = entry
    lock["packages"] = dict(sorted(packages.items()))
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
