"""Background jobs of parts."""

from typing import Any

from mlops.jobs.kinds import JobContext, job_kind
from mlops.ml.parts.catalogue import catalogue
from mlops.parts.selectors import FETCH
from mlops.parts.services.fetching import part_fetch_run


def _space(job: Any) -> int:
    """Archives and the files out of them."""
    part = catalogue().get(str(job.parameters.get("part")))
    return 0 if part is None else part.n_bytes + 2 * sum(file.size for file in part.files)


@job_kind(FETCH, queue="video", timeout_s=4 * 3600, space=_space)
def part_fetch(context: JobContext) -> dict[str, Any]:
    """Fetch, check and unpack one part. Parameters: part (name)."""
    part_fetch_run(context=context, name=str(context.parameters["part"]))
    return {}
