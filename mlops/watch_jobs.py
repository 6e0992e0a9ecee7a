"""Background jobs of those who watch and correct served models."""

import uuid
from typing import Any

from django.urls import reverse

from mlops.job_kinds import JobContext, JobFailed, job_kind
from mlops.models import ModelAlias, Task
from mlops.services.drift import drift_measure, drift_sentence, drift_store
from mlops.services.retraining import retrain_step
from mlops.services.review_fill import fill_choose, fill_store, proposals_queue


def task_of(context: JobContext) -> Task:
    """The task a job is about. JobFailed when it is gone."""
    task = Task.objects.select_related("label_set").filter(pk=uuid.UUID(str(context.parameters["task"]))).first()
    if task is None:
        raise JobFailed("gone", "The task is not there any more.")
    return task


@job_kind("drift.measure", timeout_s=1800)
def measure_drift(context: JobContext) -> dict[str, Any]:
    """Compare the last week of a task's champion with its training data. Parameters: task (id)."""
    task = task_of(context)
    aliases = ModelAlias.objects.filter(task=task, name="champion")
    alias = aliases.select_related("version__task", "version__run").first()
    if alias is None:
        raise JobFailed("no_champion", "The task has no champion to watch.")
    report, notes = drift_measure(
        version=alias.version, on_step=lambda done, total: context.step(done, total, "Comparing people")
    )
    for note in notes:
        context.log(note)
    with context.commit():
        drift_store(report=report, job=context.job)
        context.result.update(
            url=f"{reverse('mlops:drift')}?task={task.name}", label="Open the report", text=drift_sentence(report)
        )
    return {}


@job_kind("task.retrain", timeout_s=24 * 3600)
def retrain(context: JobContext) -> dict[str, Any]:
    """Dataset, training and comparison, one after the other. Parameters: task, champion (ids)."""
    retrain_step(context=context, task=task_of(context))
    return {}


@job_kind("review.fill", timeout_s=3600)
def fill_queue(context: JobContext) -> dict[str, Any]:
    """Let the champion score what nobody labelled and queue what is worth a look. Parameters: task (id)."""
    task = task_of(context)
    n_proposals = proposals_queue(task=task)
    alias = ModelAlias.objects.filter(task=task, name="champion").select_related("version__task").first()
    items = []
    if alias is not None:
        items = fill_choose(
            task=task,
            version=alias.version,
            on_step=lambda done, total: context.step(done, total, "Scoring recordings"),
            seed=int(context.job.created_at.timestamp()),
        )
    with context.commit():
        fill_store(task=task, items=items)
        context.result.update(
            url=f"{reverse('mlops:queue')}?task={task.name}",
            label="Open the queue",
            text=f"{len(items)} stretches of recordings and {n_proposals} new proposals are in the queue.",
        )
    return {}
