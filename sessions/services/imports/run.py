"""The import job: reads each planned recording, stores it whole or not at all, says what became of it."""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from mlops.ml.contract import MLError, NotEnoughData
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers import IssueLog, Preview, plan_for_layout, preview, read_chunks
from mlops.ml.sensors.readers.plan import PREVIEW_BYTES, Chunk
from mlops.ml.sensors.recording_file import RecordingFacts, merge_side_by_side, write_recording
from mlops.ml.sensors.recording_file.writer import file_sha256
from sessions.models import Recording, RecordingSource, SensorLayout, WorkoutSession
from sessions.selectors.layouts import file_layout_of
from sessions.services.imports.entries import sentence
from sessions.services.imports.plan import mapping_for
from sessions.services.recordings import fingerprint_of, recording_folder, recording_store
from web.services.archives import BadArchive, archive_extract_member

EPOCH_S = 1e8
"""Time stamps beyond this many seconds (1973) are dates, smaller ones count from a start of their own."""


class Duplicate(Exception):
    """The athlete already has a recording of exactly these files."""

    def __init__(self, existing: Recording) -> None:
        super().__init__("This file was imported before.")
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
        existing = Recording.objects.filter(pk=pk).first()
        if existing:  # an earlier attempt of this job stored it
            return existing
        issues: list[dict[str, Any]] = []
        originals: list[dict[str, Any]] = []
        target = recording_folder(pk)

        def fill(folder: Path) -> RecordingFacts:
            facts, _ = self.read(planned, folder, target, progress, done, originals, issues)
            return facts

        def begin(facts: RecordingFacts) -> datetime:
            if facts.t0 > EPOCH_S:
                return datetime.fromtimestamp(facts.t0, tz=UTC)
            return self.started_at

        return recording_store(
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
            refuse_twin=self._refuse_twin,
        )

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

        Raises Duplicate before any sample is read, MLError, BadArchive.
        """
        originals = [] if originals is None else originals
        issues = [] if issues is None else issues
        (folder / "originals").mkdir()
        for n, file in enumerate(planned["files"], 1):
            originals.append(self._keep(folder, target, n, file))
        self._refuse_twin(fingerprint_of(original["sha256"] for original in originals))
        return self._samples(folder, planned["files"], originals, issues, progress, done), issues

    def _refuse_twin(self, fingerprint: str) -> None:
        """Raise Duplicate; asked before reading and again inside the commit (two imports may run at once)."""
        twin = Recording.objects.filter(session__athlete=self.athlete, fingerprint=fingerprint).first()
        if twin:
            raise Duplicate(twin)

    def _keep(self, folder: Path, target: Path, n: int, file: Mapping[str, Any]) -> dict[str, Any]:
        """Put the original into originals/ and describe it as Recording.originals does."""
        base = re.sub(r"[^A-Za-z0-9._-]", "_", Path(file["name"]).name)[-80:].lstrip(".") or "file"
        kept = folder / "originals" / f"{n}-{base}"
        source = self.paths[file["upload"]]
        if file["member"]:
            archive_extract_member(source, file["member"], kept)
        else:
            link_or_copy(source, kept)
        return {
            "file": f"recordings/{target.name}/originals/{kept.name}",
            "name": file["name"][-200:],
            "sha256": file_sha256(kept),
            "size": kept.stat().st_size,
            "unit": file["unit"],
        }

    def _samples(
        self,
        folder: Path,
        files: list[Mapping[str, Any]],
        originals: list[dict[str, Any]],
        issues: list[dict[str, Any]],
        progress: Progress,
        done: int,
    ) -> RecordingFacts:
        one = file_layout_of(self.layout)
        target = folder / "samples.parquet"
        pieces: dict[str, Path] = {}
        facts: RecordingFacts | None = None
        for file, original in zip(files, originals, strict=True):
            source = folder / "originals" / Path(original["file"]).name
            piece = folder / f"{file['unit']}.parquet" if self.layout.units else target
            facts = self._read(source, file, piece, one, issues, progress, done)
            pieces[file["unit"]] = piece
            done += file["size"]
        if self.layout.units:
            ordered = {unit: pieces[unit] for unit in self.layout.units}
            try:
                facts = merge_side_by_side(target, ordered)
            except NotEnoughData:
                facts = merge_side_by_side(target, ordered, align="start")
                issues.insert(
                    0, {"row": 0, "message": "The units' clocks do not overlap: joined by their first samples."}
                )
            for piece in pieces.values():
                piece.unlink()
        assert facts is not None
        return facts

    def _read(
        self,
        source: Path,
        file: Mapping[str, Any],
        piece: Path,
        layout: Layout,
        issues: list[dict[str, Any]],
        progress: Progress,
        done: int,
    ) -> RecordingFacts:
        shown = preview(source, Path(file["name"]).name)
        mapping = self.plan["mapping"] or mapping_for(shown, layout)
        plan = plan_for_layout(shown, layout, mapping=mapping, rate_hz=self.plan["rate_hz"], unit=file["unit"])
        chosen = self.plan["scale"]
        if chosen:
            known = dict(zip(layout.channel_names, plan.scale or (1.0,) * layout.n_channels, strict=True))
            plan = replace(plan, scale=tuple(chosen.get(name, known[name]) for name in layout.channel_names))
        log = IssueLog()
        chunks = _counted(read_chunks(source, plan, log), shown, file, progress, done)
        facts = write_recording(piece, layout, chunks)
        where = f"{Path(file['name']).name}: " if self.layout.units else ""
        issues += [{"row": issue.row, "message": f"{where}{issue.message}"} for issue in log.issues]
        if facts.n_dropped:
            issues.append(
                {
                    "row": 0,
                    "message": f"{where}{facts.n_dropped} samples with doubled or earlier time stamps were left out.",
                }
            )
        if facts.n_gaps:
            issues.append({"row": 0, "message": f"{where}{facts.n_gaps} pauses longer than one second."})
        return facts


def _counted(
    chunks: Iterator[Chunk], shown: Preview, file: Mapping[str, Any], progress: Progress, done: int
) -> Iterator[Chunk]:
    """Pass chunks on and report progress, with bytes per row guessed from the preview."""
    row_bytes = min(file["size"], PREVIEW_BYTES) / max(1, shown.n_rows_seen)
    n_rows = 0
    progress.at(done, file["name"][-120:])
    for chunk in chunks:
        yield chunk
        n_rows += len(chunk.t_s)
        progress.at(done + min(n_rows * row_bytes, file["size"]), file["name"][-120:])


def link_or_copy(source: Path, target: Path) -> None:
    """A second name of the file where the disk allows it, else a copy; the upload stays until the job is done."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def explain(error: Exception) -> tuple[str, str]:
    """(code, sentence) of an expected failure."""
    if isinstance(error, Duplicate):
        return "duplicate", f"This file was imported before, on {error.existing.created_at:%d %B %Y}."
    if isinstance(error, BadArchive):
        return error.code, str(error)
    assert isinstance(error, MLError)
    return error.code, sentence(error)


def default_start(text: str) -> datetime:
    """An ISO time of the plan, or now."""
    return datetime.fromisoformat(text) if text else timezone.now()
