"""What the other burnout models say about a day, and why: SHAP values of forests and boosted trees in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from accounts.models import Athlete
from burnout.models import OutcomeKind
from burnout.models.estimate import per_cent
from burnout.selectors.recovery import in_unit
from burnout.services.estimates import Served, features_on, served_models
from mlops.ml.registry import estimator_class
from mlops.ml.survival.checkins.features import FEATURES

N_REASONS = 4
LEAST_POINTS, LEAST_FACTOR = 0.2, 0.02
"""Less than that is not worth a line."""


@dataclass(frozen=True)
class Reason:
    """A feature and what it does: `words` "+ 4.1 points" of the probability, or "odds × 1.30", "hazard × 1.30"."""

    title: str
    value: str
    usual: str
    words: str
    raises: bool


@dataclass(frozen=True)
class Opinion:
    """One model: its title, the version that answered, the risk and the reasons, strongest first.

    scale  what the reasons add to: "probability", "odds" or "hazard"
    """

    title: str
    model: str
    risk_percent: str
    is_generated: bool
    scale: str
    reasons: list[Reason]


def opinions_for(*, athlete: Athlete, day: date) -> list[Opinion]:
    """Every other champion that answers for burnout; empty without one, or before the 14th day."""
    others = served_models(OutcomeKind.BURNOUT)
    x = features_on(athlete=athlete, day=day) if others else None
    return [] if x is None else [_opinion(served, x) for _, served in others]


def _opinion(served: Served, x: np.ndarray) -> Opinion:
    model = served.model
    effects = model.drivers(x[None])[0]
    scale: str = getattr(model, "scale", "hazard")
    return Opinion(
        estimator_class(served.version.manifest["estimator"]).title, served.version.title,
        per_cent(float(model.predict(x[None])[0])), served.is_generated, scale,
        [
            _reason(i, x[i], model.scaler.median[i], float(effects[i]), scale)
            for i in np.argsort(-np.abs(effects), kind="stable")
            if np.isfinite(x[i]) and _counts(float(effects[i]), scale)
        ][:N_REASONS],
    )


def _counts(effect: float, scale: str) -> bool:
    return 100 * abs(effect) >= LEAST_POINTS if scale == "probability" else np.expm1(abs(effect)) >= LEAST_FACTOR


def _reason(i: int, value: Any, usual: Any, effect: float, scale: str) -> Reason:
    feature, raises = FEATURES[i], effect > 0
    words = f"{scale} × {np.exp(effect):.2f}"
    if scale == "probability":
        words = f"{'+' if raises else '−'} {100 * abs(effect):.1f} points"
    known, mean = in_unit(float(value), feature.unit), in_unit(float(usual), feature.unit)
    return Reason(feature.title, known, mean, words, raises)
