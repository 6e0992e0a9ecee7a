"""Labels out and in as JSON and CSV (start_s, end_s, label, state)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from sessions.models import Recording, Span, SpanOrigin, SpanState
from sessions.services.spans import MAX_SPANS, check_span_label, check_times
from web.api.parsers import loads
from web.refusals import Problem
from web.services.tables import neutralise

COLUMNS = ("start_s", "end_s", "label", "state")
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
        raise Problem(413, "too_large", "A label file has at most 2 MB.")
    rows = list(_parse(data))
    if not rows:
        raise _bad(1, "the file holds no labels")
    if len(rows) > MAX_SPANS:
        raise _bad(MAX_SPANS + 1, f"at most {MAX_SPANS} labels are read")
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
            raise _bad(1, f"a recording can have at most {MAX_SPANS} labels")
        Span.objects.bulk_create(new, batch_size=500)
    return len(new)


def _parse(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad(1, "the file is not UTF-8 text") from None
    if text.lstrip()[:1] in ("{", "["):
        yield from _parse_json(text)
        return
    sample = text[:4096]
    delimiter = max(",;\t", key=sample.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [str(name).strip().lower() for name in reader.fieldnames or []]
    if not {"start_s", "end_s", "label"} <= set(names):
        raise _bad(1, "the first line names the columns start_s, end_s and label")
    reader.fieldnames = names
    try:
        for n, row in enumerate(reader, 2):
            if any((value or "").strip() for value in row.values() if isinstance(value, str)):
                yield n, row
    except csv.Error as error:
        raise _bad(reader.line_num, str(error)) from None


def _parse_json(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    document = loads(text)
    rows = document.get("labels") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad(1, "labels are a list of {start_s, end_s, label}")
    yield from enumerate(rows, 1)


def _span(recording: Recording, n: int, row: dict[str, Any], by: Any) -> Span:
    state = str(row.get("state") or SpanState.CONFIRMED).strip().replace("-", "_")
    if state not in SpanState.values:
        raise _bad(n, f"{state[:20]} is no state of a label")
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
        raise _bad(n, "start_s and end_s are numbers of seconds") from None
    except ValidationError as error:
        raise _bad(n, error.messages[0]) from None


def _bad(row: int, why: str) -> Problem:
    return Problem(400, "bad_label_file", f"Row {row}: {why}.".replace("..", "."), row=row)
