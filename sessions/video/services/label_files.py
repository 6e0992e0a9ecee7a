"""Labels of a video out and in: labels.json, frame_index,label as CSV, points as COCO keypoints. Each goes out as it
came in."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.coco_keypoints import coco_of_landmarks, coco_text, frame_of, read_coco
from sessions.models import SpanOrigin, SpanState, Video, VideoSpan
from sessions.services.label_rows import COLUMNS, label_rows
from sessions.services.spans import MAX_SPANS, check_span_label, check_times
from sessions.video.selectors.features import poses_of
from sessions.video.selectors.frame_times import frame_times, labels_by_frame, span_frames
from sessions.video.selectors.points import points_path, points_stored
from sessions.video.services.frame_labels import (
    MAX_BYTES,
    frame_labels_csv,
    frame_labels_read,
    spans_of_frames,
)
from web.refusals import Problem

__all__ = ["MAX_BYTES", "video_labels_file", "video_labels_import"]

READING = Limits(memory_mib=1024, cpu_s=30, wall_s=60, file_mib=1, answer_mib=256)
_JSON_COLUMNS = (*COLUMNS, "origin", "every")
T = TypeVar("T")


def video_labels_file(*, video: Video, kind: str) -> tuple[str, str]:
    """(text, content type) of csv, json or coco.json; Http404 for another kind, or points that nobody has found."""
    if kind == "csv":
        return frame_labels_csv(labels_by_frame(video)), "text/csv; charset=utf-8"
    if kind == "json":
        return _json(video), "application/json"
    if kind != "coco.json":
        raise Http404
    document = points_stored(video)
    if document is None:
        rows = poses_of(video)
        if rows is None:
            raise Http404
        document = coco_of_landmarks(rows, width=video.width, height=video.height, name=str(video.pk)[:8])
    return coco_text(document), "application/json"


def _json(video: Video) -> str:
    """Every label with its source frames and times, in the order in which they were made."""
    spans = span_frames(video, video.spans.order_by("created_at", "pk"))
    labels = [
        {
            "start_s": one.span.start_s, "end_s": one.span.end_s, "start_frame": one.frames.start,
            "end_frame": one.frames.stop, "every": one.span.every, "label": one.span.label,
            "state": one.span.state, "origin": one.span.origin,
        }
        for one in spans
    ]  # fmt: skip
    document = {
        "video": str(video.pk), "sha256": video.sha256, "duration_s": video.duration_s, "rate_hz": video.rate_hz,
        "n_frames": video.n_frames, "labels": labels,
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def video_labels_import(*, video: Video, data: bytes, by: Any, replace: bool = False) -> int:
    """Read one of the three forms; all of it or nothing. Returns how many labels (or annotations) were added.

    A label that is there already is not doubled. With `replace`, the labels of before go; points always replace points.
    Raises Problem 400 `bad_label_file` that names the row, 413 `too_large`.
    """
    if len(data) > MAX_BYTES:
        raise Problem(413, "too_large", _("A label file can have at most 16 MB."))
    head = data[:4096].decode("utf-8-sig", "replace").lstrip()
    if head[:1] not in ("{", "[") and head.lower().replace('"', "").startswith("frame_index"):
        rows = frame_labels_read(data)
        made = spans_of_frames(video=video, rows=rows, times_s=frame_times(video), author=by)
    elif head[:1] == "{" and b'"annotations"' in data:
        return _points_import(video, data)
    else:
        numbered = _read(data, lambda path: in_child(label_rows, READING)(path, MAX_SPANS, _JSON_COLUMNS))
        made = [_span(video, n, row, by) for n, row in numbered]
    if not made:
        raise _bad(1, _("the file contains no labels"))
    return _stored(video, made, replace)


def _stored(video: Video, made: list[VideoSpan], replace: bool) -> int:
    with transaction.atomic():
        if replace:
            video.spans.all().delete()
        there = {(round(s.start_s, 3), round(s.end_s, 3), s.label) for s in video.spans.all()}
        new = [s for s in made if (round(s.start_s, 3), round(s.end_s, 3), s.label) not in there]
        if len(there) + len(new) > MAX_SPANS:
            raise _bad(1, _("a video can have at most %(n)s labels") % {"n": MAX_SPANS})
        VideoSpan.objects.bulk_create(new, batch_size=500)
    return len(new)


def _points_import(video: Video, data: bytes) -> int:
    document = _read(data, in_child(read_coco, READING))
    frames = [frame for image in document["images"] if (frame := frame_of(image)) is not None]
    if frames and max(frames) >= video.n_frames:
        detail = _("Frame %(frame)s is beyond the end: this video has %(n)s frames.")
        raise Problem(400, "bad_label_file", detail % {"frame": max(frames), "n": video.n_frames})
    path = points_path(video)
    part = path.with_name(f".{path.name}.part")
    part.write_text(coco_text(document), "utf-8")
    os.replace(part, path)
    return len(document["annotations"])


def _read(data: bytes, read: Callable[[Path], T]) -> T:
    with tempfile.NamedTemporaryFile(prefix="fitbalance-labels-") as file:
        file.write(data)
        file.flush()
        try:
            return read(Path(file.name))
        except UnreadableInput as error:
            text = f"{str(error)[:1].upper()}{str(error)[1:]}".rstrip(".") + "."
            row = getattr(error, "row", None)
            if row:
                text = _("Row %(row)s: %(reason)s") % {"row": row, "reason": text}
            raise Problem(400, error.code, text, row=row) from None


def _span(video: Video, n: int, row: dict[str, Any], by: Any) -> VideoSpan:
    state = str(row.get("state") or SpanState.CONFIRMED).strip().replace("-", "_")
    if state not in SpanState.values:
        raise _bad(n, _("“%(state)s” is not a label status") % {"state": state[:20]})
    origin = row.get("origin")
    every = row.get("every") or 1
    try:
        start_s, end_s = check_times(video, row.get("start_s"), row.get("end_s"))
        if not (isinstance(every, int) and 1 <= every <= 10_000):
            raise ValueError
        return VideoSpan(
            video=video, start_s=start_s, end_s=end_s, label=check_span_label(row.get("label") or "", state),
            state=state, origin=origin if origin in SpanOrigin.values else SpanOrigin.IMPORT, every=every, author=by,
        )  # fmt: skip
    except (TypeError, ValueError):
        raise _bad(n, _("start_s and end_s must be numbers of seconds")) from None
    except ValidationError as error:
        raise _bad(n, error.messages[0]) from None


def _bad(row: int, why: str) -> Problem:
    detail = _("Row %(row)s: %(reason)s.") % {"row": row, "reason": why.rstrip(".")}
    return Problem(400, "bad_label_file", detail, row=row)
