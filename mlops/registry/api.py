"""`/api/v1/{versions,promotions}/` for programs."""

from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.endpoints import REFUSALS, EngineStaffOnly, OfTaskFilter, given_data
from mlops.registry.models import AliasName, EventAction, ModelVersion, PromotionEvent
from mlops.registry.serializers import (
    ChallengeSerializer,
    PromoteSerializer,
    PromotionSerializer,
    ReasonSerializer,
    VersionSerializer,
)
from mlops.registry.services.downloads import version_zip
from mlops.registry.services.promotion import (
    UNSEEN,
    version_challenge,
    version_promote,
)
from mlops.registry.services.retirement import version_delete, version_retire
from web.api.responses import ProblemSerializer
from web.api.views import ReadOnlyModelViewSet


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
        parameters=[OpenApiParameter("reason", str, description="The reason, saved in the history.")],
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
        """Let the version serve a share of athletes beside the champion, or change its share."""
        data = given_data(self, ChallengeSerializer)
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
        """Retire the version; its files are kept. 409 while it is champion or challenger."""
        data = given_data(self, ReasonSerializer)
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
    """Events of the registry, newest first: promotions, challenges, retirements, deletions."""

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
