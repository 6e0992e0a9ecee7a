"""/api/v1/videos/: clips, their features for charts and overlays, and their labels."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.recordings import ReviewView, envelope_answer, time_range, whole_number
from sessions.api.serializers import ReviewSerializer
from sessions.api.spans import SpanDecideView, SpanListView, SpanView
from sessions.models import Video
from sessions.video.selectors.envelope import MAX_POINTS, channels_envelope
from sessions.video.selectors.features import MAX_POSES, channels, features_in, poses
from sessions.video.selectors.videos import video_get_for, video_list
from sessions.video.services.bin import video_restore, videos_binned
from sessions.video.services.videos import video_delete, video_set_reviewed
from web.api.responses import ProblemSerializer
from web.api.serializers import StrictModelSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (404, 409)}
_FEATURES = OpenApiParameter("features", str, description="Name of a feature file; default: the newest.")
_RANGE = [
    OpenApiParameter("start_s", float, description="Seconds from the start; default 0."),
    OpenApiParameter("end_s", float, description="Seconds; default: the end of the video."),
]


class VideoSerializer(StrictModelSerializer):
    """A clip: one's own, of an athlete who shares form and video with the caller's team, or without a person."""

    session = serializers.UUIDField(source="session_id", read_only=True, allow_null=True)
    state = serializers.CharField(read_only=True)
    n_spans = serializers.IntegerField(read_only=True, required=False)
    n_proposed = serializers.IntegerField(read_only=True, required=False)
    n_features = serializers.IntegerField(read_only=True, required=False)

    class Meta:
        model = Video
        fields = [
            "id", "title", "name", "session", "rights", "state", "problem", "container", "codec", "width", "height",
            "rotation", "rate_hz", "n_frames", "duration_s", "filmed_at", "sha256", "n_bytes", "reviewed_at", "n_spans",
            "n_proposed", "n_features", "created_at", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields


class VideoViewSet(mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Videos the caller may see; deleting puts one into the bin for thirty days, from which it can be restored."""

    queryset = Video.objects.all()
    serializer_class = VideoSerializer
    ordering_fields = ["created_at", "duration_s"]

    def visible(self) -> QuerySet:
        return video_list(user=self.request.user)

    def perform_destroy(self, instance: Video) -> None:
        video_delete(video=instance)

    @extend_schema(request=None, responses={200: VideoSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a deletion back within thirty days; 409 where the same file was uploaded again."""
        video_restore(get_object_or_404(videos_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)


class ByVideo:
    """For endpoints below one video: the way to it that the caller has."""

    def recording(self, request: Request, pk: str) -> Video:
        """The video; 404 for missing and forbidden alike."""
        return video_get_for(user=request.user, pk=pk)


class VideoEnvelopeView(ByVideo, Endpoint):
    """Joint angles and speeds of hands: lowest and highest values in at most `max_points` stretches."""

    query_parameters = ("start_s", "end_s", "max_points", "features")

    @extend_schema(
        parameters=[*_RANGE, _FEATURES, OpenApiParameter("max_points", int, description=f"2 to {MAX_POINTS}.")],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, pk: str) -> Response:
        video = self.recording(request, pk)
        start_s, end_s = time_range(request, video)
        points = whole_number(request, "max_points", 1000, 2, MAX_POINTS)
        found = channels(features_in(video=video, name=request.query_params.get("features", "")))
        named, t, low, high = channels_envelope(found, start_s=start_s, end_s=end_s, max_points=points)
        return Response(envelope_answer(video.duration_s, named, t, low, high))


class VideoPosesView(ByVideo, Endpoint):
    """Points of body and hands and boxes of objects, for drawing over the clip."""

    query_parameters = ("start_s", "end_s", "max_frames", "features")

    @extend_schema(
        parameters=[*_RANGE, _FEATURES, OpenApiParameter("max_frames", int, description=f"1 to {MAX_POSES}.")],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, pk: str) -> Response:
        video = self.recording(request, pk)
        start_s, end_s = time_range(request, video)
        most = whole_number(request, "max_frames", 900, 1, MAX_POSES)
        row = features_in(video=video, name=request.query_params.get("features", ""))
        end = video.duration_s if end_s is None else end_s
        return Response(poses(row, start_s=start_s, end_s=end, most=most))


class VideoReviewView(ByVideo, ReviewView):
    """Say that the whole video was looked at: time without a label is then none of the labels."""

    @extend_schema(request=ReviewSerializer, responses={200: VideoSerializer})
    def post(self, request: Request, pk: str) -> Response:
        video = self.recording(request, pk)
        given = ReviewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        video_set_reviewed(video=video, reviewed=given.validated_data["reviewed"])
        return Response(VideoSerializer(video, context={"request": request}).data)


class VideoSpanListView(ByVideo, SpanListView):
    """All labels of a video in the order of time; POST adds one."""


class VideoSpanView(ByVideo, SpanView):
    """One label of a video. It has an ETag; If-Match refuses to overwrite somebody else's change."""


class VideoSpanDecideView(ByVideo, SpanDecideView):
    """Confirm or reject all proposed labels of a video at once."""
