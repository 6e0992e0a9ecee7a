"""`/api/v1/{drift-reports,alerts,review-items}/` and retraining: watching and correcting served models by program."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.api.engine import EngineStaffOnly
from mlops.models import (
    Alert,
    AnswerOrigin,
    DriftReport,
    DriftVerdict,
    Feedback,
    Prediction,
    ReviewAction,
    ReviewItem,
    ReviewReason,
    ReviewState,
)
from mlops.selectors.engine import task_get_for
from mlops.selectors.review import agreement
from mlops.services.alerts import alert_acknowledge
from mlops.services.drift import drift_sentence, drift_start
from mlops.services.retraining import retrain_start
from mlops.services.review import review_decide, review_next
from mlops.services.review_fill import fill_start
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import StrictModelSerializer, StrictSerializer
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


class DriftReportFilter(filters.FilterSet):
    """?task=<name>&verdict=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
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


class AlertFilter(filters.FilterSet):
    """?task=<name>&open=true."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
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


class LoggedAnswerSerializer(StrictModelSerializer):
    """One kept answer; the person is a pseudonym."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(source="athlete.pseudonym", read_only=True)

    class Meta:
        model = Prediction
        fields = [
            "id", "task", "version", "arm", "origin", "pseudonym", "source", "start_s", "end_s", "label",
            "confidence", "abstained", "is_sampled", "statistics", "at",
        ]  # fmt: skip
        read_only_fields = fields


class LoggedAnswerFilter(filters.FilterSet):
    """?task=<name>&version=<id>&origin=&label=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    version = filters.UUIDFilter(field_name="version_id")
    origin = filters.ChoiceFilter(choices=AnswerOrigin.choices)
    label = filters.CharFilter(max_length=64)

    class Meta:
        model = Prediction
        fields: list[str] = []


class LoggedAnswerViewSet(ReadOnlyModelViewSet):
    """The log of answers, newest first: a sample, of athletes who let such data teach models."""

    queryset = Prediction.objects.select_related("task", "athlete")
    serializer_class = LoggedAnswerSerializer
    filterset_class = LoggedAnswerFilter
    ordering_fields = ["at", "confidence"]


class FeedbackRowSerializer(StrictModelSerializer):
    """What a person said about an answer."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(source="athlete.pseudonym", read_only=True)
    is_right = serializers.BooleanField(read_only=True)

    class Meta:
        model = Feedback
        fields = [
            "id", "task", "version", "prediction", "origin", "pseudonym", "source", "start_s", "end_s", "answered",
            "confidence", "label", "is_right", "is_audit", "at",
        ]  # fmt: skip
        read_only_fields = fields


class FeedbackFilter(filters.FilterSet):
    """?task=<name>&version=<id>&origin=&is_audit=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    version = filters.UUIDFilter(field_name="version_id")
    origin = filters.ChoiceFilter(choices=AnswerOrigin.choices)
    is_audit = filters.BooleanFilter()

    class Meta:
        model = Feedback
        fields: list[str] = []


class FeedbackViewSet(ReadOnlyModelViewSet):
    """Feedback, newest first."""

    queryset = Feedback.objects.select_related("task", "athlete")
    serializer_class = FeedbackRowSerializer
    filterset_class = FeedbackFilter
    ordering_fields = ["at"]


class ReviewItemSerializer(StrictModelSerializer):
    """A stretch of a sample that is worth a look; people are pseudonyms."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(read_only=True)

    class Meta:
        model = ReviewItem
        fields = [
            "id", "task", "version", "pseudonym", "reason", "source", "start_s", "end_s", "label", "scores", "state",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(StrictSerializer):
    """What it is."""

    action = serializers.ChoiceField(choices=ReviewAction.choices)
    label = serializers.CharField(max_length=64, required=False, allow_blank=True, default="", help_text="For correct.")


class NextSerializer(StrictSerializer):
    """Of which task; of all without one."""

    task = serializers.SlugField(max_length=64, required=False)


class AgreementSerializer(serializers.Serializer):
    """Over items that several people decided."""

    n_items = serializers.IntegerField()
    share_equal = serializers.FloatField(allow_null=True)
    alpha = serializers.FloatField(allow_null=True, help_text="Krippendorff's alpha over everybody.")
    kappa = serializers.FloatField(allow_null=True, help_text="Cohen's kappa of the pair that shared most.")


class ReviewItemFilter(filters.FilterSet):
    """?task=<name>&state=&reason=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    state = filters.ChoiceFilter(choices=ReviewState.choices)
    reason = filters.ChoiceFilter(choices=ReviewReason.choices)

    class Meta:
        model = ReviewItem
        fields: list[str] = []


class ReviewItemViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """The review queue, most urgent first."""

    queryset = ReviewItem.objects.select_related("task", "athlete")
    serializer_class = ReviewItemSerializer
    filterset_class = ReviewItemFilter
    ordering_fields = ["urgency", "created_at"]

    @extend_schema(request=NextSerializer, responses={200: ReviewItemSerializer, 204: None, **REFUSALS})
    @action(detail=False, methods=["post"], url_path="next")
    def take_next(self, request: Request) -> Response:
        """Take the most urgent item; nobody else gets it for five minutes. 204 when nothing waits."""
        if not request.user.is_ml_staff:
            raise PermissionDenied("Only ML staff may do this.")
        given = NextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data.get("task")
        item = review_next(user=request.user, task=task_get_for(user=request.user, name=name) if name else None)
        if item is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(self.get_serializer(item).data)

    @extend_schema(request=DecisionSerializer, responses={200: ReviewItemSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Say what it is: confirm, correct (with a label), reject, empty or skip."""
        item = self.get_object()
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(
            self.get_serializer(review_decide(item=item, user=request.user, **given.validated_data)).data
        )

    @extend_schema(responses={200: AgreementSerializer})
    @action(detail=False, methods=["get"])
    def agreement(self, request: Request) -> Response:
        """Do people who decided the same items agree?"""
        return Response(AgreementSerializer(agreement(request.user)).data)


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
