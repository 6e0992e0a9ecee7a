"""Whose work FitBalance stands on: `python -m tests.notices` writes THIRD_PARTY_NOTICES.md.

Browser files come from the table in static/vendor/README.md and the licence files beside them; libraries from the
metadata of what pyproject.toml names and of what that needs, in this environment.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"
VENDOR = ROOT / "static" / "vendor"
HEAD = """\
# Third-party notices

FitBalance itself is licensed under the [Apache License 2.0](LICENSE).
This list is written by `python -m tests.notices`.
"""
BROWSER = """
## Browser files in this repository

Copied unchanged into `static/vendor/`; the whole licence of each lies beside it.

| package | version | licence | copyright | text |
|---|---|---|---|---|
"""
LIBRARIES = """
## Libraries that a site installs

Not part of this repository: `make up` installs them from the package index. Each brings its own
licence text. Versions: `constraints.txt`.

| library | version | licence |
|---|---|---|
"""
SHORT = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF",
}
KNOWN = {"skops": "MIT"}
"""Libraries whose metadata names none: read in their licence file."""
LONG = 50
"""A licence field with more characters holds the text, not the name."""


def browser_part() -> str:
    """One line for each licence file of a vendored package."""
    rows = []
    for line in (VENDOR / "README.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"`\w+/`", cells[0]):
            rows.append((cells[0].strip("`/"), cells[1], cells[2], cells[4].partition(" (")[0]))
    lines = []
    for folder, package, version, licence in rows:
        beside = [other for place, other, *_ in rows if place == folder and other != package]
        for text in sorted((VENDOR / folder).glob("LICENSE*")):
            part = text.suffix.lstrip(".")
            if part and any(other.strip("`").endswith(part) for other in beside):
                continue
            name = f"{package} (holds {part})" if part and not package.strip("`").endswith(part) else package
            path = text.relative_to(ROOT).as_posix()
            lines.append(f"| {name} | {version} | {licence} | {_owner(text)} | [{path}]({path}) |")
    return BROWSER + "\n".join(lines) + "\n"


def _owner(text: Path) -> str:
    """The first line that claims something, up to the owner's address where there is one."""
    spoken = re.search(r"^[ \t*]*(Copyright.*?(?:\(http[^)]*\)|$))", text.read_text("utf-8"), re.MULTILINE)
    return spoken[1].strip() if spoken else "none claimed"


def library_part() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = sorted(_needed(project["dependencies"]).items())
    rows = [f"| {name} | {one.version.partition('+')[0]} | {_licence(one)} |" for name, one in found]
    return LIBRARIES + "\n".join(rows) + "\n"


def _needed(lines: list[str]) -> dict[str, Distribution]:
    """Every installed distribution that these need, they themselves among them."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(line) for line in lines]
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        for line in found[name].requires or []:
            one = Requirement(line)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)):
                waiting.append(one)
    return found


def _licence(one: Distribution) -> str:
    """The licence expression, else the licence field where it is a name, else the classifiers."""
    facts = one.metadata
    if facts["Name"] in KNOWN:
        return KNOWN[facts["Name"]]
    if expression := facts.get("License-Expression"):
        return str(expression)
    said = (facts.get("License") or "").strip()
    if said and len(said) < LONG and said != "Dual License":
        return said
    classes = [line.rpartition("::")[2].strip() for line in facts.get_all("Classifier") or [] if "License ::" in line]
    return " or ".join(SHORT.get(name, name) for name in classes) or "see its metadata"


def document() -> str:
    return HEAD + browser_part() + library_part()


if __name__ == "__main__":
    NOTICES.write_text(document(), "utf-8")
