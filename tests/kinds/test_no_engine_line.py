"""A new kind changes nothing in the engine: toy apps import its plug and nothing else, and it names none of them."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOYS = Path(__file__).resolve().parent / "toys"
ALLOWED = ("mlops.kinds", "mlops.ml", "django", "tests.kinds.toys", "numpy", "PIL", "pyarrow")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found.add(str(node.module))
    return found


def test_toy_apps_import_the_plug_and_nothing_else():
    files = sorted(TOYS.rglob("*.py"))
    assert len(files) >= 10
    for path in files:
        strange = [
            name
            for name in imported(path)
            if name.split(".")[0] not in sys.stdlib_module_names
            and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED)
        ]
        assert not strange, f"{path.relative_to(ROOT)} imports {', '.join(strange)}"


def test_the_scan_sees_what_it_should(tmp_path):
    path = tmp_path / "kind.py"
    path.write_text("def late():\n    from mlops.training.services import runs\n")
    assert imported(path) == {"mlops.training.services"}


def test_the_engine_names_no_kind():
    """Outside the plug and the library no file of the engine knows a kind by its name, but for what it once shipped."""
    names = re.compile(r"toy_|movement_phase|outcome_risk|walk_time")
    engine = [
        path
        for path in (ROOT / "mlops").rglob("*.py")
        if not {"ml", "migrations", "champions"} & set(path.relative_to(ROOT / "mlops").parts)
    ]
    assert len(engine) > 100
    named = [str(path.relative_to(ROOT)) for path in engine if names.search(path.read_text("utf-8"))]
    assert not named, f"the engine knows kinds by name in {', '.join(named)}"
