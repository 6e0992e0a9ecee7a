"""/api/v1/workouts/: one's own workouts, and those of athletes who share training."""

import django_filters
from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from sessions.api.serializers import WorkoutSerializer
from sessions.models import WorkoutSession
from sessions.selectors.workouts import NOT_BINNED
from sessions.services.bin import workout_restore, workouts_binned
from sessions.services.workouts import workout_create, workout_delete
from web.api.responses import ProblemSerializer
from web.api.views import ModelViewSet

REFUSALS = {code: ProblemSerializer for code in (404, 409)}


class WorkoutFilter(django_filters.FilterSet):
    started_after = django_filters.IsoDateTimeFilter("started_at", "gte")
    started_before = django_filters.IsoDateTimeFilter("started_at", "lt")

    class Meta:
        model = WorkoutSession
        fields = ["sport"]


class WorkoutViewSet(ModelViewSet):
    """Workouts own recordings and live streams. Deleting one puts it with its recordings into the bin for 30 days."""

    queryset = WorkoutSession.objects.all()
    serializer_class = WorkoutSerializer
    filterset_class = WorkoutFilter
    ordering_fields = ["started_at", "title"]

    def visible(self) -> QuerySet:
        rows = super().visible().annotate(n_recordings=Count("recordings", filter=NOT_BINNED))
        return rows.order_by("-started_at", "-pk")

    def perform_create(self, serializer: WorkoutSerializer) -> None:
        serializer.instance = workout_create(athlete=athlete_for(self.request.user), **serializer.validated_data)

    def perform_destroy(self, instance: WorkoutSession) -> None:
        workout_delete(workout=instance)

    @extend_schema(request=None, responses={200: WorkoutSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a deletion back within thirty days, with the recordings that went with it."""
        workout_restore(get_object_or_404(workouts_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)
