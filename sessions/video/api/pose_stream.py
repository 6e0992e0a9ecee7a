"""GET /backend/stream_pose: what happens in a clip, as server-sent events."""

import uuid

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from mlops.ml.vision.task_smoothing import SMOOTHINGS
from sessions.video.selectors.features import features_in
from sessions.video.selectors.videos import video_get_for
from sessions.video.services.pose_stream import events, paced, pose_samples
from sessions.video.services.task_models import task_model_for
from web.api.views import Endpoint
from web.refusals import Problem

MAX_SPEED = 100.0


class PoseStreamView(Endpoint):
    """Samples of a clip at its own pace: {"stage": "sample", "t", "caption", "task_prediction", "task_confidence"}.

    Without a model there are captions only; the last event is {"stage": "end"}.
    """

    query_parameters = ("source", "task_model", "smoothing", "speed")

    @extend_schema(
        parameters=[
            OpenApiParameter("source", str, required=True, description="Id of a video."),
            OpenApiParameter("task_model", str, description="A name of /backend/models, or a task with a champion."),
            OpenApiParameter("smoothing", str, enum=SMOOTHINGS, description="Of scores over windows. Default ema."),
            OpenApiParameter("speed", float, description="Times the clip's own pace; 0: all at once. Default 1."),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        video = video_get_for(user=request.user, pk=_source(request.query_params.get("source", "")))
        model = task_model_for(user=request.user, name=request.query_params.get("task_model", ""))
        smoothing = _smoothing(request.query_params.get("smoothing", "ema"))
        samples = pose_samples(features=features_in(video=video), model=model, smoothing=smoothing)
        speed = _speed(request.query_params.get("speed", "1"))
        is_async = isinstance(request._request, ASGIRequest)  # else Django would first collect them in memory
        stream = paced(samples, speed) if is_async else (event for _due, event in events(samples, 0))
        return StreamingHttpResponse(
            stream, content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )


def _source(text: str) -> uuid.UUID:
    """The id of a video. Raises Problem 409 `no_camera` for the number or device of a camera, Http404 for the rest."""
    if text.isdecimal() or text.startswith("/dev/"):
        detail = _("This server opens no camera. On the page of live videos, your own camera is read in the browser.")
        raise Problem(409, "no_camera", detail, page=reverse("workouts:videos_live"))
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


def _smoothing(text: str) -> str:
    if text not in SMOOTHINGS:
        raise Problem(400, "bad_choice", _("smoothing must be one of %(names)s.") % {"names": ", ".join(SMOOTHINGS)})
    return text


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= MAX_SPEED:
        raise Problem(400, "bad_number", _("speed must be a number from 0 to %(most)s.") % {"most": int(MAX_SPEED)})
    return speed
