"""The settings of an import as a plain form: read from what the browser sent, filled up from what the files tell."""

import fnmatch
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from sessions.forms import split_units
from sessions.models import SensorLayout, WorkoutSession
from sessions.selectors.layouts import file_layout_of, layout_of
from sessions.services.imports.entries import Shown
from sessions.services.imports.grouping import suggest_units
from sessions.services.imports.plan import Choices, ImportRefused, mapping_for
from sessions.services.imports.start import Destination
from sessions.services.layouts import layout_side_by_side

LABEL_MODES = [
    ("none", "No label yet"),
    ("folder", "The folder's name"),
    ("text", "One label for all"),
    ("each", "One label each"),
]


@dataclass
class ChannelRow:
    """One line of the mapping: a channel, the columns to choose from, the chosen one and its factor."""

    name: str
    unit: str
    column: str
    scale: str


@dataclass
class ImportForm:
    """Everything the page shows; `choices()` and `destination()` give what the services take."""

    user: Any
    data: QueryDict
    shown: Sequence[Shown]
    layouts: Sequence[SensorLayout]
    workouts: Sequence[WorkoutSession]
    errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.only = self.data.get("only", "").strip()
        self.readable = [one for one in self.kept if one.preview]
        self.first = _typical(self.readable)
        suggested = suggest_units([one.entry.name for one in self.readable])
        self.arrangement = self.data.get("arrangement", "side" if suggested else "separate")
        self.units_text = self.data.get("units") or ", ".join(suggested) or "u2, u5"
        self.label_mode = self.data.get("label_mode", "none")
        self.label = self.data.get("label", "")
        self.rate_text = self.data.get("rate_hz", "").replace(",", ".").strip()
        self.layout = self._chosen_layout()
        self.needs_rate = any(one.preview.needs_rate for one in self.readable if one.preview)

    def _chosen_layout(self) -> SensorLayout | None:
        chosen = self.data.get("layout", "")
        for row in self.layouts:
            if str(row.pk) == chosen:
                return row
        by_key = {row.key: row for row in self.layouts}
        preview = self.first.preview if self.first else None
        if preview and preview.suggested_layout in by_key:
            return by_key[preview.suggested_layout]
        if preview:
            best = max(
                self.layouts,
                key=lambda row: len(mapping_for(preview, layout_of(row))) / len(row.channels),
                default=None,
            )
            return best
        return self.layouts[0] if self.layouts else None

    @property
    def kept(self) -> list[Shown]:
        """The files that pass the name filter."""
        if not self.only:
            return list(self.shown)
        return [one for one in self.shown if self._matches(one.entry.name)]

    def _matches(self, name: str) -> bool:
        tail = name.rsplit("/", 1)[-1]
        return any(fnmatch.fnmatchcase(text, self.only) for text in (name, tail)) or self.only in name

    @property
    def columns(self) -> list[str]:
        """Number columns of the typical file."""
        if not self.first or not self.first.preview:
            return []
        shown = self.first.preview
        return [c.name for c in shown.columns if c.kind == "number" and c.name != shown.time_column]

    @property
    def channels(self) -> list[ChannelRow]:
        """The mapping as it stands: what was chosen, else what the column names suggest."""
        if not self.layout or not self.first or not self.first.preview:
            return []
        layout = file_layout_of(self.layout)
        suggested = mapping_for(self.first.preview, layout)
        rows = []
        for channel in layout.channels:
            column = self.data.get(f"map-{channel.name}", suggested.get(channel.name, ""))
            if column not in self.columns:
                column = suggested.get(channel.name, "")
            rows.append(ChannelRow(channel.name, channel.unit, column, self.data.get(f"scale-{channel.name}", "")))
        return rows

    @property
    def has_gaps(self) -> bool:
        """Some channel still needs a column."""
        return any(not row.column for row in self.channels)

    @property
    def preview_table(self) -> list[list[str]]:
        """Columns of the typical file with their first cells, turned into rows."""
        if not self.first or not self.first.preview:
            return []
        columns = self.first.preview.columns
        depth = max((len(c.samples) for c in columns), default=0)
        return [[c.samples[n] if n < len(c.samples) else "" for c in columns] for n in range(depth)]

    @property
    def asks_units_per_file(self) -> bool:
        """Loose files may need to be told which unit they are."""
        return self.arrangement == "side" and len(self.kept) <= 20 and not any(one.entry.member for one in self.kept)

    @property
    def units(self) -> list[str]:
        return split_units(self.units_text)

    def unit_of(self, n: int) -> str:
        """The chosen unit of loose file `n`, else the one its name or its place suggests."""
        units = self.units
        chosen = self.data.get(f"unit-{n}", "")
        if chosen in units:
            return chosen
        name = self.kept[n].entry.name.lower()
        told = next((unit for unit in units if unit in name), "")
        return told or (units[n % len(units)] if units else "")

    @property
    def file_units(self) -> list[tuple[int, Shown, str]]:
        return [(n, one, self.unit_of(n)) for n, one in enumerate(self.kept)]

    def choices(self) -> Choices:
        """What the plan is made from. Raises ImportRefused, ValidationError."""
        if self.layout is None:
            raise ImportRefused("Choose a layout.", field="layout")
        layout = self.layout
        if self.arrangement == "side":
            layout = layout_side_by_side(user=self.user, base=self.layout, units=self.units)
        if self.needs_rate and self._rate() is None:
            raise ImportRefused("Say how many samples per second the file has.", code="rate_needed", field="rate_hz")
        units_by_file = {}
        if self.asks_units_per_file:
            units_by_file = {one.entry.key: unit for _, one, unit in self.file_units}
        channels = self.channels
        missing = [row.name for row in channels if not row.column]
        if missing and self.readable:
            raise ImportRefused(f"Choose a column for {', '.join(missing[:4])}.", code="unmapped", field="mapping")
        n_rows = self._number("n_rows")
        taken = set(self.data.getlist("take"))
        left_out = frozenset(n for n in range(int(n_rows)) if str(n) not in taken) if n_rows else frozenset()
        labels = {}
        if self.label_mode == "each":
            for name, value in self.data.items():
                if name.startswith("label-") and name[6:].isdigit():
                    labels[int(name[6:])] = value
        return Choices(
            layout=layout,
            mapping={row.name: row.column for row in channels},
            scale={row.name: self._scale(row) for row in channels if row.scale.strip()},
            rate_hz=self._rate() if self.needs_rate else None,
            units_by_file=units_by_file,
            label=self.label if self.label_mode == "text" else "",
            label_from_folder=self.label_mode in ("folder", "each"),
            labels=labels,
            left_out=left_out,
        )

    def destination(self) -> Destination:
        """The workout the recordings go to. Raises ImportRefused."""
        pk = self.data.get("workout", "")
        for row in self.workouts:
            if str(row.pk) == pk:
                return Destination(workout=row)
        return Destination(
            title=self.data.get("title", "")[:120], started_at=self._start(), time_zone=self.user.time_zone
        )

    @property
    def start_text(self) -> str:
        return self.data.get("started_at") or timezone.localtime().strftime("%Y-%m-%dT%H:%M")

    def _start(self) -> datetime | None:
        text = self.data.get("started_at", "")
        if not text:
            return None
        try:
            start = datetime.fromisoformat(text)
        except ValueError:
            raise ImportRefused("The start is a day and a time.", code="bad_time", field="started_at") from None
        return start if start.tzinfo else timezone.make_aware(start)

    def _rate(self) -> float | None:
        if not self.rate_text:
            return None
        try:
            return float(self.rate_text)
        except ValueError:
            raise ImportRefused("The rate is a number, for example 25.", code="bad_rate", field="rate_hz") from None

    def _scale(self, row: ChannelRow) -> float:
        try:
            return float(row.scale.replace(",", "."))
        except ValueError:
            raise ImportRefused(f"The factor of {row.name} is a number.", code="bad_scale", field="mapping") from None

    def _number(self, name: str) -> float:
        text = self.data.get(name, "")
        value = float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0
        return value if math.isfinite(value) else 0.0


def _typical(readable: Sequence[Shown]) -> Shown | None:
    """The first file of the kind that most bytes have: one without its notes, index or calibration files."""
    sizes: Counter[tuple[str, ...]] = Counter()
    firsts: dict[tuple[str, ...], Shown] = {}
    for one in readable:
        columns = tuple(column.name for column in one.preview.columns) if one.preview else ()
        sizes[columns] += one.entry.size
        firsts.setdefault(columns, one)
    return firsts[sizes.most_common(1)[0][0]] if sizes else None
