"""Whole recordings from files that came in: unpacked, read by the plan that their previews give, joined, written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.ml.archives import extract_member
from mlops.ml.contract import MLError, NotEnoughData
from mlops.ml.sensors.foreign_files.looking import Refusal, with_started
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers import (
    ChannelUnit,
    IssueLog,
    Preview,
    Told,
    channel_units,
    mapping_of,
    plan_for_layout,
    preview,
    read_chunks,
)
from mlops.ml.sensors.readers.join import Stream, joined
from mlops.ml.sensors.readers.plan import PREVIEW_BYTES, Chunk, ReadPlan
from mlops.ml.sensors.readers.shown import NOTHING_TOLD
from mlops.ml.sensors.recording_file import RecordingFacts, merge_side_by_side, write_recording
from mlops.ml.sensors.recording_file.writer import file_sha256

SAMPLES = "samples.parquet"
OnBytes = Callable[[float, str], None]


@dataclass(frozen=True)
class Source:
    """One file of a recording.

    kept     where the file lies as it came; a member of the ZIP file `archive` is unpacked there first
    channels the channels of the layout that it gives; empty for all
    epoch_s, marks  when a phyphox measurement started, and its pauses
    """

    kept: Path
    name: str
    size: int
    archive: Path | None = None
    member: str = ""
    unit: str = ""
    channels: tuple[str, ...] = ()
    epoch_s: float | None = None
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Planned:
    """One recording: its files, and the folder in which its samples are written."""

    folder: Path
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class HowToRead:
    """What was chosen for all files of an import; `layout` is that of one device, `units` the devices side by side."""

    layout: Layout
    units: tuple[str, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    scale: dict[str, float] = field(default_factory=dict)
    channel_units: dict[str, str] = field(default_factory=dict)
    rate_hz: float | None = None
    told: Told = NOTHING_TOLD


@dataclass(frozen=True)
class ReadRecording:
    """What was written, and remarks {"row", "message"} for a person."""

    facts: RecordingFacts
    remarks: list[dict[str, Any]]


def read_recordings(
    items: Sequence[Planned],
    how: HowToRead,
    on_kept: Callable[[int, int, str, int], None],
    on_bytes: OnBytes,
    on_each: Callable[[int, ReadRecording | Refusal], None],
) -> None:
    """Write the samples of recordings one after the other.

    on_kept   (recording, file, SHA-256, bytes) of every original as it lies there, before any sample is read
    on_bytes  (bytes of the recording's files that are read, name of the file)
    on_each   (recording, what was written or why it cannot be read)
    """
    for number, planned in enumerate(items):
        try:
            for n, source in enumerate(planned.sources):
                if source.archive is not None:
                    extract_member(source.archive, source.member, source.kept)
                on_kept(number, n, file_sha256(source.kept), source.kept.stat().st_size)
            found: ReadRecording | Refusal = _Reader(planned, how, on_bytes).read()
        except MLError as error:
            found = Refusal(str(error), error.code, getattr(error, "row", None))
        on_each(number, found)


class _Reader:
    """Reads one recording."""

    def __init__(self, planned: Planned, how: HowToRead, on_bytes: OnBytes) -> None:
        self.folder, self.sources, self.how, self.on_bytes = planned.folder, planned.sources, how, on_bytes
        self.target = planned.folder / SAMPLES
        self.remarks: list[dict[str, Any]] = []
        self.done = 0

    def read(self) -> ReadRecording:
        """Write samples.parquet. Raises MLError."""
        facts = self._joined() if any(source.channels for source in self.sources) else self._separate()
        return ReadRecording(facts, self.remarks)

    def _separate(self) -> RecordingFacts:
        """One file, or one of each device side by side."""
        units = self.how.units
        pieces: dict[str, Path] = {}
        facts: RecordingFacts | None = None
        for source in self.sources:
            piece = self.folder / f"{source.unit}.parquet" if units else self.target
            shown, plan, decided = self._plan(source)
            log = IssueLog()
            chunks = self._counted(read_chunks(source.kept, plan, log), shown, source)
            facts = write_recording(piece, self.how.layout, chunks)
            where = f"{Path(source.name).name}: " if units else ""
            self._tell(where, log, shown, decided)
            self._tell_facts(where, facts)
            pieces[source.unit] = piece
            self.done += source.size
        if units:
            ordered = {unit: pieces[unit] for unit in units}
            try:
                facts = merge_side_by_side(self.target, ordered)
            except NotEnoughData:
                facts = merge_side_by_side(self.target, ordered, align="start")
                text = "The units' clocks do not overlap: joined by their first samples."
                self.remarks.insert(0, {"row": 0, "message": text})
            for piece in pieces.values():
                piece.unlink()
        assert facts is not None
        return facts

    def _joined(self) -> RecordingFacts:
        """One recording from a file per sensor, joined by time."""
        streams, told = [], []
        for source in self.sources:
            shown, plan, decided = self._plan(source)
            log = IssueLog()
            chunks = self._counted(read_chunks(source.kept, plan, log), shown, source)
            name = Path(source.name).name
            streams.append(Stream(chunks, tuple(self.how.layout.positions(source.channels)), name))
            told.append((f"{name}: ", log, shown, decided))
            self.done += source.size
        log = IssueLog()
        facts = write_recording(self.target, self.how.layout, joined(streams, log))
        for one in told:
            self._tell(*one)
        self.remarks += [{"row": 0, "message": note} for note in log.notes]
        self._tell_facts("", facts)
        return facts

    def _plan(self, source: Source) -> tuple[Preview, ReadPlan, dict[str, ChannelUnit]]:
        """Look at a file again and plan it as it was planned."""
        how = self.how
        shown = with_started(preview(source.kept, source.name, how.told), source.epoch_s, source.marks)
        mapping = how.mapping or mapping_of(shown, how.layout)
        plan = plan_for_layout(
            shown,
            how.layout,
            mapping=mapping,
            rate_hz=how.rate_hz,
            unit=source.unit,
            channels=source.channels,
            units=how.channel_units,
            scale=how.scale,
        )
        mapped = {name: column for name, column in mapping.items() if not source.channels or name in source.channels}
        return shown, plan, channel_units(shown, how.layout, mapped, units=how.channel_units, scale=how.scale)

    def _counted(self, chunks: Iterator[Chunk], shown: Preview, source: Source) -> Iterator[Chunk]:
        """Pass chunks on and report progress, with bytes per row guessed from the preview."""
        row_bytes = min(source.size, PREVIEW_BYTES) / max(1, shown.n_rows_seen)
        before, name, n_rows = self.done, source.name[-120:], 0
        self.on_bytes(before, name)
        for chunk in chunks:
            yield chunk
            n_rows += len(chunk.t_s)
            self.on_bytes(before + min(n_rows * row_bytes, source.size), name)

    def _tell(self, where: str, log: IssueLog, shown: Preview, units: Mapping[str, ChannelUnit]) -> None:
        """Keep what was said about a file: its bad lines, then how its time and units were read."""
        self.remarks += [{"row": issue.row, "message": f"{where}{issue.message}"} for issue in log.issues]
        self.remarks += [{"row": 0, "message": f"{where}{note}"} for note in (*log.notes, *shown.notes)]
        converted: dict[tuple[str, float, str], list[str]] = {}
        for unit in units.values():
            if unit.factor != 1.0:
                converted.setdefault((unit.unit, unit.factor, unit.why), []).append(unit.channel)
        for (name, factor, why), channels in converted.items():
            source = f"from {name} " if name else ""
            text = f"{where}{', '.join(channels)}: {source}× {factor:.6g}, because {why}."
            self.remarks.append({"row": 0, "message": text})

    def _tell_facts(self, where: str, facts: RecordingFacts) -> None:
        if facts.n_dropped:
            text = f"{where}{facts.n_dropped} samples with doubled or earlier time stamps were left out."
            self.remarks.append({"row": 0, "message": text})
        if facts.n_gaps:
            self.remarks.append({"row": 0, "message": f"{where}{facts.n_gaps} pauses longer than one second."})
