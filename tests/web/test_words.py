"""The words of docs/words.md: phrases that were replaced once do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ["accounts", "burnout", "coaching", "fitbalance", "mlops", "nutrition", "sessions", "speech", "web"]
HIDDEN = [
    re.compile(r"\{% comment.*?endcomment %\}", re.S),
    re.compile(r"\{#.*?#\}"),
    re.compile(r"/\*.*?\*/", re.S),
    re.compile(r"(?<=\s)//[^\n\"'`]*$", re.M),
]


def phrases() -> tuple[list[str], list[str]]:
    """Whole texts, and parts of sentences."""
    block = re.search(r"```forbidden\n(.*?)```", (ROOT / "docs/words.md").read_text(), re.S)
    assert block, "docs/words.md has no list of phrases"
    lines = [line.strip() for line in block[1].splitlines() if line.strip()]
    return [line[1:].strip() for line in lines if line[0] == "="], [line for line in lines if line[0] != "="]


def pages() -> Iterator[Path]:
    yield from (ROOT / "templates").rglob("*.html")
    yield from (ROOT / "templates").rglob("*.txt")
    yield from (path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)
    yield from (path for path in (ROOT / "docs").glob("*.md") if path.name != "words.md")
    yield ROOT / "README.md"
    yield ROOT / "CHANGELOG.md"


def modules() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def strings(source: str) -> Iterator[str]:
    """Every text of a module except docstrings; the holes of an f-string read as "…"."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent.update(id(part) for part in node.values)
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def plain(text: str) -> str:
    for pattern in HIDDEN:
        text = pattern.sub(" ", text)
    return re.sub(r"\s+", " ", text)


def found(text: str, whole: list[str], parts: list[str], *, marked: bool) -> set[str]:
    """`marked`: the text is a page or script, in which a whole text stands between tags or quotes."""
    bad = {phrase for phrase in parts if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.I)}
    for phrase in whole:
        frame = rf"[>\"'`}}|]\s*{re.escape(phrase)}\s*[<\"'`{{|]" if marked else rf"^\s*{re.escape(phrase)}\s*$"
        if re.search(frame, text):
            bad.add(phrase)
    return bad


@pytest.mark.parametrize("room", ["templates", "static", "docs", *APPS])
def test_replaced_phrases_do_not_come_back(room):
    whole, parts = phrases()
    bad: dict[str, set[str]] = {}
    for path in pages():
        name = path.relative_to(ROOT).as_posix()
        if (name.split("/")[0] if "/" in name else "docs") == room:
            if phrases_here := found(plain(path.read_text()), whole, parts, marked=True):
                bad[name] = phrases_here
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(f"{room}/"):
            for text in strings(path.read_text()):
                if phrases_here := found(plain(text), whole, parts, marked=False):
                    bad.setdefault(name, set()).update(phrases_here)
    assert not bad, "\n".join(f"{name}: {', '.join(sorted(some))}" for name, some in sorted(bad.items()))


def test_a_phrase_is_found_where_it_stands():
    assert found(plain("<h2>What\n  waits</h2>"), ["What waits"], [], marked=True) == {"What waits"}
    assert not found("<p>What waits here is new.</p>", ["What waits"], [], marked=True)
    assert found("It came Of Itself.", [], ["of itself"], marked=False) == {"of itself"}
    assert not found("a kind of itselfness", [], ["of itself"], marked=False)
    assert list(strings('"""of itself"""\nx = f"of {y} itself"')) == ["of … itself"]
    assert "of itself" not in plain("{% comment %}of itself{% endcomment %}/* of itself */")
    whole, parts = phrases()
    assert len(whole) > 8
    assert len(parts) > 20
