"""pyproject.toml names what our code imports, no more and no less, and what would break other libraries is absent."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
APPS = tuple(CONFIG["tool"]["importlinter"]["root_packages"])
FOR_PEOPLE_WHO_WORK_ON_IT = ("tests", "benchmarks", "docs")
NOT_IMPORTED = {
    "boto3": "the S3 storage of django-storages needs it",
    "onnxscript": "the exporter of torch needs it",
    "psycopg": "Django's backend for PostgreSQL",
    "supervisor": "runs as a program, see fitbalance/supervise.py",
}
NOT_DECLARED = {"aeon": "one benchmark compares with it where somebody has installed it"}
OWN_ENVIRONMENT = {"torchvision": "Video Swin, by people who have it; without it the part says so"}
BREAKING = {"torchvision", "torchaudio", "torchcodec", "timm", "optimum", "opencv-python", "ultralytics"}
_MODULE = re.compile(r"[a-z_]\w*(\.\w+)*")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(lines: list[str]) -> set[str]:
    return {normal(re.match(r"[\w.-]+", line)[0]) for line in lines}


DISTRIBUTIONS = packages_distributions()
RUN = declared(CONFIG["project"]["dependencies"])
DEV = declared(CONFIG["project"]["optional-dependencies"]["dev"])


@cache
def imported(*folders: str) -> dict[str, str]:
    """Foreign top-level module → the first file that imports it."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name in _imports(ast.parse(path.read_text("utf-8"))):
                top = name.partition(".")[0]
                is_ours = (ROOT / top).is_dir() or path.with_name(f"{top}.py").is_file()
                if top not in sys.stdlib_module_names and not is_ours:
                    found.setdefault(top, str(path.relative_to(ROOT)))
    return found


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


def homes(module: str) -> set[str]:
    """Distributions that a module comes from: the one of its own name, where several have a part of it."""
    found = {normal(name) for name in DISTRIBUTIONS.get(module, [module])}
    return {normal(module)} if normal(module) in found else found


def undeclared(modules: dict[str, str], allowed: set[str]) -> dict[str, str]:
    return {module: file for module, file in modules.items() if not homes(module) & allowed}


def test_what_a_site_imports_is_declared() -> None:
    assert len(imported(*APPS)) > 30
    assert undeclared(imported(*APPS), RUN | set(OWN_ENVIRONMENT)) == {}
    assert set(OWN_ENVIRONMENT) <= set(imported(*APPS))


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    modules = imported(*FOR_PEOPLE_WHO_WORK_ON_IT)
    assert undeclared(modules, RUN | DEV | set(NOT_DECLARED)) == {}
    assert set(NOT_DECLARED) <= set(modules)
    assert not RUN & DEV


def test_what_is_declared_is_used() -> None:
    """By an import, by its name in the settings, or for the reason given."""
    used = set().union(*(homes(module) for module in imported(*APPS)))
    for path in (ROOT / "fitbalance" / "settings").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE.fullmatch(node.value):
                used |= homes(node.value.partition(".")[0])
    assert RUN - used == set(NOT_IMPORTED)


def test_every_library_is_pinned() -> None:
    pinned = {
        normal(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    assert (RUN | DEV) - pinned == set()


def test_what_breaks_others_is_absent() -> None:
    present = {normal(found.metadata["Name"]) for found in distributions()}
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    assert not present & BREAKING
    assert not {normal(line.partition("==")[0]) for line in pinned} & BREAKING
    assert not (RUN | DEV) & BREAKING
