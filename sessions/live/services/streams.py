"""Opening and finishing live streams."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.languages import speaking_to
from accounts.services.athletes import athlete_for
from mlops.jobs.services.jobs import QuotaExceeded, job_create
from mlops.models import Job
from sessions.live.services.frames import Frame, frame_from_payload
from sessions.models import LiveStream, Recording, SensorLayout, StreamChunk, StreamSource, StreamState, WorkoutSession
from sessions.services.workouts import workout_create

STALE_AFTER = timedelta(minutes=3)
"""A stream that was not heard of for so long is finished and stored; who comes back continues it in another."""
MAX_STORE_JOBS = 3
"""A stream that could not be stored so often is left for a person to look at (its jobs tell why)."""
WARM_SAMPLES = 2000
_TITLES = {
    StreamSource.SENSOR: gettext_lazy("Live session"), StreamSource.FILE: gettext_lazy("Replayed file"),
    StreamSource.RECORDING: gettext_lazy("Replay"), StreamSource.SAMPLE: gettext_lazy("Sample session"),
}


@dataclass(frozen=True)
class OpenedStream:
    """A stream and what is stored of it: nothing at first; after a reconnect its last number and frames.

    Where the stream continues a closed one, numbers and times go on from there and no frames are left in memory.
    """

    stream: LiveStream
    last_seq: int | None = None
    first_t: float | None = None
    last_t: float | None = None
    last_frames: list[Frame] = field(default_factory=list)

    def elapsed_s(self) -> float:
        """Seconds since the first sample was taken."""
        return max(0.0, (timezone.now() - self.stream.started_at).total_seconds())


def live_session_create(
    *, user: Any, source: str = StreamSource.SENSOR, title: str = "", notes: str = ""
) -> WorkoutSession:
    """The workout that a live stream goes into. Raises NotAnAthlete for roles without workouts."""
    return workout_create(
        athlete=athlete_for(user), title=title.strip() or str(_TITLES[StreamSource(source)]), time_zone=user.time_zone,
        notes=notes,
    )


def stream_open(
    *, session: WorkoutSession, layout: SensorLayout, task_name: str, rate_hz: float,
    source: str = StreamSource.SENSOR, replay_of: Recording | None = None, age_s: float = 0.0,
) -> OpenedStream:
    """Begin a stream into a workout. `replay_of` must be a recording of the same workout.

    `age_s`: how long ago the first sample was taken, for a sender that had no connection until now.
    """
    if replay_of is not None and replay_of.session_id != session.pk:
        raise ValidationError(_("This recording belongs to another workout."), code="recording")
    stream = LiveStream.objects.create(
        session=session, layout=layout, task_name=task_name, rate_hz=rate_hz, source=source, replay_of=replay_of,
        is_demo=session.is_demo, started_at=timezone.now() - timedelta(seconds=age_s),
    )
    return OpenedStream(stream)


def stream_resume(*, session: WorkoutSession, pk: Any) -> OpenedStream | None:
    """A stream of this workout with what is stored of it; None when there is no such stream.

    A stream that was closed meanwhile goes on in a new one that continues it: `stream.pk` is then another, and the
    numbers go on after the last that was stored. Asked again with the old key, the same following stream is found.
    """
    with transaction.atomic():
        stream = _newest(session, pk)
        if stream is None:
            return None
        if stream.state != StreamState.OPEN:
            stream = LiveStream.objects.create(
                session=session, layout=stream.layout, task_name=stream.task_name, rate_hz=stream.rate_hz,
                source=stream.source, replay_of=stream.replay_of, is_demo=stream.is_demo, continues=stream,
                started_at=stream.started_at, first_t=stream.first_t, last_t=stream.last_t, last_seq=stream.last_seq,
                takes=stream.takes,
            )
        else:
            LiveStream.objects.filter(pk=stream.pk).update(seen_at=timezone.now())
    chunks = StreamChunk.objects.filter(stream=stream)
    frames: list[Frame] = []
    for chunk in chunks.order_by("-seq")[:200]:
        frames.insert(0, frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload)))
        if sum(len(frame.t) for frame in frames) >= WARM_SAMPLES:
            break
    if not frames:
        return OpenedStream(stream, stream.last_seq, stream.first_t, stream.last_t)
    return OpenedStream(stream, frames[-1].seq, _first_t(stream), float(frames[-1].t[-1]), frames)


def _newest(session: WorkoutSession, pk: Any) -> LiveStream | None:
    """The stream of that key, or the last of those that continue it; locked."""
    try:
        key = UUID(str(pk))
    except ValueError:
        return None
    rows = LiveStream.objects.select_for_update(of=("self",)).select_related("layout")
    stream = rows.filter(session=session, pk=key).first()
    while stream is not None and (following := rows.filter(continues=stream).first()) is not None:
        stream = following
    return stream


def _first_t(stream: LiveStream) -> float | None:
    """When the stream began on the sender's clock; None without samples."""
    if stream.first_t is not None:
        return stream.first_t
    first = StreamChunk.objects.filter(stream=stream).order_by("seq").first()
    return None if first is None else float(frame_from_payload(first.seq, first.n_samples, bytes(first.payload)).t[0])


def stream_finish(*, stream: LiveStream, silent_since: datetime | None = None) -> Job | None:
    """End a stream and start the job that stores it; None when nothing was streamed (then the row goes).

    Finishing twice gives the same job; an empty stream that continues another gives that one's. With
    `silent_since`, a stream that was heard of later stays open. When the person has too many jobs waiting, the
    sweeper tries again later.
    """
    with transaction.atomic():
        row = LiveStream.objects.select_for_update(of=("self",)).get(pk=stream.pk)
        if row.state == StreamState.OPEN:
            if silent_since is not None and row.seen_at >= silent_since:
                return None
            _close(row)
    if row.pk is None or row.state == StreamState.STORED:
        return _storing_job(row)
    return _store_job(row)


def _close(row: LiveStream) -> None:
    """Inside a transaction: an open stream takes no more; what a following one must know is kept."""
    last = StreamChunk.objects.filter(stream=row).order_by("-seq").first()
    if last is None and not row.corrections and row.continues_id is None:
        row.delete()
        return
    row.first_t = _first_t(row)
    if last is not None:
        row.last_seq = last.seq
        row.last_t = float(frame_from_payload(last.seq, last.n_samples, bytes(last.payload)).t[-1])
    is_empty = last is None and not row.corrections
    row.state = StreamState.STORED if is_empty else StreamState.FINISHED
    row.finished_at = timezone.now()
    row.save(update_fields=["state", "finished_at", "first_t", "last_seq", "last_t"])


def _store_job(row: LiveStream) -> Job | None:
    owner = row.session.athlete.user
    with speaking_to(owner):  # the sweeper closes streams too
        title = _("Save “%(title)s”") % {"title": row.session.title}
    try:
        return job_create(
            kind="live.store", title=title, owner=owner, parameters={"stream": str(row.pk)},
            dedupe_key=_store_key(row), is_demo=row.is_demo,
        )
    except QuotaExceeded:
        return None


def _store_key(row: LiveStream) -> str:
    return f"live.store:{row.pk}"


def _storing_job(row: LiveStream) -> Job | None:
    """The job that stored a closed stream, or the one before it where this one held nothing."""
    closed: LiveStream | None = row
    while closed is not None:
        if job := Job.objects.filter(dedupe_key=_store_key(closed)).order_by("-created_at").first():
            return job
        closed = closed.continues if closed.recording_id is None else None
    return None


def streams_close_stale(*, limit: int = 50) -> int:
    """For the sweeper: finish streams nobody sends to, store finished ones whose job is missing, drop old frames."""
    now = timezone.now()
    stale = LiveStream.objects.filter(state=StreamState.OPEN, seen_at__lt=now - STALE_AFTER)
    waiting = LiveStream.objects.filter(state=StreamState.FINISHED, finished_at__lt=now - STALE_AFTER)
    rows = [*stale.order_by("seen_at")[:limit], *waiting.order_by("finished_at")[:limit]]
    for stream in rows:
        if Job.objects.filter(dedupe_key=_store_key(stream)).count() < MAX_STORE_JOBS:
            stream_finish(stream=stream, silent_since=now - STALE_AFTER)
    chunks_trim()
    return len(rows)


def close_stale() -> None:
    """The chore of that name."""
    streams_close_stale()


def chunks_trim(*, limit: int = 2000) -> int:
    """Delete frames that are stored as a recording, a few at a time so that live writes never wait long."""
    done = StreamChunk.objects.filter(stream__state=StreamState.STORED).order_by("pk").values_list("pk", flat=True)
    return StreamChunk.objects.filter(pk__in=list(done[:limit])).delete()[0]
