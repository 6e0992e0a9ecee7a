"""Where the unbroken stretch of a stream began, so that windows lie after a reconnect where they would have lain."""

import struct
from itertools import pairwise
from uuid import UUID

from django.db.models import BinaryField, F
from django.db.models.functions import Substr

from sessions.live.services.frames import frame_from_payload
from sessions.models import StreamChunk

MAX_GAP_S = 1.0
"""The gap at which windows begin anew, as in mlops.ml.windows.resample."""
_TIME = struct.Struct("<d")


def segment_start(stream: UUID) -> float | None:
    """Time of the first sample after the last gap in what is stored; None without samples.

    Reads the first and the last time of each frame, newest first, not the samples.
    """
    blob = BinaryField()
    rows = (
        StreamChunk.objects.filter(stream=stream).order_by("-seq")
        .annotate(
            first=Substr("payload", 1, 8, output_field=blob),
            last=Substr("payload", F("n_samples") * 8 - 7, 8, output_field=blob),
        )
        .values_list("seq", "n_samples", "first", "last")
    )
    start: float | None = None
    for seq, n_samples, first_bytes, last_bytes in rows.iterator(chunk_size=500):
        first, last = _TIME.unpack(bytes(first_bytes))[0], _TIME.unpack(bytes(last_bytes))[0]
        if start is not None and start - last > MAX_GAP_S:
            return start
        if last - first > MAX_GAP_S and (inside := _gap_inside(stream, seq, n_samples)) is not None:
            return inside
        start = first
    return start


def _gap_inside(stream: UUID, seq: int, n_samples: int) -> float | None:
    """The time after the last gap within one frame, if there is one."""
    chunk = StreamChunk.objects.filter(stream=stream, seq=seq).first()
    if chunk is None:
        return None
    t = frame_from_payload(seq, n_samples, bytes(chunk.payload)).t
    after = [later for earlier, later in pairwise(t) if later - earlier > MAX_GAP_S]
    return float(after[-1]) if after else None
