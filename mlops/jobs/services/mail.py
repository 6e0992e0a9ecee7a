"""Django's mail backend of the site: what is sent is stored, and a job carries it to the mail server.

So no page waits for a mail server or fails with it. The job's row names the stored message by its id and nothing more:
neither address nor text nor link stands in parameters, results or log lines.
"""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.models import OutgoingMail
from accounts.services.mail import mail_keep, mails_due
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create


class QueuedBackend(BaseEmailBackend):
    """`settings.EMAIL_BACKEND`; `settings.MAIL_TRANSPORT` names the backend that really sends."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            for message in email_messages:
                for row in mail_keep(message):
                    mail_job(row)
        return len(email_messages)


def mail_job(row: OutgoingMail) -> Job:
    """The job that sends a stored message; the same while one is open."""
    parameters: dict[str, Any] = {"mail": str(row.pk)}
    return job_create(
        kind="mail.send", title="Send a mail", owner=None, parameters=parameters, dedupe_key=f"mail.send:{row.pk}"
    )


def mails_again() -> None:
    """A chore: whose mail server was away gets another job."""
    for row in mails_due():
        mail_job(row)
