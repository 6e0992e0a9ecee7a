"""What the documents name is there: files, modules and their members, classes, settings, commands."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ROOMS = ("mlops", "sessions", "burnout", "accounts", "web", "fitbalance", "coaching", "tests", "benchmarks", "docs")
MADE_UP = {"tests/test_walks.py"}
"""Files that the reader of the guide would write."""
ELSEWHERE = {"AutoModel", "PatchTSTForClassification", "RedOrGreen"}
"""Classes of other libraries, and of an example."""


@cache
def files() -> tuple[Path, ...]:
    """Programs, scripts of pages and documents of the project."""
    folders = [ROOT / room for room in (*ROOMS, "static")]
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".js", ".sh")]
    return tuple(path for path in found if path != Path(__file__) and "node_modules" not in path.parts)


@cache
def names() -> frozenset[str]:
    """Every word of the project's programs; a migration may speak of what is gone."""
    texts = [path.read_text("utf-8", "ignore") for path in files() if "migrations" not in path.parts]
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def _missing_paths(text: str) -> Iterator[str]:
    for found in re.findall(rf"(?<![\w/.:…-])(?:{'|'.join(ROOMS)})/[\w./*-]*", text):
        path = found.rstrip("./")
        there = any(ROOT.glob(path)) or (ROOT / "static" / path).exists()
        if found not in MADE_UP and not there:
            yield found
    bare = {path.name for path in files()}
    example = set(re.findall(r"^# (\w+/)?(\w+\.py)$", text, re.MULTILINE))
    for found in re.findall(r"`(?:…/)?(\w+\.(?:py|js))`", text):
        if found not in bare and found not in {name for _, name in example}:
            yield found


def _missing_members(text: str) -> Iterator[str]:
    for found in re.findall(rf"(?<![\w/.])(?:{'|'.join(ROOMS[:7])})(?:\.[A-Za-z_]\w*)+(?![\w/])", text):
        if found.endswith((".py", ".json", ".md", ".example")):
            continue
        parts = found.split(".")
        n = next((n for n in range(len(parts), 0, -1) if _source_of(parts[:n])), 0)
        source = _source_of(parts[:n])
        # Read, not imported: some bring torch.
        if source is None or not set(parts[n:]) <= set(re.findall(r"\w+", source.read_text("utf-8"))):
            yield found


def _source_of(parts: list[str]) -> Path | None:
    """The file of a dotted module."""
    folder = ROOT.joinpath(*parts)
    return next((path for path in (folder.with_suffix(".py"), folder / "__init__.py") if path.is_file()), None)


def _missing_words(text: str) -> Iterator[str]:
    said = set(re.findall(r"`([A-Z][a-z0-9]+[A-Z]\w*|[A-Z][A-Z0-9]+_[A-Z0-9_]+)\b", text))
    yield from sorted(said - names() - ELSEWHERE)
    yield from sorted(set(re.findall(r"manage\.py ([a-z_]+)", text)) - set(get_commands()))


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_names_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    missing = [*_missing_paths(text), *_missing_members(text), *_missing_words(text)]
    assert not missing, f"{path.name} names what is not there: {', '.join(missing)}"


def test_what_is_not_there_is_found() -> None:
    text = "`mlops/services/judging.py`, `mlops.kinds.base.Nothing`, `JudgedSubject` and `manage.py no_such_command`"
    assert list(_missing_paths(text)) == ["mlops/services/judging.py"]
    assert list(_missing_members(text)) == ["mlops.kinds.base.Nothing"]
    assert list(_missing_words("`JudgedSubject` `manage.py no_such_command`")) == [
        "JudgedSubject",
        "no_such_command",
    ]
