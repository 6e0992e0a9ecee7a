"""The landmarks that a report is made of: from a feature file, or as the mirror sent them."""

from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from sessions.form.selectors.reports import LANDMARKS_FILE, report_path
from sessions.models import FormReport
from sessions.video.selectors.features import landmarks_of
from web.refusals import Problem

N_POINTS, N_VALUES = 33, 4
FRAME_BYTES = 4 * (1 + N_POINTS * N_VALUES)
"""Of one frame: seconds, then x, y, z, visibility of each point, all float32, little-endian."""
MOST_PLACE = 10.0
Floats = npt.NDArray[np.float64]


def landmarks_read(data: bytes) -> tuple[Floats, Floats]:
    """t (n,) rising seconds, landmarks (n, 33, 4); a frame without a body is NaN. Raises Problem 422."""
    if not data or len(data) % FRAME_BYTES:
        text = _("Landmarks come as whole frames of %(n)s bytes.") % {"n": FRAME_BYTES}
        raise Problem(422, "bad_landmarks", text)
    rows = np.frombuffer(data, "<f4").reshape(-1, 1 + N_POINTS * N_VALUES).astype(float)
    t, points = rows[:, 0], rows[:, 1:].reshape(-1, N_POINTS, N_VALUES)
    if not np.isfinite(t).all() or (np.diff(t) <= 0).any():
        raise Problem(422, "bad_times", _("The times of the frames must rise."))
    known = points[np.isfinite(points)]
    if (np.abs(known) > MOST_PLACE).any():
        raise Problem(422, "bad_landmarks", _("Landmarks are shares of the picture's width and height."))
    points[~np.isfinite(points).all(axis=(1, 2))] = np.nan
    return t, points


def report_landmarks(row: FormReport) -> tuple[Floats, Floats, float]:
    """t, landmarks and width / height of the picture. Raises Problem 409 where they are gone."""
    if row.features is not None and row.video is not None:
        t, points = landmarks_of(row.features)
        return t, points, row.video.width / max(1, row.video.height)
    try:
        data = report_path(row, LANDMARKS_FILE).read_bytes()
    except OSError as error:
        raise _gone() from error
    t, points = landmarks_read(data)
    t = t - t[0]
    return t, points, float(row.facts.get("aspect", 1.0))


def _gone() -> Any:
    return Problem(409, "landmarks_gone", _("The landmarks of this report are gone. Find your movement again."))
