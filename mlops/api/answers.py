"""`/api/v1/{answers,feedback}/`: what served models answered, and what people said of it."""

from django_filters import rest_framework as filters
from rest_framework import serializers

from mlops.api.filters import OfTaskFilter
from mlops.models import AnswerOrigin, Feedback, Prediction
from web.api.serializers import StrictModelSerializer
from web.api.views import ReadOnlyModelViewSet


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


class LoggedAnswerFilter(OfTaskFilter):
    """?task=<name>&version=<id>&origin=&label=."""

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
