"""Channels of a clip, thinned out for a chart."""

import numpy as np
from django.utils.translation import gettext_lazy as _

from sessions.video.selectors.features import UNITS, Channels, Floats

NAMES = {
    "left_knee_angle": _("Left knee"), "right_knee_angle": _("Right knee"), "left_hip_angle": _("Left hip"),
    "right_hip_angle": _("Right hip"), "left_elbow_angle": _("Left elbow"), "right_elbow_angle": _("Right elbow"),
    "left_shoulder_angle": _("Left shoulder"), "right_shoulder_angle": _("Right shoulder"),
    "left_ankle_angle": _("Left ankle"), "right_ankle_angle": _("Right ankle"),
    "left_hand_speed": _("Left hand speed"), "right_hand_speed": _("Right hand speed"),
}  # fmt: skip

MAX_POINTS = 4000


def channels_envelope(
    found: Channels, *, start_s: float, end_s: float | None, max_points: int
) -> tuple[list[tuple[str, str]], Floats, Floats, Floats]:
    """[(name, unit)] of channels that hold anything, t (m,), lowest and highest (m, channels) in m stretches; m is at
    most `max_points`. A stretch in which nothing is known is NaN."""
    names = [name for name, values in found.values.items() if np.isfinite(values).any()]
    named = [(str(NAMES[name]), UNITS[name.rsplit("_", 1)[-1]]) for name in names]
    first, last = np.searchsorted(found.t, [start_s, np.inf if end_s is None else end_s])
    t = found.t[first:last]
    values = np.stack([found.values[name][first:last] for name in names], 1) if names else np.zeros((len(t), 0))
    size = max(1, -(-len(t) // max_points))
    if size == 1:
        return named, t, values, values
    starts = np.arange(0, len(t), size)
    low = np.minimum.reduceat(np.where(np.isnan(values), np.inf, values), starts)
    high = np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), starts)
    is_empty = low > high
    low[is_empty] = high[is_empty] = np.nan
    return named, t[starts], low, high
