"""The settings of an import as a plain form: read from what the browser sent, filled up from what the files tell."""

import fnmatch
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mlops.ml.sensors.readers import Told
from mlops.ml.sensors.readers.bundle import bundle_layout, bundles_of
from mlops.ml.sensors.readers.plan import CLOCKS
from sessions.forms import split_units
from sessions.import_channels import (
    ChannelRow,
    UnitQuestion,
    bundled_rows,
    channel_rows,
    scales_of,
    unit_questions,
    units_told,
)
from sessions.models import SensorLayout, WorkoutSession
from sessions.selectors.layouts import file_layout_of, layout_of
from sessions.services.imports.entries import Shown
from sessions.services.imports.grouping import suggest_units
from sessions.services.imports.plan import Choices, ImportRefused, mapping_for, sensor_files
from sessions.services.imports.start import Destination
from sessions.services.layouts import layout_side_by_side

LABEL_MODES = [
    ("none", _("No label")),
    ("folder", _("Folder name")),
    ("text", _("Same label for all")),
    ("each", _("Separate labels")),
]


@dataclass
class ImportForm:
    """Everything the page shows; `choices()` and `destination()` give what the services take."""

    user: Any
    data: QueryDict
    shown: Sequence[Shown]
    layouts: Sequence[SensorLayout]
    workouts: Sequence[WorkoutSession]
    told: Told = field(default_factory=Told)
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
        self.bundle = self._bundle()

    def _chosen_layout(self) -> SensorLayout | None:
        chosen = self.data.get("layout", "")
        for row in self.layouts:
            if str(row.pk) == chosen:
                return row
        by_key = {row.key: row for row in self.layouts}
        preview = self.first.preview if self.first else None
        together = bundle_layout(sensor_files(self.readable)) if self.arrangement != "side" else None
        if together in by_key:
            return by_key[together]
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

    def _bundle(self) -> Sequence[Any]:
        """The files of the first recording that is made of several, each with its channels."""
        if not self.layout or self.arrangement == "side":
            return ()
        return next(iter(bundles_of(sensor_files(self.readable), layout_of(self.layout))), ())

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

    @cached_property
    def channels(self) -> list[ChannelRow]:
        """The mapping as it stands: what was chosen, else what the columns say; with the factor of each."""
        if not self.layout or not self.first or not self.first.preview:
            return []
        layout = file_layout_of(self.layout)
        if self.bundle:
            return bundled_rows(self.bundle, layout, self.data)
        return channel_rows(self.first.preview, layout, self.data, self.columns)

    @property
    def unit_questions(self) -> list[UnitQuestion]:
        """One line per sensor of the layout whose unit can be converted."""
        return unit_questions(self.channels, self.data)

    @property
    def must_choose(self) -> bool:
        """A unit is not known: somebody must say it before anything is imported."""
        return any(not question.found.sure for question in self.unit_questions)

    @property
    def clock_options(self) -> Sequence[tuple[str, str]]:
        """The years that the time may count from, in words with the first stamp's date."""
        preview = self.first.preview if self.first else None
        return preview.clock_choices if preview and preview.clock_choices else [(name, name) for name in CLOCKS]

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
            raise ImportRefused(_("Choose a layout."), field="layout")
        layout = self.layout
        if self.arrangement == "side":
            layout = layout_side_by_side(user=self.user, base=self.layout, units=self.units)
        if self.needs_rate and self._rate() is None:
            raise ImportRefused(_("Enter the sampling rate."), code="rate_needed", field="rate_hz")
        units_by_file = {}
        if self.asks_units_per_file:
            units_by_file = {one.entry.key: unit for _n, one, unit in self.file_units}
        channels = self.channels
        missing = [row.name for row in channels if not row.column]
        suggested = mapping_for(self.first.preview, file_layout_of(layout)) if self.first and self.first.preview else {}
        mapping = {row.name: row.column for row in channels}
        if missing and self.readable:
            detail = _("Choose a column for %(channels)s.") % {"channels": ", ".join(missing[:4])}
            raise ImportRefused(detail, code="unmapped", field="mapping")
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
            mapping={} if self.bundle or mapping == suggested else mapping,
            scale=scales_of(channels, strict=True),
            channel_units=units_told(self.data),
            told=self.told,
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
            raise ImportRefused(_("Enter a valid start date and time."), code="bad_time", field="started_at") from None
        return start if start.tzinfo else timezone.make_aware(start)

    def _rate(self) -> float | None:
        if not self.rate_text:
            return None
        try:
            return float(self.rate_text)
        except ValueError:
            detail = _("The sampling rate must be a number, for example 25.")
            raise ImportRefused(detail, code="bad_rate", field="rate_hz") from None

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
