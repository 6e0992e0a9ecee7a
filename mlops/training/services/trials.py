"""A trial of a study: fit on the training people, judge on the validation people, leave a score and no model.

The test part is never read here: whoever is chosen by a search must be judged on people it did not choose by.
"""

import time
from typing import Any

from django.utils.translation import gettext as _

from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.kinds.base import task_kind
from mlops.kinds.metric import numbers_of
from mlops.ml.registry import estimator_class
from mlops.ml.search import falls_behind
from mlops.training.models.run import Run, RunOutcome
from mlops.training.models.study import Study
from mlops.training.services.checkpoints import checkpoints_remove
from mlops.training.services.evaluation import estimator_make, groups_listed, inner_split, part_load, primary_of
from mlops.training.services.study_steps import curve_of, trials_of
from mlops.training.services.training import CurveWriter, fit

LOOK_EVERY_S = 5.0


class Pruned(Exception):
    """The curve fell behind the others: the rest of the training is not worth its time."""


class PruningCurve(CurveWriter):
    """A curve that is compared with those of the finished trials after every epoch."""

    def __init__(self, context: JobContext, run: Run, study: Study) -> None:
        super().__init__(context, run)
        self._study, self._looked_at, self._others = study, float("-inf"), []  # type: ignore[var-annotated]

    def __call__(self, numbers: dict[str, float]) -> None:
        super().__call__(numbers)
        curve = curve_of(self.curve, self._study.metric)
        if not curve:
            return
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            rows = list(self._study.runs.filter(outcome=RunOutcome.TRIED).select_related("job"))
            self._others = trials_of(self._study, rows, skip=self._run)
        if falls_behind(curve, self._others, higher_is_better=self._study.higher_is_better):
            raise Pruned


def trial_run(*, context: JobContext, run: Run) -> None:
    """Try one set of settings. Raises what the library raises, JobFailed when nobody can validate."""
    study = run.study
    assert study is not None
    kind, folder = task_kind(run.task.kind), dataset_path(run.dataset)
    context.step(0, 0, _("Reading dataset"))
    train, validation = kind.load(folder, "train"), part_load(kind, folder, "val")
    if validation is None:
        parts = inner_split(train, groups_listed(run.dataset, train), study.seed)
        if parts is None:
            text = _("There is only one %(group)s in the training set, so none is left for validation.") % {
                "group": run.task.example.group
            }
            raise JobFailed("nobody_to_validate", text)
        train, validation = parts
    estimator = estimator_make(estimator_class(run.estimator), run.config, train)
    curve: Any = PruningCurve(context, run, study) if study.prune else CurveWriter(context, run)
    try:
        report = fit(context, run, estimator, train, validation, _("Training"), curve)
    except Pruned:
        _store(context, run, RunOutcome.PRUNED, None, {}, _("Stopped early: below the median of the other trials."))
        return
    context.step(0, 0, _("Evaluating on the validation set"))
    metrics = numbers_of(kind.evaluate(kind.outputs(estimator, validation), validation))
    score = primary_of(kind, metrics)
    if score is None:
        text = _("%(metric)s could not be measured on the validation set.") % {"metric": kind.primary.words}
        raise JobFailed("not_measured", text)
    costs = {"train_s": report.seconds, "n_parameters": float(report.n_parameters)}
    text = _("%(metric)s on the validation set: %(score)s.") % {
        "metric": kind.primary.words, "score": kind.primary.text(score)
    }
    _store(context, run, RunOutcome.TRIED, score, {**metrics, **costs}, text)


def _store(
    context: JobContext, run: Run, outcome: RunOutcome, score: float | None, metrics: dict[str, Any], text: str
) -> None:
    with context.commit():
        Run.objects.filter(pk=run.pk).update(outcome=outcome, score=score, metrics=metrics, curve=run.curve)
        context.result.update(text=text)
    checkpoints_remove(context.job)
