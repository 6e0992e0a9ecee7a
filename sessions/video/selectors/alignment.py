"""Where a clip lies in a recording of a sensor that ran while it was filmed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mlops.ml.alignment import RATE_HZ, Alignment, CannotTell, MotionCurve, align
from mlops.ml.sensors.motion_energy import motion_of_samples
from mlops.ml.vision.video.motion_energy import motion_of_landmarks
from sessions.models import FeatureFile, Recording, Video
from sessions.selectors.recordings import recording_samples
from sessions.video.selectors.features import landmarks_of

SLACK = timedelta(seconds=15)
"""Clocks of a camera and a sensor may differ by so much."""
LONGEST = timedelta(days=1)
MAX_SHOWN = 50
MAX_VALUES = 40_000_000
"""Samples times channels that are read at once: 18 hours of six channels at 100 Hz."""
MAX_POINTS = 20_000
"""Of a curve that goes to the page."""


@dataclass(frozen=True)
class Place:
    """found: where the clip lies, or why that cannot be told; stamp_offset_s: the offset by time stamps, if any."""

    found: Alignment | CannotTell
    stamp_offset_s: float | None
    video: MotionCurve
    recording: MotionCurve


def recordings_beside(*, user: Any, video: Video) -> list[Recording]:
    """Recordings of the clip's athlete that `user` may see: of the same workout, or running while it was filmed."""
    rows = _of_athlete(user, video)
    found = list(rows.filter(session=video.session_id)[:MAX_SHOWN]) if video.session_id else []
    if video.filmed_at is not None:
        begun, ended = video.filmed_at - SLACK, video.filmed_at + timedelta(seconds=video.duration_s) + SLACK
        near = rows.filter(started_at__gt=begun - LONGEST, started_at__lt=ended)
        near = near.exclude(pk__in=[row.pk for row in found])
        running = [row for row in near if row.started_at + timedelta(seconds=row.duration_s) > begun]
        found += running[: MAX_SHOWN - len(found)]
    return found


def recording_beside(*, user: Any, video: Video, pk: Any) -> Recording:
    """One recording of the clip's athlete that `user` may see; 404 for every other."""
    return get_object_or_404(_of_athlete(user, video), pk=pk)


def place_in(*, video: Video, features: FeatureFile, recording: Recording) -> Place:
    """Align by what moves when: near the time stamps where the clip has one, then anywhere in the recording.

    Raises Problem 409 for features or samples that cannot be read.
    """
    seen = _of_video(video, features)
    stamp = (video.filmed_at - recording.started_at).total_seconds() if video.filmed_at else None
    measured = _of_recording(recording, (stamp or 0.0) + video.duration_s / 2)
    found: Alignment | CannotTell = CannotTell("too_short")
    if stamp is not None:
        found = align(seen, measured, near_s=stamp)
    if isinstance(found, CannotTell):
        found = align(seen, measured)
    return Place(found, stamp, seen, measured)


def place_words(found: Alignment | CannotTell) -> str:
    """How certain an alignment is, or why there is none, as a sentence."""
    if isinstance(found, Alignment):
        if found.certainty >= 0.7:
            return _("The curves match well.")
        if found.certainty >= 0.4:
            return _("The curves match fairly well. Compare them before you propose labels.")
        return _("The match is uncertain. Compare the curves and correct the offset.")
    return {
        "still_first": _("Too little motion in the video to find the offset. Set it by hand."),
        "still_second": _("Too little motion in the recording to find the offset. Set it by hand."),
        "too_short": _("The video and the recording share too little time to find the offset. Set it by hand."),
        "several_fit": _("The motion repeats evenly, so several offsets fit. Set it by hand."),
        "nothing_fits": _("The motion in the video and the recording does not match. Choose another recording, or set "
                          "the offset by hand."),
    }[found.reason]  # fmt: skip


def curve_points(curve: MotionCurve, step: int) -> dict[str, Any]:
    """For a chart: start_s, step_s, values from 0 to about 1 (the mean of `step` samples), None where unknown."""
    n = len(curve.energy) // step
    values = curve.energy[: n * step].reshape(n, step)
    known = np.isfinite(values)
    means = np.where(known.any(1), np.where(known, values, 0).sum(1) / np.maximum(known.sum(1), 1), np.nan)
    top = float(np.nanquantile(means, 0.99)) if np.isfinite(means).any() else 1.0
    shown = [None if one != one else round(one / max(top, 1e-9), 3) for one in means.tolist()]
    return {"start_s": curve.start_s, "step_s": step / RATE_HZ, "values": shown}


def curve_step(*curves: MotionCurve) -> int:
    """Samples of a curve that one point of the page stands for."""
    return max(2, -(-max(len(one.energy) for one in curves) // MAX_POINTS))


def _of_athlete(user: Any, video: Video) -> QuerySet[Recording]:
    rows = Recording.objects.visible_to(user).filter(session__deleted_at__isnull=True)
    rows = rows.filter(session__athlete=video.athlete_id) if video.athlete_id else rows.none()
    return rows.select_related("layout", "session")


def _of_video(video: Video, features: FeatureFile) -> MotionCurve:
    t, pose = landmarks_of(features)
    return motion_of_landmarks(t, pose, video.width / video.height if video.height else 1.0)


def _of_recording(recording: Recording, around_s: float) -> MotionCurve:
    """All of it, or as much around a time as MAX_VALUES allow."""
    channels = [(channel["name"], channel["unit"]) for channel in recording.layout.channels]
    length_s = MAX_VALUES / (len(channels) * max(1.0, recording.rate_hz))
    start_s = max(0.0, min(around_s - length_s / 2, recording.duration_s - length_s))
    parts = list(recording_samples(recording, start_s=start_s, end_s=start_s + length_s))
    if not parts:
        return motion_of_samples(np.zeros(0), np.zeros((0, len(channels))), channels)
    return motion_of_samples(
        np.concatenate([t for t, _samples in parts]), np.concatenate([samples for _t, samples in parts]), channels
    )
