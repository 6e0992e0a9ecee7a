"""One piece of background work. This row is its truth; RQ only carries it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from web.said import respoken


class JobStatus(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Running")
    CANCELLING = "cancelling", gettext_lazy("Stopping")
    SUCCEEDED = "succeeded", gettext_lazy("Done")
    FAILED = "failed", gettext_lazy("Failed")
    ERRORED = "errored", gettext_lazy("Error")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


FORCED = "Stopped by force"
"""The note of a job that did not stop by itself in time."""
ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.ERRORED, JobStatus.CANCELLED)


class JobQuerySet(QuerySet["Job"]):
    def visible_to(self, user) -> "JobQuerySet":
        """One's own jobs; ML staff and administrators also the engine's (those without personal data)."""
        if not user.is_authenticated:
            return self.none()
        if user.is_ml_staff or user.is_administrator:
            return self.filter(Q(owner=user) | Q(is_engine=True))
        return self.filter(owner=user)

    def open(self) -> "JobQuerySet":
        return self.exclude(status__in=ENDED)


class Job(models.Model):
    """Created first, claimed by a worker with a fresh claim token, renewed by a heartbeat, ended once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64, db_index=True)
    title = models.CharField(max_length=200)
    queue = models.CharField(max_length=16, default="default")
    parameters = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=128, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="jobs")
    is_engine = models.BooleanField(default=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    waits_for = models.PositiveIntegerField(null=True, editable=False)
    """A parent that waits for its children and occupies no worker: how many had ended when it began to wait."""
    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True, editable=False)
    worker = models.CharField(max_length=120, blank=True)
    """Host and process id of the attempt that holds or held the claim."""
    delivery = models.CharField(max_length=64, blank=True, editable=False)
    """Id of the last RQ message that carries this row; each delivery has its own."""
    lease_until = models.DateTimeField(null=True)
    timeout_s = models.PositiveIntegerField(default=3600)
    deadline_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    progress_note = models.CharField(max_length=200, blank=True)
    log_tail = models.TextField(blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    delivered_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["status", "lease_until"], name="job_status_lease")]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                condition=~Q(dedupe_key="") & Q(status__in=["queued", "running", "cancelling"]),
                name="one_open_job_per_dedupe_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_status_display()})"

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def card_id(self) -> str:
        """Id of its card on a page."""
        return f"job-{self.pk}"

    @property
    def reason(self) -> str:
        """Why it failed, in the reader's language where the sentence is known (it was stored in its owner's)."""
        return respoken(self.failure_reason)

    @property
    def sentence(self) -> str:
        """What it does now, in words; how it failed is told by `reason`."""
        match self.status:
            case JobStatus.QUEUED:
                return _("Will be retried soon.") if self.attempt else _("Waiting for a free worker.")
            case JobStatus.RUNNING:
                return self.progress_note or _("Working.")
            case JobStatus.CANCELLING:
                return _("Stopping.")
            case JobStatus.SUCCEEDED:
                return str(self.result.get("text", _("Done.")))
            case JobStatus.CANCELLED:
                return _("Stopped by force.") if self.progress_note == FORCED else _("Cancelled.")
        return ""

    @property
    def timeout_text(self) -> str:
        """Longest time it may take: "12 h", "90 min" or "45 s"."""
        for seconds, unit in ((3600, "h"), (60, "min")):
            if self.timeout_s >= seconds and self.timeout_s % seconds == 0:
                return f"{self.timeout_s // seconds} {unit}"
        return f"{self.timeout_s} s"

    @property
    def can_retry(self) -> bool:
        return self.parent_id is None and self.status in (JobStatus.FAILED, JobStatus.ERRORED, JobStatus.CANCELLED)

    @property
    def result_url(self) -> str:
        """Where the result is shown: a path of this site, or empty."""
        url = self.result.get("url", "") if isinstance(self.result, dict) else ""
        return url if isinstance(url, str) and url.startswith("/") and not url.startswith("//") else ""
