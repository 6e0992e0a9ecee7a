"""`/api/v1/tasks/<name>/feedback/`: what an answer should have been."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.monitoring.services.feedback import feedback_on_prediction
from mlops.tasks.selectors import task_served_get
from web.api.responses import ProblemSerializer
from web.api.serializers import StrictSerializer
from web.api.views import Endpoint

_REFUSALS = {code: ProblemSerializer for code in (400, 404, 409, 429)}


class FeedbackSerializer(StrictSerializer):
    """Feedback on a prediction."""

    prediction = serializers.UUIDField()
    label = serializers.CharField(
        max_length=64,
        allow_blank=True,
        required=False,
        help_text="The correct label. The predicted label confirms it; empty means none of these.",
    )
    correction = serializers.JSONField(required=False, help_text=(
        "The correct answer for kinds without labels: a number …"
    ))

    def validate(self, data: Any) -> Any:
        if ("label" in data) == ("correction" in data):
            raise serializers.ValidationError("Send either label or correction.", code="one_of")
        return data


class FeedbackKeptSerializer(serializers.Serializer):
    """The stored feedback."""

    id = serializers.UUIDField()
    prediction = serializers.UUIDField(source="prediction_id", allow_null=True)
    answered = serializers.CharField()
    label = serializers.CharField()
    truth = serializers.JSONField(allow_null=True)
    agreement = serializers.FloatField(help_text="0 to 1: how correct the prediction was.")
    is_right = serializers.BooleanField()


class FeedbackView(Endpoint):
    """Correct or confirm a prediction about your own data."""

    required_scopes = (TokenScope.PREDICT.value,)

    @extend_schema(request=FeedbackSerializer, responses={201: FeedbackKeptSerializer, **_REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        given = FeedbackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        word = data.get("label", data.get("correction"))
        task = task_served_get(name=name)
        kept = feedback_on_prediction(task=task, pk=data["prediction"], given=word, by=request.user)
        return Response(FeedbackKeptSerializer(kept).data, status=status.HTTP_201_CREATED)
