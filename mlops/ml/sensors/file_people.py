"""Whose file is it, and what is done in it? For labelled files in a folder, before any sample is read.

What files say themselves is only believed where it tells them apart: one author or one activity in every file is who
pressed the button, or nothing at all. Then a folder, the file's name, a sidecar or a person's word says it, or nobody
does and the files are refused rather than taken for one person's.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.sensors.readers.csv_shape import sniff_csv
from mlops.ml.sensors.readers.rsf import MAGIC, rsf_facts
from mlops.ml.sensors.readers.text import read_head

Source = Literal["auto", "column", "rsf", "folder", "file", "sidecar"]
SOURCES: tuple[Source, ...] = ("auto", "column", "rsf", "folder", "file", "sidecar")
TABLE = "files.csv"
"""A table of a folder: file, person, label."""
_MAX_SIDECAR = 1 << 20
_PERSON_KEYS, _LABEL_KEYS = ("person", "subject", "athlete", "participant"), ("label", "activity", "exercise")


@dataclass(frozen=True)
class Naming:
    """How to name persons and labels; the first that is given counts: a name for all, a pattern, a source.

    person, label                  one name for every file
    person_pattern, label_pattern  a regular expression on the path below the folder; its first group is the name
    person_from, label_from        one of SOURCES; ``folder`` is the first folder for people and the last for labels
    """

    person: str = ""
    person_pattern: str = ""
    person_from: Source = "auto"
    label: str = ""
    label_pattern: str = ""
    label_from: Source = "auto"


@dataclass(frozen=True)
class Named:
    """person is never empty; `label` is "" where the file's own labels (spans, a column, annotations) count."""

    person: str
    label: str = ""


@dataclass(frozen=True)
class _File:
    path: Path
    below: Path
    facts: Mapping[str, Any]
    columns: frozenset[str]
    sidecar: Mapping[str, str]


def name_files(paths: Sequence[Path], folder: Path, naming: Naming) -> tuple[dict[Path, Named], list[str]]:
    """Return path → who and what, and remarks on how that was found. Raises BadValue where it is not told."""
    table = _table(folder)
    files = [_look(path, folder, table) for path in paths]
    remarks: list[str] = []
    persons = _named(files, "person", naming.person, naming.person_pattern, naming.person_from)
    if persons is None:
        persons = _people_by_themselves(files, remarks)
    labels = _named(files, "label", naming.label, naming.label_pattern, naming.label_from)
    if labels is None:
        labels = _labels_by_themselves(files, remarks)
    named = {f.path: Named(who, what) for f, who, what in zip(files, persons, labels, strict=True)}
    if len(files) > 1 and len({one.person for one in named.values()}) == 1 and not naming.person:
        who = next(iter(named.values())).person
        raise BadValue(
            f"all {len(files)} files would be of one person, {who}. Tell people apart with --person-from folder, "
            "file or sidecar, --person-pattern, or --person NAME if they all belong to one person"
        )
    return named, remarks


def _look(path: Path, folder: Path, table: Mapping[str, Mapping[str, str]]) -> _File:
    below = path.relative_to(folder)
    head = path.open("rb").read(4) if path.stat().st_size else b""
    facts: Mapping[str, Any] = rsf_facts(path) if head == MAGIC else {}
    columns: frozenset[str] = frozenset()
    if head != MAGIC and path.suffix.lower() in (".csv", ".txt", ".tsv"):
        try:
            columns = frozenset(name.strip().lower() for name in sniff_csv(path, read_head(path)).names)
        except UnreadableInput:
            columns = frozenset()  # the reader says why, with its row
    sidecar = dict(table.get(below.as_posix()) or table.get(path.name) or {}) | _beside(path)
    return _File(path, below, facts, columns, sidecar)


def _table(folder: Path) -> dict[str, dict[str, str]]:
    """The rows of files.csv by file name."""
    path = folder / TABLE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        sample = stream.read(4096)
        stream.seek(0)
        rows = list(csv.DictReader(stream, delimiter=max(",;\t", key=sample.count)))
    if rows and "file" not in rows[0]:
        raise BadValue(f"{TABLE} needs the columns file, person and label")
    return {str(row["file"]).strip(): {k: str(v or "").strip() for k, v in row.items() if k} for row in rows}


def _beside(path: Path) -> dict[str, str]:
    """A sidecar ``<name>.json`` beside the file: {"person": …, "label": …}."""
    sidecar = path.with_suffix(".json")
    if sidecar == path or not sidecar.is_file() or sidecar.stat().st_size > _MAX_SIDECAR:
        return {}
    try:
        found = json.loads(sidecar.read_text("utf-8"))
    except (ValueError, OSError):
        return {}
    return {str(k): str(v) for k, v in found.items() if isinstance(v, str | int)} if isinstance(found, dict) else {}


def _from_sidecar(file: _File, what: str) -> str:
    keys = _PERSON_KEYS if what == "person" else _LABEL_KEYS
    return next((file.sidecar[key].strip() for key in keys if file.sidecar.get(key, "").strip()), "")


def _from_rsf(file: _File, what: str) -> str:
    return str(file.facts.get("author" if what == "person" else "activity") or "").strip()


def _from_folder(file: _File, what: str) -> str:
    folders = file.below.parts[:-1]
    return (folders[0] if what == "person" else folders[-1]) if folders else ""


def _named(files: Sequence[_File], what: str, one: str, pattern: str, source: Source) -> list[str] | None:
    """The names that somebody decided on, or None for ``auto``. Raises BadValue where a file has none."""
    if one:
        return [one] * len(files)
    if pattern:
        try:
            search = re.compile(pattern)
        except re.error as error:
            raise BadValue(f"the pattern for the {what} is not a regular expression: {error}") from error
        if search.groups < 1:
            raise BadValue(f"the pattern for the {what} needs a group, for example (s\\d+)/")
        matches = [search.search(file.below.as_posix()) for file in files]
        return _all_given(files, [match.group(1) if match else "" for match in matches], what, "the pattern")
    if source == "auto":
        return None
    if source == "column":
        column = "subject" if what == "person" else "label"
        return _all_given(
            files, [column if column in f.columns else "" for f in files], what, f"a column {column}", True
        )
    ways: dict[str, Callable[[_File, str], str]] = {
        "rsf": _from_rsf,
        "folder": _from_folder,
        "file": lambda file, _: file.path.stem,
        "sidecar": _from_sidecar,
    }
    return _all_given(files, [ways[source](file, what) for file in files], what, f"the {source}")


def _all_given(files: Sequence[_File], names: list[str], what: str, where: str, own: bool = False) -> list[str]:
    for file, name in zip(files, names, strict=True):
        if not name:
            raise BadValue(f"{file.below.as_posix()}: {where} tells no {what}")
    return [""] * len(names) if own else names


def _people_by_themselves(files: Sequence[_File], remarks: list[str]) -> list[str]:
    """A column, a sidecar, authors that differ, folders that differ, else the files' names where they differ."""
    authors = [_from_rsf(file, "person") for file in files]
    told = {author for author in authors if author}
    authors_differ = len(told) > 1 or len(files) == 1
    if told and not authors_differ:
        remarks.append(f"Every file names the author {next(iter(told))}, so the author is not taken for the person.")
    found = []
    for file, author in zip(files, authors, strict=True):
        folder = file.below.parent.as_posix()
        said = _from_sidecar(file, "person") or ("" if "subject" not in file.columns else "\0")
        found.append(said or (author if authors_differ else "") or (folder if folder != "." else ""))
    if not any(found) or not all(found):
        lone = [file.path.stem for file in files]
        by_name = not told  # files that name nobody: each is a person's, as their names say
        found = [name or (own if by_name or authors_differ else "") for name, own in zip(found, lone, strict=True)]
    if not all(found):
        raise BadValue(
            "every file names one author and they lie in one folder, so people cannot be told apart. "
            "Use --person-from file or sidecar, --person-pattern, or --person NAME if they all belong to one person"
        )
    return ["" if name == "\0" else name for name in found]


def _labels_by_themselves(files: Sequence[_File], remarks: list[str]) -> list[str]:
    """A sidecar's label; activities only where they differ. "" leaves it to what the reader finds in the file."""
    activities = {_from_rsf(file, "label") for file in files if not _has_spans(file)} - {""}
    same = len(activities) == 1 and sum(not _has_spans(file) for file in files) > 1
    if not same:
        return [_from_sidecar(file, "label") for file in files]
    only = next(iter(activities))
    found = []
    for file in files:
        label = _from_sidecar(file, "label")
        if not label and not _has_spans(file):
            raise BadValue(
                f"every file says the activity {only}, which tells nothing apart. Set the activity with --label-from "
                "folder, file or sidecar, --label-pattern, or --label NAME"
            )
        found.append(label)
    remarks.append(f"Every file says the activity {only}; it is not taken for a label.")
    return found


def _has_spans(file: _File) -> bool:
    beside = file.path.with_name(f"{file.path.stem}.labels.csv")
    return bool("label" in file.columns or file.facts.get("annotations") or beside.is_file())
