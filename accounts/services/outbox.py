"""Mail that lands as files where no mail server is set up, or waits to be sent: it names people and goes with them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings

SEPARATOR = b"-" * 79 + b"\n"
"""What Django writes after each mail; several mails of one second can share a file."""


def outbox_forget(user: Any) -> None:
    """Before erasing: remove mail to any address of the person from the outbox files. Without them, nothing."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", None) or "")
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)} - {""}
    if "filebased" not in settings.MAIL_TRANSPORT or not folder.is_dir() or not addresses:
        return
    wanted = [address.lower().encode() for address in addresses]
    for path in folder.glob("*.log"):
        mails = [mail for mail in path.read_bytes().split(SEPARATOR) if mail.strip()]
        kept = [mail for mail in mails if not _names(mail, wanted)]
        if not kept:
            path.unlink(missing_ok=True)
        elif len(kept) < len(mails):
            path.write_bytes(b"".join(mail + SEPARATOR for mail in kept))


def _names(mail: bytes, addresses: Iterable[bytes]) -> bool:
    text = mail.lower()
    return any(address in text for address in addresses)
