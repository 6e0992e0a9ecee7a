"""What the shipped champions learned from, made again: their data was simulated and is not in the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mlops.ml.contract import FloatArray
from mlops.ml.sensors.champions import PLANS, _part, _series
from mlops.ml.windows import resample, sliding_windows

N_SUBJECTS = 30
"""Enough people to compare with, in about two seconds."""


def champion_raw_inputs(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, FloatArray]]:
    """Yield (subject, part, raw windows without overlap) of the simulated people of a shipped champion.

    Nothing for an artifact that is not one of `champions.PLANS` or was cut in another way.
    """
    declared = manifest.get("task")
    name = declared.get("name") if isinstance(declared, Mapping) else declared
    plan = next((plan for plan in PLANS if plan.task == name and plan.spec.to_json() == manifest["window_spec"]), None)
    if plan is None or not manifest.get("generated"):
        return
    for number in range(min(N_SUBJECTS, plan.n_subjects)):
        series = _series(plan, number, 0)
        pieces = [
            sliding_windows(segment.samples, plan.spec.length, plan.spec.length)
            for segment in resample(series.t_s, series.samples, plan.spec.rate_hz)
        ]
        yield f"sim{number:03d}", _part(number), np.concatenate(pieces).astype(np.float32)
