"""What a risk model learned, as pictures of its artifact with their words and tables."""

from pathlib import Path
from typing import Any

from mlops.kinds.base import Picture
from mlops.ml.survival import plots
from mlops.ml.survival.checkins.features import FEATURES
from mlops.ml.survival.cox import CoxPH, HazardRatio
from mlops.ml.survival.trees import RiskBoosting, RiskForest

TITLES = {feature.name: feature.title for feature in FEATURES}
FILES = {
    CoxPH.name: plots.HAZARD_RATIOS,
    RiskForest.name: plots.FOREST_IMPORTANCES,
    RiskBoosting.name: plots.BOOSTING_IMPORTANCES,
}


def risk_pictures(estimator: Any, directory: Path) -> list[Picture]:
    """Draw hazard ratios of a Cox model, or importances of trees; nothing for other estimators."""
    if estimator.name not in FILES:
        return []
    path = directory / FILES[estimator.name]
    if isinstance(estimator, CoxPH):
        ratios = estimator.hazard_ratios()
        plots.plot_hazard_ratios(ratios, path, TITLES)
        return [_ratios_picture(path.name, ratios)]
    importances = estimator.importances()
    plots.plot_importances(importances, path, TITLES)
    return [_importances_picture(path.name, importances)]


def _ratios_picture(file: str, ratios: list[HazardRatio]) -> Picture:
    ordered = sorted(ratios, key=lambda one: -abs(one.ratio - 1))
    sure = [one for one in ordered if one.low > 1 or one.high < 1]
    said = "; ".join(f"{TITLES[one.feature]} × {one.ratio:.2f}" for one in sure[:3]) or "none"
    return Picture(
        file, "Hazard ratios",
        f"How the hazard changes with one standard deviation more, all else equal. Of {len(ratios)} features, "
        f"{len(sure)} have a 95 % interval without 1 (no change). The strongest: {said}.",
        ["Feature", "Hazard ratio", "from", "to", "p"],
        [
            [TITLES[one.feature], *(f"{value:.3f}" for value in (one.ratio, one.low, one.high)), f"{one.p:.2g}"]
            for one in ordered
        ],
    )


def _importances_picture(file: str, importances: dict[str, float]) -> Picture:
    ordered = sorted(importances.items(), key=lambda one: -one[1])
    said = ", ".join(f"{TITLES[name]} ({100 * share:.0f} %)" for name, share in ordered[:3])
    return Picture(
        file, "Feature importance",
        f"How much each feature reduces impurity in the trees (100 % in total). The most important: {said}. "
        "Importance says nothing about the direction.",
        ["Feature", "Importance"], [[TITLES[name], f"{100 * share:.1f} %"] for name, share in ordered],
    )
