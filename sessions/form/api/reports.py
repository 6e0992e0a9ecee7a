"""/api/v1/form-reports/: how well repetitions were done."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.recordings import time_range, whole_number
from sessions.form import words
from sessions.form.selectors.poses import MAX_POSES, report_poses
from sessions.form.selectors.reports import (
    corrections_of,
    report_get_for,
    report_list,
    report_series,
)
from sessions.form.services.corrections import correction_clear, correction_set
from sessions.form.services.reports import report_delete, report_wanted
from sessions.models import FormCorrection, FormReport
from sessions.video.selectors.features import features_in
from sessions.video.selectors.videos import video_editable_for
from web.api.responses import ProblemSerializer
from web.api.serializers import StrictModelSerializer, StrictSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (404, 409, 422)}


class FormReportSerializer(StrictModelSerializer):
    """A report: of one's own clip or set, or of an athlete who shares form and video with the caller's team."""

    video = serializers.UUIDField(source="video_id", read_only=True, allow_null=True)
    session = serializers.UUIDField(source="session_id", read_only=True, allow_null=True)
    job = serializers.UUIDField(source="job_id", read_only=True, allow_null=True)
    state = serializers.CharField(read_only=True)
    title = serializers.SerializerMethodField()
    report = serializers.SerializerMethodField()

    class Meta:
        model = FormReport
        fields = [
            "id", "origin", "video", "session", "asked", "exercise", "title", "is_judged", "score", "n_repetitions",
            "version", "state", "job", "filmed_at", "created_at", "report", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    def get_title(self, row: FormReport) -> str:
        return words.exercise_title(row.exercise) if row.exercise else ""

    def get_report(self, row: FormReport) -> dict[str, Any]:
        """View, repetitions with scores, faults, tempo and range, notes; angles over time: `series/`."""
        return row.facts


class WishSerializer(StrictSerializer):
    """Which clip, and which exercise; without one it is recognised."""

    video = serializers.UUIDField()
    features = serializers.CharField(required=False, default="", max_length=150)
    exercise = serializers.CharField(required=False, default="", max_length=40)


class CorrectionSerializer(StrictModelSerializer):
    author = serializers.CharField(read_only=True)

    class Meta:
        model = FormCorrection
        fields = ["number", "score", "note", "said", "author", "created_at"]
        read_only_fields = ["said", "author", "created_at"]


class FormReportViewSet(mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Form reports the caller may see, the newest first; POST makes one of a clip and answers 202."""

    queryset = FormReport.objects.all()
    serializer_class = FormReportSerializer
    filterset_fields = ["exercise", "origin", "is_judged"]
    ordering_fields = ["created_at", "filmed_at", "score"]

    def visible(self) -> QuerySet:
        return report_list(user=self.request.user)

    def perform_destroy(self, instance: FormReport) -> None:
        report_delete(row=instance)

    @extend_schema(request=WishSerializer, responses={202: FormReportSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        given = WishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = given.validated_data
        video = video_editable_for(user=request.user, pk=wish["video"])
        row = report_wanted(
            features=features_in(video=video, name=wish["features"]), by=request.user, exercise=wish["exercise"]
        )
        return Response(self.get_serializer(row).data, status=202)


class ExerciseListView(Endpoint):
    """The table of exercises and holds that can be judged: what is counted, what is looked for, and its sources."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        from mlops.ml.biomechanics.form.table import document

        return Response(document())


class FormSeriesView(Endpoint):
    """What is known frame by frame: seconds and angles in degrees; null where nothing is known."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT, **REFUSALS})
    def get(self, request: Request, pk: str) -> Response:
        return Response(report_series(report_get_for(user=request.user, pk=pk)))


class FormPosesView(Endpoint):
    """Points of the body, for drawing: as `/videos/<id>/poses/`."""

    query_parameters = ("start_s", "end_s", "max_frames")

    @extend_schema(
        parameters=[
            OpenApiParameter("start_s", float, description="Seconds from the start; default 0."),
            OpenApiParameter("end_s", float, description="Seconds; default: the end."),
            OpenApiParameter("max_frames", int, description=f"1 to {MAX_POSES}."),
        ],
        responses={200: OpenApiTypes.OBJECT, **REFUSALS},
    )
    def get(self, request: Request, pk: str) -> Response:
        row = report_get_for(user=request.user, pk=pk)
        start_s, end_s = time_range(request, row)
        most = whole_number(request, "max_frames", 900, 1, MAX_POSES)
        return Response(report_poses(row, start_s=start_s, end_s=end_s, most=most))


class FormCorrectionListView(Endpoint):
    """What people said the scores should have been; PUT sets one's own word on a repetition, DELETE takes it back."""

    @extend_schema(responses={200: CorrectionSerializer(many=True), **REFUSALS})
    def get(self, request: Request, pk: str) -> Response:
        rows = corrections_of(report_get_for(user=request.user, pk=pk))
        return Response(CorrectionSerializer(rows, many=True).data)


class FormCorrectionView(Endpoint):
    """One's own word on one repetition."""

    @extend_schema(request=CorrectionSerializer, responses={200: CorrectionSerializer, **REFUSALS})
    def put(self, request: Request, pk: str, number: int) -> Response:
        report = report_get_for(user=request.user, pk=pk)
        given = CorrectionSerializer(data={**request.data, "number": number})
        given.is_valid(raise_exception=True)
        data = given.validated_data
        row = correction_set(
            report=report, number=number, score=data["score"], note=data.get("note", ""), by=request.user
        )
        return Response(CorrectionSerializer(row).data)

    @extend_schema(responses={204: None, **REFUSALS})
    def delete(self, request: Request, pk: str, number: int) -> Response:
        correction_clear(report=report_get_for(user=request.user, pk=pk), number=number, by=request.user)
        return Response(status=204)
