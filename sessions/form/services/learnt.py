"""What the learnt model says beside the rules, where one serves and knows the exercise."""

from typing import Any

import numpy as np

from mlops.kinds.questions import Inputs, Locator
from mlops.ml.contract import BadShape, BadValue
from mlops.serving.services.offline import answers_of
from mlops.serving.services.versions import champion
from sessions.form.selectors.landmarks import Floats

TASK, KIND = "form", "form"


def learnt_add(found: dict[str, Any], *, t: Floats, points: Floats, aspect: float) -> None:
    """Add `learnt` to a report and to each repetition that the champion answers: {"score", "low", "high"}.

    It says nothing where it withholds its answer, or takes the repetition for another exercise.
    """
    from mlops.ml.biomechanics.generator import EXERCISES

    key = found["exercise"]["key"]
    served = champion(TASK) if key in EXERCISES else None
    if served is None or served.kind != KIND:
        return
    rows, values, places = [], [], []
    for one in found["repetitions"]:
        cut = _repetition(one, t, points, aspect)
        if one["score"] is not None and cut is not None:
            rows.append(one)
            values.append(cut)
            places.append(Locator(one["start_s"], one["end_s"]))
    if not values:
        return
    for one, answer in zip(rows, answers_of(served, Inputs(values, places)), strict=True):
        said = answer.value
        if not said["reason"] and said["exercise"] == key:
            one["learnt"] = {
                "score": round(said["form_score"], 1), "low": round(said["form_low"], 1),
                "high": round(said["form_high"], 1),
            }  # fmt: skip
    found["learnt"] = {"model": served.title, "generated": bool(served.manifest.get("generated"))}


def _repetition(one: dict[str, Any], t: Floats, points: Floats, aspect: float) -> Any:
    """One repetition as the model takes it; None where the body was not seen throughout, or it is too short or long."""
    from mlops.ml.biomechanics.preparing import prepared

    inside = (t >= one["start_s"] - 1e-6) & (t <= one["end_s"] + 1e-6)
    if not inside.any() or not np.isfinite(points[inside, :, :3]).all():
        return None
    try:
        return prepared(points[inside, :, :3], t[inside], aspect)
    except (BadShape, BadValue):
        return None
