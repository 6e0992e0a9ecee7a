"""`/api/v1/{runs,studies}/`: trainings, their search and comparison, and searches for settings."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.endpoints import REFUSALS, EngineStaffOnly, OfTaskFilter, TaskJobView
from mlops.jobs.models import JobStatus
from mlops.tasks.selectors import task_get_for
from mlops.training.models.run import Run
from mlops.training.models.study import Study
from mlops.training.selectors.comparison import MAX_RUNS, Comparison, runs_compare
from mlops.training.selectors.run_search import BadSearch, run_query
from mlops.training.selectors.runs import run_get_for
from mlops.training.serializers import (
    ComparisonSerializer,
    RetrainSerializer,
    RunCreateSerializer,
    RunSerializer,
    StudyCreateSerializer,
    StudySerializer,
)
from mlops.training.services.retraining import retrain_start
from mlops.training.services.runs import run_create
from mlops.training.services.studies import study_create
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.views import ReadOnlyModelViewSet
from web.refusals import Problem


class RunFilter(OfTaskFilter):
    """?task=<name>&dataset=<id>&study=<id>&estimator=&status=&q=metrics.accuracy > 0.9 and params.epochs = 50."""

    dataset = filters.UUIDFilter(field_name="dataset_id")
    study = filters.UUIDFilter(field_name="study_id")
    estimator = filters.CharFilter(max_length=64)
    status = filters.ChoiceFilter(field_name="job__status", choices=JobStatus.choices)
    q = filters.CharFilter(
        method="matching", max_length=500, help_text="Terms such as metrics.f1_macro >= 0.8, joined with and."
    )

    class Meta:
        model = Run
        fields: list[str] = []

    def matching(self, rows: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        try:
            return rows.filter(run_query(value))
        except BadSearch as error:
            raise Problem(400, "bad_search", str(error)) from error


class RunViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Training runs, newest first."""

    queryset = Run.objects.select_related("task", "job", "version")
    serializer_class = RunSerializer
    filterset_class = RunFilter
    ordering_fields = ["created_at", "score"]
    query_parameters = ("run",)

    @extend_schema(request=RunCreateSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Train a model; `config` only needs settings that differ from the estimator's defaults."""
        given = RunCreateSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        run = run_create(task=data["dataset"].task, owner=request.user, **data)
        return accepted(run.job_id, run=str(run.pk))

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "run", str, many=True, required=True, description="Two to six ids; the first is the baseline."
            )
        ],
        responses={200: ComparisonSerializer, 400: ProblemSerializer},
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def compare(self, request: Request) -> Response:
        """Compare two to six runs: metrics, settings, and paired 95 % intervals against the first."""
        wanted = list(dict.fromkeys(request.query_params.getlist("run")))
        if not 2 <= len(wanted) <= MAX_RUNS:
            raise Problem(400, "choose_runs", f"Choose 2 to {MAX_RUNS} runs.")
        found = runs_compare([run_get_for(user=request.user, pk=_uuid(pk)) for pk in wanted])
        return Response(ComparisonSerializer(comparison_dict(found)).data)


class StudyFilter(OfTaskFilter):
    """?task=<name>&dataset=<id>."""

    dataset = filters.UUIDFilter(field_name="dataset_id")

    class Meta:
        model = Study
        fields: list[str] = []


class StudyViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Searches for good settings, newest first. Their trials are runs: `/api/v1/runs/?study=<id>`."""

    queryset = Study.objects.select_related("task", "job")
    serializer_class = StudySerializer
    filterset_class = StudyFilter
    ordering_fields = ["created_at"]

    @extend_schema(request=StudyCreateSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Search settings. Without `space` every option with limits is searched."""
        given = StudyCreateSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        study = study_create(task=data["dataset"].task, owner=request.user, **data)
        return accepted(study.job_id, study=str(study.pk))


def comparison_dict(found: Comparison) -> dict[str, Any]:
    """Plain values for the serializer."""
    rows = [*found.metrics, *found.costs]
    return {
        "runs": [str(run.pk) for run in found.runs],
        "same_data": found.same_data,
        "metrics": [
            {
                "name": row.metric.name,
                "higher_is_better": row.metric.higher_is_better,
                "values": [run.metrics.get(row.metric.name) for run in found.runs],
            }
            for row in rows
        ],
        "settings": [{"name": row.name, "values": row.values, "differs": row.differs} for row in found.settings],
        "paired": [
            {
                "run": str(one.run.pk),
                "metric": one.run.task.metric.name,
                "reason": one.pair.reason,
                "difference": one.pair.difference,
                "low": one.pair.low,
                "high": one.pair.high,
                "n_examples": one.pair.n_examples,
                "n_subjects": one.pair.n_groups,
            }
            for one in found.pairs
        ],
    }


def _uuid(text: str) -> Any:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Problem(404, "not_found", "Not found, or you have no access.") from None


class RetrainView(TaskJobView):
    """Retrain with corrections."""

    @extend_schema(request=RetrainSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Build a dataset, train with the champion's settings and compare. Nothing is promoted."""
        task = task_get_for(user=request.user, name=name)
        given = RetrainSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return accepted(retrain_start(task=task, owner=request.user, **given.validated_data))
