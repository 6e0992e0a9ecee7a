"""Asking for a new judgement of a version from elsewhere."""

from typing import Any

from mlops.models import Job, ModelVersion
from mlops.selectors.exchange import is_outside
from mlops.services.incoming import dataset_to_judge_on
from mlops.services.jobs import job_create
from web.refusals import Problem


def judge_start(*, version: ModelVersion, by: Any) -> Job:
    """Queue it. Raises Problem 409 `trained_here`, `no_dataset`; QuotaExceeded."""
    if not is_outside(version):
        raise Problem(409, "trained_here", "It was trained here and judged then; its figures do not change.")
    if dataset_to_judge_on(version.task) is None:
        raise Problem(409, "no_dataset", "This task has no dataset yet. Build one, then judge it.")
    return job_create(
        kind="version.judge",
        title=f"Judge {version}",
        owner=by,
        parameters={"version": str(version.pk)},
        is_engine=True,
        dedupe_key=f"version.judge:{version.pk}",
    )
