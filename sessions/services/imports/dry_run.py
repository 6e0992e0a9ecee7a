"""A rehearsal of an import: every line is read, nothing is kept."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from mlops.ml.contract import MLError, UnreadableInput
from mlops.ml.limited import Limits
from mlops.ml.sensors.foreign_files.looking import Refusal
from mlops.ml.sensors.foreign_files.reading import SAMPLES, ReadRecording
from sessions.models import Recording, SensorLayout
from sessions.selectors.copies import Likeness, likeness_of
from sessions.services.copies import copy_find, signal_of
from sessions.services.imports.plan import ImportPlan
from sessions.services.imports.run import Duplicate, Importer, explain, read_recordings_in_child
from sessions.services.recordings import fingerprint_of
from web.services.uploads import upload_open_path

MAX_BYTES = 32 * 1024 * 1024
"""Larger imports are only checked by their first lines; the job reports every line anyway."""
REHEARSING = Limits(memory_mib=1024, cpu_s=60, wall_s=120)


@dataclass(frozen=True)
class Rehearsed:
    """What would become of one planned recording."""

    position: int
    n_samples: int = 0
    duration_s: float = 0.0
    rate_hz: float = 0.0
    issues: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    existing: Recording | None = None
    likeness: Likeness | None = None


def import_rehearse(
    *, athlete, layout: SensorLayout, uploads: Sequence, plan: ImportPlan
) -> dict[int, Rehearsed] | None:
    """position → what would come of it; None when the files are too large to read while somebody waits."""
    if sum(file.size for recording in plan.included for file in recording.files) > MAX_BYTES:
        return None
    importer = Importer(
        athlete=athlete,
        layout=layout,
        plan=plan.to_dict(),
        paths={str(u.pk): upload_open_path(u) for u in uploads},
        session_for=_never,
        started_at=timezone.now(),
        commit=nullcontext,
    )
    planned = plan.to_dict()["recordings"]
    place = Path(tempfile.mkdtemp(prefix="fitbalance-rehearsal-"))
    try:
        return _rehearsed(importer, [recording.position for recording in plan.included], planned, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _rehearsed(
    importer: Importer, positions: Sequence[int], planned: Sequence[Mapping[str, Any]], place: Path
) -> dict[int, Rehearsed]:
    folders = [place / str(n) for n in range(len(planned))]
    for folder in folders:
        folder.mkdir()
    found: dict[int, Rehearsed] = {}
    digests: dict[int, list[str]] = {}

    def kept(number: int, _n: int, sha256: str, _size: int) -> None:
        digests.setdefault(number, []).append(sha256)

    def each(number: int, one: ReadRecording | Refusal | MLError) -> None:
        found[positions[number]] = _outcome(importer, positions[number], folders[number], one, digests.get(number, ()))
        shutil.rmtree(folders[number], ignore_errors=True)

    read_recordings_in_child(
        [importer.prepare(one, folder) for one, folder in zip(planned, folders, strict=True)],
        importer.how(),
        limits=REHEARSING,
        on_kept=kept,
        on_bytes=_quiet,
        on_each=each,
    )
    return found


def _outcome(
    importer: Importer, position: int, folder: Path, one: ReadRecording | Refusal | MLError, digests: Sequence[str]
) -> Rehearsed:
    try:
        importer.refuse_twin(fingerprint_of(digests))
    except Duplicate as error:
        return Rehearsed(position, existing=error.existing)
    if isinstance(one, Refusal):
        one = UnreadableInput(one.text, row=one.row, code=one.code)
    if isinstance(one, MLError):
        return Rehearsed(position, error=explain(one)[1])
    likeness = _likeness(importer.athlete, folder / SAMPLES, one.facts.duration_s)
    return Rehearsed(
        position,
        one.facts.n_samples,
        one.facts.duration_s,
        one.facts.rate_hz,
        tuple(one.remarks),
        likeness=likeness,
    )


def _likeness(athlete, path: Path, duration_s: float) -> Likeness | None:
    """Whether the signal is here already, in words that this athlete may read."""
    first = copy_find(signal=signal_of(path), duration_s=duration_s)
    return likeness_of(user=athlete.user, first_pk=first.copy_group or first.pk) if first else None


def _never(begin):
    raise AssertionError("a rehearsal stores nothing")


def _quiet(done: float, note: str) -> None:
    """Nobody watches a rehearsal."""
