"""What a preview tells about a file, and what a person may answer before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from mlops.ml.contract import BadValue
from mlops.ml.sensors.readers.plan import Float64Array, Format, Issue, TimeUnit
from mlops.ml.sensors.readers.words import Quantity


@dataclass(frozen=True)
class Told:
    """What a person says about a file instead of leaving it to be found out; everything may stay empty.

    header_row   1-based line of the heading; 0 for "there is none"
    time_column  the column of time; "" for "there is none"
    clock        one of plan.CLOCKS: from which year the time counts
    """

    header_row: int | None = None
    time_column: str | None = None
    clock: str = ""


NOTHING_TOLD = Told()


@dataclass(frozen=True)
class PreviewColumn:
    """A column of the file: its name, up to five cells as text, what it seems to hold, and what it measures."""

    name: str
    samples: tuple[str, ...]
    kind: Literal["number", "time", "text", "empty"]
    quantity: Quantity = field(default_factory=Quantity)


class ChoiceNeeded(BadValue):
    """The file does not tell something that must not be guessed; a person chooses.

    about    what is asked: ``clock``, or a sensor of words.SENSORS whose unit is asked
    choices  (value, words) to choose from
    likely   the value that fits best, or ""
    channels the channels it is about
    """

    def __init__(
        self,
        message: str,
        *,
        about: str,
        choices: tuple[tuple[str, str], ...],
        likely: str = "",
        channels: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.about = about
        self.choices = choices
        self.likely = likely
        self.channels = channels


@dataclass(frozen=True)
class ChannelUnit:
    """From which unit a column is taken to its channel's unit, and how that is known.

    unit    the file's unit; "" where it is none that is converted
    factor  from the file's unit to the channel's
    why     in words for a person
    sure    False: a person must choose among `choices` (units); `likely` is one of them or ""
    """

    channel: str
    column: str
    unit: str
    factor: float
    why: str
    sure: bool = True
    choices: tuple[str, ...] = ()
    likely: str = ""
    sensor: str = ""


@dataclass(frozen=True)
class Preview:
    """What the first part of a file tells, for the mapping screen.

    suggested_layout / suggested_mapping  the built-in layout that the columns fill best: channel → column
    layout_mappings                       every built-in layout that the columns fill, by name
    suggested_scale                       channel → factor, where the file's unit is known to be another one
    rate_hz                               None when the file does not tell; then a person is asked
    logger                                the program that wrote it, where it is recognised
    clock, clock_choices                  the year the time counts from; what to choose from where that is not sure
    starts_at                             the first stamp as an ISO date-time, "" where it is no date
    first_lines                           (line, cells) of the beginning as it stands, to show where the heading is
    notes                                 remarks on how the file is read
    streams                               names of columns by sensor, where sensors have lines (and a rate) of their own
    values                                the first numbers of each column, NaN where a cell is empty
    """

    format: Format
    columns: list[PreviewColumn]
    n_rows_seen: int
    delimiter: str | None = None
    rate_hz: float | None = None
    rate_note: str = ""
    time_column: str | None = None
    time_unit: TimeUnit = "s"
    issues: list[Issue] = field(default_factory=list)
    suggested_layout: str | None = None
    suggested_mapping: dict[str, str] = field(default_factory=dict)
    suggested_scale: dict[str, float] = field(default_factory=dict)
    layout_mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    logger: str = ""
    header_row: int | None = None
    header_told: bool = False
    """A person chose the heading."""
    first_lines: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    clock: str = ""
    clock_choices: tuple[tuple[str, str], ...] = ()
    starts_at: str = ""
    epoch_s: float = 0.0
    marks: tuple[tuple[float, float], ...] = ()
    spread: bool = False
    date_column: str | None = None
    pivot: str = ""
    """Field whose text names the sensor of each line; columns are then named ``<text>.<field>``."""
    pivot_sensors: tuple[str, ...] = ()
    """What that field says."""
    streams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Float64Array] = field(default_factory=dict, repr=False, compare=False)

    @property
    def needs_rate(self) -> bool:
        """True when a person must say how many samples per second the file has."""
        return self.time_column is None or self.time_unit == "samples"

    def column(self, name: str) -> PreviewColumn | None:
        return next((column for column in self.columns if column.name == name), None)

    def facts(self) -> dict[str, Any]:
        """Plain values of everything but the numbers, for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "values"}
        plain["columns"] = [
            {
                "name": c.name,
                "samples": list(c.samples),
                "kind": c.kind,
                "sensor": c.quantity.sensor,
                "axis": c.quantity.axis,
                "unit": c.quantity.unit,
                "unit_from": c.quantity.source,
            }
            for c in self.columns
        ]
        plain["issues"] = [{"row": issue.row, "message": issue.message} for issue in self.issues]
        return {**plain, "needs_rate": self.needs_rate}
