"""The TaskKind of this app: how likely, and when, an outcome comes after a day."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from accounts.models import LearningScope
from burnout.models import OutcomeKind
from burnout.pictures import risk_pictures
from burnout.selectors.learning import learning_days
from mlops import task_kinds
from mlops.metric import Metric
from mlops.ml.contract import NotEnoughData, OnStep, ignore
from mlops.ml.explain import permutation_importance
from mlops.ml.registry import estimator_names
from mlops.ml.survival import judge
from mlops.ml.survival.checkins.features import FEATURES
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS, rows_of
from mlops.ml.survival.dataset import load_fold, load_rows, read_manifest, write_manifest, write_shard
from mlops.ml.survival.estimator import LEAST_EVENTS
from mlops.ml.survival.light import open_risk
from mlops.ml.survival.report import risk_report
from mlops.ml.survival.rows import SurvivalRows
from mlops.splitting import plan_split
from mlops.task_kinds import Built, CardText, Importance, InputField, Picture, SourceSummary, TaskKind

MAX_ROWS = 1000
TEST_SHARE, MIN_SPLIT = 0.2, 5
METRICS = (
    Metric("c_index", "Concordance", style="number", help="Of two people, how often the one it hit first had the "
           "higher risk. 0.5 is chance."),
    Metric("auc", "AUC, 90 days", style="number", help="Of one it hit within 90 days and one it did not, how often "
           "the first had the higher risk."),
    Metric("brier", "Brier score", False, "number", help="Mean squared error of the probabilities."),
    Metric("calibration_slope", "Calibration slope", True, "number", headline=False,
           help="1 is right; below 1 high risks are too high and low ones too low."),
    Metric("baseline_brier", "Brier score of guessing", False, "number", headline=False,
           help="Always answering how often it happens."),
)


class RiskScorer:
    """A saved model of rows as the engine's scorer."""

    def __init__(self, path: Path) -> None:
        from mlops.ml.artifact import read_manifest as artifact_manifest

        self.estimator: Any = open_risk(path, artifact_manifest(path)["estimator"])

    def answer(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """(n,) risks of (n, features) rows, NaN for unknown."""
        found: npt.NDArray[np.float64] = self.estimator.predict(rows)
        return found


class OutcomeRisk(TaskKind):
    """The risk of an outcome within 90 days, from the check-ins of the 60 days before."""

    name = "outcome_risk"
    title = "Risk from check-ins"
    estimators = tuple(estimator_names("survival"))
    metrics = METRICS
    gates = {"c_index": 0.70}
    needs_labels = False
    example_word = "index days"
    learning_scope = LearningScope.DAYS

    def input_fields(self) -> list[InputField]:
        return [InputField("outcome", "Outcome", tuple(OutcomeKind.choices), initial=OutcomeKind.BURNOUT)]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(value) - {"outcome"}
        if unknown:
            raise ValidationError(f"{min(map(str, unknown))[:40]} is no setting of this kind.", code="unknown_field")
        outcome = value.get("outcome") or OutcomeKind.BURNOUT
        if outcome not in OutcomeKind.values:
            raise ValidationError("There is no such outcome.", code="not_found")
        return {"outcome": str(outcome)}

    def summary(self, task: Any) -> SourceSummary:
        found = learning_days(outcome=task.input["outcome"], include_generated=True, only_counts=True)
        return SourceSummary(
            n_subjects=found.n_people + found.n_generated, n_sources=found.n_answered, labelled_s={},
            n_generated_subjects=found.n_generated,
        )

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        found = learning_days(
            outcome=task.input["outcome"], include_generated=parameters.get("include_generated", True), on_step=on_step
        )
        rows = [rows_of(days) for days in found.days if len(days.people)]
        if not rows:
            raise NotEnoughData("Nobody has let 14 days of check-ins teach models yet")
        n_events = sum(int(days.events.sum()) for days in found.days)
        if n_events < LEAST_EVENTS:
            raise NotEnoughData(
                f"{n_events} recorded {'outcome is' if n_events == 1 else 'outcomes are'} too few to learn from; "
                f"{LEAST_EVENTS} of this kind are the least"
            )
        per_subject: dict[str, dict[str, int]] = {}
        for part in rows:
            for subject in np.unique(part.groups):
                own = part.take(part.groups == subject)
                write_shard(directory, str(subject), own)
                n_rows = int(own.event.sum())
                per_subject[str(subject)] = {"event": n_rows, "no event": len(own) - n_rows}
        hit = {name for name, counts in per_subject.items() if counts["event"]}
        split = split_facts(list(per_subject), parameters["split"], parameters["seed"], hit)
        parts = split["parts"]
        per_label = Counter[str]()
        for counts in per_subject.values():
            per_label.update(counts)
        facts = {
            "outcome": task.input["outcome"], "horizon_days": HORIZON_DAYS, "generated": found.n_generated > 0,
            "split": split, "seed": parameters["seed"],
            "sources": {"people": found.n_people, "generated people": found.n_generated, "days": found.n_answered,
                        "outcomes": n_events},
        }
        manifest = write_manifest(
            directory, features=rows[0].features, parts=parts, facts={**facts, "split": {**facts["split"], "parts": {}}}
        )
        return Built(
            content_hash=manifest["content_hash"],
            facts={
                "n_windows": sum(per_label.values()), "per_label": dict(per_label), "per_subject": per_subject,
                "split": split, "sources": facts["sources"], "generated": facts["generated"],
                "n_generated_subjects": found.n_generated,
            },
            subjects={name: (parts[name], sum(counts.values())) for name, counts in per_subject.items()},
        )

    def load(self, directory: Path, part: str) -> SurvivalRows:
        return load_rows(directory, {part})

    def fold(self, directory: Path, subject: str) -> tuple[SurvivalRows, SurvivalRows]:
        return load_fold(directory, subject)

    def manifest(self, directory: Path) -> dict[str, Any]:
        known = read_manifest(directory)
        return {name: known[name] for name in ("features", "outcome", "horizon_days", "generated")}

    def evaluate(self, answers: npt.NDArray[Any], data: SurvivalRows) -> dict[str, Any]:
        return risk_report(np.asarray(answers, np.float64), data, HORIZON_DAYS)

    def baseline(self, train: SurvivalRows, data: SurvivalRows) -> dict[str, float]:
        taught, taught_happened = train.within(HORIZON_DAYS)
        known, happened = data.within(HORIZON_DAYS)
        usual = float(taught_happened[taught].mean())
        return {"baseline_brier": judge.brier(np.full(int(known.sum()), usual), happened[known])}

    def pair_values(self, answers: npt.NDArray[Any], data: SurvivalRows) -> npt.NDArray[Any] | None:
        """A concordance has no parts, one for each row."""
        return None

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

    def scorer(self, path: Path) -> RiskScorer:
        return RiskScorer(path)

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> npt.NDArray[Any]:
        """Rows as {feature: number or null}, or a list of them."""
        rows = payload if isinstance(payload, list) else [payload]
        names = manifest["features"]
        if not 1 <= len(rows) <= MAX_ROWS or not all(isinstance(row, dict) for row in rows):
            raise ValidationError(f"Give 1 to {MAX_ROWS} rows, each with numbers by feature.", code="bad_shape")
        table = np.full((len(rows), len(names)), np.nan)
        for i, row in enumerate(rows):
            unknown = set(row) - set(names)
            if unknown:
                raise ValidationError(f"{min(map(str, unknown))[:40]} is no feature.", code="unknown_field")
            for j, name in enumerate(names):
                value = row.get(name)
                if value is None:
                    continue
                if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                    raise ValidationError(f"{name} must be a number.", code="bad_value")
                table[i, j] = value
        return table

    def write_answers(self, answers: npt.NDArray[Any], manifest: Mapping[str, Any]) -> list[Any]:
        word = manifest.get("outcome", "event")
        written = []
        for risk in np.asarray(answers, float):
            both = [{"label": word, "score": float(risk)}, {"label": f"no {word}", "score": float(1 - risk)}]
            written.append(sorted(both, key=lambda one: -one["score"]))
        return written

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        made = "Learned from generated days: it says what its generator does, not what people do."
        return CardText(
            purpose=f"How likely {manifest.get('outcome', 'the outcome')} begins within {HORIZON_DAYS} days of a day.",
            inputs=[f"{feature.name}: {feature.title} ({feature.unit})" for feature in FEATURES],
            limits=[
                "It is no diagnosis and replaces no doctor or psychologist.",
                *([made] if manifest.get("generated", True) else []),
            ],
        )


def split_facts(subjects: list[str], how: str, seed: int, hit: set[str]) -> dict[str, Any]:
    """A fifth of the people judges, the others teach; with "each", everybody judges a model of all others.

    Those whom it hit and those whom it did not are split alike, so that few people can be judged at all. Nobody is
    kept for validation: these models have nothing to stop early. Days are never split at random.
    """
    if how == "random":
        raise NotEnoughData("Days of one person are alike: they are never split at random. Split by people")
    plan = plan_split(subjects, how=how, seed=seed)
    if how != "subjects" or len(subjects) < MIN_SPLIT:
        return plan.facts()
    rng = np.random.default_rng(seed)
    parts = dict.fromkeys(sorted(subjects), "train")
    for group in (sorted(set(subjects) & hit), sorted(set(subjects) - hit)):
        mixed = [group[i] for i in rng.permutation(len(group))]
        parts |= dict.fromkeys(mixed[: round(TEST_SHARE * len(group))], "test")
    return {**plan.facts(), "parts": parts, "note": ""}


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(OutcomeRisk())
