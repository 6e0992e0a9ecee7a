"""Tidying up what every app leaves behind: uploads, kept answers, ended browser sessions."""

import time
import uuid

from django.core.management import call_command

from web.models import Upload
from web.services.database import database_forget
from web.services.files import private_path
from web.services.idempotency import idempotency_expire
from web.services.space import space_sweep
from web.services.uploads import LIFETIME, uploads_expire


def house_keep() -> None:
    """Delete what has expired. Quick, repeatable, safe when two machines run it at once."""
    uploads_expire()
    space_sweep()
    orphans_remove()
    idempotency_expire()
    call_command("clearsessions")
    database_forget()


def orphans_remove() -> int:
    """Remove files of uploads whose rows are gone (their owner was deleted); returns how many."""
    folder = private_path("uploads")
    if not folder.is_dir():
        return 0
    old = time.time() - 2 * LIFETIME.total_seconds()
    files = [path for path in folder.glob("*.part") if path.stat().st_mtime < old]
    known = set(Upload.objects.filter(pk__in=[uuid.UUID(path.stem) for path in files]).values_list("pk", flat=True))
    gone = [path for path in files if uuid.UUID(path.stem) not in known]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
