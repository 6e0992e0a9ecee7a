"""Predicting a number from a row of a table: other data, other answers, other metrics than any sensor kind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.base import CardText, Importance
from mlops.kinds.examples import BuildConfig, Built, ExampleSpec, Group, InputField, SourceSummary
from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import Metric
from mlops.kinds.numbers import NumberKind
from mlops.kinds.splitting import plan_split
from mlops.ml.contract import NotEnoughData, option
from mlops.ml.explain import permutation_importance

COLUMNS = ("sleep", "load", "noise")


@dataclass(frozen=True)
class Table:
    """x (n, columns), y (n,) target, groups (n,) whose row it is."""

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: np.ndarray) -> "Table":
        return Table(self.x[which], self.y[which], self.groups[which])


@dataclass(frozen=True)
class RecoveryBuild(BuildConfig):
    """Days of one person are alike: they are never split at random."""

    split: str = option("subjects", "Who the model is tested on.", choices=("subjects", "each"))


class Recovery(NumberKind):
    """How recovered will somebody be tomorrow?"""

    name = "toy_recovery"
    title = "Recovery from a table"
    estimators = ("toy_ridge",)
    metrics = (
        Metric("mae", "Mean error", higher_is_better=False, style="number", digits=2, unit="points"),
        Metric("r2", "Explained share", style="share"),
        Metric("baseline_mae", "Error of guessing the mean", False, "number", 2, "points"),
    )
    gates = {"mae": 1.0}
    Build = RecoveryBuild
    example = ExampleSpec("day", "days", "days")
    judging = JudgingRules(min_groups=2, min_examples=2)
    """Its people are pretended: one judge is enough for the tests of everything else."""

    def input_fields(self) -> list[InputField]:
        return [InputField("horizon_days", "Days ahead", initial="1")]

    def check_input(self, value: Any) -> dict[str, Any]:
        try:
            days = int(value.get("horizon_days", 1))
        except (TypeError, ValueError):
            days = 0
        if not 1 <= days <= 14:
            raise ValidationError("Choose 1 to 14 days.", code="invalid")
        return {"horizon_days": days}

    def summary(self, task: Any) -> SourceSummary:
        return SourceSummary(14, 14, {"rated days": 14.0}, 14)

    def build(self, task: Any, parameters: Any, directory: Path, on_step: Any) -> Built:
        people = [f"t{i}" for i in range(14)]
        ratios = (parameters["val_ratio"], parameters["test_ratio"])
        plan = plan_split(people, how=parameters["split"], seed=parameters["seed"], ratios=ratios)
        for number, person in enumerate(people):
            on_step(number, len(people))
            rng = np.random.default_rng(number)
            x = rng.normal(size=(40, len(COLUMNS))).astype(np.float32)
            y = (3 * x[:, 0] - 2 * x[:, 1] + 5 + rng.normal(0, 0.1, 40)).astype(np.float32)
            folder = directory / "shards" / person
            folder.mkdir(parents=True)
            np.save(folder / "x.npy", x)
            np.save(folder / "y.npy", y)
        (directory / "manifest.json").write_text(json.dumps({"parts": plan.parts, "columns": COLUMNS}))
        facts = {"n_examples": 560, "split": plan.facts(), "sources": {"days": 560}, "generated": True}
        return Built("a" * 64, facts, {person: Group(plan.parts[person], 40, owner=person) for person in people})

    def load(self, directory: Path, part: str) -> Table:
        parts = json.loads((directory / "manifest.json").read_text())["parts"]
        return self._table(directory, [person for person in sorted(parts) if parts[person] == part])

    def fold(self, directory: Path, subject: str) -> tuple[Table, Table]:
        everybody = sorted(json.loads((directory / "manifest.json").read_text())["parts"])
        return self._table(directory, [p for p in everybody if p != subject]), self._table(directory, [subject])

    def _table(self, directory: Path, people: list[str]) -> Table:
        people = [person for person in people if (directory / "shards" / person).is_dir()]
        if not people:
            raise NotEnoughData("Nobody is in this part")
        xs = [np.load(directory / "shards" / person / "x.npy") for person in people]
        ys = [np.load(directory / "shards" / person / "y.npy") for person in people]
        groups = np.repeat(people, [len(x) for x in xs])
        return Table(np.concatenate(xs), np.concatenate(ys), groups)

    def manifest(self, directory: Path) -> dict[str, Any]:
        return {"columns": list(COLUMNS)}

    def evaluate(self, answers: np.ndarray, data: Table) -> dict[str, Any]:
        gap = np.abs(answers - data.y)
        r2 = 1 - float(((answers - data.y) ** 2).sum() / ((data.y - data.y.mean()) ** 2).sum())
        return {
            "mae": float(gap.mean()),
            "r2": r2,
            "n": len(data),
            "tables": [
                {"title": "Largest errors", "columns": ["Row", "Error"], "rows": [["worst", f"{gap.max():.2f}"]]}
            ],
        }

    def baseline(self, train: Table, data: Table) -> dict[str, float]:
        return {"baseline_mae": float(np.abs(data.y - train.y.mean()).mean())}

    def pair_values(self, answers: np.ndarray, data: Table) -> np.ndarray:
        return np.abs(answers - data.y)

    def explain(self, estimator: Any, data: Table, manifest: Any, on_step: Any = None) -> list[Importance]:
        found = permutation_importance(
            lambda x, kept: -float(np.abs(estimator.predict(x) - data.y[kept]).mean()), data.x
        )
        return [Importance(name, mean, spread) for name, (mean, spread) in zip(manifest["columns"], found, strict=True)]

    def scorer(self, path: Path) -> Any:
        from tests.mlops.toy_app.ridge import Ridge

        return Served(Ridge.load(path))

    def example_input(self, manifest: Any) -> np.ndarray:
        return np.zeros((1, len(manifest["columns"])), np.float32)

    def read_inputs(self, payload: Any, manifest: Any) -> np.ndarray:
        try:
            rows = np.asarray(payload, dtype=np.float32)
        except (TypeError, ValueError):
            rows = np.empty(0)
        if rows.ndim != 2 or rows.shape[1] != len(manifest["columns"]) or not np.isfinite(rows).all():
            raise ValidationError("Give rows of sleep, load and noise.", code="bad_shape")
        return rows

    def card(self, manifest: Any) -> CardText:
        return CardText(
            purpose="It guesses how recovered somebody feels tomorrow.",
            inputs=[f"A row of {', '.join(manifest['columns'])}."],
            limits=["It is a toy."],
        )


class Served:
    """What answers online."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def answer(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows)
