"""The shared secret between the models server and those who ask it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from django.conf import settings


def secret_read() -> str:
    """MODELS_TOKEN, else what the supervisor left in MODELS_TOKEN_FILE; empty when there is none."""
    if settings.MODELS_TOKEN:
        return str(settings.MODELS_TOKEN)
    try:
        return Path(settings.MODELS_TOKEN_FILE).read_text().strip()
    except OSError:
        return ""


def secret_make() -> None:
    """Leave a secret in MODELS_TOKEN_FILE that only this user can read, unless there is one already."""
    if secret_read():
        return
    path = Path(settings.MODELS_TOKEN_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(beside, path)  # whole or not at all, and never over another one
    beside.unlink()
