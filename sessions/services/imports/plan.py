"""From what a person chose to the plan that the import job follows."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers import (
    ChannelUnit,
    ChoiceNeeded,
    Preview,
    Told,
    channel_units,
    mapping_of,
    plan_for_layout,
)
from mlops.ml.sensors.readers.bundle import SensorFile, bundles_of
from mlops.ml.sensors.readers.shown import NOTHING_TOLD
from sessions.models import SensorLayout
from sessions.selectors.layouts import file_layout_of
from sessions.services.imports.entries import Entry, Shown, sentence
from sessions.services.imports.grouping import Group, Grouped, Part, group_files
from web.refusals import Problem

MAX_RECORDINGS = 500
LABEL = re.compile(r"[^\W_][\w .+/-]{0,63}")


class ImportRefused(Problem):
    """The choices cannot be followed; `field` names the one to change."""

    def __init__(
        self, message: str, *, code: str = "bad_choice", field: str = "", status: int = 400, **extra: Any
    ) -> None:
        errors = [{"field": field, "code": code, "message": message}] if field else None
        super().__init__(status, code, message, errors=errors, **extra)
        self.field = field


@dataclass(frozen=True)
class Choices:
    """What a person chose for an import; empty values are filled from the files."""

    layout: SensorLayout
    mapping: Mapping[str, str] = field(default_factory=dict)
    """channel of one device → column of the file."""
    scale: Mapping[str, float] = field(default_factory=dict)
    """channel → factor from the file's unit to the layout's."""
    channel_units: Mapping[str, str] = field(default_factory=dict)
    """Sensor (acc, gyr, mag, angle) or channel → unit of the file, where the file does not tell it."""
    told: Told = NOTHING_TOLD
    """Heading, time column and year, as a person chose them; the previews were made with it."""
    rate_hz: float | None = None
    units_by_file: Mapping[str, str] = field(default_factory=dict)
    """Entry.key → unit, where the path does not tell."""
    label: str = ""
    label_from_folder: bool = False
    labels: Mapping[int, str] = field(default_factory=dict)
    """Position of a recording in the plan → its label, over the two above."""
    left_out: frozenset[int] = frozenset()
    """Positions of recordings that shall not be imported."""


@dataclass(frozen=True)
class PlannedFile:
    upload: str
    member: str
    name: str
    unit: str
    size: int
    channels: tuple[str, ...] = ()
    epoch_s: float | None = None
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class PlannedRecording:
    name: str
    label: str
    files: tuple[PlannedFile, ...]
    included: bool = True
    position: int = 0
    units: tuple[ChannelUnit, ...] = ()
    """From which column and unit each channel of the first device comes, for the page."""


@dataclass(frozen=True)
class ImportPlan:
    """JSON-ready through `to_dict`; the job follows it word for word."""

    recordings: tuple[PlannedRecording, ...]
    left_out: tuple[tuple[str, str], ...]
    mapping: Mapping[str, str]
    scale: Mapping[str, float]
    rate_hz: float | None
    channel_units: Mapping[str, str] = field(default_factory=dict)
    told: Told = NOTHING_TOLD

    @property
    def included(self) -> list[PlannedRecording]:
        return [recording for recording in self.recordings if recording.included]

    def to_dict(self) -> dict[str, Any]:
        return {
            "recordings": [
                {"name": r.name, "label": r.label, "files": [asdict(f) for f in r.files]} for r in self.included
            ],
            "mapping": dict(self.mapping),
            "scale": dict(self.scale),
            "rate_hz": self.rate_hz,
            "channel_units": dict(self.channel_units),
            "told": asdict(self.told),
        }

    def conversions(self) -> list[dict[str, Any]]:
        """Per recording, which channel comes from which column, unit and factor; for programs."""
        return [
            {
                "name": recording.name,
                "channels": {
                    unit.channel: {"column": unit.column, "unit": unit.unit, "factor": unit.factor, "why": unit.why}
                    for unit in recording.units
                },
            }
            for recording in self.included
        ]


def plan_import(*, shown: Sequence[Shown], choices: Choices) -> ImportPlan:
    """Which recordings will come, from which files, with which label. Raises ImportRefused.

    Files whose preview cannot fill the layout are left out with the reason; at least one recording must remain. What
    a file does not tell and nobody answered (`unit_needed`, `clock_needed`) refuses the whole plan until it is
    answered.
    """
    layout = file_layout_of(choices.layout)
    rate_hz = check_rate(choices.rate_hz)
    scale = check_scale(choices.scale, layout)
    unknown = set(choices.mapping) - set(layout.channel_names)
    if unknown:
        raise ImportRefused(_("The layout has no channel %(name)s.") % {"name": sorted(unknown)[0]}, field="mapping")
    bundles = _bundles(shown, layout, choices)
    bundled = {part.entry.key for group in bundles for part in group.parts}
    usable: list[Entry] = []
    left_out: list[tuple[str, str]] = []
    for one in shown:
        if one.entry.key in bundled:
            continue
        why = one.error or (one.preview and _misfit(one.preview, layout, choices, rate_hz))
        if why:
            left_out.append((one.entry.name, why))
        else:
            usable.append(one.entry)
    if not usable and not bundles:
        too_large = {one.code for one in shown} == {"too_large"}
        code, status = ("too_large", 413) if too_large else ("nothing_fits", 400)
        raise ImportRefused(_nothing_fits(shown, left_out), code=code, field="mapping", status=status)
    grouped: Grouped = group_files(usable, choices.layout.units, choices.units_by_file)
    groups = [*bundles, *grouped.groups]
    if len(groups) > MAX_RECORDINGS:
        detail = _("You can import at most %(n)s recordings at once.") % {"n": MAX_RECORDINGS}
        raise ImportRefused(detail, code="too_many")
    previews = {one.entry.key: one.preview for one in shown}
    recordings = tuple(
        PlannedRecording(
            name=group.name,
            label=_label_for(n, group.folder, choices),
            files=tuple(_planned(part, previews.get(part.entry.key)) for part in group.parts),
            included=n not in choices.left_out,
            position=n,
            units=_units(group, previews, layout, choices),
        )
        for n, group in enumerate(groups)
    )
    if not recordings:
        raise ImportRefused(
            grouped.left_out[0][1] if grouped.left_out else _("There are no files to import."),
            code="incomplete",
            field="units",
        )
    return ImportPlan(
        recordings,
        tuple(left_out + grouped.left_out),
        dict(choices.mapping),
        scale,
        rate_hz,
        dict(choices.channel_units),
        choices.told,
    )


def _bundles(shown: Sequence[Shown], layout: Layout, choices: Choices) -> list[Group]:
    """Recordings whose sensors come from files of their own. Raises ImportRefused for what must be answered."""
    if choices.layout.units or choices.mapping:
        return []
    by_key = {one.entry.key: one for one in shown if one.preview}
    groups = []
    for shares in bundles_of(sensor_files(shown), layout):
        for share in shares:
            _plan_part(share.file.shown, layout, choices, choices.rate_hz, share.channels)
        parts = tuple(Part(by_key[share.file.key].entry, "", share.channels) for share in shares)
        folder = PurePosixPath(parts[0].entry.name).parent.name or PurePosixPath(parts[0].entry.name).stem
        groups.append(Group(parts[0].entry.name, folder, parts))
    return groups


def sensor_files(shown: Sequence[Shown]) -> list[SensorFile]:
    """The readable files of an import, as the library bundles them."""
    return [
        SensorFile(one.entry.key, one.entry.name, one.entry.upload if one.entry.member else "", one.preview)
        for one in shown
        if one.preview
    ]


def _planned(part: Part, preview: Preview | None) -> PlannedFile:
    entry = part.entry
    dated = preview is not None and preview.logger == "phyphox" and preview.clock == "1970"
    return PlannedFile(
        entry.upload,
        entry.member,
        entry.name,
        part.unit,
        entry.size,
        part.channels,
        preview.epoch_s if dated and preview else None,
        preview.marks if dated and preview else (),
    )


def _units(
    group: Group, previews: Mapping[str, Preview | None], layout: Layout, choices: Choices
) -> tuple[ChannelUnit, ...]:
    """How the channels of a recording's first device are converted, in the order of the layout."""
    found: dict[str, ChannelUnit] = {}
    for part in group.parts:
        preview = previews.get(part.entry.key)
        if preview is None or (part.unit and part.unit != group.parts[0].unit):
            continue
        mapping = choices.mapping or mapping_for(preview, layout)
        mapping = {name: column for name, column in mapping.items() if not part.channels or name in part.channels}
        found |= channel_units(preview, layout, mapping, units=choices.channel_units, scale=choices.scale)
    return tuple(found[name] for name in layout.channel_names if name in found)


def mapping_for(preview: Preview, layout: Layout) -> dict[str, str]:
    """Suggested channel → column, by what the columns say they measure; never by their order."""
    return mapping_of(preview, layout)


def check_label(text: str) -> str:
    """A label in normal form; raises ImportRefused for one that cannot be a label. Empty stays empty."""
    label = " ".join(str(text).split())
    if label and not LABEL.fullmatch(label):
        raise ImportRefused(
            _("A label starts with a letter or digit and has at most 64 plain characters."),
            code="bad_label",
            field="label",
        )
    return label


def check_rate(rate_hz: float | None) -> float | None:
    if rate_hz is None:
        return None
    if not math.isfinite(rate_hz) or not 0.1 <= rate_hz <= 2000:
        detail = _("The sampling rate must be between 0.1 and 2,000 Hz.")
        raise ImportRefused(detail, code="bad_rate", field="rate_hz")
    return float(rate_hz)


def check_scale(scale: Mapping[str, float], layout: Layout) -> dict[str, float]:
    for name, factor in scale.items():
        if name not in layout.channel_names:
            raise ImportRefused(_("The layout has no channel %(name)s.") % {"name": name}, field="scale")
        if not math.isfinite(factor) or factor == 0:
            raise ImportRefused(_("A factor must be a number other than 0."), code="bad_scale", field="scale")
    return {name: float(factor) for name, factor in scale.items()}


def _misfit(preview: Preview, layout: Layout, choices: Choices, rate_hz: float | None) -> str:
    if preview.needs_rate and rate_hz is None:
        return _("The file does not contain its sampling rate. Enter it.")
    if not choices.mapping and not mapping_for(preview, layout):
        named = f"{preview.logger}: " if preview.logger else ""
        note = f" {preview.notes[0]}" if preview.notes else ""
        return named + _("The file contains none of this layout's channels.") + note
    try:
        _plan_part(preview, layout, choices, rate_hz)
    except BadValue as error:
        return sentence(error)
    return ""


def _plan_part(
    preview: Preview, layout: Layout, choices: Choices, rate_hz: float | None, channels: Sequence[str] = ()
) -> None:
    """Raise BadValue where a file cannot be read so, ImportRefused where a person must say something first."""
    try:
        plan_for_layout(
            preview,
            layout,
            mapping=choices.mapping or mapping_for(preview, layout),
            rate_hz=rate_hz,
            units=choices.channel_units,
            scale=choices.scale,
            channels=channels,
        )
    except ChoiceNeeded as error:
        field_ = "clock" if error.about == "clock" else f"channel_units.{error.about}"
        raise ImportRefused(
            sentence(error),
            code="clock_needed" if error.about == "clock" else "unit_needed",
            field=field_,
            choices=[{"value": value, "text": text} for value, text in error.choices],
            likely=error.likely,
            channels=list(error.channels),
        ) from error


def _nothing_fits(shown: Sequence[Shown], left_out: Sequence[tuple[str, str]]) -> str:
    if not shown:
        return _("There are no files to import.")
    return _("No file can be read with these settings. %(file)s: %(reason)s") % {
        "file": left_out[0][0],
        "reason": left_out[0][1],
    }


def _label_for(position: int, folder: str, choices: Choices) -> str:
    if position in choices.labels:
        return check_label(choices.labels[position])
    if choices.label_from_folder:
        cleaned = re.sub(r"[^\w .+/-]", "_", folder)[:64].lstrip("_ .+/-")
        return cleaned
    return check_label(choices.label)
