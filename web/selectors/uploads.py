"""Reading uploads."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet
from django.shortcuts import get_object_or_404

from web.models import Upload, UploadState


def upload_get_for(*, user: Any, pk: UUID | str) -> Upload:
    """Http404 for missing and forbidden alike."""
    return get_object_or_404(Upload.objects.visible_to(user), pk=pk)


def upload_list(*, user: Any) -> QuerySet[Upload]:
    """What is on its way or waits to be used."""
    return Upload.objects.visible_to(user).exclude(state=UploadState.TAKEN)


def upload_received(upload: Upload) -> list[int]:
    """Numbers of the parts that are on disk, rising."""
    return list(upload.parts.order_by("number").values_list("number", flat=True))


def upload_missing(upload: Upload) -> list[int]:
    """Numbers of the parts that are still to come, rising."""
    received = set(upload_received(upload))
    return [number for number in range(upload.n_parts) if number not in received]


def uploads_missing_bytes() -> int:
    """What may still come of everybody's open uploads."""
    rows = Upload.objects.filter(state=UploadState.OPEN).annotate(n_here=Count("parts"))
    return sum(max(0, size - n * part) for size, part, n in rows.values_list("size", "part_bytes", "n_here"))


def uploads_waiting(owner: Any) -> QuerySet[Upload]:
    """One person's uploads until somebody uses them, each with the bytes it takes, or will, as `kept`."""
    return Upload.objects.filter(owner=owner).exclude(state=UploadState.TAKEN).annotate(kept=F("size"))
