"""Exporting and erasing an account, and sending mail to people, in the background."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.erase import erase_account
from accounts.services.export import export_account
from accounts.services.mail import MailRefused, MailUndelivered, mail_send
from mlops.jobs.kinds import JobContext, JobFailed, TransientError, job_kind
from mlops.jobs.models import Job
from mlops.jobs.services.account import export_relative
from web.numbers import spelled
from web.services.space import account_of


def export_space(job: Job) -> int:
    """As much as the account keeps: what was recorded hardly shrinks in a ZIP."""
    user = User.objects.filter(pk=job.parameters["user"]).first()
    return account_of(user).n_bytes if user is not None else 0


@job_kind("account.export", timeout_s=3600, space=export_space)
def account_export(context: JobContext) -> dict[str, Any]:
    """Everything about the owner as one ZIP. Parameters: user (id)."""
    user = User.objects.get(pk=context.parameters["user"])
    path = Path(settings.MEDIA_ROOT, export_relative(context.job))
    try:
        facts = export_account(user=user, path=path, step=context.step)
        n_rows, n_files = sum(facts.rows.values()), sum(facts.files.values())
        with context.commit():
            context.result.update(
                url=reverse("mlops:export_download", args=[context.job.pk]),
                label=_("Download ZIP"),
                text=_("%(rows)s rows and %(files)s files. The download is available for a week.") % {
                    "rows": spelled(n_rows, ","), "files": spelled(n_files, ",")
                },
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return {}


@job_kind("account.erase", timeout_s=3600)
def account_erase(context: JobContext) -> dict[str, Any]:
    """Erase a person. Parameters: user (id), by (id of who asked). May be repeated after an interruption."""
    user = User.objects.filter(pk=context.parameters["user"]).first()
    if user is not None:
        by = User.objects.filter(pk=context.parameters["by"]).first() or user
        erase_account(user=user, by=by, step=context.step)
    with context.commit():
        Job.objects.filter(pk=context.job.pk).update(parameters={}, dedupe_key="")
    return {"text": "Erased."}


@job_kind("mail.send", timeout_s=120)
def send_mail(context: JobContext) -> dict[str, Any]:
    """Hand a stored message to the mail server. Parameters: mail (id).

    Tried three times in a row like any job; after that the message waits for the next job, for three days.
    """
    try:
        sent = mail_send(context.parameters["mail"])
    except MailUndelivered as error:
        raise TransientError(str(error)) from None
    except MailRefused as error:
        raise JobFailed("mail_refused", str(error)) from None
    return {"text": "Sent." if sent else "Already sent."}
