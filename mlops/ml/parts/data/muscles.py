"""Outlines of muscles for a drawing of the body: front and back of a man and a woman, as SVG paths.

From npm react-muscle-highlighter 1.2.0 (soroojshehryar, MIT). Its files are scripts: their text is read, none is run,
and each path is checked to be nothing but SVG path data before a page may draw it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, UnreadableInput
from mlops.ml.parts.store import store

PART = "muscle-map"
FILE = "muscles.json"
VIEWS = {
    "bodyFront": ("male", "front", "0 0 724 1448"),
    "bodyBack": ("male", "back", "724 0 724 1448"),
    "bodyFemaleFront": ("female", "front", "-50 -40 734 1538"),
    "bodyFemaleBack": ("female", "back", "756 0 774 1448"),
}
"""File → body, side, and the part of the plane in which it lies, as the package's own drawing has it."""
HALVES = ("left", "right", "common")
MAX_BYTES = 1 << 20
_TOKEN = re.compile(r'\s*(?:(//[^\n]*)|("(?:[^"\\\n])*")|([A-Za-z_]\w*)\s*:|([\[\]{},]))')
_HEAD = re.compile(r"\s*export const (\w+) = (?=\[)")
_COMMAND = re.compile(r"\s*([MmZzLlHhVvCcSsQqTtAa])")
_NUMBER = re.compile(r"[\s,]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_FLAG = re.compile(r"[\s,]*([01])")
_NUMBERS = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}


@dataclass(frozen=True)
class View:
    """One side of one body: {muscle: {"left" | "right" | "common": [path]}}, and the viewBox that shows it."""

    body: str
    side: str
    view_box: str
    muscles: dict[str, dict[str, list[str]]]


def muscle_map(folder: Path | None = None) -> list[View]:
    """The four views of the part. Raises PartMissing, BadArtifact."""
    path = (folder or store().require(PART)) / FILE
    try:
        return [View(**one) for one in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise BadArtifact(f"{FILE} is missing or damaged") from error


def make(folder: Path, target: Path) -> None:
    """Write the JSON from the scripts; run in a limited child. Raises UnreadableInput with the file and the muscle."""
    views = []
    for name, (body, side, view_box) in VIEWS.items():
        path = folder / f"{name}.js"
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableInput(f"{path.name} is larger than a drawing")
        muscles = _muscles(read_script(path.read_text("utf-8"), name), path.name)
        views.append({"body": body, "side": side, "view_box": view_box, "muscles": muscles})
    target.write_text(json.dumps(views, separators=(",", ":")), "utf-8")


def read_script(text: str, name: str) -> Any:
    """The array that a script exports under a name, where it is written with texts, arrays and objects alone.

    Raises UnreadableInput for anything else: calls, templates, escapes, other statements.
    """
    head = _HEAD.match(text)
    if head is None or head[1] != name:
        raise UnreadableInput(f"it does not export {name}")
    at, depth = head.end(), 0
    written: list[str] = []
    while not written or depth:
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnreadableInput(f"{name} holds more than texts", row=text.count("\n", 0, at) + 1)
        at = found.end()
        comment, string, key, sign = found.groups()
        if comment:
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0)
        written.append(f'"{key}":' if key else string or sign)
    if not re.fullmatch(r"\s*;?\s*(?://[^\n]*\s*)*", text[at:]):
        raise UnreadableInput(f"something follows {name}")
    try:
        return json.loads(re.sub(r",([\]}])", r"\1", "".join(written)))
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(f"{name} is damaged") from error


def check_path(path: str) -> None:
    """Raises UnreadableInput unless `path` is SVG path data: each command with as many numbers as it takes (SVG 2)."""
    at, first = 0, True
    while path[at:].strip():
        command = _COMMAND.match(path, at)
        if command is None or (first and command[1] not in "Mm"):
            raise UnreadableInput("it is no SVG path")
        at, first = command.end(), False
        at = _arguments(path, at, command[1].lower())
    if first:
        raise UnreadableInput("it is an empty path")


def _arguments(path: str, at: int, command: str) -> int:
    """Where the numbers of a command end. Raises UnreadableInput where one is missing."""
    n = _NUMBERS[command]
    count = 0
    while n:
        is_flag = command == "a" and count % n in (3, 4)
        found = (_FLAG if is_flag else _NUMBER).match(path, at)
        if found is None:
            break
        at, count = found.end(), count + 1
    if n and (count == 0 or count % n):
        raise UnreadableInput("an SVG path lacks a number")
    return at


def _muscles(rows: Any, file: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    try:
        for row in rows:
            name, halves = row["slug"], row["path"]
            if not re.fullmatch(r"[a-z][a-z-]{1,30}", name) or not set(halves) <= set(HALVES):
                raise UnreadableInput(f"{file} names an odd muscle")
            for half, paths in halves.items():
                for path in paths:
                    check_path(path)
                found.setdefault(name, {}).setdefault(half, []).extend(paths)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableInput(f"{file} holds something else than muscles") from error
    return found
