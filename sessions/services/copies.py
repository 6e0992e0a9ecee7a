"""Recordings that hold the same signal, whoever brought them: noticed at import, one group when models learn."""

from collections.abc import Mapping
from pathlib import Path

from mlops.ml.contract import BadArtifact
from mlops.ml.sensors.fingerprint import LENGTH_TOLERANCE, recording_fingerprint, same_signal
from sessions.models import Recording
from sessions.selectors.recordings import samples_path

MAX_BACKFILLED = 50
"""Older recordings whose signal is looked at for the first time, per import; the rest waits for the next one."""


def copy_find(*, signal: Mapping[str, str], duration_s: float, but: Recording | None = None) -> Recording | None:
    """The first stored recording with this signal, or None. Of all athletes: what may be said of it is the caller's.

    Rows from before signals were kept get theirs here, a few at a time.
    """
    if not signal:
        return None
    near = (duration_s * (1 - LENGTH_TOLERANCE), duration_s / (1 - LENGTH_TOLERANCE))
    rows = Recording.objects.filter(duration_s__range=near).order_by("created_at", "pk")
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    n_backfilled = 0
    for row in rows.only("pk", "file", "signal", "copy_group", "session_id").iterator():
        if row.signal is None:
            if n_backfilled >= MAX_BACKFILLED:
                continue
            n_backfilled += 1
            recording_sign(recording=row)
        if row.signal and same_signal(signal, row.signal):
            return row
    return None


def recording_sign(*, recording: Recording) -> None:
    """Keep the fingerprint of a recording's signal; an unreadable file gets an empty one."""
    recording.signal = signal_of(samples_path(recording))
    Recording.objects.filter(pk=recording.pk).update(signal=recording.signal)


def signal_of(path: Path) -> dict[str, str]:
    """The fingerprint of a samples file, empty where it cannot be read."""
    try:
        return recording_fingerprint(path)
    except (BadArtifact, OSError):
        return {}


def recording_note_copy(*, recording: Recording) -> Recording | None:
    """Sign a new recording and put it into the group of the first one with its signal; returns that one, or None."""
    recording_sign(recording=recording)
    first = copy_find(signal=recording.signal or {}, duration_s=recording.duration_s, but=recording)
    if first is not None:
        recording.copy_group = first.copy_group or first.pk
        Recording.objects.filter(pk=recording.pk).update(copy_group=recording.copy_group)
    return first
