"""`/api/v1/tasks/<task>/predict/` and `…/feedback/`: the served version of every task, for every signed-in program."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.models import Task
from mlops.selectors.serving import task_served_get
from mlops.services.feedback import feedback_on_prediction
from mlops.services.predicting import MAX_ASKED, served_describe, task_predict
from web.api.responses import ProblemSerializer
from web.api.serializers import StrictSerializer
from web.api.views import Endpoint

_REFUSALS = {code: ProblemSerializer for code in (400, 404, 409, 429, 503)}


class PredictSerializer(serializers.Serializer):
    """What is asked: windows, samples or a recording for sensors (inputs for other kinds), or a batch of such."""

    windows = serializers.ListField(required=False, help_text="[[[…channels] …samples] …] at the model's rate.")
    samples = serializers.ListField(required=False, help_text="[[…channels] …] with rate_hz or t_s.")
    rate_hz = serializers.FloatField(required=False)
    t_s = serializers.ListField(child=serializers.FloatField(), required=False)
    channels = serializers.ListField(child=serializers.CharField(), required=False)
    recording = serializers.UUIDField(required=False, help_text="A recording that you may see.")
    start_s = serializers.FloatField(required=False)
    end_s = serializers.FloatField(required=False)
    inputs = serializers.ListField(required=False, help_text="For kinds that are not about sensors.")
    batch = serializers.ListField(child=serializers.DictField(), required=False, max_length=MAX_ASKED)
    top_k = serializers.IntegerField(required=False, min_value=1, max_value=1000)


class ScoreSerializer(serializers.Serializer):
    """One label with its probability."""

    label = serializers.CharField()
    score = serializers.FloatField()


class PredictionSerializer(serializers.Serializer):
    """One example: its labels, most probable first."""

    scores = ScoreSerializer(many=True)
    abstained = serializers.BooleanField(allow_null=True, help_text="The best score is below the version's threshold.")
    start_s = serializers.FloatField(required=False)
    end_s = serializers.FloatField(required=False)
    prediction = serializers.UUIDField(allow_null=True, help_text="Name it when you give feedback; null: not kept.")


class AnsweringSerializer(serializers.Serializer):
    """Which version answers."""

    model = serializers.CharField()
    version = serializers.IntegerField()
    version_id = serializers.UUIDField()
    arm = serializers.CharField(help_text="champion or challenger")
    window = serializers.DictField(allow_null=True)
    abstain_below = serializers.FloatField(allow_null=True)


class PredictedSerializer(AnsweringSerializer):
    """Answers, and the one version that gave them all."""

    predictions = PredictionSerializer(many=True)


class ServedSerializer(AnsweringSerializer):
    """The champion of a task."""

    estimator = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    layout = serializers.DictField(allow_null=True)
    generated = serializers.BooleanField(help_text="It learned from generated data.")


_EXAMPLE = OpenApiExample(
    "a recording", {"recording": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "start_s": 0, "end_s": 60}, request_only=True
)


class PredictView(Endpoint):
    """Ask the served version. Tokens need the scope `predict`."""

    required_scopes = (TokenScope.PREDICT.value,)

    @extend_schema(responses={200: ServedSerializer, **_REFUSALS})
    def get(self, request: Request, name: str) -> Response:
        """What answers now, and what it takes."""
        return Response(served_describe(task=task_served_get(name=name)))

    @extend_schema(request=PredictSerializer, responses={200: PredictedSerializer, **_REFUSALS}, examples=[_EXAMPLE])
    def post(self, request: Request, name: str) -> Response:
        """Answers; with `batch` they stand in `results`, one for each question."""
        task: Task = task_served_get(name=name)
        body = dict(request.data) if isinstance(request.data, dict) else {}
        top_k = serializers.IntegerField(min_value=0, max_value=1000).run_validation(body.pop("top_k", 0))
        is_batch = isinstance(body.get("batch"), list) and len(body) == 1
        payloads = body["batch"] if is_batch else [body]
        answers = task_predict(task=task, payloads=payloads, user=request.user, top_k=top_k)
        return Response({"results": answers} if is_batch else answers[0])


class FeedbackSerializer(StrictSerializer):
    """A word about an answer."""

    prediction = serializers.UUIDField()
    label = serializers.CharField(
        max_length=64, allow_blank=True, help_text="What it should have been; the answered label confirms it."
    )


class FeedbackKeptSerializer(serializers.Serializer):
    """What was kept."""

    id = serializers.UUIDField()
    prediction = serializers.UUIDField(source="prediction_id", allow_null=True)
    answered = serializers.CharField()
    label = serializers.CharField()
    is_right = serializers.BooleanField()


class FeedbackView(Endpoint):
    """What an answer about your own data should have been, or that it was right."""

    required_scopes = (TokenScope.PREDICT.value,)

    @extend_schema(request=FeedbackSerializer, responses={201: FeedbackKeptSerializer, **_REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        given = FeedbackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        kept = feedback_on_prediction(
            task=task_served_get(name=name), pk=data["prediction"], label=data["label"], by=request.user
        )
        return Response(FeedbackKeptSerializer(kept).data, status=status.HTTP_201_CREATED)
