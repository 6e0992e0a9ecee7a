"""Mail that lands as files where no mail server is set up: it names people, so it goes with them."""

from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings


def outbox_forget(user: Any) -> None:
    """Before erasing: remove files of mail to any address of the person. Without such an outbox, nothing."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", None) or "")
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)} - {""}
    if "filebased" not in settings.EMAIL_BACKEND or not folder.is_dir() or not addresses:
        return
    wanted = [address.lower().encode() for address in addresses]
    for path in folder.glob("*.log"):
        text = path.read_bytes().lower()
        if any(address in text for address in wanted):
            path.unlink(missing_ok=True)
