"""From what a person chose to the plan that the import job follows."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import BUILT_IN, Layout
from mlops.ml.sensors.readers import Preview, plan_for_layout, suggest_mapping
from sessions.models import SensorLayout
from sessions.selectors.layouts import file_layout_of
from sessions.services.imports.entries import Entry, Shown, sentence
from sessions.services.imports.grouping import Grouped, group_files
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


@dataclass(frozen=True)
class PlannedRecording:
    name: str
    label: str
    files: tuple[PlannedFile, ...]
    included: bool = True
    position: int = 0


@dataclass(frozen=True)
class ImportPlan:
    """JSON-ready through `to_dict`; the job follows it word for word."""

    recordings: tuple[PlannedRecording, ...]
    left_out: tuple[tuple[str, str], ...]
    mapping: Mapping[str, str]
    scale: Mapping[str, float]
    rate_hz: float | None

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
        }


def plan_import(*, shown: Sequence[Shown], choices: Choices) -> ImportPlan:
    """Which recordings will come, from which files, with which label. Raises ImportRefused.

    Files whose preview cannot fill the layout are left out with the reason; at least one recording must remain.
    """
    layout = file_layout_of(choices.layout)
    rate_hz = check_rate(choices.rate_hz)
    scale = check_scale(choices.scale, layout)
    unknown = set(choices.mapping) - set(layout.channel_names)
    if unknown:
        raise ImportRefused(f"The layout has no channel {sorted(unknown)[0]}.", field="mapping")
    usable: list[Entry] = []
    left_out: list[tuple[str, str]] = []
    for one in shown:
        why = one.error or (one.preview and _misfit(one.preview, layout, choices, rate_hz))
        if why:
            left_out.append((one.entry.name, why))
        else:
            usable.append(one.entry)
    if not usable:
        too_large = {one.code for one in shown} == {"too_large"}
        code, status = ("too_large", 413) if too_large else ("nothing_fits", 400)
        raise ImportRefused(_nothing_fits(shown, left_out), code=code, field="mapping", status=status)
    grouped: Grouped = group_files(usable, choices.layout.units, choices.units_by_file)
    if len(grouped.groups) > MAX_RECORDINGS:
        raise ImportRefused(f"At most {MAX_RECORDINGS} recordings can be imported at once.", code="too_many")
    recordings = tuple(
        PlannedRecording(
            name=group.name,
            label=_label_for(n, group.folder, choices),
            files=tuple(
                PlannedFile(p.entry.upload, p.entry.member, p.entry.name, p.unit, p.entry.size) for p in group.parts
            ),
            included=n not in choices.left_out,
            position=n,
        )
        for n, group in enumerate(grouped.groups)
    )
    if not recordings:
        raise ImportRefused(
            grouped.left_out[0][1] if grouped.left_out else "There is no file to import.",
            code="incomplete",
            field="units",
        )
    return ImportPlan(recordings, tuple(left_out + grouped.left_out), dict(choices.mapping), scale, rate_hz)


def mapping_for(preview: Preview, layout: Layout) -> dict[str, str]:
    """Suggested channel → column; falls back to the order of the number columns where they are just as many."""
    if layout.name in BUILT_IN and layout.name in preview.layout_mappings:
        return dict(preview.layout_mappings[layout.name])
    numbers = [c.name for c in preview.columns if c.kind == "number" and c.name != preview.time_column]
    found = suggest_mapping(numbers, layout)
    if not found and len(numbers) == layout.n_channels:
        return dict(zip(layout.channel_names, numbers, strict=True))
    return found


def check_label(text: str) -> str:
    """A label in normal form; raises ImportRefused for one that cannot be a label. Empty stays empty."""
    label = " ".join(str(text).split())
    if label and not LABEL.fullmatch(label):
        raise ImportRefused(
            "A label begins with a letter or digit and has at most 64 plain characters.",
            code="bad_label",
            field="label",
        )
    return label


def check_rate(rate_hz: float | None) -> float | None:
    if rate_hz is None:
        return None
    if not math.isfinite(rate_hz) or not 0.1 <= rate_hz <= 2000:
        raise ImportRefused("The rate lies between 0.1 and 2,000 samples per second.", code="bad_rate", field="rate_hz")
    return float(rate_hz)


def check_scale(scale: Mapping[str, float], layout: Layout) -> dict[str, float]:
    for name, factor in scale.items():
        if name not in layout.channel_names:
            raise ImportRefused(f"The layout has no channel {name}.", field="scale")
        if not math.isfinite(factor) or factor == 0:
            raise ImportRefused("A scale is a number other than 0.", code="bad_scale", field="scale")
    return {name: float(factor) for name, factor in scale.items()}


def _misfit(preview: Preview, layout: Layout, choices: Choices, rate_hz: float | None) -> str:
    if preview.needs_rate and rate_hz is None:
        return "The file does not tell its rate: say how many samples it has per second."
    try:
        plan_for_layout(preview, layout, mapping=choices.mapping or mapping_for(preview, layout), rate_hz=rate_hz)
    except BadValue as error:
        return sentence(error)
    return ""


def _nothing_fits(shown: Sequence[Shown], left_out: Sequence[tuple[str, str]]) -> str:
    if not shown:
        return "There is no file to import."
    return f"None of the files can be read like this. {left_out[0][0]}: {left_out[0][1]}"


def _label_for(position: int, folder: str, choices: Choices) -> str:
    if position in choices.labels:
        return check_label(choices.labels[position])
    if choices.label_from_folder:
        cleaned = re.sub(r"[^\w .+/-]", "_", folder)[:64].lstrip("_ .+/-")
        return cleaned
    return check_label(choices.label)
