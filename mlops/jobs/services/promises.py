"""Room on the disk that was promised to jobs which no longer run."""

from mlops.jobs.models import Job
from mlops.jobs.services.claims import HELD
from mlops.jobs.services.execution import space_key
from web.services.space import space_keys, space_release


def promises_end() -> None:
    """A chore: a worker that died kept its promise; whoever takes the job next is promised room anew."""
    prefix = space_key("")
    keys = space_keys(prefix)
    if not keys:
        return
    running = Job.objects.filter(pk__in=[key.removeprefix(prefix) for key in keys], status__in=HELD)
    space_release(set(keys) - {space_key(pk) for pk in running.values_list("pk", flat=True)})
