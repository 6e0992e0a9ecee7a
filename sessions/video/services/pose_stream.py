"""A clip told sample by sample: a caption of what the body does, and what a model makes of it, as the clip goes on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact, UnreadableInput
from sessions.models import FeatureFile
from sessions.video.selectors.features import Channels, channels, features_path
from sessions.video.services.captions import body_caption
from sessions.video.services.task_models import TaskModel
from web.refusals import Problem

EVERY_S = 0.5
"""Between two captions, where no model says when."""

@dataclass(frozen=True)
class Sample:
    """What is said at `t` seconds of the clip."""

    t: float
    said: dict[str, Any]


def pose_samples(*, features: FeatureFile, model: TaskModel | None, smoothing: str = "ema") -> list[Sample]:
    """All samples of a clip in their order. Raises Problem 409 where features or model cannot be read."""
    found = channels(features)
    if model is None:
        times = np.arange(EVERY_S, float(found.t.max(initial=0.0)) + EVERY_S / 2, EVERY_S)
        return [Sample(float(t), {"stage": "sample", "t": round(float(t), 3), "caption": caption(found, t)})
                for t in times]  # fmt: skip
    samples = []
    for t, label, confidence in _answers(features, model, smoothing):
        said = {
            "stage": "sample", "t": round(t, 3), "caption": caption(found, t), "task_prediction": label,
            "task_confidence": round(confidence, 4),
        }  # fmt: skip
        samples.append(Sample(t, said))
    return samples


def caption(found: Channels, t: float) -> str:
    """A sentence on the body at a time."""
    row = min(int(np.searchsorted(found.t, t)), len(found.t) - 1)
    return body_caption({name: float(values[row]) for name, values in found.values.items()})


def _answers(features: FeatureFile, model: TaskModel, smoothing: str) -> Iterator[tuple[float, str, float]]:
    """(end of the window in seconds, label, confidence), scores smoothed over windows."""
    from mlops.ml.vision.task_features import whole_file
    from mlops.ml.vision.task_shards import all_windows, stretches_of
    from mlops.ml.vision.task_smoothing import Smoother

    scorer, smoother = model.scorer, Smoother(smoothing)
    try:
        frames = whole_file(features_path(features), model.plan)
        windows, starts_s = all_windows(
            stretches_of(frames, (), scorer.spec.rate_hz), scorer.spec, len(model.plan.names)
        )
        scores = model.scores(windows)
    except (BadArtifact, UnreadableInput) as error:
        raise Problem(409, "unreadable_model", _("The model or the features are damaged on the server.")) from error
    for start_s, score in zip(starts_s, scores, strict=True):
        smooth = smoother.push(score)
        best = int(smooth.argmax())
        yield float(start_s) + scorer.spec.duration_s, scorer.labels[best], float(smooth[best])


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
