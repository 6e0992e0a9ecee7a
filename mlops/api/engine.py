"""`/api/v1/{tasks,datasets,versions,promotions,label-sets}/`: the loop for programs."""

from typing import Any

from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.api.filters import OfTaskFilter
from mlops.api.serializers import (
    ChallengeSerializer,
    DatasetBuildSerializer,
    DatasetSerializer,
    LabelSetSerializer,
    PromoteSerializer,
    PromotionSerializer,
    ReasonSerializer,
    RollbackSerializer,
    TaskSerializer,
    VersionSerializer,
)
from mlops.models import AliasName, Dataset, EventAction, LabelSet, ModelAlias, ModelVersion, PromotionEvent, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.access import is_engine_staff
from mlops.services.datasets import dataset_create
from mlops.services.downloads import version_zip
from mlops.services.promotion import UNSEEN, challenger_withdraw, task_rollback, version_challenge, version_promote
from mlops.services.registry import version_delete, version_retire
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

    @extend_schema(request=RollbackSerializer, responses={200: PromotionSerializer, **REFUSALS})
    @action(detail=True, methods=["post"], url_path="challenge-end")
    def challenge_end(self, request: Request, name: str) -> Response:
        """End a challenge: the champion answers everybody again."""
        data = _given(self, RollbackSerializer)
        event = challenger_withdraw(
            task=self.get_object(), by=request.user, reason=data["reason"], expected=data.get("expected", UNSEEN)
        )
        return Response(PromotionSerializer(event).data)


class DatasetFilter(OfTaskFilter):
    """?task=<name>&status=."""

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


class VersionFilter(OfTaskFilter):
    """?task=<name>&estimator=&alias=&retired=&min_score=&max_score=."""

    estimator = filters.CharFilter(max_length=64)
    alias = filters.ChoiceFilter(field_name="aliases__name", choices=AliasName.choices)
    retired = filters.BooleanFilter(field_name="retired_at", lookup_expr="isnull", exclude=True)
    min_score = filters.NumberFilter(field_name="score", lookup_expr="gte")
    max_score = filters.NumberFilter(field_name="score", lookup_expr="lte")

    class Meta:
        model = ModelVersion
        fields: list[str] = []


class VersionViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Model versions, newest first."""

    query_parameters = ("reason",)

    queryset = ModelVersion.objects.select_related("task").prefetch_related("aliases")
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    ordering_fields = ["created_at", "number", "score", "train_s", "size_bytes", "latency_ms"]

    @extend_schema(
        parameters=[OpenApiParameter("reason", str, description="Why; kept in the history.")],
        responses={204: None, 409: ProblemSerializer},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a version and its files; the history keeps its number. 409 while it is champion or challenger."""
        version_delete(version=self.get_object(), by=request.user, reason=request.query_params.get("reason", "")[:500])
        return Response(status=204)

    @extend_schema(
        request=ChallengeSerializer, responses={200: PromotionSerializer, 422: ProblemSerializer, **REFUSALS}
    )
    @action(detail=True, methods=["post"])
    def challenge(self, request: Request, pk: str) -> Response:
        """Let it answer a share of the athletes beside the champion, or change its share."""
        data = _given(self, ChallengeSerializer)
        event = version_challenge(
            version=self.get_object(),
            by=request.user,
            share=data["share"],
            reason=data["reason"],
            override=data["override"],
            expected=data.get("expected", UNSEEN),
        )
        return Response(PromotionSerializer(event).data)

    @extend_schema(request=ReasonSerializer, responses={200: PromotionSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """It serves no more; its files stay. 409 while it is champion or challenger."""
        data = _given(self, ReasonSerializer)
        event = version_retire(version=self.get_object(), by=request.user, reason=data["reason"])
        return Response(PromotionSerializer(event).data)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """All files of the version as a ZIP."""
        return version_zip(self.get_object())


class PromotionFilter(OfTaskFilter):
    """?task=<name>&action=."""

    action = filters.ChoiceFilter(choices=EventAction.choices)

    class Meta:
        model = PromotionEvent
        fields: list[str] = []


class PromotionViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """What happened in the registry, newest first: promotions, challenges, retirements, deletions."""

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


def _given(view: Any, serializer_class: Any) -> dict[str, Any]:
    """The validated body of an action."""
    given = serializer_class(data=view.request.data, context=view.get_serializer_context())
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _plain(serializer: Any) -> dict[str, Any]:
    """Validated data with labels as plain dictionaries."""
    data = dict(serializer.validated_data)
    if "labels" in data:
        data["labels"] = [dict(label) for label in data["labels"]]
    return data
