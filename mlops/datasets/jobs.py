"""Building datasets in the background."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.services.datasets import build_space, dataset_adopt, dataset_clear, dataset_store
from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed, job_kind, row_id
from mlops.kinds.base import task_kind


@job_kind("dataset.build", timeout_s=2 * 3600, space=build_space)
def dataset_build(context: JobContext) -> dict[str, Any]:
    """Export everything that is labelled and may be learned from. Parameters: dataset (id)."""
    dataset = Dataset.objects.select_related("task", "task__label_set").filter(pk=row_id(context, "dataset")).first()
    if dataset is None or dataset.status == DatasetStatus.READY:
        raise JobFailed("gone", _("The dataset no longer exists, or is already built."))
    with context.commit(final=False):
        dataset_adopt(dataset=dataset, job=context.job)
    dataset_clear(dataset)
    kind = task_kind(dataset.task.kind)
    amount, example = kind.summary(dataset.task).amount, dataset.task.example
    note = _("Preparing %(examples)s") % {"examples": example.words}
    built = kind.build(
        dataset.task,
        dataset.parameters,
        dataset_path(dataset),
        lambda done, total: context.step(done, total, note),
    )
    n_examples = sum(group.n_examples for group in built.groups.values())
    counted = _("%(examples)s of %(groups)s.") % {
        "examples": example.count(n_examples), "groups": example.count_groups(len(built.groups))
    }
    with context.commit():
        dataset_store(dataset=dataset, built=built, amount=amount)
        context.result.update(
            url=reverse("mlops:dataset", args=[dataset.pk]),
            label=_("Open dataset"),
            dataset=str(dataset.pk),
            text=" ".join([counted, *built.facts.get("added", [])]),
        )
    return {}
