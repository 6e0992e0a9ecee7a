"""Background work of live streams."""

from typing import Any

from django.urls import reverse

from mlops.job_kinds import JobContext, JobFailed, job_kind
from mlops.ml.contract import UnreadableInput
from sessions.models import LiveStream, Recording, StreamState
from sessions.services.live_store import stream_store


@job_kind("live.store", timeout_s=1800)
def live_store(context: JobContext) -> dict[str, Any]:
    """Store a finished stream as a recording; result: recording, url, text."""
    stream = (
        LiveStream.objects.select_related("layout", "replay_of", "session__athlete__user")
        .filter(pk=context.parameters["stream"])
        .first()
    )
    if stream is None:
        raise JobFailed("stream_gone", "The live session was deleted meanwhile.")
    if stream.state == StreamState.OPEN:
        raise JobFailed("still_live", "The live session is still running.")
    if stream.state == StreamState.STORED:
        recording = stream.recording or stream.replay_of
        return _result(stream, recording) if recording is not None else {}

    def done(recording: Recording) -> None:
        context.result.update(_result(stream, recording))

    try:
        stream_store(stream=stream, commit=context.commit, on_step=context.step, done=done)
    except UnreadableInput as error:
        raise JobFailed(error.code, "The live session holds no samples that could be stored.") from error
    return {}


def _result(stream: LiveStream, recording: Recording) -> dict[str, Any]:
    text = "The recording is stored."
    if stream.replay_of_id:
        n = len(stream.corrections) + len(stream.takes)
        text = f"{n} label{'' if n == 1 else 's'} stored with the recording." if n else "The replay is over."
    return {
        "recording": str(recording.pk),
        "url": reverse("workouts:recording", args=[recording.pk]),
        "text": text,
    }
