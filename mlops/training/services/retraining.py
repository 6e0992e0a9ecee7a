"""Retrain with the corrections: dataset, training and comparison as children of one job. It never promotes."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.services.datasets import dataset_create
from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.jobs import job_create
from mlops.kinds.shards import files_hash
from mlops.registry.models import AliasName, ModelAlias, ModelVersion
from mlops.serving.services.versions import version_served
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from mlops.training.models.run import Run
from mlops.training.services.comparing import compare_versions, gain_text
from mlops.training.services.parents import parent_why_not
from mlops.training.services.runs import run_create
from web.refusals import Problem

KIND = "task.retrain"
NOTHING_NEW = gettext_lazy("There is no new data since the champion was trained.")


def retrain_start(*, task: Task, owner: Any, incremental: bool = False, compare_full: bool = False) -> Job:
    """Build a dataset of what there is now, as the kind wants it, and train the champion's estimator on it again.

    incremental   go on from the champion with what is new, instead of starting anew
    compare_full  train in full as well and report both
    One open job per task. Problem 409 `no_champion` without one, `kind_missing`, `cannot_continue`; QuotaExceeded.
    """
    kind_for(task)
    champion = _champion(task)
    if champion is None:
        raise Problem(409, "no_champion", _("There is no champion to retrain."))
    if incremental and (why := parent_why_not(champion)):
        raise Problem(409, "cannot_continue", why)
    title = _("Teach %(task)s the new examples") if incremental else _("Retrain %(task)s with corrections")
    more = {"incremental": True, "compare_full": compare_full} if incremental else {}
    return job_create(
        kind=KIND,
        title=title % {"task": task.title},
        owner=owner,
        parameters={"task": str(task.pk), "champion": str(champion.pk), **more},
        is_engine=True,
        dedupe_key=f"{KIND}:{task.pk}",
    )


def retrain_step(*, context: JobContext, task: Task) -> None:
    """Look where it stands and do what comes next; runs again from the start after each child."""
    job = context.job
    versions = ModelVersion.objects.select_related("task", "run__dataset")
    champion = versions.filter(pk=context.parameters["champion"]).first()
    if champion is None:
        raise JobFailed("gone", _("The champion no longer exists."))
    while True:
        children = list(Job.objects.filter(parent=job).order_by("created_at"))
        n_ended = sum(child.is_ended for child in children)
        dataset = Dataset.objects.filter(job__parent=job).select_related("job").first()
        run = Run.objects.filter(job__parent=job).select_related("job", "version").first()
        if dataset is None:
            with context.commit(final=False):
                _adopt(dataset_create(task=task, owner=job.owner, parameters=_parameters(champion)).job_id, job)
            done, note = 0, _("Building dataset with corrections")
        elif (building := dataset.job) is None or not building.is_ended:
            done, note = 0, _("Building dataset with corrections")
        elif building.status != JobStatus.SUCCEEDED:
            raise JobFailed("dataset_failed", _("The dataset could not be built: %(why)s") % {"why": _why(building)})
        elif dataset.status != DatasetStatus.READY:
            raise JobFailed("dataset_redacted", _("Someone withdrew data from the new dataset. Try again."))
        elif run is None:
            _check_corrections(context, task, dataset)
            if _is_unchanged(champion, dataset):
                context.log(str(NOTHING_NEW))
                if context.parameters.get("incremental"):
                    raise JobFailed("nothing_new", str(NOTHING_NEW))
            with context.commit(final=False):
                _adopt(_train(task, dataset, champion, job, context.parameters).job_id, job)
            done, note = 1, _("Training the champion's estimator")
        elif not run.job.is_ended:
            done, note = 1, _("Training the champion's estimator")
        elif run.job.status != JobStatus.SUCCEEDED:
            raise JobFailed("training_failed", _("Training failed: %(why)s") % {"why": _why(run.job)})
        else:
            _finish(context, task, champion, run.version, dataset)
            return
        if context.wait_for_children(n_ended, done, 2, note):
            return


def _finish(context: JobContext, task: Task, champion: ModelVersion, version: ModelVersion, dataset: Dataset) -> None:
    context.step(2, 2, _("Comparing with the champion"))
    figures = compare_versions(champion=champion, challenger=version, dataset=dataset)
    is_unchanged = _is_unchanged(champion, dataset)
    news, still = f"{NOTHING_NEW} " if is_unchanged else "", _("It has not been promoted.")
    with context.commit():
        context.result.update(
            url=reverse("mlops:version", args=[version.pk]), label=_("Review new version"), version=str(version.pk),
            dataset=str(dataset.pk), comparison=figures,
            nothing_new=is_unchanged, text=f"{news}{gain_text(version, figures)} {still}",
        )  # fmt: skip


def _is_unchanged(champion: ModelVersion, dataset: Dataset) -> bool:
    """Whether a new dataset holds the very examples of the champion's, however often each is learned from."""
    if champion.run is None:
        return False
    old, new = (dataset_path(one) / "shards" for one in (champion.run.dataset, dataset))
    return files_hash(old) == files_hash(new)


def _check_corrections(context: JobContext, task: Task, dataset: Dataset) -> None:
    """Say how many sources with reviewed corrections the dataset holds; none of several is a failure."""
    hooks = kind_for(task).review
    if hooks is None:
        return
    n_in, n_all = hooks.corrections_in(task, dataset_path(dataset))
    waiting = hooks.corrections(task).n_waiting
    context.log(
        f"{n_in} of {n_all} sources with reviewed corrections are included; {waiting} corrections still need a review"
    )
    context.result["corrections"] = {"sources_in": n_in, "sources": n_all, "waiting": waiting}
    if n_all and not n_in:
        raise JobFailed("corrections_missing", _("The new dataset contains none of the reviewed corrections."))


def _train(task: Task, dataset: Dataset, champion: ModelVersion, job: Job, asked: Mapping[str, Any]) -> Run:
    run, manifest = champion.run, version_served(champion).manifest
    config = run.config if run is not None else manifest.get("config") or {}
    seed = run.seed if run is not None else int(manifest.get("seed") or 0)
    try:
        return run_create(
            task=task, dataset=dataset, estimator=champion.estimator, owner=job.owner, config=config, seed=seed,
            parent=champion if asked.get("incremental") else None, compare_full=bool(asked.get("compare_full")),
        )  # fmt: skip
    except Problem as problem:
        raise JobFailed(problem.code, problem.detail) from problem
    except ValidationError as error:
        text = _("The champion can't be retrained: %(why)s") % {"why": error.messages[0]}
        raise JobFailed("cannot_repeat", text) from error


def _parameters(champion: ModelVersion) -> dict[str, Any]:
    """As the champion's dataset was built, and as its kind wants it for a retraining."""
    parameters = champion.run.dataset.parameters if champion.run is not None else {}
    return kind_for(champion.task).retrain_parameters(parameters)


def _adopt(child: Any, parent: Job) -> None:
    """In the transaction that makes the child, so that no worker sees it as an orphan."""
    Job.objects.filter(pk=child).update(parent=parent)


def _why(job: Job) -> str:
    return job.failure_reason or job.get_status_display().lower()


def _champion(task: Task) -> ModelVersion | None:
    alias = (
        ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION).select_related("version__run__dataset").first()
    )
    return alias.version if alias else None
