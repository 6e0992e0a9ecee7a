"""Several lines of one day as one day: sessions and sleeps are added, measures of one source are averaged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops.ml.survival.checkins.readers.plan import LIMITS, DaysRead

MEASURES = ("hrv_rmssd", "hrv_sdnn", "resting_hr")
NAP_H = 3.5
"""Two sleeps without times: the shorter one is a nap below so many hours, else the same night told twice."""


@dataclass(frozen=True)
class Line:
    """A line that was read. `moment` tells sessions of a day apart, "" without a time; `first` says that the product
    counts this line before others for what is measured once a day."""

    number: int
    day: str
    values: Mapping[str, Any]
    moment: str = ""
    source: str = ""
    first: bool = True
    cells: tuple[str, ...] = field(default=(), repr=False)


def combined(lines: Sequence[Line], read: DaysRead) -> dict[str, dict[str, Any]]:
    """The days of all lines; what was decided is noted in `read`."""
    lines = _without_copies(lines, read)
    lines = _one_source(lines, read)
    by_day: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_day[line.day].append(line)
    found = {day: _one_day(by_day[day], read) for day in sorted(by_day)}
    n_several = sum(len(several) > 1 for several in by_day.values())
    if n_several:
        read.note(f"{n_several} day{'s have' if n_several > 1 else ' has'} several lines; they are put together.")
    return {day: answers for day, answers in found.items() if answers}


def _without_copies(lines: Sequence[Line], read: DaysRead) -> list[Line]:
    """Without lines that are there twice: the same moment and cells, or a file in which every line is doubled."""
    seen = Counter(line.cells for line in lines)
    doubled = len(seen) > 1 and min(seen.values()) > 1
    kept: list[Line] = []
    done: set[tuple[str, ...]] = set()
    for line in lines:
        if line.cells in done and (line.moment or doubled):
            continue
        done.add(line.cells)
        kept.append(line)
    if len(kept) < len(lines):
        n = len(lines) - len(kept)
        read.note(f"{n} line{'s are' if n > 1 else ' is'} there twice and counted once.")
    return kept


def _one_source(lines: Sequence[Line], read: DaysRead) -> list[Line]:
    """Each measure from the one device that tells most days of it: two devices are never averaged or added."""
    sources = {line.source for line in lines}
    if len(sources) < 2:
        return list(lines)
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for name in line.values:
            days[name][line.source] += 1
    main = {name: _most(counted) for name, counted in days.items()}
    for name in ("sleep_hours", *MEASURES):
        others = sorted(source for source in days.get(name, ()) if source != main[name])
        if others:
            read.note(f"{name} is taken from “{main[name][:40]}”; {', '.join(others)[:120]} is not mixed in.")
    single = {"sleep_hours", *MEASURES}
    return [
        Line(line.number, line.day,
             {name: value for name, value in line.values.items() if name not in single or main[name] == line.source},
             line.moment, line.source, line.first, line.cells)
        for line in lines
    ]  # fmt: skip


def _most(counted: Counter[str]) -> str:
    return min(counted, key=lambda source: (-counted[source], source))


def _one_day(lines: Sequence[Line], read: DaysRead) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:  # ratings: a later line corrects an earlier one
        found |= {name: value for name, value in line.values.items() if name not in MEASURES}
    for name in MEASURES:
        values = _first(lines, name)
        if values:
            found[name] = round(sum(values) / len(values), 4)
    if notes := [line.values["note"] for line in lines if line.values.get("note")]:
        found["note"] = "; ".join(dict.fromkeys(notes))[:500]
    if injured := [line.values["is_injured"] for line in lines if "is_injured" in line.values]:
        found["is_injured"] = any(injured)
    if any("sleep_hours" in line.values for line in lines):
        found["sleep_hours"] = round(_sleep([line for line in lines if "sleep_hours" in line.values], read), 2)
    _training(lines, found, read)
    return found


def _first(lines: Iterable[Line], name: str) -> list[float]:
    """The values of lines that the product puts first, else of all."""
    there = [line for line in lines if name in line.values]
    chosen = [line for line in there if line.first] or there
    return [line.values[name] for line in chosen]


def _sleep(lines: Sequence[Line], read: DaysRead) -> float:
    """Sleeps with a time each are added; without one, a short sleep beside a long one is a nap."""
    values = [line.values["sleep_hours"] for line in lines]
    moments = {line.moment for line in lines}
    if len(values) == 1:
        return float(values[0])
    total = sum(values)
    if "" not in moments and len(moments) == len(lines) and total <= LIMITS["sleep_hours"][1]:
        return float(total)
    if sum(value >= NAP_H for value in values) <= 1 and total <= 16:
        return float(total)
    read.note(f"{lines[0].day} tells of sleep {len(values)} times; the last line counts.")
    return float(values[-1])


def _training(lines: Sequence[Line], found: dict[str, Any], read: DaysRead) -> None:
    """Minutes and load of all sessions; the load is unknown where one session lacks its effort."""
    sessions = [line.values for line in lines if {"minutes", "rpe", "workload"} & set(line.values)]
    if not sessions:
        return
    minutes = [one["minutes"] for one in sessions if "minutes" in one]
    if minutes:
        found["minutes"] = round(sum(minutes), 4)
    loads = []
    for one in sessions:
        if "workload" in one:
            loads.append(one["workload"])
        elif one.get("minutes") == 0:
            loads.append(0.0)
        elif "rpe" in one and "minutes" in one:
            loads.append(one["rpe"] * one["minutes"])
    found.pop("workload", None)
    if len(loads) == len(sessions):
        found["workload"] = round(sum(loads), 4)
    elif loads:
        read.note(f"{lines[0].day}: one session lacks its effort or minutes, so the load of the day is unknown.")
    efforts = [(one["rpe"], one.get("minutes")) for one in sessions if "rpe" in one]
    if efforts:
        timed = all(m is not None for _, m in efforts) and sum(m or 0 for _, m in efforts) > 0
        weight = sum((m or 0) if timed else 1 for _, m in efforts)
        found["rpe"] = round(sum(rpe * ((m or 0) if timed else 1) for rpe, m in efforts) / weight, 4)
    for name in ("minutes", "workload"):
        if name in found and found[name] > LIMITS[name][1]:
            read.refuse(lines[-1].number, f"{name}: the day adds up to {found[name]:g}, more than a day can hold")
            del found[name]
