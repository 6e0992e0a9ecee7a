"""Background work of live streams."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.ml.contract import UnreadableInput
from sessions.live.services.store import stream_store
from sessions.models import LiveStream, Recording, StreamState


@job_kind("live.store", timeout_s=1800)
def live_store(context: JobContext) -> dict[str, Any]:
    """Store a finished stream as a recording; result: recording, url, text."""
    stream = (
        LiveStream.objects.select_related("layout", "replay_of", "session__athlete__user")
        .filter(pk=context.parameters["stream"])
        .first()
    )
    if stream is None:
        raise JobFailed("stream_gone", _("The live session was deleted in the meantime."))
    if stream.state == StreamState.OPEN:
        raise JobFailed("still_live", _("The live session is still running."))
    if stream.state == StreamState.STORED:
        recording = stream.recording or stream.replay_of
        return _result(stream, recording) if recording is not None else {}

    def done(recording: Recording) -> None:
        context.result.update(_result(stream, recording))

    try:
        stream_store(stream=stream, commit=context.commit, on_step=context.step, done=done)
    except UnreadableInput as error:
        raise JobFailed(error.code, _("The live session has no usable samples.")) from error
    return {}


def _result(stream: LiveStream, recording: Recording) -> dict[str, Any]:
    text = _("The recording is saved.")
    if stream.replay_of_id:
        n = len(stream.corrections) + len(stream.takes)
        text = ngettext("%(n)s label saved with the recording.", "%(n)s labels saved with the recording.", n) % {"n": n}
        text = text if n else _("The replay is over.")
    return {
        "recording": str(recording.pk),
        "url": reverse("workouts:recording", args=[recording.pk]),
        "text": text,
    }
