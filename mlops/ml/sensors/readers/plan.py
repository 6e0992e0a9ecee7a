"""The words that all readers share: the plan to read by, the chunks they give, the preview and its issues.

A file is first previewed (at most 256 KiB of it), a person or a rule turns the preview into a `ReadPlan`,
and `read_chunks` streams the file by that plan with bounded memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, FloatArray, IntArray, UnreadableInput

FORMATS = ("csv", "flextail_csv", "rsf", "parquet", "jsonl", "frames")
TIME_UNITS = ("s", "ms", "us", "ns", "100ns", "min", "h", "d", "iso", "ymd", "dmy", "mdy", "clock", "samples")
TEXT_UNITS = ("iso", "ymd", "dmy", "mdy", "clock")
"""Times written as text: ISO date-times, dates in another order, times of day and durations."""
CLOCKS = ("1970", "1980", "2000", "2001", "start")
"""From which year a file counts its seconds; ``start``: from no date, but from switching on or from its own start."""
Format = Literal["csv", "flextail_csv", "rsf", "parquet", "jsonl", "frames"]
TimeUnit = Literal["s", "ms", "us", "ns", "100ns", "min", "h", "d", "iso", "ymd", "dmy", "mdy", "clock", "samples"]
Float64Array = npt.NDArray[np.float64]

PREVIEW_BYTES = 256 * 1024
MAX_LINE_BYTES = 64 * 1024
MAX_COLUMNS = 2000
MAX_ISSUES = 100
MAX_VALUE = 1e30  # larger numbers are no measurements and would not fit float32
MAX_SCALE = 1e6
MANY_BAD_ROWS = 1000  # beyond this many, a file with more bad rows than good ones is given up

SECONDS = {
    "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "100ns": 1e-7, "min": 60.0, "h": 3600.0, "d": 86_400.0,
    **dict.fromkeys(TEXT_UNITS, 1e-6),
}  # fmt: skip
"""Text stamps arrive as microseconds."""


class Chunk(NamedTuple):
    """A piece of a file: `t_s` (n,) float64 seconds as the file counts them, `samples` (n, channels)
    float32 in the plan's column order, `rows` (n,) the 1-based line or record each sample came from."""

    t_s: Float64Array
    samples: FloatArray
    rows: IntArray


def usable(values: Float64Array) -> npt.NDArray[np.bool_]:
    """True for the rows of (n, columns) whose numbers are all finite and small enough for a measurement."""
    return np.asarray((np.abs(values) <= MAX_VALUE).all(axis=1))


@dataclass(frozen=True)
class Issue:
    """One line that was left out, and why, in words for a person."""

    row: int
    message: str


class IssueLog:
    """Collects the first 100 issues and counts them all; `notes` are remarks on the whole file, not on a line."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.notes: list[str] = []
        self.total = 0
        self.n_read = 0

    def note(self, message: str) -> None:
        """Add a remark once."""
        if message not in self.notes and len(self.notes) < MAX_ISSUES:
            self.notes.append(message)

    def add(self, row: int, message: str) -> None:
        self.total += 1
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(Issue(int(row), message))

    def take(self, other: IssueLog) -> None:
        """Add what another log of the same file collected; the same line is told once."""
        known = {(issue.row, issue.message) for issue in self.issues}
        for issue in other.issues:
            if (issue.row, issue.message) not in known:
                self.add(issue.row, issue.message)
        for note in other.notes:
            self.note(note)
        self.n_read += other.n_read

    def count_read(self, n_rows: int) -> None:
        """Add rows that were read well; raises UnreadableInput when the file is mostly unreadable."""
        self.n_read += n_rows
        if self.total > MANY_BAD_ROWS and self.total > self.n_read:
            raise self._mostly_bad()

    def finish(self) -> None:
        """Raise UnreadableInput when nothing, or less than half of the rows, could be read."""
        if self.total >= self.n_read and (self.total or not self.n_read):
            raise self._mostly_bad()

    def _mostly_bad(self) -> UnreadableInput:
        if not self.issues:
            return UnreadableInput("the file contains no samples", code="no_samples")
        first = self.issues[0]
        text = f"{self.total} of {self.total + self.n_read} rows cannot be read; first: {first.message}"
        return UnreadableInput(text, row=first.row, code="too_many_bad_rows")


@dataclass(frozen=True)
class ReadPlan:
    """How to turn the rows of a file into the channels of a layout.

    columns      one source column per channel, in the order of the layout
    time_column  the source column of time; None when rows are evenly spaced at `rate_hz`
    time_unit    what it counts; ``samples`` needs `rate_hz`; ``iso`` are date-times (UTC where no zone stands)
    scale        factor per channel from the file's unit to the layout's; empty means 1
    unit         which of several devices worn at once this file is (``u2``), for `merge_side_by_side`
    limits       largest size of each channel in the layout's unit that a sensor can measure; 0 for none
    epoch_s      added to every time, in seconds: the year that the file counts from
    marks        (file's second, added seconds) from which on more is added: pauses that the file leaves out
    spread       several samples share a stamp and are spread evenly until the next one
    skip_empty   lines on which all columns are empty belong to another sensor and are no mistakes
    where        (field, value): only lines on which this field holds this text
    date_column  the day beside a time of day
    header_row   the 1-based line that a person chose as the heading
    parts        one plan per sensor with its own rate, joined by time on the first one's stamps
    positions    which channels of the layout a part fills
    """

    format: Format
    columns: tuple[str, ...]
    time_column: str | None = None
    time_unit: TimeUnit = "s"
    rate_hz: float | None = None
    scale: tuple[float, ...] = ()
    delimiter: str | None = None
    unit: str = ""
    limits: tuple[float, ...] = ()
    epoch_s: float = 0.0
    marks: tuple[tuple[float, float], ...] = ()
    spread: bool = False
    skip_empty: bool = False
    where: tuple[str, ...] = ()
    date_column: str | None = None
    header_row: int | None = None
    parts: tuple[ReadPlan, ...] = ()
    positions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise BadValue(f"a file format is one of {', '.join(FORMATS)}")
        if self.time_unit not in TIME_UNITS:
            raise BadValue(f"a time unit is one of {', '.join(TIME_UNITS)}")
        if not self.columns or not all(isinstance(name, str) and name for name in self.columns):
            raise BadValue("every channel needs a source column")
        if self.scale and len(self.scale) != len(self.columns):
            raise BadValue("scale has one factor per channel")
        if not all(0 < abs(factor) <= MAX_SCALE for factor in self.scale):
            raise BadValue("a scale is a number other than 0, at most a million")
        if self.rate_hz is not None and not 0.1 <= self.rate_hz <= 2000:
            raise BadValue("the rate must be between 0.1 and 2,000 samples per second")
        if (self.time_column is None or self.time_unit == "samples") and self.rate_hz is None:
            raise BadValue("this file contains no time in seconds: enter the samples per second")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, e.g. a job's parameters."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ReadPlan:
        """Read what `to_dict` gave; raises BadValue for unknown fields or values out of range."""
        try:
            known = dict(values)
            known["columns"] = tuple(known["columns"])
            known["scale"] = tuple(float(factor) for factor in known.get("scale") or ())
            known["limits"] = tuple(float(limit) for limit in known.get("limits") or ())
            known["marks"] = tuple((float(at), float(more)) for at, more in known.get("marks") or ())
            known["where"] = tuple(known.get("where") or ())
            known["positions"] = tuple(int(position) for position in known.get("positions") or ())
            known["parts"] = tuple(cls.from_dict(part) for part in known.get("parts") or ())
            if known.get("rate_hz") is not None:
                known["rate_hz"] = float(known["rate_hz"])
            return cls(**known)
        except (KeyError, TypeError, ValueError) as error:
            raise BadValue(f"this is not a plan to read a file by: {error}") from error

    def seconds(self, time: Float64Array) -> Float64Array:
        """Convert the numbers of the time column to seconds, before the epoch is added."""
        if self.time_unit == "samples":
            return time / float(self.rate_hz or 1.0)
        return time * SECONDS[self.time_unit]

    @property
    def wanted(self) -> list[str]:
        """The columns to read, time first where there is one."""
        return list(self.columns) if self.time_column is None else [self.time_column, *self.columns]

    @property
    def text_time(self) -> TimeUnit | None:
        """How the time column is written where it is text."""
        return self.time_unit if self.time_column is not None and self.time_unit in TEXT_UNITS else None

    def scaled(self, values: Float64Array) -> FloatArray:
        """Convert (n, channels) file values to the layout's units as float32."""
        if self.scale:
            values = values * np.asarray(self.scale)
        return np.ascontiguousarray(values, dtype=np.float32)
