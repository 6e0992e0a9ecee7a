"""Storing, describing and deleting recordings."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mlops.ml.contract import ignore
from mlops.ml.sensors.recording_file import RecordingFacts
from sessions.models import Recording, RecordingSource, SensorLayout, Span, SpanOrigin, WorkoutSession
from sessions.services.baselines import baseline_learn
from sessions.services.leftovers import parts_remove

Fill = Callable[[Path], RecordingFacts]
"""Writes samples.parquet (and originals/) into the given folder and returns the facts."""


def recording_folder(pk: uuid.UUID | str) -> Path:
    """The private folder of a recording: samples.parquet and originals/."""
    return Path(settings.MEDIA_ROOT) / "recordings" / str(pk)


def fingerprint_of(digests: Iterable[str]) -> str:
    """One SHA-256 over the originals' SHA-256s, whatever their order; a single file keeps its own."""
    known = sorted(digests)
    if not known:
        return ""
    return known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()


def recording_store(
    *,
    pk: uuid.UUID,
    session_for: Callable[[datetime], WorkoutSession],
    layout: SensorLayout,
    source: RecordingSource,
    fill: Fill,
    started_at: Callable[[RecordingFacts], datetime],
    originals: Sequence[dict[str, Any]] = (),
    issues: Sequence[dict[str, Any]] = (),
    label: str = "",
    is_demo: bool = False,
    commit: Callable[[], AbstractContextManager] = nullcontext,
    refuse_twin: Callable[[str], None] = ignore,
) -> Recording:
    """Write the files of a recording beside, rename the folder into place, then write the row.

    `fill` may append to `originals` and `issues`. `session_for(started_at)` gives the workout inside the commit.
    `commit()` is the job's commit block where a job stores it: a stale worker then leaves nothing behind.
    `refuse_twin(fingerprint)` may raise there. A non-empty `label` labels the whole recording and marks it
    reviewed. Files are whole or absent. A row that already has this pk is returned as it is.
    """
    target = recording_folder(pk)
    parts_remove(pk)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        facts = fill(part)
        with commit(), transaction.atomic():
            known = Recording.all_with_deleted.filter(pk=pk).first()
            if known:
                return known
            fingerprint = fingerprint_of(original["sha256"] for original in originals)
            if fingerprint:
                refuse_twin(fingerprint)
            begin = started_at(facts)
            shutil.rmtree(target, ignore_errors=True)  # left by an attempt that died before its row was written
            os.rename(part, target)
            session = session_for(begin)
            workouts = WorkoutSession.all_with_deleted.select_for_update().filter(pk=session.pk)
            recording = Recording.objects.create(
                pk=pk,
                session=session,
                deleted_at=workouts.values_list("deleted_at", flat=True).first(),  # deleted while it was made
                layout=layout,
                source=source,
                file=f"recordings/{pk}/samples.parquet",
                originals=list(originals),
                fingerprint=fingerprint,
                n_bytes=sum(one.stat().st_size for one in target.rglob("*") if one.is_file()),
                n_samples=facts.n_samples,
                duration_s=facts.duration_s,
                rate_hz=round(facts.rate_hz, 4),
                issues=list(issues)[:100],
                started_at=begin,
                is_demo=is_demo,
            )
            if label and facts.duration_s > 0:
                recording_label_whole(recording=recording, label=label, origin=SpanOrigin.IMPORT, author=None)
        if not is_demo and source != RecordingSource.GENERATED:
            recording.refresh_from_db(fields=["sets"])
            baseline_learn(recording=recording)
        return recording
    except BaseException:
        if not Recording.all_with_deleted.filter(pk=pk).exists():
            shutil.rmtree(target, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def recording_label_whole(*, recording: Recording, label: str, origin: SpanOrigin, author) -> Span:
    """One confirmed label from the first to the last sample; the recording counts as reviewed."""
    span = Span.objects.create(
        recording_id=recording.pk, start_s=0.0, end_s=recording.duration_s, label=label, origin=origin, author=author
    )
    recording_set_reviewed(recording=recording, reviewed=True)
    return span


def recording_set_reviewed(*, recording: Recording, reviewed: bool) -> None:
    """Say that somebody looked at the whole recording (unlabelled time is then none of the labels), or take it back."""
    recording.reviewed_at = timezone.now() if reviewed else None
    Recording.objects.filter(pk=recording.pk).update(reviewed_at=recording.reviewed_at)


def recording_delete(*, recording: Recording) -> None:
    """Put it into the bin; its labels and files stay until it is restored or goes for good."""
    Recording.objects.filter(pk=recording.pk).update(deleted_at=timezone.now())


def recording_remove(*, recording: Recording) -> None:
    """Delete the row with its labels, then its samples and originals, for good."""
    folder = recording_folder(recording.pk)
    Recording.all_with_deleted.get(pk=recording.pk).delete()
    shutil.rmtree(folder, ignore_errors=True)


def recordings_kept(user: Any) -> QuerySet[Recording]:
    """The recordings of one person, each with the bytes it takes as `kept`."""
    return Recording.objects.filter(session__athlete__user=user).annotate(kept=F("n_bytes"))


def recordings_in_bin(user: Any) -> QuerySet[Recording]:
    """The same of those that lie in the bin: they take their room until they go for good."""
    rows: QuerySet[Recording] = Recording.all_with_deleted.filter(deleted_at__isnull=False)
    return rows.filter(session__athlete__user=user).annotate(kept=F("n_bytes"))


def recording_files(recording: Recording) -> Iterable[tuple[str, Path]]:
    """(name in an export, path on disk) of everything kept for a recording."""
    root = Path(settings.MEDIA_ROOT)
    yield f"recordings/{recording.pk}/samples.parquet", root / recording.file
    for n, original in enumerate(recording.originals, 1):
        yield f"recordings/{recording.pk}/originals/{n}-{original['name']}", root / original["file"]


def recording_names(rows: QuerySet[Recording]) -> Iterator[str]:
    """Below MEDIA_ROOT, everything that these recordings name."""
    for file, originals in rows.values_list("file", "originals").iterator():
        yield file
        yield from (original["file"] for original in originals)
