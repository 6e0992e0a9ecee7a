"""/api/v1/videos/<id>/alignment/: where a clip lies in a recording, and its labels as proposals there."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.ml.alignment import Alignment
from sessions.models import Recording, Video
from sessions.video.api.videos import ByVideo
from sessions.video.selectors.alignment import curve_points, curve_step, place_in, place_words, recording_beside
from sessions.video.selectors.features import features_in
from sessions.video.services.proposals import labels_propose
from web.api.responses import ProblemSerializer
from web.api.serializers import StrictSerializer
from web.api.views import Endpoint
from web.refusals import Problem


class ProposeSerializer(StrictSerializer):
    recording = serializers.UUIDField()
    offset_s = serializers.FloatField(help_text="Second of the recording at which the video begins.")
    drift_ppm = serializers.FloatField(default=0.0, help_text="By how much the sensor's clock runs fast; -200 to 200.")


class ProposedSerializer(serializers.Serializer):
    made = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Labels outside the recording, or where it already has labels.")
    url = serializers.CharField(help_text="The page on which they are confirmed or rejected.")


class VideoAlignmentView(ByVideo, Endpoint):
    """Align a video with a sensor recording of the same athlete; POST proposes the video's labels for it."""

    query_parameters = ("recording", "features")

    @extend_schema(
        parameters=[
            OpenApiParameter("recording", OpenApiTypes.UUID, required=True),
            OpenApiParameter("features", str, description="Name of a feature file; default: the newest."),
        ],
        responses={200: OpenApiTypes.OBJECT, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def get(self, request: Request, pk: str) -> Response:
        video = self.recording(request, pk)
        field = serializers.UUIDField()
        try:
            chosen = field.run_validation(request.query_params.get("recording", ""))
        except serializers.ValidationError:
            raise Problem(400, "bad_recording", _("Choose a recording.")) from None
        recording = self._beside(request, video, chosen)
        features = features_in(video=video, name=request.query_params.get("features", ""))
        place = place_in(video=video, features=features, recording=recording)
        step = curve_step(place.video, place.recording)
        found = place.found if isinstance(place.found, Alignment) else None
        return Response({
            "offset_s": found and round(found.offset_s, 3), "drift_ppm": round(found.drift_ppm, 1) if found else 0.0,
            "certainty": found and round(found.certainty, 2),
            "reason": None if isinstance(place.found, Alignment) else place.found.reason,
            "words": place_words(place.found), "stamp_offset_s": place.stamp_offset_s,
            "duration_s": recording.duration_s,
            "video": curve_points(place.video, step), "recording": curve_points(place.recording, step),
        })  # fmt: skip

    @extend_schema(
        request=ProposeSerializer,
        responses={201: ProposedSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, pk: str) -> Response:
        video = self.recording(request, pk)
        given = ProposeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = dict(given.validated_data)
        recording = self._beside(request, video, said.pop("recording"))
        done = labels_propose(video=video, recording=recording, **said)
        url = reverse("workouts:recording", args=[recording.pk])
        answer = {"made": done.made, "left_out": done.left_out, "url": url}
        return Response(answer, status=status.HTTP_201_CREATED)

    def _beside(self, request: Request, video: Video, pk: object) -> Recording:
        return recording_beside(user=request.user, video=video, pk=pk)
