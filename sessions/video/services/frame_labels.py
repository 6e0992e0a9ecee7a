"""Labels of frames, as `frame_index,label` has them: in, out, and as spans of time."""

import csv
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.video.labels import read_labels
from sessions.models import SpanOrigin, Video, VideoSpan
from sessions.services.spans import MAX_SPANS
from sessions.video.selectors.frame_times import frame_times
from web.refusals import Problem
from web.services.tables import neutralise

Rows = Mapping[int, str]
"""Frame of the source → label."""
MAX_BYTES = 16 * 1024 * 1024
READING = Limits(memory_mib=1024, cpu_s=20, wall_s=40, file_mib=1)
_LABELS_FILE = "labels.csv"


def frame_labels_read(data: bytes) -> dict[int, str]:
    """The rows of a file `frame_index,label`. Raises Problem 400 `bad_label_file` with the row, 413 `too_large`."""
    if len(data) > MAX_BYTES:
        raise Problem(413, "too_large", _("A label file can have at most 16 MB."))
    with tempfile.NamedTemporaryFile(prefix="fitbalance-labels-") as file:
        file.write(data)
        file.flush()
        try:
            rows = in_child(read_labels, READING)(Path(file.name))
        except UnreadableInput as error:
            row = getattr(error, "row", None)
            detail = f"{str(error)[:1].upper()}{str(error)[1:]}".rstrip(".") + "."
            if row:
                detail = _("Row %(row)s: %(reason)s") % {"row": row, "reason": detail}
            raise Problem(400, "bad_label_file", detail, row=row) from None
    if any(not label.isprintable() for label in rows.values()):
        raise Problem(400, "bad_label_file", _("Labels can't hold control characters."))
    return {frame: _unguarded(label[:64]) for frame, label in sorted(rows.items())}


def _unguarded(label: str) -> str:
    """A label that an export guarded against spreadsheets, as it was."""
    plain = label.removeprefix("'")
    return plain if plain != label and neutralise(plain) == label else label


def frame_labels_csv(rows: Rows) -> str:
    """frame_index,label with a heading, by frame; a cell that a spreadsheet would run is neutralised."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["frame_index", "label"])
    writer.writerows([frame, neutralise(label)] for frame, label in sorted(rows.items()))
    return text.getvalue()


def frame_labels_keep(*, video: Video, rows: Rows) -> None:
    """Keep labels that came with a clip until the times of its frames are known."""
    path = _kept(video)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(frame_labels_csv(rows), "utf-8")


def frame_labels_settle(*, video: Video) -> int:
    """Turn labels that were kept into spans, once; returns how many spans there are. Frames beyond the end are left
    out."""
    path = _kept(video)
    if not path.is_file():
        return 0
    times = frame_times(video)
    rows = {frame: label for frame, label in frame_labels_read(path.read_bytes()).items() if frame < len(times)}
    made = spans_of_frames(video=video, rows=rows, times_s=times, author=video.owner)
    video.spans.all().delete()
    VideoSpan.objects.bulk_create(made, batch_size=500)
    path.unlink()
    return len(made)


def spans_of_frames(*, video: Video, rows: Rows, times_s: npt.NDArray[np.float64], author: Any) -> list[VideoSpan]:
    """Neighbouring frames of one label as one span, not saved; the distance of neighbours is the file's own.

    Raises Problem 400 `bad_label_file` for a frame beyond the end, or too many changes of label.
    """
    frames = sorted(rows)
    if frames and frames[-1] >= len(times_s):
        detail = _("Frame %(frame)s is beyond the end: this video has %(n)s frames.")
        raise Problem(400, "bad_label_file", detail % {"frame": frames[-1], "n": len(times_s)})
    every = int(np.diff(frames).min()) if len(frames) > 1 else 1
    ends = np.append(times_s, video.duration_s)
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + every and rows[frame] == rows[runs[-1][0]]:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    if len(runs) > MAX_SPANS:
        detail = _("The labels change too often: %(n)s times, at most %(most)s are possible.")
        raise Problem(400, "bad_label_file", detail % {"n": len(runs), "most": MAX_SPANS})
    return [
        VideoSpan(
            video=video, start_s=round(float(ends[first]), 4), label=rows[first], every=every, author=author,
            end_s=round(float(ends[min(last + every, len(times_s))]), 4), origin=SpanOrigin.IMPORT,
        )
        for first, last in runs
    ]  # fmt: skip


def _kept(video: Video) -> Path:
    return Path(settings.MEDIA_ROOT) / video.folder / _LABELS_FILE
