"""/api/v1/check-ins/, /outcomes/, /risk-estimates/: one's own, and those of athletes who share recovery."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from burnout.api.serializers import (
    CheckInChangeSerializer,
    CheckInSerializer,
    DaysImportSerializer,
    EstimateWordKeptSerializer,
    EstimateWordSerializer,
    OutcomeSerializer,
    RiskEstimateSerializer,
)
from burnout.models import CheckIn, CheckInSource, Outcome, RiskEstimate
from burnout.services.checkins import checkin_delete, checkin_restore, checkin_save, checkins_binned
from burnout.services.feedback import estimate_word
from burnout.services.imports.start import apple_start, days_look, table_keep
from burnout.services.imports.table import validation_error
from burnout.services.outcomes import outcome_change, outcome_record
from mlops.ml.contract import UnreadableInput
from web.api.filters import IdFilter
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.views import ModelViewSet, ReadOnlyModelViewSet
from web.refusals import Problem
from web.selectors.uploads import upload_get_for

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409)}


class DayFilter(django_filters.FilterSet):
    athlete = IdFilter("athlete_id")
    day_after = django_filters.DateFilter("day", "gte")
    day_before = django_filters.DateFilter("day", "lte")

    class Meta:
        model = CheckIn
        fields = ["day"]


class EstimateFilter(DayFilter):
    class Meta:
        model = RiskEstimate
        fields = ["day"]


class OutcomeFilter(django_filters.FilterSet):
    athlete = IdFilter("athlete_id")

    class Meta:
        model = Outcome
        fields = ["kind"]


class CheckInViewSet(ModelViewSet):
    """Check-ins by day. POST of an existing day updates the given answers, so sending it twice is safe."""

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

    @extend_schema(request=None, responses={200: CheckInSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: int) -> Response:
        """Take a deletion back within thirty days; 409 where the day was answered again."""
        checkin_restore(get_object_or_404(checkins_binned(request.user), pk=pk))
        return Response(CheckInSerializer(get_object_or_404(self.visible(), pk=pk)).data)

    @extend_schema(
        request=DaysImportSerializer,
        responses={200: OpenApiTypes.OBJECT, 202: AcceptedSerializer, **REFUSALS, 422: ProblemSerializer},
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_days(self, request: Request) -> Response:
        """Import the days of an upload. `dry_run` returns a preview and the questions under `asked`; without it an open
        question is 400 `answer_needed` and the upload is kept. Apple Health: 202 with its job."""
        athlete = athlete_for(request.user)
        given = DaysImportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        upload = upload_get_for(user=request.user, pk=data["upload"])
        try:
            read = days_look(athlete=athlete, upload=upload, told=data.get("answers"))
        except UnreadableInput as error:
            raise Problem(422, error.code, validation_error(error).messages[0]) from error
        if read is None:
            if data["dry_run"]:
                return Response({"product": "Apple Health", "asked": []})
            return accepted(apple_start(user=request.user, upload=upload))
        if data["dry_run"]:
            return Response(read.facts())
        kept = table_keep(athlete=athlete, upload=upload, read=read, overwrite=data["overwrite"])
        return Response({"n_new": kept.n_new, "n_filled": kept.n_filled, "n_same": kept.n_same, "notes": read.notes})


class OutcomeViewSet(ModelViewSet):
    """Injuries, illnesses and burnout as reported by people; models can be trained on them."""

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
    """Risk and survival curve by day, with drivers and the model version."""

    queryset = RiskEstimate.objects.select_related("athlete", "version__task")
    serializer_class = RiskEstimateSerializer
    filterset_class = EstimateFilter
    ordering_fields = ["day"]
    lookup_value_converter = "int"

    @extend_schema(request=EstimateWordSerializer, responses={200: EstimateWordKeptSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def feedback(self, request: Request, pk: str) -> Response:
        """Send feedback on one of your estimates; new feedback replaces the old."""
        given = EstimateWordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        kept = estimate_word(estimate=self.get_object(), given=given.validated_data["correction"], by=request.user)
        return Response(EstimateWordKeptSerializer(kept).data)
