"""`/api/v1/tasks/` for programs: tasks, and going back with what serves them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.access import is_engine_staff
from mlops.endpoints import REFUSALS, EngineStaffOnly, given_data
from mlops.registry.models import AliasName, ModelAlias
from mlops.registry.serializers import (
    PromotionSerializer,
    RollbackSerializer,
)
from mlops.registry.services.promotion import (
    UNSEEN,
    challenger_withdraw,
    task_rollback,
)
from mlops.tasks.models import Task
from mlops.tasks.serializers import TaskSerializer
from mlops.tasks.services.tasks import task_create
from web.api.views import ReadOnlyModelViewSet


class TaskViewSet(EngineStaffOnly, mixins.CreateModelMixin, ReadOnlyModelViewSet):
    """Tasks by their name. Whoever is no ML staff gets the list of those that answer: what they may predict with."""

    queryset = Task.objects.select_related("label_set")
    serializer_class = TaskSerializer
    lookup_field = "name"
    lookup_value_converter = "slug"
    ordering_fields = ["title", "created_at"]

    def visible(self) -> QuerySet[Task]:
        if self.action == "list" and not is_engine_staff(self.request.user):
            return self.queryset.answering()
        return super().visible()

    def get_serializer_context(self) -> dict[str, Any]:
        aliases = ModelAlias.objects.filter(name=AliasName.CHAMPION)
        return {**super().get_serializer_context(), "champions": dict(aliases.values_list("task_id", "version_id"))}

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = task_create(owner=self.request.user, **serializer.validated_data)

    @extend_schema(request=RollbackSerializer, responses={200: PromotionSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, name: str) -> Response:
        """Roll back to the previous champion."""
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
        """End a challenge: the champion serves everyone again."""
        data = given_data(self, RollbackSerializer)
        event = challenger_withdraw(
            task=self.get_object(), by=request.user, reason=data["reason"], expected=data.get("expected", UNSEEN)
        )
        return Response(PromotionSerializer(event).data)
