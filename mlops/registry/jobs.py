"""Taking a person out of what models learn from, in the background."""

from typing import Any

from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, job_kind
from mlops.jobs.models import Job
from mlops.registry.services.redaction import subject_redact


@job_kind("subject.redact", timeout_s=3600)
def redact(context: JobContext) -> dict[str, Any]:
    """Take a subject out of all datasets. Parameters: subject (pseudonym), scope (of learning, all without one)."""
    n_redacted = subject_redact(context.parameters["subject"], context.parameters.get("scope", ""))
    with context.commit():
        Job.objects.filter(pk=context.job.pk).update(parameters={}, dedupe_key="")
    return {"text": _("Removed from %(n)s datasets.") % {"n": n_redacted}}
