"""An Apple Health export, streamed: sleep, HRV (SDNN) and resting heart rate by day.

The export is a ZIP with one XML file that can hold gigabytes. It is read in pieces by expat, record by record;
entities and document types with entities are refused, so that a small file cannot grow while it is read.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from mlops.ml.contract import UnreadableInput
from web.services.archives import BadArchive, archive_members

PIECE = 1 << 20
MAX_XML_BYTES = 64 * 1024**3
MAX_UNREAD = 8 << 20
"""Bytes that expat may hold back because an element has not ended: no real record is a thousandth as long."""
MAX_SLEEP_PARTS = 500_000
"""Forty years of nights with thirty phases each."""
FIRST_YEAR, LAST_YEAR = 1990, 2200
SDNN = "HKQuantityTypeIdentifierHeartRateVariabilitySDNN"
RESTING = "HKQuantityTypeIdentifierRestingHeartRate"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
NIGHT_ENDS_H = 18
"""Sleep that ends before six in the evening belongs to that day, later naps too; sleep after it to the next."""

OnBytes = Callable[[int, int], None]


@dataclass
class Found:
    """Days with the means of what was measured; `n_records` of the kinds that are used."""

    days: dict[date, dict[str, float]] = field(default_factory=dict)
    n_records: int = 0


def apple_days(path: Path, *, on_bytes: OnBytes = lambda done, total: None) -> Found:
    """Read an export (ZIP or its XML). Memory does not grow with the file. Raises UnreadableInput."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            return _read(stream, path.stat().st_size, on_bytes)
    try:
        members = archive_members(path, max_total_bytes=MAX_XML_BYTES)
        member = next((one for one in members if one.name.rsplit("/", 1)[-1] == "export.xml"), None)
        if member is None:
            raise UnreadableInput("the archive holds no export.xml", code="no_export")
        with zipfile.ZipFile(path) as archive, archive.open(member.name) as stream:
            return _read(stream, member.size, on_bytes)
    except BadArchive as error:
        raise UnreadableInput(error.detail.rstrip("."), code=error.code) from error
    except zipfile.BadZipFile as error:
        raise UnreadableInput("the archive is damaged", code="bad_archive") from error


class _Sums:
    """Running sums by day; sleep as intervals of the day's last nights only."""

    def __init__(self) -> None:
        self.values: dict[tuple[date, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.sleep: dict[date, list[tuple[datetime, datetime]]] = defaultdict(list)
        self.n = self.n_sleep = 0

    def record(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("type")
        if kind not in (SDNN, RESTING, SLEEP):
            return
        start, end = _time(attributes.get("startDate")), _time(attributes.get("endDate"))
        if start is None or end is None or end < start:
            return
        if kind == SLEEP:
            if attributes.get("value", "").startswith(ASLEEP) and end - start < timedelta(hours=24):
                self.n_sleep += 1
                if self.n_sleep > MAX_SLEEP_PARTS:
                    raise UnreadableInput("the export holds more nights than a life has", code="too_long")
                self.sleep[_night_of(end)].append((start, end))
                self.n += 1
            return
        try:
            value = float(attributes["value"])
        except (KeyError, ValueError):
            return
        name = "hrv_sdnn" if kind == SDNN else "resting_hr"
        if (1 <= value <= 400) if kind == SDNN else (25 <= value <= 150):
            sums = self.values[(start.date(), name)]
            sums[0] += value
            sums[1] += 1
            self.n += 1

    def days(self) -> dict[date, dict[str, float]]:
        found: dict[date, dict[str, float]] = defaultdict(dict)
        for (day, name), (total, n) in self.values.items():
            found[day][name] = round(total / n, 1)
        for day, parts in self.sleep.items():
            hours = _union_h(parts)
            if 0 < hours <= 24:
                found[day]["sleep_hours"] = round(hours, 2)
        return dict(found)


def _read(stream: IO[bytes], size: int, on_bytes: OnBytes) -> Found:
    sums = _Sums()
    parser = expat.ParserCreate()
    seen_root: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        if not seen_root:
            seen_root.append(name)
            if name != "HealthData":
                raise UnreadableInput("this is no Apple Health export", code="no_export")
        if name == "Record":
            sums.record(attributes)

    def refuse(*_: Any) -> None:
        raise UnreadableInput("the file declares entities; Apple Health never does", code="entities")

    parser.StartElementHandler = begin
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = lambda *_: 0
    parser.buffer_text = True
    done = 0
    try:
        while piece := stream.read(PIECE):
            parser.Parse(piece, False)
            done += len(piece)
            if done - parser.CurrentByteIndex > MAX_UNREAD:
                raise UnreadableInput("a record is longer than any can be", code="record_too_long")
            on_bytes(done, max(size, done))
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableInput(f"the XML breaks off or is damaged in line {error.lineno}", row=error.lineno) from error
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise UnreadableInput("the archive is damaged", code="bad_archive") from error
    return Found(sums.days(), sums.n)


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


def _union_h(parts: list[tuple[datetime, datetime]]) -> float:
    """Hours covered by intervals that may overlap (a watch and a phone record the same night)."""
    total, upto = timedelta(), None
    for start, end in sorted(parts):
        begin = start if upto is None else max(start, upto)
        if end > begin:
            total += end - begin
        upto = end if upto is None else max(upto, end)
    return total.total_seconds() / 3600
