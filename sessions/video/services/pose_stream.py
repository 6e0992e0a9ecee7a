"""A clip told sample by sample: a caption of what the body does, and what a model makes of it, as the clip goes on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact, UnreadableInput
from sessions.models import FeatureFile, FeatureModel
from sessions.video.selectors.features import Channels, Floats, angles_told, features_path
from web.refusals import Problem

EVERY_S = 0.5
"""Between two captions, where no model says when."""
SMOOTHING = 0.6
"""Weight of the newest window in the moving average of the scores."""
BENT, FOLDED = 140.0, 100.0
"""Angles in degrees below which a joint counts as bent, and as folded."""
_JOINTS = ("knee", "hip", "elbow")


@dataclass(frozen=True)
class Sample:
    """What is said at `t` seconds of the clip."""

    t: float
    said: dict[str, Any]


def pose_samples(*, features: FeatureFile, model: FeatureModel | None) -> list[Sample]:
    """All samples of a clip in their order. Raises Problem 409 where features or model cannot be read."""
    found = angles_told(features)
    if model is None:
        times = np.arange(EVERY_S, float(found.t.max(initial=0.0)) + EVERY_S / 2, EVERY_S)
        return [Sample(float(t), {"stage": "sample", "t": round(float(t), 3), "caption": caption(found, t)})
                for t in times]  # fmt: skip
    samples = []
    for _start_s, t, label, confidence in window_answers(features, model):
        said = {
            "stage": "sample", "t": round(t, 3), "caption": caption(found, t), "task_prediction": label,
            "task_confidence": round(confidence, 4),
        }  # fmt: skip
        samples.append(Sample(t, said))
    return samples


def caption(found: Channels, t: float) -> str:
    """A sentence on the body at a time: which joints are bent, and how far as far as the picture shows it; or that
    nobody is in view."""
    row = min(int(np.searchsorted(found.t, t)), len(found.t) - 1)
    angles = {joint: _smallest(found, joint, row) for joint in _JOINTS}
    if not found.values["seen"][row]:
        return _("Nobody in view.")
    if np.isnan(angles["knee"]) and np.isnan(angles["hip"]):
        return _("A person is in view.")
    names = {"knee": _("knees"), "hip": _("hips"), "elbow": _("elbows")}
    bent = [
        (_("%(joint)s folded to %(angle)s°") if angle < FOLDED else _("%(joint)s bent to %(angle)s°"))
        % {"joint": names[joint], "angle": round(angle)}
        for joint, angle in angles.items()
        if angle < BENT
    ]
    return _("A person: %(what)s.") % {"what": ", ".join(bent) or _("standing straight")}


def _smallest(found: Channels, joint: str, row: int) -> float:
    sides = [found.values[name][row] for side in ("left", "right") if (name := f"{side}_{joint}_angle") in found.values]
    known = [value for value in sides if np.isfinite(value)]
    return float(min(known)) if known else float("nan")


def window_answers(features: FeatureFile, model: FeatureModel) -> Iterator[tuple[float, float, str, float]]:
    """(start and end of each window in seconds, label, confidence), scores smoothed over windows. Raises Problem."""
    from mlops.ml.scoring import OnnxScorer
    from mlops.ml.vision.task_columns import FeaturePlan
    from mlops.ml.vision.task_features import whole_file
    from mlops.ml.vision.task_shards import all_windows, stretches_of
    from mlops.ml.vision.task_windows import filled

    try:
        scorer = OnnxScorer.open(Path(settings.MEDIA_ROOT) / model.folder / model.name)
        plan = FeaturePlan.from_json(scorer.manifest["plan"])
        frames = whole_file(features_path(features), plan)
        windows, starts_s = all_windows(stretches_of(frames, (), scorer.spec.rate_hz), scorer.spec, len(plan.names))
        assert scorer.scaler is not None
        scores: Floats = scorer.score_raw(filled(windows, scorer.scaler)).astype(float)
    except (BadArtifact, UnreadableInput) as error:
        raise Problem(409, "unreadable_model", _("The model or the features are damaged on the server.")) from error
    smooth = None
    for start_s, score in zip(starts_s, scores, strict=True):
        smooth = score if smooth is None else SMOOTHING * score + (1 - SMOOTHING) * smooth
        best = int(smooth.argmax())
        yield float(start_s), float(start_s) + scorer.spec.duration_s, scorer.labels[best], float(smooth[best])


def events(samples: list[Sample], speed: float) -> Iterator[tuple[float, bytes]]:
    """(seconds after the start at which it is due, server-sent event); speed 0: all at once."""
    for sample in samples:
        yield (sample.t / speed if speed else 0.0), _event(sample.said)
    yield (samples[-1].t / speed if speed and samples else 0.0), _event({"stage": "end", "n": len(samples)})


async def paced(samples: list[Sample], speed: float) -> AsyncIterator[bytes]:
    """Events as they are due."""
    begun = time.monotonic()
    for due_s, event in events(samples, speed):
        await asyncio.sleep(max(0.0, begun + due_s - time.monotonic()))
        yield event


def _event(said: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n".encode()
