"""Filling the review queue in the background."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, job_kind
from mlops.registry.models import ModelAlias
from mlops.review.services.fill import fill_choose, fill_store, proposals_queue
from mlops.tasks.selectors import task_of


@job_kind("review.fill", timeout_s=3600)
def fill_queue(context: JobContext) -> dict[str, Any]:
    """Let the champion score what nobody labelled and queue what is worth a look. Parameters: task (id)."""
    task = task_of(context)
    example = task.example
    note = _("Scoring %(examples)s") % {"examples": example.words}
    n_proposals = proposals_queue(task=task)
    alias = ModelAlias.objects.filter(task=task, name="champion").select_related("version__task").first()
    items = []
    if alias is not None:
        items = fill_choose(
            task=task,
            version=alias.version,
            on_step=lambda done, total: context.step(done, total, note),
            seed=int(context.job.created_at.timestamp()),
        )
    with context.commit():
        fill_store(task=task, items=items)
        context.result.update(
            url=f"{reverse('mlops:queue')}?task={task.name}",
            label=_("Open queue"),
            text=_("Added %(examples)s and %(n)s new proposals to the queue.") % {
                "examples": example.count(len(items)), "n": n_proposals
            },
        )
    return {}
