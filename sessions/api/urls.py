"""The API of workouts, recordings, labels and samples. Live addresses and videos come from their own packages."""

from django.urls import URLPattern, URLResolver, path

from sessions.api.imports import ImportView, PreviewView
from sessions.api.layouts import LayoutViewSet
from sessions.api.recordings import EnvelopeView, RecordingViewSet, ReviewView, SamplesView, SampleViewSet
from sessions.api.spans import SpanDecideView, SpanListView, SpanView
from sessions.api.workouts import WorkoutViewSet
from sessions.form.api import urls as form
from sessions.form.api.reports import FormReportViewSet
from sessions.live.api.begin import LiveSampleView, LiveSessionsView
from sessions.live.api.device import DeviceModelFileView, DeviceModelView
from sessions.live.api.guided import MinutesView, TakesView
from sessions.video.api import urls as videos
from sessions.video.api.videos import VideoViewSet
from web.api.routers import Router

app_name = "workouts_api"

router = Router()
router.register("layouts", LayoutViewSet, "layout")
router.register("workouts", WorkoutViewSet, "workout")
router.register("recordings", RecordingViewSet, "recording")
router.register("samples", SampleViewSet, "sample")
router.register("videos", VideoViewSet, "video")
router.register("form-reports", FormReportViewSet, "form_report")


def _below(root: str, of_samples: bool) -> list[URLPattern]:
    """Everything under one recording, or under one sample."""
    name = root.removesuffix("s")
    views = {
        "envelope/": (EnvelopeView, "envelope"),
        "samples/": (SamplesView, "samples"),
        "review/": (ReviewView, "review"),
        "spans/": (SpanListView, "spans"),
        "spans/decide/": (SpanDecideView, "spans_decide"),
        "spans/<uuid:span_pk>/": (SpanView, "span"),
    }
    return [
        path(f"{root}/<uuid:pk>/{tail}", view.as_view(of_samples=of_samples), name=f"{name}_{what}")
        for tail, (view, what) in views.items()
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("live/sessions/", LiveSessionsView.as_view(), name="live_sessions"),
    path("live/sample/", LiveSampleView.as_view(), name="live_sample"),
    path("live/model/", DeviceModelView.as_view(), name="device_model"),
    path("live/models/<uuid:version>/<slug:sha256>.onnx", DeviceModelFileView.as_view(), name="device_model_file"),
    path("live/streams/<uuid:pk>/takes/", TakesView.as_view(), name="live_takes"),
    path("minutes/", MinutesView.as_view(), name="minutes"),
    path("recordings/preview/", PreviewView.as_view(), name="recording_preview"),
    path("recordings/import/", ImportView.as_view(), name="recording_import"),
    *_below("recordings", of_samples=False),
    *_below("samples", of_samples=True),
    *videos.urlpatterns,
    *form.urlpatterns,
    *router.urls,
]
