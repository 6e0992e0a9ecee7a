"""`/api/v1/{drift-reports,alerts}/` and retraining: watching served models by program."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.api.engine import EngineStaffOnly
from mlops.api.filters import OfTaskFilter
from mlops.models import Alert, DriftReport, DriftVerdict
from mlops.selectors.engine import task_get_for
from mlops.services.alerts import alert_acknowledge
from mlops.services.drift import drift_sentence, drift_start
from mlops.services.retraining import retrain_start
from mlops.services.review_fill import fill_start
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import StrictModelSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409, 429)}


class DriftReportSerializer(StrictModelSerializer):
    """Served inputs of a week against the training data."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = DriftReport
        fields = [
            "id", "task", "version", "period_from", "period_to", "n_athletes", "n_windows", "verdict", "sentence",
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
    """Something about a served model that a person should look at."""

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
        """You look after it."""
        return Response(self.get_serializer(alert_acknowledge(alert=self.get_object(), by=request.user)).data)


class _TaskJobView(EngineStaffOnly, Endpoint):
    """Starts a job about a task."""

    required_scopes = (TokenScope.TRAIN.value,)


class RetrainView(_TaskJobView):
    """Retrain with the corrections."""

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Dataset, training with the champion's settings, comparison. Nothing is promoted."""
        return accepted(retrain_start(task=task_get_for(user=request.user, name=name), owner=request.user))


class DriftMeasureView(_TaskJobView):
    """Measure drift now."""

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Compare the last week with the training data."""
        return accepted(drift_start(task=task_get_for(user=request.user, name=name), owner=request.user))


class ReviewFillView(_TaskJobView):
    """Fill the review queue."""

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Let the champion score what nobody has labelled."""
        return accepted(fill_start(task=task_get_for(user=request.user, name=name), owner=request.user))
