"""Row → number with an interval: how ready somebody is; a row is named by its id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.http import Http404

from mlops.kinds.base import CardText, Importance
from mlops.kinds.examples import ExampleSpec, InputField
from mlops.kinds.metric import Metric, is_number
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.numbers import NumberKind, values_of
from mlops.kinds.questions import Inputs, Locator, Payload, Question, asked_by
from mlops.kinds.shards import Source
from mlops.ml.bases.rows import Rows
from mlops.ml.contract import ignore
from mlops.ml.explain import permutation_importance
from tests.kinds.toys.shelf import ShelfKind, rng_of

COLUMNS, N_EACH = ("sleep", "load", "noise"), 12


@dataclass(frozen=True)
class Day:
    """What somebody wrote down on a day."""

    user_id: int
    day: str
    values: Mapping[str, float]


def days(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) and (n,) days of one person."""
    rng = rng_of(source)
    x = rng.normal(size=(N_EACH, len(COLUMNS)))
    return x, 60 + 8 * x[:, 0] - 5 * x[:, 1] + rng.normal(0, 1, N_EACH)


class Readiness(ShelfKind, NumberKind):
    """How ready will somebody be?"""

    name = "toy_day"
    title = "Readiness"
    estimators = ("toy_line",)
    metrics = (
        Metric("mae", "Mean error", higher_is_better=False, style="number", digits=2, unit="points"),
        Metric("coverage", "Truth in the interval", help="How often the interval holds the truth."),
        Metric("baseline_mae", "Error of guessing the mean", False, "number", 2, "points"),
    )
    gates = {"mae": 3.0}
    example = ExampleSpec("day", "days", "days")
    learning_scope = "days"
    unit = "points"
    drift = DriftRules(min_athletes=5, min_examples=40, min_each=5)
    within = 3.0

    def __init__(self, sources: Sequence[Source] | None = None) -> None:
        super().__init__(sources)
        self.days: dict[str, Day] = {}

    def input_fields(self) -> list[InputField]:
        return [InputField("days_ahead", "Days ahead", initial="1")]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        text = str(value.get("days_ahead", 1))
        if set(value) - {"days_ahead"} or not text.isdigit() or not 1 <= int(text) <= 14:
            raise ValidationError("Choose 1 to 14 days.", code="invalid")
        return {"days_ahead": int(text)}

    def write_shard(self, task: Any, source: Source, folder: Path) -> dict[str, int]:
        x, y = days(source)
        np.savez(folder / "days.npz", x=x, y=y)
        return {"rated days": len(x)}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Rows:
        tables = []
        for folder in folders:
            with np.load(folder / "days.npz") as found:
                tables.append((found["x"], found["y"]))
        groups = np.repeat([folder.name for folder in folders], [len(x) for x, _ in tables])
        x, y = (np.concatenate(column) for column in zip(*tables, strict=True))
        return Rows(x, y, groups, COLUMNS)

    def evaluate(self, outputs: Any, data: Rows) -> dict[str, Any]:
        inside = (outputs[:, 1] <= data.y) & (data.y <= outputs[:, 2])
        error = np.abs(values_of(outputs) - data.y)
        return {"mae": float(error.mean()), "coverage": float(inside.mean()), "n": len(data)}

    def explain(self, estimator: Any, data: Rows, manifest: Any, on_step: Any = ignore) -> list[Importance]:
        def score(x: np.ndarray, kept: np.ndarray) -> float:
            rows = data.take(kept)
            return -float(np.abs(estimator.answer(Rows(x, None, rows.groups, COLUMNS))["value"] - rows.y).mean())

        found = permutation_importance(score, data.x, on_step=on_step)
        return [Importance(name, mean, spread) for name, (mean, spread) in zip(COLUMNS, found, strict=True)]

    def why(self, scorer: Any, values: Any, manifest: Mapping[str, Any]) -> list[Importance]:
        """How far the answer moves when one column is what it usually is (0)."""
        found = []
        for place, name in enumerate(COLUMNS):
            without = np.array(values, copy=True)
            without[:, place] = 0
            found.append(Importance(name, float((scorer.answer(values) - scorer.answer(without))[0, 0])))
        return sorted(found, key=lambda one: -abs(one.mean))

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Rows:
        return Rows(np.asarray(values, np.float64), None, np.full(len(values), "asked"), COLUMNS)

    def example_input(self, manifest: Mapping[str, Any]) -> np.ndarray:
        return np.zeros((1, len(COLUMNS)))

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> np.ndarray:
        """[{"sleep", "load", "noise"}, …]; what is left out is unknown."""
        rows = payload if isinstance(payload, list) else [payload]
        for row in rows:
            known = isinstance(row, dict) and not set(row) - set(COLUMNS) and all(map(is_number, row.values()))
            if not known or len(rows) > 100:
                raise ValidationError("Give 1 to 100 rows with numbers by column.", code="bad_shape")
        if not rows:
            raise ValidationError("Give 1 to 100 rows with numbers by column.", code="bad_shape")
        return np.array([[row.get(name, np.nan) for name in COLUMNS] for row in rows], np.float64)

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """{"row": id} of one's own day, or {"inputs": rows}."""
        if "row" not in payload.data:
            return super().read_question(task, payload, user)
        day = self.days.get(str(payload.data["row"]))
        if day is None or day.user_id != user.pk:
            raise Http404
        place = Locator(place=f"row:{day.day}")
        return Question(lambda manifest: Inputs(self.read_inputs(day.values, manifest), [place]), *asked_by(user))

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Any]:
        """A row of which nothing is known is not answered."""
        found = super().decide(outputs, inputs, manifest)
        if inputs is None:
            return found
        empty = np.isnan(np.asarray(inputs.values)).all(axis=1)
        return [
            replace(one, headline=replace(one.headline, reason="too little")) if nothing else one
            for one, nothing in zip(found, empty, strict=True)
        ]

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return list(COLUMNS)

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(values, np.float64).reshape(len(values), len(COLUMNS))

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        return CardText("It guesses how ready somebody is.", [f"A row of {', '.join(COLUMNS)}."], ["It is a toy."])
