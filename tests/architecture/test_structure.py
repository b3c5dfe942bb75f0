"""Rules of the code's shape that a reader could break without noticing."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "storage", "billing", "realtime", "server")
FILE_LINES, FUNCTION_LINES = 500, 70
SQL = re.compile(r"^\s*(WITH\s+\w+\s|SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+(AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s)")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def strings_of(module: Path, *, whole: bool = False) -> Iterator[str]:
    """Every string of a module; `whole` leaves out those that are only a piece of a longer one."""
    for parent in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if whole and isinstance(parent, ast.BinOp | ast.JoinedStr):
            continue
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_sql_lives_only_in_storage() -> None:
    found = [
        f"{module.relative_to(ROOT)}: {text[:60]!r}"
        for module in modules()
        if module.relative_to(ROOT).parts[0] != "storage"
        for text in strings_of(module)
        if SQL.match(text)
    ]
    assert found == []


def test_every_folder_of_ours_is_on_the_feature_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [
        folder.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for folder in (ROOT / package).rglob("*")
        if folder.is_dir() and (folder / "__init__.py").exists() and folder.name != "migrations"
    ]
    assert [folder for folder in folders if f"`{folder}" not in text] == []


def test_no_module_is_called_by_what_it_is_not() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert [str(module) for module in modules() if module.stem in banned] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [str(m.relative_to(ROOT)) for m in modules() if not ast.get_docstring(ast.parse(m.read_text(encoding="utf-8")))] == [
        "storage/migrations/__init__.py"
    ]


def test_files_and_functions_stay_small() -> None:
    large = []
    for module in modules():
        text = module.read_text(encoding="utf-8")
        if text.count("\n") > FILE_LINES:
            large.append(str(module.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    large.append(f"{module.relative_to(ROOT)}:{node.lineno} {node.name} ({lines} lines)")
    assert large == []


def imports_of(module: Path) -> set[str]:
    """The packages that a module imports, by their first names."""
    return {
        name.split(".")[0]
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and node.level == 0
            else []
        )
    }


def test_what_is_licensed_otherwise_is_never_imported() -> None:
    assert [str(module) for module in modules() if "localstripe" in imports_of(module)] == []


def test_media_are_touched_in_one_folder_only() -> None:
    media = {"aiortc", "aioice", "av"}
    found = [module.relative_to(ROOT).as_posix() for module in modules() if media & imports_of(module)]
    assert [name for name in found if not name.startswith("realtime/media/")] == []


def test_no_package_takes_the_name_of_one_of_our_folders() -> None:
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    assert locked & {*PACKAGES, "static", "tests", "bench"} == set()


@pytest.mark.parametrize(
    "pattern",
    [
        # Spelled in pieces, so that this file does not find itself.
        r"registry\.npmjs" + r"\.org",
        r"files\.pythonhosted" + r"\.org",
        r"https?://pypi\.org" + "/simple",
        r"/ro" + r"ot/\.",
        r"/wo" + r"rk/(main|shared)",
    ],
)
def test_no_registry_and_no_path_of_a_machine_is_named(pattern: str) -> None:
    found = []
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if re.search(pattern, text):
            found.append(str(file.relative_to(ROOT)))
    assert found == []
