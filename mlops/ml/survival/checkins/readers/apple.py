"""An Apple Health export, streamed: sleep, HRV (SDNN and RMSSD) and resting heart rate by day and by source.

The export holds one XML file that can weigh gigabytes. Its records are found tag by tag and nothing else of it is
read: not its document type (iOS 16 wrote an unfinished one), no nesting, no references but those of XML itself.
Characters that XML forbids count as spaces. Files that declare entities are refused.

Two devices of one person are never added or averaged: a measure is taken from the source that tells most days of it.
"""

from __future__ import annotations

import codecs
import lzma
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from statistics import median
from typing import IO, Any

from mlops.ml.contract import UnreadableInput

PIECE = 1 << 20
MAX_UNREAD = 8 << 20
"""Characters that may wait for the end of a tag: no real record is a thousandth as long."""
MAX_HEAD = 4 << 20
MAX_SLEEP_PARTS = 500_000
"""Forty years of nights with thirty phases each."""
MAX_SOURCES = 200
FIRST_YEAR, LAST_YEAR = 1990, 2200
NIGHT_ENDS_H = 18
"""Sleep that ends before six in the evening belongs to that day, later naps too; sleep after it to the next."""
APART = timedelta(hours=1)
"""Sleep of another device this far from the chosen one's is a nap that only the other device saw."""

_QUANTITY = "HKQuantityTypeIdentifier"
SDNN, RMSSD = f"{_QUANTITY}HeartRateVariabilitySDNN", f"{_QUANTITY}HeartRateVariabilityRMSSD"
RESTING = f"{_QUANTITY}RestingHeartRate"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
_MEASURES = {SDNN: ("hrv_sdnn", 1.0, 400.0), RMSSD: ("hrv_rmssd", 1.0, 400.0), RESTING: ("resting_hr", 25.0, 150.0)}
_FACTORS = {("hrv_sdnn", "s"): 1000.0, ("hrv_rmssd", "s"): 1000.0, ("resting_hr", "count/s"): 60.0}
_TITLES = {
    "hrv_sdnn": "HRV (SDNN)",
    "hrv_rmssd": "HRV (RMSSD)",
    "resting_hr": "resting heart rate",
    "sleep_hours": "sleep",
}

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+")
_ROOT = re.compile(r"<HealthData[\s>/]")
_CODEC = re.compile(rb"""<\?xml[^>]{0,200}encoding=["']([A-Za-z0-9._-]{1,20})["']""")
_RECORD = re.compile(r"""<Record\s(?:((?:[^"'<>]+|"[^"<]*"|'[^'<]*')*+)>|([^<>]*)>)""")
"""A record with whole quotes, else up to the first ">": a name may hold a quote that nobody escaped."""
_ATTRIBUTE = re.compile(r"""([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

OnBytes = Callable[[int, int], None]
Interval = tuple[datetime, datetime]


@dataclass
class AppleDays:
    """Days by "2026-03-02"; `n_records` of the kinds that are used; `notes` tell what was decided between sources."""

    days: dict[str, dict[str, float]] = field(default_factory=dict)
    n_records: int = 0
    notes: list[str] = field(default_factory=list)

    def by_day(self) -> dict[date, dict[str, float]]:
        """The days by date."""
        return {date.fromisoformat(day): answers for day, answers in self.days.items()}

    def facts(self) -> dict[str, Any]:
        """Everything as JSON."""
        return asdict(self)


def looks_like_export(head: bytes) -> bool:
    """True for the first bytes (a few kilobytes) of an export, whatever its file is called."""
    return b"<!DOCTYPE HealthData" in head or b"<HealthData" in head


def apple_days(path: Path, member: str = "", *, on_bytes: OnBytes = lambda done, total: None) -> AppleDays:
    """Read an export's XML, or `member` of the ZIP file at `path`. Memory does not grow with the file.

    Raises UnreadableInput: ``no_export``, ``entities``, ``record_too_long``, ``too_long``, ``bad_archive``.
    """
    try:
        if not member:
            with path.open("rb") as stream:
                return _read(stream, path.stat().st_size, on_bytes)
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            return _read(stream, archive.getinfo(member).file_size, on_bytes)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise UnreadableInput("the archive is damaged", code="bad_archive") from error


def _read(stream: IO[bytes], size: int, on_bytes: OnBytes) -> AppleDays:
    sums, waiting, done, is_begun, is_whole = _Sums(), "", 0, False, False
    decoder: codecs.IncrementalDecoder | None = None
    while piece := stream.read(PIECE):
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_codec(piece))("replace")
        done += len(piece)
        waiting += _FORBIDDEN.sub(" ", decoder.decode(piece))
        if not is_begun:
            found = _ROOT.search(waiting)
            if "<!ENTITY" in waiting[: found.start() if found else len(waiting)]:
                raise UnreadableInput("the file declares entities; Apple Health never does", code="entities")
            if found is None and len(waiting) < MAX_HEAD:
                continue
            if found is None:
                break
            waiting, is_begun = waiting[found.end() - 1 :], True
            is_whole = re.match(r"[^<>]*/>", waiting) is not None
        is_whole = is_whole or "</HealthData" in waiting
        waiting = _take(waiting, sums)
        if len(waiting) > MAX_UNREAD:
            raise UnreadableInput("a record is longer than any can be", code="record_too_long")
        on_bytes(done, max(size, done))
    if not is_begun:
        raise UnreadableInput("this is no Apple Health export", code="no_export")
    if not is_whole and not sums.n:
        raise UnreadableInput("the export breaks off before its first record", code="unreadable_input")
    notes = [] if is_whole else ["The export is incomplete; everything before that is used."]
    days = sums.days(notes)
    return AppleDays({f"{day:%Y-%m-%d}": days[day] for day in sorted(days)}, sums.n, notes)


def _codec(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    told = _CODEC.search(head[:400])
    try:
        name = codecs.lookup(told.group(1).decode("ascii")).name if told else "utf-8"
    except LookupError:
        return "utf-8"
    return name if name in ("iso8859-1", "cp1252", "utf-16") else "utf-8"


def _take(text: str, sums: _Sums) -> str:
    """Count the whole records of a text; returns what may be the beginning of the next tag."""
    end = 0
    for found in _RECORD.finditer(text):
        end = found.end()
        body = found.group(1) or found.group(2) or ""
        if SLEEP in body or "HeartRateVariability" in body or RESTING in body:
            sums.record({name: a or b for name, a, b in _ATTRIBUTE.findall(body)})
    cut = text.rfind("<", end)
    rest = text[cut:] if cut >= 0 else ""
    return rest if ">" not in rest or rest.startswith("<Record") else ""


class _Sums:
    """Running sums by day, measure and source; sleep as intervals."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str, date], list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.sleep: dict[date, dict[str, list[Interval]]] = defaultdict(lambda: defaultdict(list))
        self.staged: Counter[str] = Counter()
        self.sources: set[str] = set()
        self.n = self.n_sleep = 0

    def record(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "")
        start, end = _time(attributes.get("startDate")), _time(attributes.get("endDate"))
        if start is None or end is None or end < start:
            return
        source = self._source(attributes.get("sourceName", ""))
        if kind == SLEEP:
            self._sleep(attributes.get("value", ""), start, end, source)
            return
        if kind not in _MEASURES:
            return
        name, least, most = _MEASURES[kind]
        try:
            value = float(attributes["value"]) * _FACTORS.get((name, attributes.get("unit", "")), 1.0)
        except (KeyError, ValueError):
            return
        if least <= value <= most:
            sums = self.values[name, source, start.date()]
            sums[0] += value
            sums[1] += 1
            self.n += 1

    def _sleep(self, value: str, start: datetime, end: datetime, source: str) -> None:
        if not value.startswith(ASLEEP) or end - start >= timedelta(hours=24):
            return
        self.n_sleep += 1
        if self.n_sleep > MAX_SLEEP_PARTS:
            raise UnreadableInput("the export contains more nights than a life has", code="too_long")
        self.sleep[_night_of(end)][source].append((start, end))
        self.staged[source] += value.removeprefix(ASLEEP) in ("Core", "Deep", "REM")
        self.n += 1

    def _source(self, name: str) -> str:
        source = " ".join(unescape(name)[:80].split())
        if source not in self.sources and len(self.sources) >= MAX_SOURCES:
            return "others"
        self.sources.add(source)
        return source

    def days(self, notes: list[str]) -> dict[date, dict[str, float]]:
        found: dict[date, dict[str, float]] = defaultdict(dict)
        for name in ("hrv_sdnn", "hrv_rmssd", "resting_hr"):
            self._measure(name, found, notes)
        nights = Counter(source for by_source in self.sleep.values() for source in by_source)
        used: set[str] = set()
        for day, by_source in self.sleep.items():
            best = min(by_source, key=lambda one: (self.staged[one] == 0, -nights[one], one))
            used.add(best)
            hours = _night_h(by_source, best)
            if 0 < hours <= 24:
                found[day]["sleep_hours"] = round(hours, 2)
        if len(nights) > 1:
            notes.append(f"Sleep is that of {_named(used)}; what other devices saw of the same nights is not added.")
        return dict(found)

    def _measure(self, name: str, found: dict[date, dict[str, float]], notes: list[str]) -> None:
        """A measure from one source at a time: the one that tells most days; another before its first or after its last
        day where its values are alike (an older or newer watch). Only heart rate at rest fills single days."""
        by_source: dict[str, dict[date, float]] = defaultdict(dict)
        for (what, source, day), (total, n) in self.values.items():
            if what == name:
                by_source[source][day] = total / n
        ordered = sorted(by_source, key=lambda source: (-len(by_source[source]), source))
        spans: list[tuple[date, date]] = []
        for source in ordered:
            days = by_source[source]
            alike = not spans or 2 / 3 <= median(days.values()) / median(by_source[ordered[0]].values()) <= 1.5
            outside = [day for day in days if all(not first <= day <= last for first, last in spans)]
            used = outside if alike else []
            if name == "resting_hr":
                used = [day for day in days if name not in found[day]]
            for day in used:
                found[day][name] = round(days[day], 1)
            if used and (name != "resting_hr" or not spans):
                spans.append((min(used), max(used)))
            if len(used) < len(days):
                n_out = len(days) - len(used)
                whose = f"{_TITLES[name]} is that of “{ordered[0][:40]}”"
                notes.append(f"{whose}; {n_out} day{'s' if n_out > 1 else ''} of "
                             f"“{source[:40]}” {'are' if n_out > 1 else 'is'} not mixed in.")  # fmt: skip
            elif source != ordered[0]:
                notes.append(f"{_TITLES[name]} of “{source[:40]}” is used on days without “{ordered[0][:40]}”.")


def _named(sources: set[str]) -> str:
    return ", ".join(f"“{source[:40]}”" for source in sorted(sources)[:5])


def _time(text: str | None) -> datetime | None:
    """ "2026-03-01 07:15:00 +0100" with the zone it was recorded in: its own calendar day counts."""
    if not text or len(text) != 25:
        return None
    try:
        found = datetime.fromisoformat(text[:19] + text[20:])
    except ValueError:
        return None
    return found if found.tzinfo is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _night_of(end: datetime) -> date:
    return end.date() if end.hour < NIGHT_ENDS_H else end.date() + timedelta(days=1)


def _night_h(by_source: dict[str, list[Interval]], best: str) -> float:
    """Hours of the best source; what other devices saw counts only where the best one saw nothing near it."""
    chosen = _union(by_source[best])
    others = _union([part for source, parts in by_source.items() if source != best for part in parts])
    extra = [
        (start, end) for start, end in others
        if all(end + APART < a or start > b + APART for a, b in chosen)
    ]  # fmt: skip
    return sum((end - start).total_seconds() for start, end in [*chosen, *extra]) / 3600


def _union(parts: list[Interval]) -> list[Interval]:
    """Intervals without their overlaps, in order."""
    found: list[Interval] = []
    for start, end in sorted(parts):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
