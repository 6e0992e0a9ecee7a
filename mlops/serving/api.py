"""`/api/v1/tasks/<name>/predict/`: asking a served model."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.endpoints import EngineStaffOnly
from mlops.serving.services.parts import MAX_TEXT, part_ask
from mlops.serving.services.predicting import MAX_ASKED, payloads_of, served_describe, task_predict
from mlops.tasks.models import Task
from mlops.tasks.selectors import task_served_get
from web.api.responses import ProblemSerializer
from web.api.views import Endpoint

_REFUSALS = {code: ProblemSerializer for code in (400, 404, 409, 429, 503)}


class PredictSerializer(serializers.Serializer):
    """The input: windows, samples or a recording for sensors, the kind's own input for others, or a batch."""

    windows = serializers.ListField(required=False, help_text="[[[…channels] …samples] …] at the model's rate.")
    samples = serializers.ListField(required=False, help_text="[[…channels] …] with rate_hz or t_s.")
    rate_hz = serializers.FloatField(required=False)
    t_s = serializers.ListField(child=serializers.FloatField(), required=False)
    channels = serializers.ListField(child=serializers.CharField(), required=False)
    recording = serializers.UUIDField(required=False, help_text="A recording that you can see.")
    start_s = serializers.FloatField(required=False)
    end_s = serializers.FloatField(required=False)
    inputs = serializers.JSONField(required=False, help_text="The input of this kind: one object, a list of them …")
    batch = serializers.ListField(child=serializers.DictField(), required=False, max_length=MAX_ASKED)
    top_k = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    why = serializers.BooleanField(required=False, help_text="Explain each prediction, where the kind can.")


class ScoreSerializer(serializers.Serializer):
    """One label with its probability."""

    label = serializers.CharField()
    score = serializers.FloatField()


class HeadlineSerializer(serializers.Serializer):
    """The short form of a prediction of any kind."""

    label = serializers.CharField(required=False)
    number = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    confidence = serializers.FloatField(required=False)
    reason = serializers.CharField(required=False)


class PredictionSerializer(serializers.Serializer):
    """One prediction: `scores` are labels, most probable first; other kinds of prediction are in `answer`."""

    scores = ScoreSerializer(many=True, required=False)
    answer = serializers.JSONField(required=False, help_text="A number with its interval, several heads, text …")
    headline = HeadlineSerializer()
    abstained = serializers.BooleanField(help_text="True if the model withholds its prediction; `reason` says why.")
    reason = serializers.CharField(help_text="none, unsure, unlike or a reason of the kind; empty for a prediction.")
    start_s = serializers.FloatField(required=False)
    end_s = serializers.FloatField(required=False)
    place = serializers.CharField(required=False, help_text="A frame, box or row; absent for the whole.")
    why = serializers.ListField(child=serializers.DictField(), required=False)
    prediction = serializers.UUIDField(allow_null=True, help_text=(
        "Send this id with feedback. Null if the prediction is not stored."
    ))


class AnsweringSerializer(serializers.Serializer):
    """The version that serves."""

    model = serializers.CharField()
    version = serializers.IntegerField()
    version_id = serializers.UUIDField()
    arm = serializers.CharField(help_text="champion or challenger")
    window = serializers.DictField(allow_null=True)
    abstain_below = serializers.FloatField(allow_null=True)


class PredictedSerializer(AnsweringSerializer):
    """Predictions, and the version that made all of them."""

    predictions = PredictionSerializer(many=True)
    source = serializers.CharField(required=False, help_text=(
        "fallback if the model is unreachable and the kind used its fallback."
    ))
    answered_by = serializers.CharField(required=False, help_text="remote, or what served in its place.")


class PredictedBatchSerializer(serializers.Serializer):
    """One result for each question of a `batch`, in order."""

    results = PredictedSerializer(many=True)


_PREDICTED = PolymorphicProxySerializer(
    component_name="PredictedOrBatch",
    serializers=[PredictedSerializer, PredictedBatchSerializer],
    resource_type_field_name=None,
)


class ServedSerializer(AnsweringSerializer):
    """The champion of a task."""

    estimator = serializers.CharField()
    accepts = serializers.ListField(child=serializers.CharField(), help_text="json, multipart")
    labels = serializers.ListField(child=serializers.CharField())
    layout = serializers.DictField(allow_null=True)
    generated = serializers.BooleanField(help_text="Trained on generated data.")


_EXAMPLE = OpenApiExample(
    "a recording", {"recording": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "start_s": 0, "end_s": 60}, request_only=True
)


class PartQuestionSerializer(serializers.Serializer):
    """One input: a text, or a file (a photo, a recording of speech)."""

    text = serializers.CharField(required=False, max_length=MAX_TEXT)
    file = serializers.FileField(required=False)


class PartAnswerSerializer(serializers.Serializer):
    """What a part answers. Long arrays are shortened to their shape and first numbers."""

    part = serializers.CharField()
    seconds = serializers.FloatField(help_text="From asking to the answer, on this server.")
    output = serializers.JSONField()


def body_and_files(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of a JSON or multipart body, and its files by name."""
    data = request.data
    if isinstance(data, QueryDict):
        return {name: data[name] for name in data if name not in request.FILES}, dict(request.FILES.items())
    return (dict(data) if isinstance(data, dict) else {}), {}


class PartAnswerView(EngineStaffOnly, Endpoint):
    """Ask one pretrained part, for ML staff. Tokens need the scope `train`."""

    required_scopes = (TokenScope.TRAIN.value,)
    parser_classes = (*Endpoint.parser_classes, MultiPartParser)

    @extend_schema(
        request={"multipart/form-data": PartQuestionSerializer, "application/json": PartQuestionSerializer},
        responses={200: PartAnswerSerializer, (200, "audio/wav"): bytes, **_REFUSALS},
    )
    def post(self, request: Request, name: str) -> HttpResponseBase:
        """Its answer to a `text` or a `file`; speech comes as a WAV file, with the seconds in X-Seconds."""
        body, files = body_and_files(request)
        answered = part_ask(name=name, text=str(body.get("text", "")), file=files.get("file"))
        if isinstance(answered.output, bytes):
            response = HttpResponse(answered.output, content_type="audio/wav")
            response["X-Seconds"] = f"{answered.seconds:.3f}"
            return response
        return Response({"part": name, "seconds": round(answered.seconds, 4), "output": answered.output})


class PredictView(Endpoint):
    """Get predictions from the served version. Tokens need the scope `predict`."""

    required_scopes = (TokenScope.PREDICT.value,)
    parser_classes = (*Endpoint.parser_classes, MultiPartParser)

    @extend_schema(responses={200: ServedSerializer, **_REFUSALS})
    def get(self, request: Request, name: str) -> Response:
        """The version that serves now, and its input."""
        return Response(served_describe(task=task_served_get(name=name)))

    @extend_schema(request=PredictSerializer, responses={200: _PREDICTED, **_REFUSALS}, examples=[_EXAMPLE])
    def post(self, request: Request, name: str) -> Response:
        """Get predictions; with `batch` they are in `results`, one for each question."""
        task: Task = task_served_get(name=name)
        body, files = body_and_files(request)
        top_k = serializers.IntegerField(min_value=0, max_value=1000).run_validation(body.pop("top_k", 0))
        why = serializers.BooleanField().run_validation(body.pop("why", False))
        payloads, is_batch = payloads_of(body, files)
        answers = task_predict(task=task, payloads=payloads, user=request.user, top_k=top_k, why=why)
        return Response({"results": answers} if is_batch else answers[0])
