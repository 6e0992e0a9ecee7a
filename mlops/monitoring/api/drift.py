"""Drift reports and alerts for programs."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.endpoints import EngineStaffOnly, OfTaskFilter, TaskJobView
from mlops.monitoring.models import Alert, DriftReport, DriftVerdict
from mlops.monitoring.services.alerts import alert_acknowledge
from mlops.monitoring.services.drift import drift_sentence, drift_start
from mlops.tasks.selectors import task_get_for
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import StrictModelSerializer
from web.api.views import ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409, 429)}


class DriftReportSerializer(StrictModelSerializer):
    """Recently served data compared with the training data."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = DriftReport
        fields = [
            "id", "task", "version", "period_from", "period_to", "n_athletes", "n_examples", "verdict", "sentence",
            "facts", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_sentence(self, report: DriftReport) -> str:
        return drift_sentence(report)


class DriftReportFilter(OfTaskFilter):
    """?task=<name>&verdict=."""

    verdict = filters.ChoiceFilter(choices=DriftVerdict.choices)

    class Meta:
        model = DriftReport
        fields: list[str] = []


class DriftReportViewSet(ReadOnlyModelViewSet):
    """Drift reports, newest first."""

    queryset = DriftReport.objects.select_related("task", "version")
    serializer_class = DriftReportSerializer
    filterset_class = DriftReportFilter
    ordering_fields = ["created_at"]


class AlertSerializer(StrictModelSerializer):
    """A problem with a served model."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = Alert
        fields = ["id", "task", "version", "kind", "text", "opened_at", "seen_at", "acknowledged_at", "closed_at"]
        read_only_fields = fields


class AlertFilter(OfTaskFilter):
    """?task=<name>&open=true."""

    open = filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull")

    class Meta:
        model = Alert
        fields: list[str] = []


class AlertViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Alerts, newest first."""

    queryset = Alert.objects.select_related("task")
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    ordering_fields = ["opened_at"]

    @extend_schema(request=None, responses={200: AlertSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Acknowledge the alert."""
        return Response(self.get_serializer(alert_acknowledge(alert=self.get_object(), by=request.user)).data)


class DriftMeasureView(TaskJobView):
    """Measure drift now."""

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Compare recent data with the training data."""
        return accepted(drift_start(task=task_get_for(user=request.user, name=name), owner=request.user))
