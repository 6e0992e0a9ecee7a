"""Opening, finishing and correcting live streams."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from accounts.services.athletes import athlete_for
from mlops.models import Job
from mlops.services.jobs import QuotaExceeded, job_create
from sessions.models import LiveStream, Recording, SensorLayout, StreamChunk, StreamSource, StreamState, WorkoutSession
from sessions.services.live_frames import Frame, frame_from_payload
from sessions.services.workouts import workout_create

STALE_AFTER = timedelta(minutes=3)
"""A stream that was not heard of for so long is finished and stored; until then it can be resumed."""
MAX_STORE_JOBS = 3
"""A stream that could not be stored so often is left for a person to look at (its jobs tell why)."""
WARM_SAMPLES = 2000
MAX_CORRECTIONS = 1000
_TITLES = {
    StreamSource.SENSOR: "Live session", StreamSource.FILE: "Replayed file",
    StreamSource.RECORDING: "Replay", StreamSource.SAMPLE: "Sample session",
}


@dataclass(frozen=True)
class OpenedStream:
    """A stream and what is stored of it: nothing at first, the last frames after a reconnect."""

    stream: LiveStream
    last_seq: int | None = None
    first_t: float | None = None
    last_frames: list[Frame] = field(default_factory=list)


def live_session_create(*, user: Any, source: str = StreamSource.SENSOR, title: str = "") -> WorkoutSession:
    """The workout that a live stream goes into. Raises NotAnAthlete for roles without workouts."""
    return workout_create(
        athlete=athlete_for(user), title=title.strip() or _TITLES[StreamSource(source)], time_zone=user.time_zone
    )


def stream_open(
    *, session: WorkoutSession, layout: SensorLayout, task_name: str, rate_hz: float,
    source: str = StreamSource.SENSOR, replay_of: Recording | None = None,
) -> OpenedStream:
    """Begin a stream into a workout. `replay_of` must be a recording of the same workout."""
    if replay_of is not None and replay_of.session_id != session.pk:
        raise ValidationError("This recording belongs to another workout.", code="recording")
    stream = LiveStream.objects.create(
        session=session, layout=layout, task_name=task_name, rate_hz=rate_hz, source=source, replay_of=replay_of,
        is_demo=session.is_demo,
    )
    return OpenedStream(stream)


def stream_resume(*, session: WorkoutSession, pk: Any) -> OpenedStream | None:
    """An open stream of this workout with its last stored frames; None when it is closed or not there."""
    try:
        stream = LiveStream.objects.select_related("layout").filter(
            session=session, pk=UUID(str(pk)), state=StreamState.OPEN
        ).first()
    except ValueError:
        return None
    if stream is None:
        return None
    LiveStream.objects.filter(pk=stream.pk).update(seen_at=timezone.now())
    ends = StreamChunk.objects.filter(stream=stream).aggregate(first=Min("seq"), last=Max("seq"))
    if ends["last"] is None:
        return OpenedStream(stream)
    chunks = StreamChunk.objects.filter(stream=stream)
    first = chunks.get(seq=ends["first"])
    frames: list[Frame] = []
    for chunk in chunks.order_by("-seq")[:200]:
        frames.insert(0, frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload)))
        if sum(len(frame.t) for frame in frames) >= WARM_SAMPLES:
            break
    first_t = float(frame_from_payload(first.seq, first.n_samples, bytes(first.payload)).t[0])
    return OpenedStream(stream, ends["last"], first_t, frames)


def stream_finish(*, stream: LiveStream) -> Job | None:
    """End a stream and start the job that stores it; None when nothing was streamed (then the row goes).

    Finishing twice gives the same job. When the person has too many jobs waiting, the sweeper tries again later.
    """
    with transaction.atomic():
        row = LiveStream.objects.select_for_update().select_related("session__athlete__user").get(pk=stream.pk)
        if row.state == StreamState.STORED:
            return None
        if row.state == StreamState.OPEN and not (row.corrections or row.takes or row.chunks.exists()):
            row.delete()
            return None
        LiveStream.objects.filter(pk=row.pk, state=StreamState.OPEN).update(
            state=StreamState.FINISHED, finished_at=timezone.now()
        )
    try:
        return job_create(
            kind="live.store", title=f"Store “{row.session.title}”", owner=row.session.athlete.user,
            parameters={"stream": str(row.pk)}, dedupe_key=f"live.store:{row.pk}", is_demo=row.is_demo,
        )
    except QuotaExceeded:
        return None


def stream_correct(
    *, stream: LiveStream, start_s: float, end_s: float, label: str, answered: dict[str, Any], by: Any
) -> dict[str, Any]:
    """Keep what a person says a window should have been; it becomes a proposed Span when the stream is stored.

    A second word about the same window replaces the first. Raises ValidationError when the stream is closed or
    holds too many.
    """
    correction = {
        "start_s": start_s, "end_s": end_s, "label": label, "by": by.pk,
        "answered": {
            "label": answered["exercise"], "confidence": answered["confidence"], "model_version": answered["version"],
            "model": answered["model"],
        },
    }
    with transaction.atomic():
        row = LiveStream.objects.select_for_update().filter(pk=stream.pk, state=StreamState.OPEN).first()
        if row is None:
            raise ValidationError("This stream is over.", code="closed")
        others = [one for one in row.corrections if (one["start_s"], one["end_s"]) != (start_s, end_s)]
        if len(others) >= MAX_CORRECTIONS:
            raise ValidationError("This stream holds too many corrections.", code="too_many")
        row.corrections = [*others, correction]
        row.save(update_fields=["corrections"])
    return correction


def streams_close_stale(*, limit: int = 50) -> int:
    """For the sweeper: finish streams nobody sends to, store finished ones whose job is missing, drop old frames."""
    now = timezone.now()
    stale = LiveStream.objects.filter(state=StreamState.OPEN, seen_at__lt=now - STALE_AFTER)
    waiting = LiveStream.objects.filter(state=StreamState.FINISHED, finished_at__lt=now - STALE_AFTER)
    rows = [*stale.order_by("seen_at")[:limit], *waiting.order_by("finished_at")[:limit]]
    for stream in rows:
        if Job.objects.filter(dedupe_key=f"live.store:{stream.pk}").count() < MAX_STORE_JOBS:
            stream_finish(stream=stream)
    chunks_trim()
    return len(rows)


def close_stale() -> None:
    """The chore of that name."""
    streams_close_stale()


def chunks_trim(*, limit: int = 2000) -> int:
    """Delete frames that are stored as a recording, a few at a time so that live writes never wait long."""
    done = StreamChunk.objects.filter(stream__state=StreamState.STORED).order_by("pk").values_list("pk", flat=True)
    return StreamChunk.objects.filter(pk__in=list(done[:limit])).delete()[0]
