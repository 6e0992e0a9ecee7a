"""The core of the library knows no domain: what lies directly in `mlops/ml`, and the packages that bases live in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import mlops.ml as library

ROOT = Path(library.__file__).parent
CORE = ("contract", "bases", "checks", "limited")
DOMAINS = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()} - set(CORE)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_the_core_imports_no_domain() -> None:
    assert {"sensors", "survival"} <= DOMAINS
    core = [*ROOT.glob("*.py"), *(path for name in CORE for path in (ROOT / name).rglob("*.py"))]
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in core
        for name in imported(path)
        if name.startswith("mlops.ml.") and name.split(".")[2] in DOMAINS
    ]
    assert not found


def test_the_library_uses_no_private_modules_of_others() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in ROOT.rglob("*.py")
        for name in imported(path)
        if not name.startswith(("mlops.", "__future__")) and any(part.startswith("_") for part in name.split("."))
    ]
    assert not found
