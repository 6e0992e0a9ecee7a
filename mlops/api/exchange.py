"""`/api/v1/{hub/pushes,hub/pulls,runs/log}/` and the ways in and out of a version, for programs."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.api.engine import EngineStaffOnly
from mlops.api.fields import OwnedNameField
from mlops.api.filters import OfTaskFilter
from mlops.api.serializers import tasks_of
from mlops.ml.foreign import FEATURES, OUTPUTS
from mlops.models import HubPush, LoggedRun, ModelVersion
from mlops.selectors.engine import version_get_for
from mlops.services.hub import pull_start, push_start
from mlops.services.judging_again import judge_start
from mlops.services.logged_runs import logged_run_create
from mlops.services.model_files import Declared, import_start
from mlops.services.publishing import LICENCES, folder_zip
from mlops.services.remote_models import remote_start
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet
from web.models import Upload

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409, 422, 429)}


def versions_of(user: Any) -> Any:
    return ModelVersion.objects.visible_to(user)


class HubPushSerializer(StrictModelSerializer):
    """One upload to a model hub; `commit` is empty until it is done."""

    class Meta:
        model = HubPush
        fields = [
            "id",
            "version",
            "title",
            "repository",
            "endpoint",
            "private",
            "licence",
            "commit",
            "url",
            "job",
            "created_at",
            "data_erased_at",
        ]
        read_only_fields = fields


class HubPushCreateSerializer(StrictSerializer):
    """Where a version goes."""

    version = OwnedPrimaryKeyRelatedField(queryset=versions_of)
    repository = serializers.CharField(max_length=200, help_text="owner/name")
    private = serializers.BooleanField(default=True)
    licence = serializers.ChoiceField(choices=list(LICENCES), default="other")


class HubPullSerializer(StrictSerializer):
    """What comes in, and for which task."""

    task = OwnedNameField(queryset=tasks_of)
    repository = serializers.CharField(max_length=200, help_text="owner/name")
    revision = serializers.CharField(max_length=100, required=False, default="main")


class ModelImportSerializer(StrictSerializer):
    """An uploaded file: a published folder as ZIP, ONNX, or LightGBM text. What is left out is the task's."""

    task = OwnedNameField(queryset=tasks_of)
    upload = OwnedPrimaryKeyRelatedField(queryset=lambda user: Upload.objects.visible_to(user))
    labels = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=64)
    channels = serializers.ListField(child=serializers.CharField(max_length=64), required=False, max_length=64)
    window_spec = serializers.DictField(required=False)
    scaler = serializers.DictField(required=False, allow_null=True)
    metrics = serializers.DictField(required=False)
    output = serializers.ChoiceField(choices=list(OUTPUTS), default="probabilities")
    features = serializers.ChoiceField(choices=list(FEATURES), default="flatten")
    run = OwnedPrimaryKeyRelatedField(queryset=lambda user: LoggedRun.objects.visible_to(user), required=False)


class LoggedRunSerializer(StrictModelSerializer):
    """A training that ran elsewhere. Its figures are its maker's."""

    task = OwnedNameField(queryset=tasks_of)
    params = serializers.DictField(required=False)
    metrics = serializers.DictField(required=False)
    curve = serializers.ListField(child=serializers.DictField(), required=False, max_length=5000)

    class Meta:
        model = LoggedRun
        fields = ["id", "task", "name", "source", "params", "metrics", "curve", "version", "created_at"]
        read_only_fields = ["id", "version", "created_at"]


class HubPushViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Uploads to a model hub, newest first."""

    queryset = HubPush.objects.all()
    serializer_class = HubPushSerializer
    ordering_fields = ["created_at"]

    @extend_schema(request=HubPushCreateSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Push a version."""
        given = HubPushCreateSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        row = push_start(by=request.user, **given.validated_data)
        return accepted(row.job_id, push=str(row.pk))


class LoggedRunFilter(OfTaskFilter):
    """?task=<name>."""


    class Meta:
        model = LoggedRun
        fields: list[str] = []


class LoggedRunViewSet(EngineStaffOnly, mixins.CreateModelMixin, ReadOnlyModelViewSet):
    """Trainings elsewhere, newest first."""

    queryset = LoggedRun.objects.select_related("task")
    serializer_class = LoggedRunSerializer
    filterset_class = LoggedRunFilter
    search_fields = ["name", "source"]
    ordering_fields = ["created_at", "name"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = logged_run_create(by=self.request.user, **serializer.validated_data)


class HubPullView(EngineStaffOnly, Endpoint):
    """Pull a repository: looked at now, its commit pinned, fetched by a job."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=HubPullSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = HubPullSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        return accepted(pull_start(by=request.user, **given.validated_data))


class ModelImportView(EngineStaffOnly, Endpoint):
    """Import a model file that was uploaded."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=ModelImportSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = ModelImportSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        task, upload, run = data.pop("task"), data.pop("upload"), data.pop("run", None)
        names = {field: tuple(data.get(field, ())) for field in ("labels", "channels")}
        declared = Declared(**{**data, **names})
        return accepted(import_start(task=task, upload=upload, declared=declared, by=request.user, logged=run))


class RemoteModelSerializer(StrictSerializer):
    """An address that answers {"inputs": window} with [{"label", "score"}, …], for one task."""

    task = OwnedNameField(queryset=tasks_of)
    url = serializers.CharField(max_length=400)


class RemoteModelView(EngineStaffOnly, Endpoint):
    """Register a remote model: judged on our held-out people first; the champion answers while it is away."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=RemoteModelSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = RemoteModelSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        return accepted(remote_start(by=request.user, **given.validated_data))


class VersionJudgeView(EngineStaffOnly, Endpoint):
    """Judge a version from elsewhere on the newest dataset of its task."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, pk: str) -> Response:
        return accepted(judge_start(version=version_get_for(user=request.user, pk=pk), by=request.user))


class VersionFolderView(EngineStaffOnly, Endpoint):
    """A version as a published folder: config.json, weights, model.onnx, label map and model card."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY, **REFUSALS})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        return folder_zip(version=version_get_for(user=request.user, pk=pk))
