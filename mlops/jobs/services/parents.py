"""Parents of jobs: they wait for their children without a worker and are woken by each child that ends.

A parent's kind is a step that may be repeated: it looks at its children, starts what is to be started, and either
ends or calls `context.wait_for_children(n_ended)`. A waiting parent is running, held by nobody, and `waits_for` says
how many children had ended when it began to wait. Whoever ends a child wakes it; what was missed (a killed worker,
a lost message) the chore notices by counting.
"""

import uuid

from django.db.models import Count, F, Q

from mlops.jobs.models import ENDED, Job, JobStatus
from mlops.jobs.services.delivery import job_deliver


def parent_wake(*, pk: uuid.UUID) -> bool:
    """Send a waiting parent to its queue for one more step; False when it is not waiting."""
    waiting = Job.objects.filter(pk=pk, status=JobStatus.RUNNING, claim_token=None, waits_for__isnull=False)
    if not waiting.update(status=JobStatus.QUEUED, delivered_at=None, not_before=None):
        return False
    job_deliver(pk=pk)
    return True


def parents_wake() -> None:
    """A chore: wake every waiting parent of which a child has ended unnoticed."""
    waiting = Job.objects.filter(status=JobStatus.RUNNING, claim_token=None, waits_for__isnull=False)
    counted = waiting.annotate(n_ended=Count("children", filter=Q(children__status__in=ENDED)))
    missed = counted.exclude(n_ended=F("waits_for")).values_list("pk", flat=True)
    for pk in missed:
        parent_wake(pk=pk)
