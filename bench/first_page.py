"""How much a browser fetches for the home page: index.html, what it names, and the page's own module with all it imports.

python -m bench.first_page
"""

from __future__ import annotations

import re
from pathlib import Path

DIST = Path(__file__).parents[1] / "static" / "dist"
_HOME = "directory"
_IMPORTS = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")


def files_of_home_page(dist: Path) -> list[Path]:
    index = dist / "index.html"
    names = set(re.findall(r'/assets/([\w.-]+\.(?:js|css|svg))"', index.read_text()))
    entry = next(name for name in names if name.startswith("index-") and name.endswith(".js"))
    names |= _lazily_loaded((dist / "assets" / entry).read_text())
    waiting = [name for name in names if name.endswith(".js")]
    while waiting:
        found = set(_IMPORTS.findall((dist / "assets" / waiting.pop()).read_text())) - names
        names |= found
        waiting += found
    return [index, *(dist / "assets" / name for name in sorted(names))]


def _lazily_loaded(entry: str) -> set[str]:
    """The home page's module with its styles, as the bundler lists them where the entry imports it."""
    listed = re.search(r"m\.f=\[(.*?)\]", entry)
    page = re.search(rf"import\([\"'`]\./({_HOME}-[\w-]+\.js)[\"'`]\),__vite__mapDeps\(\[([\d,]*)\]", entry)
    assert listed, "the bundler's list of files is not where it was"
    assert page, "the home page is not loaded as it was"
    files = re.findall(r"assets/([\w.-]+)", listed[1])
    return {page[1]} | {files[int(number)] for number in page[2].split(",") if number}


def compressed_bytes(files: list[Path]) -> int:
    """What the server sends to a browser that takes Brotli; a file without a compressed one goes as it is."""
    sent = [file if not (packed := file.with_name(file.name + ".br")).exists() else packed for file in files]
    return sum(file.stat().st_size for file in sent)


def main() -> None:
    files = files_of_home_page(DIST)
    print(f"first page: {compressed_bytes(files) / 1024:.1f} KiB compressed in {len(files)} files")


if __name__ == "__main__":
    main()
