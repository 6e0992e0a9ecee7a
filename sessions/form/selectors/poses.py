"""The body of a report, frame by frame, for drawing."""

from typing import Any

import numpy as np

from sessions.form.selectors.landmarks import report_landmarks
from sessions.models import FormReport
from sessions.video.selectors.features import MAX_POSES, poses


def report_poses(row: FormReport, *, start_s: float, end_s: float | None, most: int = MAX_POSES) -> dict[str, Any]:
    """As `poses` of a feature file; of a set before the mirror the landmarks that it sent. Raises Problem 409."""
    end = np.inf if end_s is None else end_s
    if row.features is not None:
        return poses(row.features, start_s=start_s, end_s=end, most=most)
    t, points, _aspect = report_landmarks(row)
    first, last = np.searchsorted(t, [start_s, end])
    every = max(1, -(-int(last - first) // most))
    frames = [_frame(n, t[n], points[n]) for n in range(int(first), int(last), every)]
    return {"every": every, "frames": frames}


def _frame(n: int, t: float, points: Any) -> dict[str, Any]:
    known = bool(np.isfinite(points).all())
    pose = np.round(points[:, [0, 1, 3]], 4).tolist() if known else None
    return {"frame": n, "t": round(float(t), 4), "pose": pose, "hands": [None, None], "boxes": [], "filled": False}


__all__ = ["MAX_POSES", "report_poses"]
