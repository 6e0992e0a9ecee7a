"""/api/v1/check-ins/, /outcomes/, /risk-estimates/: one's own, and those of athletes who share recovery."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from burnout.api.serializers import (
    CheckInChangeSerializer,
    CheckInSerializer,
    OutcomeSerializer,
    RiskEstimateSerializer,
)
from burnout.models import CheckIn, CheckInSource, Outcome, RiskEstimate
from burnout.services.checkins import checkin_delete, checkin_save
from burnout.services.outcomes import outcome_change, outcome_record
from web.api.views import ModelViewSet, ReadOnlyModelViewSet


class DayFilter(django_filters.FilterSet):
    day_after = django_filters.DateFilter("day", "gte")
    day_before = django_filters.DateFilter("day", "lte")

    class Meta:
        model = CheckIn
        fields = ["athlete", "day"]


class EstimateFilter(DayFilter):
    class Meta:
        model = RiskEstimate
        fields = ["athlete", "day"]


class OutcomeFilter(django_filters.FilterSet):
    class Meta:
        model = Outcome
        fields = ["athlete", "kind"]


class CheckInViewSet(ModelViewSet):
    """Days as answered. POST of a day that is there changes the given answers: sent twice, it is one check-in."""

    queryset = CheckIn.objects.all()
    serializer_class = CheckInSerializer
    filterset_class = DayFilter
    ordering_fields = ["day"]
    lookup_value_converter = "int"

    def visible(self) -> QuerySet:
        return super().visible().select_related("athlete__user").order_by("-day", "-pk")

    def get_serializer_class(self) -> Any:
        return CheckInChangeSerializer if self.action == "partial_update" else CheckInSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        answers = dict(given.validated_data)
        athlete, day = athlete_for(request.user), answers.pop("day")
        is_new = not CheckIn.objects.filter(athlete=athlete, day=day).exists()
        row = checkin_save(athlete=athlete, day=day, answers=answers, source=CheckInSource.API)
        return Response(
            CheckInSerializer(row).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        )

    def perform_update(self, serializer: Any) -> None:
        row = serializer.instance
        serializer.instance = checkin_save(
            athlete=row.athlete, day=row.day, answers=dict(serializer.validated_data), source=CheckInSource.API
        )

    def perform_destroy(self, instance: CheckIn) -> None:
        checkin_delete(checkin=instance)


class OutcomeViewSet(ModelViewSet):
    """Injuries, illnesses and burnout as judged by people; models can be refitted on them."""

    queryset = Outcome.objects.all()
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    ordering_fields = ["began_on"]
    lookup_value_converter = "int"

    def perform_create(self, serializer: Any) -> None:
        given = {"ended_on": None, "judged_by": "self", "note": "", **serializer.validated_data}
        serializer.instance = outcome_record(athlete=athlete_for(self.request.user), by=self.request.user, **given)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = outcome_change(outcome=serializer.instance, **serializer.validated_data)


class RiskEstimateViewSet(ReadOnlyModelViewSet):
    """Risk and survival curve day by day, with drivers and the model that said so."""

    queryset = RiskEstimate.objects.all()
    serializer_class = RiskEstimateSerializer
    filterset_class = EstimateFilter
    ordering_fields = ["day"]
    lookup_value_converter = "int"
