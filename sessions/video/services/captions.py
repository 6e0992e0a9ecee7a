"""What a body does, in a sentence, from its joint angles: no picture is needed for it."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext as _

BENT, FOLDED = 140.0, 100.0
"""Angles in degrees below which a joint counts as bent, and as folded."""
_JOINTS = ("knee", "hip", "elbow")


def body_caption(angles: Mapping[str, float], *, is_seen: bool) -> str:
    """Which joints are bent, and how far as far as the picture shows it; or that nobody is in view.

    angles  <side>_<joint>_angle → degrees, NaN where it is not known or cannot be told
    """
    if not is_seen:
        return _("Nobody in view.")
    found = {joint: _smallest(angles, joint) for joint in _JOINTS}
    if np.isnan(found["knee"]) and np.isnan(found["hip"]):
        return _("A person is in view.")
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
