"""Jobs that need what another job is still making: they let go of their worker until it has ended."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed
from mlops.jobs.services.parents import parent_wake
from mlops.models import Job
from sessions.models import FeatureDataset, FeatureFile, FeatureModel, MakingState
from sessions.models.features import MadeByJob

BUILD = "video.dataset"
TRAIN = "video.train"


def waits_for(context: JobContext, inputs: Sequence[MadeByJob]) -> bool:
    """True when the job was put aside because an input is still being made: return at once, it runs again later.

    Raises JobFailed `input_failed` where an input was not made.
    """
    for row in inputs:
        if row.state == MakingState.FAILED:
            why = row.job.reason if row.job else ""
            text = _("%(input)s was not made. %(why)s") % {"input": row, "why": why}
            raise JobFailed("input_failed", text.strip())
    making = [row for row in inputs if row.state == MakingState.MAKING]
    return bool(making) and context.wait_for_children(0, 0, 0, _("Waiting for %(input)s") % {"input": making[0]})


def dataset_inputs(row: FeatureDataset) -> list[FeatureFile]:
    """The feature files of a data set in their order. Raises JobFailed where one was deleted."""
    known = FeatureFile.objects.select_related("job", "video").in_bulk([one["id"] for one in row.sources])
    found = {str(pk): file for pk, file in known.items()}
    for one in row.sources:
        if one["id"] not in found:
            raise JobFailed("input_failed", _("%(input)s was deleted.") % {"input": one["name"]})
    return [found[one["id"]] for one in row.sources]


def waiting_wake() -> None:
    """A chore, and called when something was made: wake the jobs whose inputs have all ended."""
    parked = Job.objects.filter(kind__in=(BUILD, TRAIN), status="running", claim_token=None, waits_for__isnull=False)
    for job in parked:
        if all(row.state != MakingState.MAKING for row in _inputs_of(job)):
            parent_wake(pk=job.pk)


def _inputs_of(job: Job) -> Iterable[Any]:
    if job.kind == TRAIN:
        model = FeatureModel.objects.select_related("dataset__job").filter(pk=job.parameters["model"]).first()
        return [model.dataset] if model else []
    dataset = FeatureDataset.objects.filter(pk=job.parameters["dataset"]).first()
    ids = [one["id"] for one in dataset.sources] if dataset else []
    return FeatureFile.objects.select_related("job").filter(pk__in=ids)
