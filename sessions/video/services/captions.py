"""What a body does, in a sentence, from its joint angles: no picture is needed for it."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext as _

BENT, FOLDED = 140.0, 100.0
"""Angles in degrees below which a joint counts as bent, and as folded."""
_JOINTS = ("knee", "hip", "elbow")


def body_caption(angles: Mapping[str, float]) -> str:
    """Which joints are bent, and how far; or that nobody is in view. angles: <side>_<joint>_angle → degrees or NaN."""
    found = {joint: _smallest(angles, joint) for joint in _JOINTS}
    if all(np.isnan(angle) for angle in found.values()):
        return _("Nobody in view.")
    names = {"knee": _("knees"), "hip": _("hips"), "elbow": _("elbows")}
    bent = [
        (_("%(joint)s folded to %(angle)s°") if angle < FOLDED else _("%(joint)s bent to %(angle)s°"))
        % {"joint": names[joint], "angle": round(angle)}
        for joint, angle in found.items()
        if angle < BENT
    ]
    return _("A person: %(what)s.") % {"what": ", ".join(bent) or _("standing straight")}


def _smallest(angles: Mapping[str, float], joint: str) -> float:
    sides = [angles.get(f"{side}_{joint}_angle", np.nan) for side in ("left", "right")]
    known = [float(value) for value in sides if np.isfinite(value)]
    return min(known) if known else float("nan")
