"""`/api/v1/{answers,feedback}/`: what served models answered, and what people said about it."""

from django_filters import rest_framework as filters
from rest_framework import serializers

from mlops.endpoints import OfTaskFilter
from mlops.monitoring.models import Feedback
from mlops.serving.models import AnswerOrigin, Prediction
from web.api.serializers import StrictModelSerializer
from web.api.views import ReadOnlyModelViewSet


class LoggedAnswerSerializer(StrictModelSerializer):
    """One stored prediction; the person is a pseudonym."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(source="athlete.pseudonym", read_only=True)

    class Meta:
        model = Prediction
        fields = [
            "id", "task", "version", "arm", "origin", "pseudonym", "source", "start_s", "end_s", "place",
            "label", "number", "low", "high", "confidence", "abstained", "reason", "value", "is_sampled", "statistics",
            "at",
        ]  # fmt: skip
        read_only_fields = fields


class LoggedAnswerFilter(OfTaskFilter):
    """?task=<name>&version=<id>&origin=&label=."""

    version = filters.UUIDFilter(field_name="version_id")
    origin = filters.ChoiceFilter(choices=AnswerOrigin.choices)
    label = filters.CharFilter(max_length=64)

    class Meta:
        model = Prediction
        fields: list[str] = []


class LoggedAnswerViewSet(ReadOnlyModelViewSet):
    """The prediction log, newest first: a sample, for athletes who let this kind of data train models."""

    queryset = Prediction.objects.select_related("task", "athlete")
    serializer_class = LoggedAnswerSerializer
    filterset_class = LoggedAnswerFilter
    ordering_fields = ["at", "confidence"]


class FeedbackRowSerializer(StrictModelSerializer):
    """A person's feedback on a prediction."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(source="athlete.pseudonym", read_only=True)
    is_right = serializers.BooleanField(read_only=True)

    class Meta:
        model = Feedback
        fields = [
            "id", "task", "version", "prediction", "origin", "pseudonym", "source", "start_s", "end_s", "place",
            "answered", "number", "low", "high", "confidence", "label", "truth", "agreement", "is_right", "is_audit",
            "at",
        ]  # fmt: skip
        read_only_fields = fields


class FeedbackFilter(OfTaskFilter):
    """?task=<name>&version=<id>&origin=&is_audit=."""

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
