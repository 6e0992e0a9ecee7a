"""Training the three risk models on generated days: judged on people they never saw, beside what no model can beat."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mlops.kinds.base import task_kind
from mlops.ml.artifact import write_artifact
from mlops.ml.registry import estimator_class
from mlops.ml.survival import judge
from mlops.ml.survival.checkins.features import FIRST_DAY
from mlops.ml.survival.checkins.index_days import EVERY_DAYS, HORIZON_DAYS, rows_of
from mlops.ml.survival.checkins.simulate import Simulated, simulate
from mlops.ml.survival.report import risk_report
from mlops.ml.survival.rows import SurvivalRows
from mlops.registry.services.pictures import pictures_write

Say = Callable[[str], None]
TEST_SHARE = 0.2
CEILING_EVERY = 4
"""Every so many index days the true risk is worked out: it takes a second each."""


@dataclass(frozen=True)
class Plan:
    """A Task that ships with a champion: which model, and the gate it must pass on people it never saw."""

    task: str
    title: str
    estimator: str
    metric: str
    gate: float


PLANS = (
    Plan("burnout-curve", "Time to burnout", "cox_ph", "c_index", 0.70),
    Plan("burnout-forest", "Burnout risk", "risk_forest", "auc", 0.75),
    Plan("burnout-boosting", "Burnout risk, second opinion", "risk_boosting", "auc", 0.78),
)


@dataclass(frozen=True)
class Data:
    """Generated days cut into rows by people: 80 % teach, 20 % judge. `ceiling` is AUC by the true risk."""

    train: SurvivalRows
    test: SurvivalRows
    n_test_people: int
    ceiling_auc: float


def data_make(*, n_people: int = 1000, n_days: int = 365, seed: int = 0, say: Say = print) -> Data:
    """Generate, cut, split, and work out what a model could reach at best."""
    index_days = range(FIRST_DAY - 1, n_days - HORIZON_DAYS, EVERY_DAYS * CEILING_EVERY)
    made = simulate(n_people, n_days, seed=seed, keep=tuple(index_days))
    mixed = np.random.default_rng(seed).permutation(n_people)
    n_test = round(TEST_SHARE * n_people)
    test, train = np.sort(mixed[:n_test]), np.sort(mixed[n_test:])
    data = Data(
        rows_of(made.days.take(train)), rows_of(made.days.take(test)), n_test, _ceiling(made, test, list(index_days))
    )
    say(
        f"{n_people} generated people, {n_people * n_days:,} days; {len(data.train)} index days for training, "
        f"{len(data.test)} of {n_test} other people for testing; AUC by the generator's own risk "
        f"{data.ceiling_auc:.3f}"
    )
    return data


def _ceiling(made: Simulated, people: np.ndarray, days: list[int]) -> float:
    """AUC of the true 90-day risk, on the same people: what no model can beat but by luck."""
    risks, happened = [], []
    for day in days:
        at_risk = made.days.at_risk[people, day] & ~made.days.events[people, day]
        risks.append(made.true_risk(day, HORIZON_DAYS, people=people)[at_risk])
        happened.append(made.days.events[people, day + 1 : day + 1 + HORIZON_DAYS].any(axis=1)[at_risk])
    return judge.auc(np.concatenate(risks), np.concatenate(happened))


@dataclass(frozen=True)
class Trained:
    """A model that was trained and judged; `passed` tells about its gate."""

    plan: Plan
    path: Path
    metrics: dict[str, Any]
    passed: bool


def model_train(*, plan: Plan, data: Data, output: Path, command: str, seed: int = 0, say: Say = print) -> Trained:
    """Fit, judge, draw and keep one model at output/<estimator>. Raises BadArtifact when it is there already."""
    estimator = estimator_class(plan.estimator)()
    report = estimator.fit(data.train, seed=seed)  # type: ignore[arg-type]
    metrics = risk_report(estimator.predict(data.test.x), data.test, HORIZON_DAYS)  # type: ignore[arg-type]
    metrics["ceiling_auc"] = data.ceiling_auc
    passed = metrics[plan.metric] > plan.gate
    low, high = metrics["tables"][0]["rows"][0 if plan.metric == "c_index" else 1][1:]
    say(
        f"{plan.title}: {plan.metric} {metrics[plan.metric]:.3f} ({low} to {high}) "
        f"{'passes' if passed else 'FAILS'} the gate > {plan.gate:g}; Brier {metrics['brier']:.3f}, "
        f"calibration slope {metrics['calibration_slope']:.2f}; {report.seconds:.0f} s"
    )
    manifest = {
        "kind": "outcome_risk",
        "task": {
            "name": plan.task, "title": plan.title, "input": {"outcome": "burnout"}, "gates": {plan.metric: plan.gate},
        },
        "estimator": plan.estimator, "config": asdict(estimator.config), "seed": seed,
        "features": list(data.train.features), "outcome": "burnout", "horizon_days": HORIZON_DAYS,
        "metrics": metrics, "code_version": command, "origin": command,
        "measured_on": f"{data.n_test_people} generated people that the model never saw",
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn", "lifelines", "skops")},
        "generated": True, "demo": True,
    }

    def fill(folder: Path) -> None:
        estimator.save(folder)
        pictures_write(task_kind("outcome_risk"), estimator, folder)
        (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), "utf-8")

    return Trained(plan, write_artifact(output, plan.estimator, fill, manifest), metrics, passed)

