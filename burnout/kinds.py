"""The TaskKind of this app: how likely, and when, an outcome comes after a day."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from accounts.models import LearningScope
from burnout.asking import day_question, rows_read
from burnout.models import OutcomeKind
from burnout.pictures import risk_pictures
from burnout.scoring import RiskScorer, feature_titles, is_finite, risks_of
from burnout.selectors.learning import learning_days
from burnout.services.building import DaysBuild, dataset_fill
from burnout.services.review import DayReview
from burnout.words import agreement_with, word_checked
from mlops.kinds import base as task_kinds
from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.base import CardText, Importance, Picture, TaskKind
from mlops.kinds.examples import Built, ExampleSpec, InputField, SourceSummary
from mlops.kinds.exchange import RowExchange
from mlops.kinds.judging import JudgingRules
from mlops.kinds.marking import gettext_noop as _
from mlops.kinds.metric import Metric
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Payload, Question
from mlops.ml.contract import NotEnoughData, OnStep, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.registry import estimator_names
from mlops.ml.survival import judge
from mlops.ml.survival.checkins.features import FEATURES
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS, rows_of
from mlops.ml.survival.checkins.simulate import simulate
from mlops.ml.survival.dataset import load_fold, load_rows, read_manifest
from mlops.ml.survival.report import risk_report
from mlops.ml.survival.rows import SurvivalRows

REFERENCE_PEOPLE, REFERENCE_DAYS = 60, 300
MIN_PEOPLE, MIN_ROWS = 10, 100
"""What must have judged: an outcome comes to few people, and their index days are alike."""
METRICS = (
    Metric("c_index", _("Concordance"), style="number", help=_(
        "How often the model ranks two people correctly: a higher risk for the one affected first. 0.5 is chance."
    )),
    Metric("auc", _("AUC, 90 days"), style="number", help=_(
        "How often someone affected within 90 days has a higher risk than someone who is not."
    )),
    Metric("brier", _("Brier score"), False, "number", help=_("Mean squared error of the probabilities.")),
    Metric("calibration_slope", _("Calibration slope"), True, "number", headline=False,
           help=_("1 is perfect. Below 1, high risks are too high and low risks too low.")),
    Metric("agreement", _("Agreement with outcomes"), headline=False, help=_(
        "One minus the Brier score, once the 90 days are over."
    )),
    Metric("baseline_brier", _("Brier score of the baseline"), False, "number", headline=False,
           help=_("A baseline that always predicts the average frequency.")),
)


class OutcomeRisk(TaskKind):
    """The risk of an outcome within 90 days, from the check-ins of the 60 days before."""

    name = "outcome_risk"
    title = "Risk from check-ins"
    estimators = tuple(estimator_names("survival"))
    metrics = METRICS
    gates = {"c_index": 0.70}
    needs_labels = False
    example = ExampleSpec(_("index day"), _("index days"), "days")
    Build = DaysBuild
    learning_scope = LearningScope.DAYS
    log_days = HORIZON_DAYS + 45
    judging = JudgingRules(min_groups=MIN_PEOPLE, min_examples=MIN_ROWS)
    drift = DriftRules(period_days=28, min_examples=200, min_each=5)
    unit = "%"
    serves_as = "it serves the recovery page and the API"
    agreement_metric = "agreement"
    review = DayReview()
    exchange = RowExchange("features")

    # -- the question and its data -------------------------------------------------------------------

    def input_fields(self) -> list[InputField]:
        return [InputField("outcome", "Outcome", tuple(OutcomeKind.choices), initial=OutcomeKind.BURNOUT)]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(value) - {"outcome"}
        if unknown:
            raise ValidationError(
                f"{min(map(str, unknown))[:40]} is not a setting of this kind of task.", code="unknown_field")
        outcome = value.get("outcome") or OutcomeKind.BURNOUT
        if outcome not in OutcomeKind.values:
            raise ValidationError("Unknown outcome.", code="not_found")
        return {"outcome": str(outcome)}

    def summary(self, task: Any) -> SourceSummary:
        found = learning_days(outcome=task.input["outcome"], include_generated=True, only_counts=True)
        return SourceSummary(
            n_groups=found.n_people + found.n_generated,
            n_sources=found.n_answered,
            amounts={"answered days": float(found.n_answered)} if found.n_answered else {},
            n_generated=found.n_generated,
        )

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        return dataset_fill(task=task, parameters=parameters, directory=directory, on_step=on_step)

    def load(self, directory: Path, part: str) -> SurvivalRows:
        return load_rows(directory, {part})

    def fold(self, directory: Path, subject: str) -> tuple[SurvivalRows, SurvivalRows]:
        return load_fold(directory, subject)

    def manifest(self, directory: Path) -> dict[str, Any]:
        known = read_manifest(directory)
        return {name: known[name] for name in ("features", "outcome", "horizon_days", "generated")}

    # -- judging -------------------------------------------------------------------------------------

    def evaluate(self, outputs: Any, data: SurvivalRows) -> dict[str, Any]:
        """`agreement` counts on held-out people what `agreement` counts in service once outcomes are known."""
        report = risk_report(risks_of(outputs), data, HORIZON_DAYS)
        return {**report, "agreement": 1 - report["brier"]}

    def primary_value(self, outputs: Any, data: SurvivalRows) -> float:
        return judge.c_index(risks_of(outputs), data)

    def baseline(self, train: SurvivalRows, data: SurvivalRows) -> dict[str, float]:
        taught, taught_happened = train.within(HORIZON_DAYS)
        known, happened = data.within(HORIZON_DAYS)
        usual = float(taught_happened[taught].mean())
        return {"baseline_brier": judge.brier(np.full(int(known.sum()), usual), happened[known])}

    def comparable(self, manifest: Mapping[str, Any], data: SurvivalRows) -> str:
        same = tuple(manifest.get("features", ())) == data.features
        return "" if same else "The models use different features, so they can't be compared."

    def explain(
        self, estimator: Any, data: SurvivalRows, manifest: Mapping[str, Any], on_step: OnStep = ignore
    ) -> list[Importance]:
        """Concordance lost when one feature comes from another row."""
        found = permutation_importance(
            lambda x, kept: judge.c_index(estimator.predict(x), data.take(kept)), data.x, axis=1, on_step=on_step
        )
        titles = [feature.title for feature in FEATURES]
        return [Importance(name, mean, spread) for name, (mean, spread) in zip(titles, found, strict=True)]

    def draw(self, estimator: Any, directory: Path) -> list[Picture]:
        return risk_pictures(estimator, directory)

    # -- serving -------------------------------------------------------------------------------------

    def scorer(self, path: Path) -> RiskScorer:
        return RiskScorer(path)

    def check_export(self, path: Path, estimator: Any, data: SurvivalRows) -> float:
        few = data.take(np.arange(min(64, len(data))))
        gap = risks_of(self.scorer(path).answer(few.x)) - np.asarray(self.outputs(estimator, few))
        return float(np.abs(gap).max(initial=0.0))

    def example_input(self, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """A person about whom nothing is known."""
        return np.full((1, len(manifest["features"])), np.nan)

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        return rows_read(payload, manifest["features"])

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """{"inputs": rows by feature}, or {"day": …} of one's own or of an {"athlete": …} who shares recovery."""
        if {"day", "athlete"} & set(payload.data):
            return day_question(payload.data, user)
        return super().read_question(task, payload, user)

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """What the scorer puts out, with the outcome and, as for other kinds, its two sides as `scores`.

        Raises ValidationError for an answer that is no number: it can be neither kept nor sent.
        """
        word = str(manifest.get("outcome", "event"))
        found = []
        for said in outputs:
            if not is_finite(said):
                raise ValidationError(
                    "These values are too far from the training data for a prediction.", code="bad_value")
            risk = said["risk"]
            both = [{"label": word, "score": risk}, {"label": f"no {word}", "score": 1 - risk}]
            value = {**said, "outcome": word, "scores": sorted(both, key=lambda one: -one["score"])}
            found.append(Answer(value, Headline(number=risk, low=said.get("low"), high=said.get("high"))))
        return found

    def why(self, scorer: RiskScorer, values: Any, manifest: Mapping[str, Any]) -> list[Importance]:
        titles = feature_titles()
        return [Importance(titles[one["feature"]], one["effect"]) for one in scorer.drivers(values)[0]]

    # -- monitoring ----------------------------------------------------------------------------------

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return list(manifest["features"])

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """The features themselves."""
        return np.asarray(values, np.float64)

    def reference(self, directory: Path) -> Iterator[tuple[str, str, Any]]:
        for part in ("test", "val", "train"):
            try:
                rows = self.load(directory, part)
            except NotEnoughData:
                continue
            yield from _by_person(rows, part)

    def reference_shipped(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """People of the same generator whom the model has not met; nothing for a model of real days."""
        if manifest.get("generated"):
            made = simulate(REFERENCE_PEOPLE, REFERENCE_DAYS, seed=int(manifest.get("seed") or 0) + 1)
            yield from _by_person(rows_of(made.days), "test")

    # -- corrections ---------------------------------------------------------------------------------

    def check_correction(self, task: Any, given: Any) -> Correction:
        return word_checked(given)

    @property
    def agreed(self) -> str:
        return "consistent with feedback and outcomes"

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        return agreement_with(answered, correction)

    def uncertainty(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """The width of the band; where there is none, how near a risk is to a coin's."""
        heads = [one.headline for one in answers]
        return np.array(
            [
                4 * (h.number or 0.0) * (1 - (h.number or 0.0)) if h.low is None or h.high is None else h.high - h.low
                for h in heads
            ]
        )

    # -- words ---------------------------------------------------------------------------------------

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        made = "Trained on generated days: it reflects the generator, not real people."
        return CardText(
            purpose=f"Predicts the risk of {manifest.get('outcome', 'the outcome')} within {HORIZON_DAYS} days.",
            inputs=[f"{feature.name}: {feature.title} ({feature.unit})" for feature in FEATURES],
            limits=[
                "Not a diagnosis. It does not replace a doctor or psychologist.",
                *([made] if manifest.get("generated", True) else []),
            ],
        )


def _by_person(rows: SurvivalRows, part: str) -> Iterator[tuple[str, str, Any]]:
    for who in np.unique(rows.groups):
        yield str(who), part, rows.x[rows.groups == who]


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(OutcomeRisk())
