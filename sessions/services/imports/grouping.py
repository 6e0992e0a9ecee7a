"""Which recordings come of which files: one each, or the units worn at once side by side."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from sessions.services.imports.entries import Entry

_UNIT = re.compile(r"[a-z][a-z0-9]{0,7}")
_TOKEN = re.compile(r"[A-Za-z0-9]+")
MAX_UNITS = 8


@dataclass(frozen=True)
class Part:
    """One file of a planned recording; `unit` is empty for a single device."""

    entry: Entry
    unit: str = ""
    channels: tuple[str, ...] = ()
    """The channels that come from this file, where a logger writes one per sensor; empty for all."""


@dataclass(frozen=True)
class Group:
    """Files that become one recording, in the order of the units."""

    name: str
    folder: str
    """The nearest folder (or the file's stem) that is not a unit: a good label."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Grouped:
    groups: list[Group]
    left_out: list[tuple[str, str]]
    """(file, why it is in no recording)."""


def group_files(
    entries: Sequence[Entry], units: Sequence[str] = (), chosen: Mapping[str, str] | None = None
) -> Grouped:
    """Group entries into recordings.

    Without units every file is one recording. With units, files whose paths differ only by the unit's name go side
    by side; `chosen` maps Entry.key to a unit for files whose path does not tell. Files named alike in nothing are
    taken in the given order, as many at a time as there are units.
    """
    if not units:
        return Grouped([Group(e.name, _folder(e.name, ()), (Part(e),)) for e in entries], [])
    told: dict[tuple[str, str], list[Part]] = defaultdict(list)
    untold: list[Entry] = []
    for entry in entries:
        unit = (chosen or {}).get(entry.key, "")
        if unit in units:
            pattern = _without(entry.name, unit) or PurePosixPath(entry.name).name
            told[(entry.upload if entry.member else "", pattern)].append(Part(entry, unit))
            continue
        unit, pattern = _find_unit(entry.name, units)
        if unit:
            told[(entry.upload if entry.member else "", pattern)].append(Part(entry, unit))
        else:
            untold.append(entry)
    groups: list[Group] = []
    left_out: list[tuple[str, str]] = []
    for (_upload, pattern), parts in told.items():
        have = Counter(part.unit for part in parts)
        missing = [unit for unit in units if not have[unit]]
        double = [unit for unit in units if have[unit] > 1]
        if missing or double:
            why = _("Incomplete set: no file for %(units)s.") if missing else _("Several files for %(units)s.")
            left_out += [(part.entry.name, why % {"units": ", ".join(missing or double)}) for part in parts]
            continue
        ordered = tuple(sorted(parts, key=lambda part: list(units).index(part.unit)))
        groups.append(Group(_shown(pattern, units), _folder(pattern, units), ordered))
    if any(entry.member for entry in untold):
        why = _("The path contains none of the unit names %(units)s.") % {"units": ", ".join(units)}
        left_out += [(entry.name, why) for entry in untold]
    else:
        for at in range(0, len(untold), len(units)):
            some = untold[at : at + len(units)]
            if len(some) < len(units):
                left_out += [(e.name, _("Incomplete set: each unit needs a file.")) for e in some]
                continue
            ordered = tuple(Part(entry, unit) for entry, unit in zip(some, units, strict=True))
            groups.append(Group(some[0].name, _folder(some[0].name, units), ordered))
    return Grouped(groups, left_out)


def suggest_units(names: Sequence[str]) -> list[str]:
    """Unit names that the paths tell: the part in which otherwise equal paths differ, in the fewest ways.

    >>> suggest_units(["s1/e1/u2/test.txt", "s1/e1/u5/test.txt", "s1/e2/u2/test.txt", "s1/e2/u5/test.txt"])
    ['u2', 'u5']
    """
    alike: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for match in _TOKEN.finditer(_stemmed(name)):
            if _UNIT.fullmatch(match.group().lower()):
                alike[f"{name[: match.start()]}*{name[match.end() :]}"].add(match.group().lower())
    sets = Counter(tuple(sorted(values)) for values in alike.values() if 2 <= len(values) <= MAX_UNITS)
    likely = {values: n for values, n in sets.items() if _alike(values)}
    if not likely:
        return []
    return list(min(likely.items(), key=lambda item: (len(item[0]), -item[1]))[0])


def _alike(values: tuple[str, ...]) -> bool:
    """u2 and u5, left and right, wrist and chest: names of one kind (letters with or without a number)."""
    numbered = [re.fullmatch(r"([a-z]+)\d+", value) for value in values]
    if all(numbered):
        return len({match.group(1) for match in numbered if match}) == 1
    known = {"left", "right", "l", "r", "wrist", "ankle", "chest", "hip", "back", "arm", "leg", "upper", "lower"}
    return all(value in known for value in values)


def _stemmed(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return name[: len(name) - len(suffix)] if suffix else name


def _find_unit(name: str, units: Sequence[str]) -> tuple[str, str]:
    """(unit, path with the unit as *), from the last word of the path that is a unit; ("", name) for none."""
    for match in reversed(list(_TOKEN.finditer(_stemmed(name)))):
        if match.group().lower() in units:
            return match.group().lower(), f"{name[: match.start()]}*{name[match.end() :]}"
    return "", name


def _without(name: str, unit: str) -> str:
    found, pattern = _find_unit(name, [unit])
    return pattern if found else ""


def _folder(name: str, units: Sequence[str]) -> str:
    path = PurePosixPath(name)
    for part in reversed(path.parts[:-1]):
        if part not in ("*", ".") and part.lower() not in units:
            return part
    return re.sub(r"[-_ ]*\*[-_ ]*", "", path.stem)


def _shown(pattern: str, units: Sequence[str]) -> str:
    """s1/e1/*/test.txt → s1/e1/test.txt; squat_*.csv → squat.csv; *.csv → u2+u5.csv."""
    text = re.sub(r"[-_ ]?\*(/|(?=[-. _])|$)", "", pattern)
    return (
        text
        if PurePosixPath(text).name.strip(".") and not text.startswith(".")
        else pattern.replace("*", "+".join(units))
    )
