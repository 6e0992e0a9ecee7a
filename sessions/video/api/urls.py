"""/api/v1/videos/; included by sessions/api/urls.py."""

from django.urls import path

from sessions.video.api import alignment, videos

urlpatterns = [
    path("videos/<uuid:pk>/alignment/", alignment.VideoAlignmentView.as_view(), name="video_alignment"),
    path("videos/<uuid:pk>/envelope/", videos.VideoEnvelopeView.as_view(), name="video_envelope"),
    path("videos/<uuid:pk>/poses/", videos.VideoPosesView.as_view(), name="video_poses"),
    path("videos/<uuid:pk>/review/", videos.VideoReviewView.as_view(), name="video_review"),
    path("videos/<uuid:pk>/spans/", videos.VideoSpanListView.as_view(), name="video_spans"),
    path("videos/<uuid:pk>/spans/decide/", videos.VideoSpanDecideView.as_view(), name="video_spans_decide"),
    path("videos/<uuid:pk>/spans/<uuid:span_pk>/", videos.VideoSpanView.as_view(), name="video_span"),
]
