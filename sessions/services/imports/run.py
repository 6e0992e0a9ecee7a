"""The import job: reads each planned recording, stores it whole or not at all, says what became of it."""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mlops.ml.contract import MLError, UnreadableInput
from mlops.ml.limited import Limits, Numbered, each_in_child
from mlops.ml.sensors.foreign_files.looking import Refusal
from mlops.ml.sensors.foreign_files.reading import HowToRead, OnBytes, Planned, ReadRecording, Source, read_recordings
from mlops.ml.sensors.readers import Told
from mlops.ml.sensors.recording_file import RecordingFacts
from sessions.models import Recording, RecordingSource, SensorLayout, WorkoutSession
from sessions.selectors.layouts import file_layout_of
from sessions.services.copies import recording_note_copy
from sessions.services.imports.entries import sentence
from sessions.services.recordings import fingerprint_of, recording_folder, recording_store
from web.services.archives import BadArchive

EPOCH_S = 1e8
"""Time stamps beyond this many seconds (1973) are dates, smaller ones count from a start of their own."""
LEAST_READ_S, MAX_READ_S, READ_BYTES_PER_S = 60.0, 3000.0, 300_000.0
"""A slow and busy machine reads ten times as much in a second."""


class Duplicate(Exception):
    """The athlete already has a recording of exactly these files."""

    def __init__(self, existing: Recording) -> None:
        super().__init__("This file was already imported.")
        self.existing = existing


@dataclass(frozen=True)
class Progress:
    """How far the import is: `total` bytes of source files, told in per cent."""

    total: int
    step: Callable[[int, int, str], None]

    def at(self, done: float, note: str) -> None:
        self.step(min(100, int(100 * done / self.total)), 100, note)


@dataclass(frozen=True)
class Importer:
    """Stores planned recordings for one athlete."""

    athlete: Any
    layout: SensorLayout
    plan: Mapping[str, Any]
    paths: Mapping[str, Path]
    """upload id → file on disk."""
    session_for: Callable[[datetime], WorkoutSession]
    """Called inside the commit block with the time the recording began."""
    started_at: datetime
    """For files whose time stamps are no dates."""
    commit: Callable[[], AbstractContextManager]

    def store(self, planned: Mapping[str, Any], pk: uuid.UUID, progress: Progress, done: int) -> Recording:
        """Read, join and store one planned recording. Raises Duplicate, MLError, BadArchive or what commit raises."""
        existing = Recording.all_with_deleted.filter(pk=pk).first()
        if existing:  # an earlier attempt of this job stored it
            return existing
        issues: list[dict[str, Any]] = []
        originals: list[dict[str, Any]] = []
        target = recording_folder(pk)

        def fill(folder: Path) -> RecordingFacts:
            facts, _rest = self.read(planned, folder, target, progress, done, originals, issues)
            return facts

        def begin(facts: RecordingFacts) -> datetime:
            if facts.t0 > EPOCH_S and self.plan.get("told", {}).get("clock") != "start":
                return datetime.fromtimestamp(facts.t0, tz=UTC)
            return self.started_at

        recording = recording_store(
            pk=pk,
            session_for=self.session_for,
            layout=self.layout,
            source=RecordingSource.IMPORT,
            fill=fill,
            started_at=begin,
            originals=originals,
            issues=issues,
            label=planned.get("label", ""),
            commit=self.commit,
            refuse_twin=self.refuse_twin,
        )
        recording_note_copy(recording=recording)
        return recording

    def read(
        self,
        planned: Mapping[str, Any],
        folder: Path,
        target: Path,
        progress: Progress,
        done: int,
        originals: list[dict[str, Any]] | None = None,
        issues: list[dict[str, Any]] | None = None,
    ) -> tuple[RecordingFacts, list[dict[str, Any]]]:
        """Write originals/ and samples.parquet into `folder` (later renamed to `target`); returns facts and issues.

        Raises Duplicate, MLError.
        """
        originals = [] if originals is None else originals
        issues = [] if issues is None else issues
        found: list[ReadRecording | Refusal | MLError] = []

        def on_kept(_: int, n: int, sha256: str, size: int) -> None:
            originals.append(self.original(planned["files"][n], n + 1, target, sha256, size))
            if len(originals) == len(planned["files"]):
                self.refuse_twin(fingerprint_of(original["sha256"] for original in originals))

        read_recordings_in_child(
            [self.prepare(planned, folder)],
            self.how(),
            limits=reading_limits(planned["files"]),
            on_kept=on_kept,
            on_bytes=lambda n_bytes, note: progress.at(done + n_bytes, note),
            on_each=lambda _, one: found.append(one),
        )
        read = found[0]
        if isinstance(read, MLError):
            raise read
        if isinstance(read, Refusal):
            raise UnreadableInput(read.text, row=read.row, code=read.code)
        issues += read.remarks
        return read.facts, issues

    def refuse_twin(self, fingerprint: str) -> None:
        """Raise Duplicate; asked before reading and again inside the commit (two imports may run at once)."""
        twin = Recording.objects.filter(session__athlete=self.athlete, fingerprint=fingerprint).first()
        if twin:
            raise Duplicate(twin)

    def prepare(self, planned: Mapping[str, Any], folder: Path) -> Planned:
        """Put the originals that lie ready into `folder`, and say how the child finds the others."""
        (folder / "originals").mkdir()
        sources = []
        for n, file in enumerate(planned["files"], 1):
            kept, path = folder / "originals" / _kept_name(file, n), self.paths[file["upload"]]
            if not file["member"]:
                link_or_copy(path, kept)
            sources.append(
                Source(
                    kept=kept,
                    name=file["name"],
                    size=file["size"],
                    archive=path if file["member"] else None,
                    member=file["member"],
                    unit=file["unit"],
                    channels=tuple(file.get("channels") or ()),
                    epoch_s=file.get("epoch_s"),
                    marks=tuple((float(at), float(more)) for at, more in file.get("marks") or ()),
                )
            )
        return Planned(folder, tuple(sources))

    def how(self) -> HowToRead:
        """What was chosen for all files."""
        return HowToRead(
            layout=file_layout_of(self.layout),
            units=tuple(self.layout.units),
            mapping=dict(self.plan["mapping"]),
            scale=dict(self.plan["scale"]),
            channel_units=dict(self.plan.get("channel_units", {})),
            rate_hz=self.plan["rate_hz"],
            told=Told(**self.plan.get("told", {})),
        )

    @staticmethod
    def original(file: Mapping[str, Any], n: int, target: Path, sha256: str, size: int) -> dict[str, Any]:
        """Describe the n-th original as Recording.originals does."""
        return {
            "file": f"recordings/{target.name}/originals/{_kept_name(file, n)}",
            "name": file["name"][-200:],
            "sha256": sha256,
            "size": size,
            "unit": file["unit"],
        }


def read_recordings_in_child(
    items: Sequence[Planned],
    how: HowToRead,
    *,
    limits: Limits,
    on_kept: Callable[[int, int, str, int], None],
    on_bytes: OnBytes,
    on_each: Callable[[int, ReadRecording | Refusal | MLError], None],
) -> None:
    """`read_recordings` in limited children: `on_each` also gets what a child was ended by."""
    each_in_child(read_recordings, limits, items, on_each, how=how, on_kept=Numbered(on_kept), on_bytes=on_bytes)


def reading_limits(files: Sequence[Mapping[str, Any]]) -> Limits:
    """What reading files may take: the processor's time grows with what there is to read, the memory does not."""
    seconds = min(MAX_READ_S, LEAST_READ_S + sum(file["size"] for file in files) / READ_BYTES_PER_S)
    return Limits(memory_mib=1024, cpu_s=int(seconds), wall_s=2 * seconds, file_mib=4096)


def _kept_name(file: Mapping[str, Any], n: int) -> str:
    base = re.sub(r"[^A-Za-z0-9._-]", "_", Path(file["name"]).name)[-80:].lstrip(".") or "file"
    return f"{n}-{base}"


def link_or_copy(source: Path, target: Path) -> None:
    """A second name of the file where the disk allows it, else a copy; the upload stays until the job is done."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def explain(error: Exception) -> tuple[str, str]:
    """(code, sentence) of an expected failure."""
    if isinstance(error, Duplicate):
        day = date_format(error.existing.created_at, "j F Y")
        return "duplicate", _("This file was already imported on %(day)s.") % {"day": day}
    if isinstance(error, BadArchive):
        return error.code, error.detail
    assert isinstance(error, MLError)
    return error.code, sentence(error)


def default_start(text: str) -> datetime:
    """An ISO time of the plan, or now."""
    return datetime.fromisoformat(text) if text else timezone.now()
