"""Measuring drift in the background."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.monitoring.services.drift import drift_measure, drift_sentence, drift_store
from mlops.registry.models import ModelAlias
from mlops.tasks.selectors import task_of


@job_kind("drift.measure", timeout_s=1800)
def measure_drift(context: JobContext) -> dict[str, Any]:
    """Compare what a task's champion served lately with its training data. Parameters: task (id)."""
    task = task_of(context)
    aliases = ModelAlias.objects.filter(task=task, name="champion")
    alias = aliases.select_related("version__task", "version__run").first()
    if alias is None:
        raise JobFailed("no_champion", _("This task has no champion to monitor."))
    report, notes = drift_measure(
        version=alias.version, on_step=lambda done, total: context.step(done, total, _("Comparing"))
    )
    for note in notes:
        context.log(note)
    with context.commit():
        drift_store(report=report, job=context.job)
        context.result.update(
            url=f"{reverse('mlops:drift')}?task={task.name}", label=_("Open report"), text=drift_sentence(report)
        )
    return {}
