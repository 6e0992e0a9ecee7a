"""When each frame of a clip is shown, and which frames a label covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from sessions.models import SpanState, Video, VideoSpan
from web.refusals import Problem

TIMES_FILE = "times.npy"
SLACK_S = 6e-5
"""Edges of labels are kept to a tenth of a millisecond."""


@dataclass(frozen=True)
class SpanFrames:
    """A label and its frames: `frames.start` is the first, `frames.stop` the one after the last."""

    span: VideoSpan
    frames: range


def times_path(video: Video) -> Path:
    """The file of its frame times: float64 seconds, NumPy's own format."""
    return Path(settings.MEDIA_ROOT) / video.folder / TIMES_FILE


def frame_times(video: Video) -> npt.NDArray[np.float64]:
    """(n,) seconds of its frames, strictly rising from 0. Raises Problem 409 `not_ready`."""
    try:
        return np.load(times_path(video), allow_pickle=False)
    except (OSError, ValueError):
        raise Problem(409, "not_ready", _("This video was not read yet.")) from None


def frames_within(times_s: npt.NDArray[np.float64], start_s: float, end_s: float, every: int = 1) -> range:
    """Frames shown in [start_s, end_s), every n-th from the first of them on."""
    first, stop = np.searchsorted(times_s, [start_s - SLACK_S, end_s - SLACK_S])
    return range(int(first), int(stop), every)


def span_frames(video: Video, spans: Iterable[VideoSpan] | None = None) -> list[SpanFrames]:
    """The confirmed labels of a clip (or the given ones, in their order) with their frames."""
    if spans is None:
        spans = video.spans.filter(state=SpanState.CONFIRMED).order_by("start_s", "created_at", "pk")
    rows = list(spans)
    if not rows:
        return []
    times = frame_times(video)
    return [SpanFrames(row, frames_within(times, row.start_s, row.end_s, row.every)) for row in rows]


def labels_by_frame(video: Video) -> dict[int, str]:
    """Frame → confirmed label, in the order of frames; where labels overlap, the one that begins later counts."""
    found = {frame: one.span.label for one in span_frames(video) for frame in one.frames}
    return dict(sorted(found.items()))
