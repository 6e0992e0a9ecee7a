"""One step of a study: look at its runs, start what is to be started, end it or wait for the next to end."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.models import ENDED, Job, JobStatus
from mlops.jobs.services.jobs import job_create
from mlops.kinds.estimators import estimator_infos
from mlops.kinds.metric import Metric, metric_named
from mlops.ml.search import Trial, importances, suggest
from mlops.registry.gate_words import gap_text
from mlops.tasks.selectors import kind_for
from mlops.training.models.run import Run, RunOutcome
from mlops.training.models.study import Study
from web.numbers import spelled

MAX_FAILED_AT_START = 3


@dataclass(frozen=True)
class Standing:
    """Where a study stands. trials: those that count; winner: the run that trains with the best settings."""

    trials: list[Run]
    winner: Run | None
    n_ended: int

    @property
    def open(self) -> list[Run]:
        return [run for run in self.trials if not run.job.is_ended]

    @property
    def scored(self) -> list[Run]:
        return [run for run in self.trials if run.outcome == RunOutcome.TRIED and run.score is not None]

    def best(self, higher_is_better: bool) -> Run | None:
        """The best scored trial; the earlier one of two equals."""
        ranked = sorted(self.scored, key=lambda run: (run.score or 0.0) * (-1 if higher_is_better else 1))
        return ranked[0] if ranked else None


def study_step(context: JobContext, study: Study) -> None:
    """Repeatable at any moment: everything is read from the rows, and every start is inside a proven claim."""
    metric = metric_named(study.task.metrics, study.metric)
    while True:
        now = standing(study, context.job)
        context.step(len(now.trials) - len(now.open), study.n_trials, gettext("Choosing settings to try"))
        _check_start(now)
        if len(now.trials) < study.n_trials:
            for _ in range(min(study.n_parallel - len(now.open), study.n_trials - len(now.trials))):
                _start_trial(context, study, now)
                now = standing(study, context.job)
        elif not now.open and now.winner is None:
            _start_winner(context, study, now)
            now = standing(study, context.job)
        elif now.winner is not None and now.winner.job.is_ended:
            _finish(context, study, now, metric)
            return
        best = now.best(study.higher_is_better)
        context.result.update(best=str(best.pk) if best else None, importance=_importance(study, now))
        done = len(now.trials) - len(now.open)
        note = gettext("Training with the best settings")
        if not now.winner:
            note = gettext("%(done)s of %(n)s trials finished") % {"done": done, "n": study.n_trials}
        if best is not None:
            so_far = {"note": note, "metric": metric.words, "score": metric.text(best.score)}
            note = gettext("%(note)s; best on validation: %(metric)s %(score)s") % so_far
        if context.wait_for_children(now.n_ended, done, study.n_trials, f"{note}."):
            return


def standing(study: Study, job: Job) -> Standing:
    """Trials of this attempt at the study, and those an earlier one finished."""
    n_ended = Job.objects.filter(parent=job.pk, status__in=ENDED).count()
    runs = [
        run
        for run in study.runs.select_related("job").order_by("created_at", "pk")
        if run.job.parent_id == job.pk or run.job.status == JobStatus.SUCCEEDED
    ]
    winners = [run for run in runs if run.trial is None]
    return Standing([run for run in runs if run.trial is not None], winners[-1] if winners else None, n_ended)


def trials_of(study: Study, runs: list[Run], skip: Run | None = None) -> list[Trial]:
    """Runs as the search knows them; `skip` leaves one out."""
    found = []
    for run in runs:
        if skip is not None and run.pk == skip.pk:
            continue
        params = {name: run.config[name] for name in study.space}
        curve = curve_of(run.curve, study.metric)
        if run.outcome == RunOutcome.TRIED and run.score is not None:
            found.append(Trial(params, "done", run.score, curve))
        elif run.outcome == RunOutcome.PRUNED:
            found.append(Trial(params, "pruned", None, curve))
        else:
            found.append(Trial(params, "failed" if run.job.is_ended else "running"))
    return found


def curve_of(curve: list[dict[str, Any]], metric: str) -> dict[int, float]:
    """Epoch → the metric on validation, as far as the estimator tells it."""
    return {
        int(row["epoch"]): float(row[f"val_{metric}"]) for row in curve if f"val_{metric}" in row and "epoch" in row
    }


def _importance(study: Study, now: Standing) -> dict[str, float]:
    return importances(study.space, trials_of(study, now.trials), higher_is_better=study.higher_is_better)


def _start_trial(context: JobContext, study: Study, now: Standing) -> None:
    params = suggest(
        study.space, trials_of(study, now.trials), seed=study.seed, higher_is_better=study.higher_is_better
    )
    number = 1 + max((run.trial or 0 for run in study.runs.exclude(trial=None)), default=-1)
    _start(context, study, {**study.config, **params}, number, gettext("Trial %(number)s") % {"number": number + 1})
    context.log(f"Trial {number + 1}: " + ", ".join(f"{name} {_short(value)}" for name, value in params.items()))


def _start_winner(context: JobContext, study: Study, now: Standing) -> None:
    best = now.best(study.higher_is_better)
    if best is None:
        raise JobFailed("no_trial", gettext("No trial finished. The last one: %(why)s") % {"why": _reason(now.trials)})
    context.log(f"The best is trial {(best.trial or 0) + 1}; training with its settings for the final evaluation")
    _start(context, study, best.config, None, gettext("Winner"))


def _start(context: JobContext, study: Study, config: dict[str, Any], trial: int | None, what: str) -> None:
    facts = {"what": what, "model": estimator_infos()[study.estimator].title, "task": study.task.title}
    title = gettext("%(what)s: %(model)s for %(task)s") % facts
    with context.commit(final=False):
        run = Run(
            task=study.task,
            dataset=study.dataset,
            estimator=study.estimator,
            config=config,
            seed=study.seed,
            study=study,
            trial=trial,
            is_demo=study.is_demo,
        )
        run.job = job_create(
            kind="run.train",
            title=title,
            owner=context.job.owner,
            parameters={"run": str(run.pk)},
            is_engine=True,
            queue=kind_for(study.task).queue,
            parent=context.job,
            is_demo=study.is_demo,
        )
        run.save(force_insert=True)


def _finish(context: JobContext, study: Study, now: Standing, metric: Metric) -> None:
    best, winner = now.best(study.higher_is_better), now.winner
    assert winner is not None
    version = getattr(Run.objects.select_related("version").get(pk=winner.pk), "version", None)
    if version is None or best is None:
        raise JobFailed(
            "winner_failed",
            gettext("Training with the best settings failed: %(why)s") % {"why": _reason([winner])},
        )
    with context.commit():
        context.result.update(
            best=str(best.pk),
            version=str(version.pk),
            importance=_importance(study, now),
            warnings=[gap] if (gap := gap_text(version.metrics, study.task)) else [],
            url=reverse("mlops:version", args=[version.pk]),
            label=gettext("Open winner"),
            text=(
                gettext("Best of %(n)s: %(val)s on the validation set, %(test)s on the held-out test set.")
                % {"n": len(now.trials), "val": metric.text(best.score), "test": metric.text(version.score)}
            )
            + (f" {gap}" if gap else ""),
        )


def _check_start(now: Standing) -> None:
    """Settings that cannot work at all are not tried two hundred times."""
    failed = [run for run in now.trials if run.job.status in (JobStatus.FAILED, JobStatus.ERRORED)]
    if len(failed) >= MAX_FAILED_AT_START and len(failed) == len(now.trials) - len(now.open):
        text = gettext("The first %(n)s trials failed: %(why)s") % {"n": len(failed), "why": _reason(failed)}
        raise JobFailed("no_trial", text)


def _reason(runs: list[Run]) -> str:
    reasons = [run.job.failure_reason for run in runs if run.job.failure_reason]
    return reasons[-1] if reasons else gettext("it was cancelled.")


def _short(value: Any) -> str:
    return spelled(value, ".4g") if isinstance(value, float) else str(value)
