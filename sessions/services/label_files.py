"""Labels out and in as JSON and CSV (start_s, end_s, label, state)."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import in_child
from sessions.models import Recording, Span, SpanOrigin, SpanState
from sessions.services.label_rows import COLUMNS, READING, label_rows
from sessions.services.spans import MAX_SPANS, check_span_label, check_times
from web.refusals import Problem
from web.services.tables import neutralise

MAX_BYTES = 2 * 1024 * 1024


def labels_csv(spans: Iterable[Span]) -> str:
    """start_s,end_s,label,state with a heading; a cell that a spreadsheet would run is neutralised."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for span in spans:
        writer.writerow([span.start_s, span.end_s, neutralise(span.label), span.state])
    return text.getvalue()


def labels_json(recording: Recording, spans: Iterable[Span]) -> str:
    """{"recording", "duration_s", "reviewed", "labels": [{start_s, end_s, label, state, origin}]}."""
    rows = [
        {"start_s": s.start_s, "end_s": s.end_s, "label": s.label, "state": s.state, "origin": s.origin} for s in spans
    ]
    document = {
        "recording": str(recording.pk),
        "duration_s": recording.duration_s,
        "reviewed": recording.reviewed_at is not None,
        "labels": rows,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def labels_import(*, recording: Recording, data: bytes, by: Any, replace: bool = False) -> int:
    """Read labels from a JSON or CSV file; all of them or none. Returns how many were added.

    A label that is there already (same times and name) is not doubled. With `replace`, the labels of before go.
    Raises Problem 400 `bad_label_file` that names the row, 413 `too_large`.
    """
    if len(data) > MAX_BYTES:
        raise Problem(413, "too_large", _("A label file can have at most 2 MB."))
    rows = _parse(data)
    if not rows:
        raise _bad(1, _("the file contains no labels"))
    if len(rows) > MAX_SPANS:
        raise _bad(MAX_SPANS + 1, _("a file can have at most %(n)s labels") % {"n": MAX_SPANS})
    made: list[Span] = []
    for n, row in rows:
        made.append(_span(recording, n, row, by))
    with transaction.atomic():
        known = Span.objects.filter(recording_id=recording.pk)
        if replace:
            known.delete()
        there = {(round(s.start_s, 3), round(s.end_s, 3), s.label) for s in known.all()}
        new = [s for s in made if (round(s.start_s, 3), round(s.end_s, 3), s.label) not in there]
        if len(there) + len(new) > MAX_SPANS:
            raise _bad(1, _("a recording can have at most %(n)s labels") % {"n": MAX_SPANS})
        Span.objects.bulk_create(new, batch_size=500)
    return len(new)


def _parse(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a file, read in a limited child. Raises Problem."""
    with tempfile.NamedTemporaryFile(prefix="fitbalance-labels-") as file:
        file.write(data)
        file.flush()
        try:
            return in_child(label_rows, READING)(Path(file.name), MAX_SPANS)
        except UnreadableInput as error:
            if error.code == "bad_label_file":
                raise _bad(error.row or 1, str(error)) from None
            text = str(error)
            raise Problem(400, error.code, f"{text[:1].upper()}{text[1:]}".rstrip(".") + ".") from None


def _span(recording: Recording, n: int, row: dict[str, Any], by: Any) -> Span:
    state = str(row.get("state") or SpanState.CONFIRMED).strip().replace("-", "_")
    if state not in SpanState.values:
        raise _bad(n, _("“%(state)s” is not a label status") % {"state": state[:20]})
    label = str(row.get("label") or "").strip()
    try:
        start_s, end_s = check_times(recording, row.get("start_s"), row.get("end_s"))
        return Span(
            recording_id=recording.pk,
            start_s=start_s,
            end_s=end_s,
            label=check_span_label(label, state),
            state=state,
            origin=SpanOrigin.IMPORT,
            author=by,
        )
    except (TypeError, ValueError):
        raise _bad(n, _("start_s and end_s must be numbers of seconds")) from None
    except ValidationError as error:
        raise _bad(n, error.messages[0]) from None


def _bad(row: int, why: str) -> Problem:
    detail = _("Row %(row)s: %(reason)s.") % {"row": row, "reason": why.rstrip(".")}
    return Problem(400, "bad_label_file", detail, row=row)
