"""A saved risk model as the engine's scorer: features in, a risk with all that the model can say about it out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.artifact import read_manifest
from mlops.ml.survival.checkins.features import FEATURES
from mlops.ml.survival.cox import CoxPH
from mlops.ml.survival.light import open_risk

CURVE_DAYS = (0, 7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84)
"""Days of a curve, before its horizon."""
EXPLAINED = 256
"""Days whose reasons one scorer remembers: a page is opened more than once a day, Tree SHAP is its dearest sum."""
Output = dict[str, Any]


class RiskScorer:
    """Any model of rows; light: neither lifelines nor scikit-learn is loaded."""

    def __init__(self, path: Path) -> None:
        self.estimator: Any = open_risk(path, read_manifest(path)["estimator"])
        own = getattr(self.estimator, "config", self.estimator)
        self.horizon = float(own.horizon)
        nobody = np.full((1, len(self.estimator.features)), np.nan)
        self.usual = float(self.estimator.predict(nobody)[0])
        self._drivers_once = lru_cache(EXPLAINED)(self._drivers_of_bytes)

    @property
    def scale(self) -> str:
        """What drivers add to: "hazard" or "odds" (as logarithms), or "probability"."""
        return getattr(self.estimator, "scale", "hazard")

    def answer(self, rows: npt.NDArray[Any]) -> list[Output]:
        """One output for each of (n, features) rows, NaN for unknown.

        risk     probability of the outcome within `horizon_days`; usual: that of somebody average
        n_known  features that were known; the others count as average
        low, high, curve, drivers  of models with survival curves: the 95 % band of the risk,
                 [[day, survival, low, high], …], and what `drivers` gives
        """
        x = np.asarray(rows, np.float64)
        risks, known = self.estimator.predict(x), np.isfinite(x).sum(axis=1)
        found: list[Output] = [
            {"risk": risk, "usual": self.usual, "n_known": n, "horizon_days": int(self.horizon)}
            for risk, n in zip(risks.tolist(), known.tolist(), strict=True)
        ]
        if isinstance(self.estimator, CoxPH):
            for said, row, drivers in zip(found, x, self.drivers(x), strict=True):
                said |= self._curve(row) | {"drivers": drivers}
        return found

    def drivers(self, rows: npt.NDArray[Any]) -> list[list[dict[str, Any]]]:
        """For each row [{"feature", "value", "usual", "effect"}] of what is known, strongest first: effects are SHAP
        values on the model's `scale`, usual the median of its training rows."""
        x = np.asarray(rows, np.float64)
        names, scaler = self.estimator.features, self.estimator.scaler
        found = []
        for row, effects in zip(x, self.estimator.drivers(x), strict=True):
            order = [i for i in np.argsort(-np.abs(effects), kind="stable") if np.isfinite(row[i])]
            found.append(
                [
                    {
                        "feature": names[i],
                        "value": round(float(row[i]), 4),
                        "usual": round(float(scaler.median[i]), 4),
                        "effect": round(float(effects[i]), 5),
                    }
                    for i in order
                ]
            )
        return found

    def drivers_once(self, row: npt.NDArray[Any]) -> list[dict[str, Any]]:
        """`drivers` of one (features,) row, worked out once for the same numbers; not to be changed by the caller."""
        return self._drivers_once(np.asarray(row, np.float64).tobytes())

    def _drivers_of_bytes(self, row: bytes) -> list[dict[str, Any]]:
        return self.drivers(np.frombuffer(row, np.float64)[None])[0]

    def _curve(self, row: npt.NDArray[np.float64]) -> Output:
        at = np.array([day for day in CURVE_DAYS if day < self.horizon] + [self.horizon], np.float64)
        survival, low, high = self.estimator.survival(row, at)
        curve = np.round(np.stack([at, survival, low, high], axis=1), 5).tolist()
        return {"low": float(1 - high[-1]), "high": float(1 - low[-1]), "curve": curve}


def risks_of(outputs: Any) -> npt.NDArray[np.float64]:
    """(n,) risks of what a scorer answers, or of an estimator's plain numbers."""
    return np.array([one["risk"] if isinstance(one, dict) else one for one in outputs], np.float64)


def is_finite(said: Output) -> bool:
    """Whether every number of an output is one: the risk, its band, the curve and the reasons."""
    numbers = [said["risk"], said["usual"], said.get("low", 0.0), said.get("high", 0.0)]
    numbers += [share for point in said.get("curve", ()) for share in point]
    numbers += [one["effect"] for one in said.get("drivers", ())]
    return bool(np.isfinite(np.array(numbers, np.float64)).all())


def feature_titles() -> dict[str, str]:
    """Name of a feature → what people read."""
    return {feature.name: feature.title for feature in FEATURES}
