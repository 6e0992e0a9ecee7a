"""Retrain with the corrections: dataset, training and comparison as children of one job. It never promotes."""

from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.urls import reverse

from mlops.job_kinds import JobContext, JobFailed
from mlops.ml.contract import BadArtifact, NotEnoughData
from mlops.ml.metrics import paired_bootstrap
from mlops.models import AliasName, Dataset, DatasetSubject, Job, JobStatus, ModelAlias, ModelVersion, Run, Task
from mlops.models.dataset import DatasetStatus
from mlops.services.artifacts import dataset_path
from mlops.services.datasets import dataset_create, kind_for
from mlops.services.jobs import job_create
from mlops.services.runs import run_create
from mlops.services.serving import scorer_of, version_served
from web.refusals import Problem

KIND = "task.retrain"


def retrain_start(*, task: Task, owner: Any) -> Job:
    """Build a dataset of what is labelled now, rarer labels repeated, and train the champion's estimator on it again.

    One open job per task. Problem 409 `no_champion` without one, `kind_missing`; QuotaExceeded.
    """
    kind_for(task)
    champion = _champion(task)
    if champion is None:
        raise Problem(409, "no_champion", "There is no champion whose training could be repeated.")
    return job_create(
        kind=KIND,
        title=f"Retrain {task.title} with the corrections",
        owner=owner,
        parameters={"task": str(task.pk), "champion": str(champion.pk)},
        is_engine=True,
        dedupe_key=f"{KIND}:{task.pk}",
    )


def retrain_step(*, context: JobContext, task: Task) -> None:
    """Look where it stands and do what comes next; runs again from the start after each child."""
    job = context.job
    versions = ModelVersion.objects.select_related("task", "run__dataset")
    champion = versions.filter(pk=context.parameters["champion"]).first()
    if champion is None:
        raise JobFailed("gone", "The version that was champion is not there any more.")
    while True:
        children = list(Job.objects.filter(parent=job).order_by("created_at"))
        n_ended = sum(child.is_ended for child in children)
        dataset = Dataset.objects.filter(job__parent=job).select_related("job").first()
        run = Run.objects.filter(job__parent=job).select_related("job", "version").first()
        if dataset is None:
            with context.commit(final=False):
                _adopt(dataset_create(task=task, owner=job.owner, parameters=_parameters(champion)).job_id, job)
            done, note = 0, "Building a dataset with the corrections"
        elif (building := dataset.job) is None or not building.is_ended:
            done, note = 0, "Building a dataset with the corrections"
        elif building.status != JobStatus.SUCCEEDED:
            raise JobFailed("dataset_failed", f"The dataset could not be built: {_why(building)}")
        elif dataset.status != DatasetStatus.READY:
            raise JobFailed("dataset_redacted", "Somebody took their data out of the new dataset. Try it once more.")
        elif run is None:
            _check_corrections(context, task, dataset)
            with context.commit(final=False):
                _adopt(_train(task, dataset, champion, job).job_id, job)
            done, note = 1, "Training the champion's estimator again"
        elif not run.job.is_ended:
            done, note = 1, "Training the champion's estimator again"
        elif run.job.status != JobStatus.SUCCEEDED:
            raise JobFailed("training_failed", f"The training did not succeed: {_why(run.job)}")
        else:
            _finish(context, task, champion, run.version, dataset)
            return
        if context.wait_for_children(n_ended, done, 2, note):
            return


def compare_versions(*, champion: ModelVersion, challenger: ModelVersion, dataset: Dataset) -> dict[str, Any]:
    """Both on the same held-out people of the newer dataset, where neither learned from them; else figures only.

    {"champion", "challenger"} (numbers and accuracy), "gain" (difference, low, high; 95 %, people resampled) or
    None, and "why" in words.
    """
    figures: dict[str, Any] = {
        "champion": {"version": champion.number, "score": champion.score},
        "challenger": {"version": challenger.number, "score": challenger.score},
        "gain": None,
    }
    try:
        data = kind_for(challenger.task).load_raw(dataset_path(dataset), "test")
    except (NotEnoughData, NotImplementedError):
        return {**figures, "why": "Nobody was kept aside on whom both could be measured."}
    known = set()
    if champion.run is not None:
        rows = DatasetSubject.objects.filter(dataset=champion.run.dataset, part="train")
        known = set(rows.values_list("subject", flat=True))
    fresh = data.take(~np.isin(data.groups, sorted(known)))
    if not len(fresh) or fresh.y is None:
        return {**figures, "why": "The champion has learned from everybody who was kept aside."}
    try:
        right = []
        for version in (challenger, champion):
            served = version_served(version)
            if tuple(served.manifest["labels"]) != tuple(fresh.labels):
                return {**figures, "why": "They know different labels, so they cannot be compared window by window."}
            right.append(np.asarray(scorer_of(served).answer_raw(fresh.x)).argmax(axis=1) == fresh.y)
    except (BadArtifact, KeyError, ValueError, AttributeError) as error:
        return {**figures, "why": f"They could not be compared: {error}."}
    gain = paired_bootstrap(right[0], right[1], fresh.groups)
    n_people = len(set(map(str, fresh.groups)))
    figures["challenger"]["same"], figures["champion"]["same"] = float(right[0].mean()), float(right[1].mean())
    people = "person" if n_people == 1 else "people"
    return {**figures, "gain": list(gain), "why": f"{len(fresh)} windows of {n_people} {people} neither learned from"}


def _finish(
    context: JobContext, task: Task, champion: ModelVersion, version: ModelVersion, dataset: Dataset
) -> None:
    context.step(2, 2, "Comparing with the champion")
    figures = compare_versions(champion=champion, challenger=version, dataset=dataset)
    if figures["gain"] is not None:
        gain, low, high = figures["gain"]
        new, old = figures["challenger"]["same"], figures["champion"]["same"]
        text = (
            f"Version {version.number}: {100 * new:.1f} % against {100 * old:.1f} % of the champion "
            f"on {figures['why']} ({100 * gain:+.1f} points, {100 * low:+.1f} to {100 * high:+.1f}). "
        )
    else:
        text = f"Version {version.number}: {version.score_text}; champion {champion.score_text}. {figures['why']} "
    with context.commit():
        context.result.update(
            url=reverse("mlops:version", args=[version.pk]), label="Judge the new version", version=str(version.pk),
            dataset=str(dataset.pk), comparison=figures, text=f"{text}It was not promoted.",
        )  # fmt: skip


def _check_corrections(context: JobContext, task: Task, dataset: Dataset) -> None:
    """Say how many samples with reviewed corrections the dataset holds; none of several is a failure."""
    hooks = kind_for(task).review
    if hooks is None:
        return
    n_in, n_all = hooks.corrections_in(task, dataset_path(dataset))
    waiting = hooks.corrections(task).n_waiting
    context.log(f"{n_in} of {n_all} recordings with reviewed corrections are in; {waiting} corrections wait for review")
    context.result["corrections"] = {"recordings_in": n_in, "recordings": n_all, "waiting": waiting}
    if n_all and not n_in:
        raise JobFailed("corrections_missing", "None of the reviewed corrections is in the new dataset.")


def _train(task: Task, dataset: Dataset, champion: ModelVersion, job: Job) -> Run:
    run, manifest = champion.run, version_served(champion).manifest
    config = run.config if run is not None else manifest.get("config") or {}
    seed = run.seed if run is not None else int(manifest.get("seed") or 0)
    try:
        return run_create(
            task=task, dataset=dataset, estimator=champion.estimator, owner=job.owner, config=config, seed=seed
        )
    except ValidationError as error:
        raise JobFailed("cannot_repeat", f"The champion's training cannot be repeated: {error.messages[0]}") from error


def _parameters(champion: ModelVersion) -> dict[str, Any]:
    """As the champion's dataset was built, but never as unevenly as recorded: a few corrections would drown in it."""
    parameters = dict(champion.run.dataset.parameters) if champion.run is not None else {}
    if parameters.get("balance", "none") == "none":
        parameters["balance"] = "upsample"
    return parameters


def _adopt(child: Any, parent: Job) -> None:
    """In the transaction that makes the child, so that no worker sees it as an orphan."""
    Job.objects.filter(pk=child).update(parent=parent)


def _why(job: Job) -> str:
    return job.failure_reason or job.get_status_display().lower()


def _champion(task: Task) -> ModelVersion | None:
    alias = ModelAlias.objects.filter(task=task, name=AliasName.CHAMPION).select_related("version").first()
    return alias.version if alias else None


