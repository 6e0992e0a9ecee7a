"""Taking back what a reviewer's decision wrote: the label becomes what it was, or goes if it was new."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from mlops.kinds.review import changed_since
from sessions.models.span import TimeSpan
from sessions.services.spans import Labelled, span_etag

_KEPT = ("start_s", "end_s", "label", "state", "origin", "answered", "author_id")


def span_before(span: TimeSpan) -> dict[str, Any]:
    """What `span_undo` needs of a label that is about to change."""
    return {name: getattr(span, name) for name in _KEPT}


def span_written(span: TimeSpan, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The note about a label that a decision made (no `before`) or changed."""
    return {"span": str(span.pk), "etag": span_etag(span), "before": dict(before) if before else None}


def span_undo(*, recording: Labelled, written: Mapping[str, Any]) -> None:
    """Raises Problem 409 `changed_since` where somebody changed or deleted the label after the decision."""
    with transaction.atomic():
        row = recording.spans.select_for_update().filter(pk=written["span"]).first()
        if row is None or span_etag(row) != written["etag"]:
            raise changed_since()
        if written["before"] is None:
            row.delete()
            return
        for name, value in written["before"].items():
            setattr(row, name, value)
        row.save()
