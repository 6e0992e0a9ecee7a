"""`/api/v1/{tasks,datasets,runs,versions,promotions,label-sets}/`: the loop for programs."""

from typing import Any

from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.api.serializers import (
    DatasetBuildSerializer,
    DatasetSerializer,
    LabelSetSerializer,
    PromoteSerializer,
    PromotionSerializer,
    RollbackSerializer,
    RunCreateSerializer,
    RunSerializer,
    TaskSerializer,
    VersionSerializer,
)
from mlops.models import AliasName, Dataset, LabelSet, ModelAlias, ModelVersion, PromotionEvent, Run, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.access import is_engine_staff
from mlops.services.datasets import dataset_create
from mlops.services.downloads import version_zip
from mlops.services.promotion import UNSEEN, task_rollback, version_promote
from mlops.services.runs import run_create
from mlops.services.tasks import label_set_create, label_set_update, task_create
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.views import ReadOnlyModelViewSet

REFUSALS = {403: ProblemSerializer, 409: ProblemSerializer, 429: ProblemSerializer}


class EngineStaffOnly:
    """Others see empty lists; what they try to change is 403. Tokens need the scope `train`."""

    required_scopes = (TokenScope.TRAIN,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in ("GET", "HEAD", "OPTIONS") and not is_engine_staff(request.user):
            raise PermissionDenied("Only ML staff may do this.")


class TaskViewSet(EngineStaffOnly, mixins.CreateModelMixin, ReadOnlyModelViewSet):
    """Tasks by their name."""

    queryset = Task.objects.select_related("label_set")
    serializer_class = TaskSerializer
    lookup_field = "name"
    lookup_value_converter = "slug"
    ordering_fields = ["title", "created_at"]

    def get_serializer_context(self) -> dict[str, Any]:
        aliases = ModelAlias.objects.filter(name=AliasName.CHAMPION)
        return {**super().get_serializer_context(), "champions": dict(aliases.values_list("task_id", "version_id"))}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = task_create(owner=self.request.user, **serializer.validated_data)

    @extend_schema(request=RollbackSerializer, responses={200: PromotionSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, name: str) -> Response:
        """Give the title back to the champion before."""
        given = RollbackSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = given.validated_data
        event = task_rollback(
            task=self.get_object(), by=request.user, reason=data["reason"], expected=data.get("expected", UNSEEN)
        )
        return Response(PromotionSerializer(event).data)


class DatasetFilter(filters.FilterSet):
    """?task=<name>&status=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    status = filters.ChoiceFilter(choices=DatasetStatus.choices)

    class Meta:
        model = Dataset
        fields: list[str] = []


class DatasetViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Datasets, newest first."""

    queryset = Dataset.objects.select_related("task")
    serializer_class = DatasetSerializer
    filterset_class = DatasetFilter
    ordering_fields = ["created_at"]

    @extend_schema(request=DatasetBuildSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Build a dataset of everything that is labelled now."""
        given = DatasetBuildSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        parameters = dict(given.validated_data)
        dataset = dataset_create(task=parameters.pop("task"), owner=request.user, parameters=parameters)
        return accepted(dataset.job_id, dataset=str(dataset.pk))


class RunFilter(filters.FilterSet):
    """?task=<name>&dataset=<id>."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    dataset = filters.UUIDFilter(field_name="dataset_id")

    class Meta:
        model = Run
        fields: list[str] = []


class RunViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Training runs, newest first."""

    queryset = Run.objects.select_related("task", "job", "version")
    serializer_class = RunSerializer
    filterset_class = RunFilter
    ordering_fields = ["created_at"]

    @extend_schema(request=RunCreateSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Train a model; `config` holds only what differs from the estimator's defaults."""
        given = RunCreateSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        run = run_create(task=data["dataset"].task, owner=request.user, **data)
        return accepted(run.job_id, run=str(run.pk))


class VersionFilter(filters.FilterSet):
    """?task=<name>&estimator=."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
    estimator = filters.CharFilter(max_length=64)

    class Meta:
        model = ModelVersion
        fields: list[str] = []


class VersionViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Model versions, newest first."""

    queryset = ModelVersion.objects.select_related("task")
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    ordering_fields = ["created_at", "number"]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """All files of the version as a ZIP."""
        return version_zip(self.get_object())


class PromotionFilter(filters.FilterSet):
    """?task=<name>."""

    task = filters.CharFilter(field_name="task__name", max_length=64)

    class Meta:
        model = PromotionEvent
        fields: list[str] = []


class PromotionViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Who was champion, newest first."""

    queryset = PromotionEvent.objects.select_related("task")
    serializer_class = PromotionSerializer
    filterset_class = PromotionFilter
    lookup_value_converter = "int"

    @extend_schema(request=PromoteSerializer, responses={200: PromotionSerializer, 422: ProblemSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Make a version champion of its task."""
        given = PromoteSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = given.validated_data
        event = version_promote(
            version=data["version"],
            by=request.user,
            reason=data["reason"],
            override=data["override"],
            expected=data.get("expected", UNSEEN),
        )
        return Response(PromotionSerializer(event).data)


class LabelSetViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, ReadOnlyModelViewSet):
    """Label sets: shared ones and your own."""

    queryset = LabelSet.objects.all()
    serializer_class = LabelSetSerializer
    ordering_fields = ["name", "created_at"]
    http_method_names = ["get", "post", "patch", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        user = self.request.user
        serializer.instance = label_set_create(owner=user, is_shared=is_engine_staff(user), **_plain(serializer))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = label_set_update(label_set=serializer.instance, **_plain(serializer))


def _plain(serializer: Any) -> dict[str, Any]:
    """Validated data with labels as plain dictionaries."""
    data = dict(serializer.validated_data)
    if "labels" in data:
        data["labels"] = [dict(label) for label in data["labels"]]
    return data
