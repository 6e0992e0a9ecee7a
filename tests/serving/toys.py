"""Two kinds without windows, label sets or seconds: a number with an interval, and several answers at once."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.metric import is_number
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Locator, Payload, Question
from mlops.kinds.review import Corrections, Media, Proposal, ReviewHooks, Unlabelled
from tests.mlops.toy_app.kind import COLUMNS, Recovery, Served

RULES = DriftRules(period_days=28, min_athletes=5, min_examples=100, min_each=5)


@dataclass
class Shelf(ReviewHooks):
    """Rows of athletes that wait for a word, and what was decided about them."""

    rows: dict[int, np.ndarray] = field(default_factory=dict)
    waiting: list[Proposal] = field(default_factory=list)
    decided: list[tuple[str, str, Any, str]] = field(default_factory=list)
    form: str = ""

    def unlabelled(self, task, manifest):
        for athlete, rows in self.rows.items():
            places = [Locator(place=f"row:{number}") for number in range(len(rows))]
            yield Unlabelled(uuid.UUID(int=athlete), athlete, Inputs(rows, places))

    def proposals(self, task):
        return self.waiting

    def settled(self, spans):
        return set(spans) - {one.span for one in self.waiting}

    def decide(self, item, *, action, label, correction, by):
        self.decided.append((action, label, correction, item.place))

    def media(self, item):
        return Media("web/includes/notice.html", {}, caption=item.locator.text, form=self.form)

    def corrections(self, task):
        return Corrections(len(self.decided), len(self.waiting))

    def corrections_in(self, task, directory: Path):
        return len(self.decided), len(self.decided)


class Effort(Recovery):
    """A number with an interval; the column `noise` is not always known."""

    name = "toy_effort"
    title = "Effort from a table"
    unit = "points"
    within = 1.0
    drift = RULES

    def __init__(self) -> None:
        self.review = Shelf()

    def outputs(self, estimator, data):
        return with_interval(estimator.predict(data.x), data.x)

    def evaluate(self, outputs, data):
        return super().evaluate(outputs[:, 0], data)

    def pair_values(self, outputs, data):
        return np.abs(outputs[:, 0] - data.y)

    def scorer(self, path):
        return IntervalScorer(super().scorer(path).model)

    def max_batch(self, manifest):
        return 16

    def read_question(self, task, payload: Payload, user):
        return Question(
            lambda manifest: Inputs(self.read_inputs(payload.data.get("inputs"), manifest)),
            user.athlete.pk,
            user.athlete.pseudonym,
        )

    def statistic_names(self, manifest):
        return list(COLUMNS)

    def statistics(self, values, manifest):
        found = np.array(values, np.float64).reshape(-1, len(COLUMNS))
        found[found[:, 2] < -1, 2] = np.nan
        return found

    def reference(self, directory):
        for part in ("train", "val", "test"):
            data = self.load(directory, part)
            for person in np.unique(data.groups):
                yield str(person), part, data.x[data.groups == person]


class Quality(Effort):
    """Score, grade and risk at once; a list of dictionaries, and a metric that belongs to no single row."""

    name = "toy_quality"
    title = "Quality from a table"
    within = 2.0

    def outputs(self, estimator, data):
        return heads(estimator.predict(data.x))

    def evaluate(self, outputs, data):
        return Recovery.evaluate(self, np.array([one["score"] for one in outputs]), data)

    def pair_values(self, outputs, data):
        return None

    def check_export(self, path, estimator, data):
        few = data.take(np.arange(8))
        gaps = zip(self.scorer(path).answer(few.x), self.outputs(estimator, few), strict=True)
        return max(abs(one["score"] - other["score"]) for one, other in gaps)

    def scorer(self, path):
        return HeadsScorer(super().scorer(path).model)

    def decide(self, outputs, inputs, manifest):
        return [Answer(dict(one), Headline(one["grade"], one["score"], confidence=one["sure"])) for one in outputs]

    def uncertainty(self, answers):
        return np.array([1 - one.headline.confidence for one in answers])

    def confirmation(self, said, value):
        return Correction(value={"grade": value["grade"], "score": value["score"]})

    def check_correction(self, task, given):
        if not isinstance(given, dict) or given.get("grade") not in ("good", "poor") or not is_number(given["score"]):
            raise ValidationError({"correction": "Give grade and score."}, code="bad_value")
        return Correction(value={"grade": given["grade"], "score": given["score"]})

    def agreement(self, answered, correction):
        near = abs(answered["number"] - correction.value["score"]) <= self.within
        return (float(answered["label"] == correction.value["grade"]) + float(near)) / 2

    def alike(self, one, other):
        return one == other

    @property
    def agreed(self):
        return "right in grade and score"


class IntervalScorer(Served):
    def answer(self, rows):
        return with_interval(super().answer(rows), rows)


class HeadsScorer(Served):
    def answer(self, rows):
        return heads(super().answer(rows))


def with_interval(values, x):
    """(n, 3): wider where the noise is large."""
    half = 0.5 + np.abs(np.asarray(x)[:, 2])
    return np.stack([values, values - half, values + half], axis=1)


def heads(values):
    return [
        {"score": float(v), "grade": "good" if v > 5 else "poor", "risk": max(0.0, 5 - float(v)),
         "sure": float(min(1, 0.5 + abs(v - 5) / 10))}
        for v in values
    ]  # fmt: skip
