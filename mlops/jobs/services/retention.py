"""How long an ended job is kept: long enough for its owner to read how it went, for ever where something names it."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, ForeignObjectRel, Max, OuterRef, QuerySet
from django.utils import timezone

from mlops.jobs.models import ENDED, Job

BATCH = 200
"""Rows of one transaction, so that live streams never wait for it."""
MOST_BATCHES = 10
"""In one go: the sweeper has jobs to look for, and the next go is soon."""
PAUSE_S = 0.05


def jobs_trim() -> None:
    """A chore: delete jobs that ended more than JOBS_KEEP_DAYS ago.

    A job stays while any row points at it (a dataset, a run, a study, a drift report, an upload to a hub, a job that is
    a part of it) and, of the engine's work that is done again and again, the newest of each kind and dedupe key.
    """
    keys = list(jobs_disposable().values_list("pk", flat=True)[: MOST_BATCHES * BATCH])
    for at in range(0, len(keys), BATCH):
        Job.objects.filter(pk__in=keys[at : at + BATCH]).delete()
        time.sleep(PAUSE_S)


def jobs_disposable() -> QuerySet[Job]:
    """Ended jobs that nobody needs any more, the oldest first."""
    before = timezone.now() - timedelta(days=settings.JOBS_KEEP_DAYS)
    rows = Job.objects.filter(status__in=ENDED, ended_at__lt=before)
    for relation in Job._meta.get_fields(include_hidden=True):  # also of models that come later: nothing goes unseen
        if isinstance(relation, ForeignObjectRel):
            pointing = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.exclude(Exists(pointing))
    repeated = Job.objects.filter(is_engine=True).exclude(dedupe_key="").order_by().values("kind", "dedupe_key")
    newest = repeated.annotate(newest=Max("created_at")).values("newest")
    return rows.exclude(is_engine=True, created_at__in=newest).order_by("ended_at", "pk")
