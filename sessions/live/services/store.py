"""Turning a finished stream into a recording with its corrections as proposed labels."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from mlops.ml.contract import FloatArray
from mlops.ml.sensors.readers.plan import Float64Array
from mlops.ml.sensors.recording_file import RecordingFacts, write_recording
from sessions.live.services.frames import frame_from_payload
from sessions.live.services.sets import sets_place
from sessions.live.services.streams import chunks_trim
from sessions.live.services.takes import takes_place
from sessions.models import (
    LiveStream,
    Recording,
    RecordingSource,
    SpanOrigin,
    SpanState,
    StreamChunk,
    StreamSource,
    StreamState,
)
from sessions.selectors.layouts import layout_of
from sessions.services.recordings import recording_store
from sessions.services.spans import MIN_SPAN_S, span_create

Commit = Callable[[], AbstractContextManager[None]]
Report = Callable[[int, int, str], None]


def stream_store(
    *, stream: LiveStream, commit: Commit, on_step: Report, done: Callable[[Recording], None]
) -> Recording:
    """Write the frames of a stream to Parquet and its corrections as Spans, all in one commit; then drop the frames.

    A replayed recording is not stored twice: its corrections become Spans on it. `done(recording)` is called
    inside the commit. Repeatable: the recording has the stream's own key. Raises UnreadableInput `no_samples`.
    """
    if stream.replay_of is not None:
        recording = stream.replay_of
        with commit():
            _close(stream, recording, t0=0.0)
            done(recording)
    else:
        recording = _store_new(stream, commit, on_step, done)
    while chunks_trim():
        pass
    return recording


def _store_new(stream: LiveStream, commit: Commit, on_step: Report, done: Callable[[Recording], None]) -> Recording:
    written: list[RecordingFacts] = []

    def fill(folder: Path) -> RecordingFacts:
        written.append(write_recording(folder / "samples.parquet", layout_of(stream.layout), _frames(stream, on_step)))
        return written[0]

    @contextmanager
    def all_at_once() -> Iterator[None]:
        with commit():
            yield
            recording = Recording.all_with_deleted.get(pk=stream.pk)
            _close(stream, recording, t0=written[0].t0)
            done(recording)

    def started_at(facts: RecordingFacts) -> datetime:
        """`started_at` is when the sender's clock showed `first_t`: a stream that continues another began later."""
        later_s = 0.0 if stream.first_t is None else max(0.0, facts.t0 - stream.first_t)
        return stream.started_at + timedelta(seconds=later_s)

    source = RecordingSource.GENERATED if stream.source == StreamSource.SAMPLE else RecordingSource.LIVE
    return recording_store(
        pk=stream.pk, session_for=lambda begin: stream.session, layout=stream.layout, source=source, fill=fill,
        started_at=started_at, commit=all_at_once, is_demo=stream.is_demo,
    )


def _frames(stream: LiveStream, on_step: Report) -> Iterator[tuple[Float64Array, FloatArray]]:
    """All stored frames in order, read a few hundred at a time."""
    chunks = StreamChunk.objects.filter(stream=stream)
    total, done = chunks.count(), 0
    last = -1
    while True:
        page = list(chunks.filter(seq__gt=last).order_by("seq")[:400])
        if not page:
            return
        for chunk in page:
            frame = frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload))
            yield frame.t, frame.values
        last = page[-1].seq
        done += len(page)
        on_step(done, total, _("Saving the recording"))


def _close(stream: LiveStream, recording: Recording, *, t0: float) -> None:
    """Inside the commit: corrections become proposed Spans, takes confirmed ones (the file begins at second `t0`)."""
    row = LiveStream.objects.select_for_update().get(pk=stream.pk)
    if row.state == StreamState.STORED:
        return
    people: dict[Any, Any] = get_user_model().objects.in_bulk({one["by"] for one in row.corrections})
    for one in row.corrections:
        start_s = min(max(0.0, one["start_s"] - t0), recording.duration_s)
        end_s = min(max(0.0, one["end_s"] - t0), recording.duration_s)
        if end_s - start_s < MIN_SPAN_S:
            continue
        span_create(
            recording=recording, start_s=start_s, end_s=end_s, label=one["label"], state=SpanState.PROPOSED,
            origin=SpanOrigin.FEEDBACK, author=people.get(one["by"]), answered=one["answered"],
        )
    takes_place(takes=row.takes, recording=recording, t0=t0)
    sets_place(sets=row.sets, recording=recording, t0=t0)
    LiveStream.objects.filter(pk=stream.pk).update(
        state=StreamState.STORED, recording=None if stream.replay_of_id else recording, begin_s=t0
    )
