"""/api/v1/workouts/: one's own workouts, and those of athletes who share training."""

import django_filters
from django.db.models import Count, QuerySet

from accounts.services.athletes import athlete_for
from sessions.api.serializers import WorkoutSerializer
from sessions.models import WorkoutSession
from sessions.services.workouts import workout_create, workout_delete
from web.api.views import ModelViewSet


class WorkoutFilter(django_filters.FilterSet):
    started_after = django_filters.IsoDateTimeFilter("started_at", "gte")
    started_before = django_filters.IsoDateTimeFilter("started_at", "lt")

    class Meta:
        model = WorkoutSession
        fields = ["sport"]


class WorkoutViewSet(ModelViewSet):
    """Workouts own recordings and live streams; deleting one deletes both with their files."""

    queryset = WorkoutSession.objects.all()
    serializer_class = WorkoutSerializer
    filterset_class = WorkoutFilter
    ordering_fields = ["started_at", "title"]

    def visible(self) -> QuerySet:
        return super().visible().annotate(n_recordings=Count("recordings")).order_by("-started_at", "-pk")

    def perform_create(self, serializer: WorkoutSerializer) -> None:
        serializer.instance = workout_create(athlete=athlete_for(self.request.user), **serializer.validated_data)

    def perform_destroy(self, instance: WorkoutSession) -> None:
        workout_delete(workout=instance)
