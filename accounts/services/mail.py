"""Sending mail later: kept sealed, handed to the real backend by a job, tried again while the server is away."""

import base64
import hashlib
import json
import smtplib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.utils import timezone

from accounts.models import OutgoingMail

KEPT = timedelta(days=3)
"""As long as the links in a mail are good for something."""
FIRST_AGAIN, LAST_AGAIN = timedelta(minutes=1), timedelta(hours=1)
_FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "extra_headers")


class MailRefused(Exception):
    """The mail server will never take this message; the row is gone. Names neither address nor text."""


class MailUndelivered(Exception):
    """The mail server is away or busy; the row waits for its next try."""


def mail_keep(message: EmailMessage) -> list[OutgoingMail]:
    """Store a message, one row for each recipient. Attachments are not supported: ValueError."""
    if message.attachments:
        raise ValueError("Mail with attachments is not sent by FitBalance.")
    told = {name: getattr(message, name) for name in _FIELDS}
    told["html"] = next((a[0] for a in getattr(message, "alternatives", []) if a[1] == "text/html"), "")
    return [
        OutgoingMail.objects.create(to=to, sealed=_seal({**told, "to": [to], "cc": [], "bcc": []}))
        for to in message.recipients()
    ]


def mail_send(pk: Any) -> bool:
    """Hand a kept message to the mail server; False when it is gone already. Raises MailRefused, MailUndelivered."""
    row = OutgoingMail.objects.filter(pk=pk).first()
    if row is None:
        return False
    try:
        message = _unseal(bytes(row.sealed))
    except InvalidToken:
        row.delete()
        raise MailRefused("It was sealed with another SECRET_KEY and cannot be read any more.") from None
    try:
        get_connection(settings.MAIL_TRANSPORT).send_messages([message])
    except (smtplib.SMTPException, OSError) as error:
        if _is_final(error):
            row.delete()
            raise MailRefused("The mail server refuses this recipient.") from None
        row.n_tries += 1
        row.next_at = timezone.now() + min(FIRST_AGAIN * 2 ** min(row.n_tries - 1, 10), LAST_AGAIN)
        row.save(update_fields=["n_tries", "next_at"])
        raise MailUndelivered(f"The mail server did not take it ({type(error).__name__}).") from None
    row.delete()
    return True


def mails_due() -> list[OutgoingMail]:
    """Those whose next try has come; what is too old to be of use is removed."""
    now = timezone.now()
    OutgoingMail.objects.filter(created_at__lt=now - KEPT).delete()
    return list(OutgoingMail.objects.filter(next_at__lte=now)[:200])


def _is_final(error: Exception) -> bool:
    """True when another try cannot help: the recipient is refused for good (a server's own trouble passes)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= answer[0] <= 599 for answer in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code <= 599


def _box() -> Fernet:
    """Fernet (AES-128-CBC and HMAC-SHA256) under a key made from SECRET_KEY."""
    digest = hashlib.sha256(b"fitbalance outgoing mail\n" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _seal(told: Mapping[str, Any]) -> bytes:
    return _box().encrypt(json.dumps(told, default=str).encode())


def _unseal(sealed: bytes) -> EmailMessage:
    told = json.loads(_box().decrypt(sealed))
    html, headers = told.pop("html"), told.pop("extra_headers")
    message = EmailMultiAlternatives(**told, headers=headers)
    if html:
        message.attach_alternative(html, "text/html")
    return message
