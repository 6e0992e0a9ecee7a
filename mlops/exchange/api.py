"""`/api/v1/{hub/pushes,hub/pulls,runs/log}/` and the ways in and out of a version, for programs."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.endpoints import EngineStaffOnly, OfTaskFilter
from mlops.exchange.models import HubPush, LoggedRun
from mlops.exchange.services.connections import connect_start
from mlops.exchange.services.evaluation import evaluate_start
from mlops.exchange.services.file_imports import file_import_start
from mlops.exchange.services.hub_imports import hub_import_start
from mlops.exchange.services.logged_runs import logged_run_create
from mlops.exchange.services.publishing import LICENCES, folder_zip
from mlops.exchange.services.pushes import push_start
from mlops.kinds.base import task_kinds
from mlops.kinds.options import MAX_NAME, MAX_NAMES, OptionInfo, options_of
from mlops.registry.models import ModelVersion
from mlops.registry.selectors import version_get_for
from mlops.tasks.serializers import tasks_of
from web.api.fields import ListField, OwnedNameField
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet
from web.models import Upload

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409, 422, 429)}


def versions_of(user: Any) -> Any:
    return ModelVersion.objects.visible_to(user)


class HubPushSerializer(StrictModelSerializer):
    """One upload to a model hub; `commit` is empty until it has finished."""

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
    """Where to push a version."""

    version = OwnedPrimaryKeyRelatedField(queryset=versions_of)
    repository = serializers.CharField(max_length=200, help_text="owner/name")
    private = serializers.BooleanField(default=True)
    licence = serializers.ChoiceField(choices=list(LICENCES), default="other")


class HubPullSerializer(StrictSerializer):
    """What to import, and for which task."""

    task = OwnedNameField(queryset=tasks_of)
    repository = serializers.CharField(max_length=200, help_text="owner/name")
    revision = serializers.CharField(max_length=100, required=False, default="main")


class ModelImportSerializer(StrictSerializer):
    """An uploaded file: a published folder as ZIP, or a single file where the task's kind reads some.

    Beside the fields of every import it has those that kinds ask about a single file; what is left out is the task's.
    """

    task = OwnedNameField(queryset=tasks_of)
    upload = OwnedPrimaryKeyRelatedField(queryset=lambda user: Upload.objects.visible_to(user))
    metrics = serializers.DictField(required=False)
    run = OwnedPrimaryKeyRelatedField(queryset=lambda user: LoggedRun.objects.visible_to(user), required=False)

    def get_fields(self) -> dict[str, Any]:
        """The declared fields of all kinds too, so that the schema shows them."""
        asked = [option for kind in task_kinds() for option in options_of(kind.exchange.Declared)]
        return {**{option.name: _field_of(option) for option in asked}, **super().get_fields()}

    def to_internal_value(self, data: Any) -> Any:
        """Every other field goes to `declared`; the task's kind checks it."""
        given = dict(data) if isinstance(data, Mapping) else data
        names = [name for name in given if name not in self._declared_fields] if isinstance(given, dict) else []
        declared = {name: given.pop(name) for name in names}
        return {**super().to_internal_value(given), "declared": declared}


def _field_of(option: OptionInfo) -> serializers.Field:
    """How the schema shows an option."""
    common: dict[str, Any] = {"required": False, "help_text": option.help}
    if option.choices:
        return serializers.ChoiceField(choices=list(option.choices), **common)
    match option.kind:
        case "names":
            return serializers.ListField(
                child=serializers.CharField(max_length=MAX_NAME), max_length=MAX_NAMES, **common
            )
        case "object":
            return serializers.DictField(allow_null=True, **common)
        case "bool":
            return serializers.BooleanField(**common)
        case "int":
            return serializers.IntegerField(min_value=option.min, max_value=option.max, **common)
        case "float":
            return serializers.FloatField(min_value=option.min, max_value=option.max, **common)
    return serializers.CharField(max_length=200, **common)


class LoggedRunSerializer(StrictModelSerializer):
    """An external run. Its metrics are the author's claims."""

    task = OwnedNameField(queryset=tasks_of)
    params = serializers.DictField(required=False)
    metrics = serializers.DictField(required=False)
    curve = ListField(child=serializers.DictField(), required=False, max_length=5000)

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
    """External runs, newest first."""

    queryset = LoggedRun.objects.select_related("task")
    serializer_class = LoggedRunSerializer
    filterset_class = LoggedRunFilter
    search_fields = ["name", "source"]
    ordering_fields = ["created_at", "name"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = logged_run_create(by=self.request.user, **serializer.validated_data)


class HubPullView(EngineStaffOnly, Endpoint):
    """Import a repository from the hub: checked now, pinned to its commit, downloaded by a job."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=HubPullSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = HubPullSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        return accepted(hub_import_start(by=request.user, **given.validated_data))


class ModelImportView(EngineStaffOnly, Endpoint):
    """Import an uploaded model file."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=ModelImportSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = ModelImportSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        return accepted(file_import_start(by=request.user, logged=data.pop("run", None), **data))


class RemoteModelSerializer(StrictSerializer):
    """A URL that answers {"inputs": …} with [{"label", "score"}, …], for one task."""

    task = OwnedNameField(queryset=tasks_of)
    url = serializers.CharField(max_length=400)


class RemoteModelView(EngineStaffOnly, Endpoint):
    """Connect a remote model, evaluated on our held-out data first. The champion serves while it is unreachable."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=RemoteModelSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        given = RemoteModelSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        return accepted(connect_start(by=request.user, **given.validated_data))


class VersionJudgeView(EngineStaffOnly, Endpoint):
    """Evaluate an imported version on the latest dataset of its task."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, pk: str) -> Response:
        return accepted(evaluate_start(version=version_get_for(user=request.user, pk=pk), by=request.user))


class VersionFolderView(EngineStaffOnly, Endpoint):
    """A version as a published folder: the model's files and its card."""

    required_scopes = (TokenScope.TRAIN,)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY, **REFUSALS})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        return folder_zip(version=version_get_for(user=request.user, pk=pk))
