"""`/api/v1/jobs/`: progress, result and failure of background work."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.jobs import job_cancel, job_retry
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import StrictModelSerializer
from web.api.views import ReadOnlyModelViewSet


class JobProgressSerializer(serializers.Serializer):
    """Progress; without a total it is unknown."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    note = serializers.CharField()


class JobFailureSerializer(serializers.Serializer):
    """Why the job failed."""

    code = serializers.CharField()
    reason = serializers.CharField()


class JobSerializer(StrictModelSerializer):
    """One job as its owner sees it."""

    progress = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "title",
            "status",
            "progress",
            "result",
            "failure",
            "attempt",
            "log_tail",
            "created_at",
            "started_at",
            "ended_at",
            "is_demo",
        ]
        read_only_fields = fields

    @extend_schema_field(JobProgressSerializer)
    def get_progress(self, job: Job) -> dict:
        return {"done": job.progress_done, "total": job.progress_total, "note": job.sentence}

    @extend_schema_field(JobFailureSerializer(allow_null=True))
    def get_failure(self, job: Job) -> dict | None:
        return {"code": job.failure_code, "reason": job.reason} if job.failure_code else None


class JobFilter(filters.FilterSet):
    """?status= and ?kind=."""

    status = filters.ChoiceFilter(choices=JobStatus.choices)
    kind = filters.CharFilter(max_length=64)

    class Meta:
        model = Job
        fields: list[str] = []


class JobViewSet(ReadOnlyModelViewSet):
    """Background jobs you can see, newest first."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    ordering_fields = ["created_at", "ended_at"]

    @property
    def required_scopes(self) -> tuple[str, ...]:
        """What a token needs to stop or retry a job: `train` for the engine's, as to start it, else `write`."""
        seen = Job.objects.visible_to(self.request.user).filter(pk=self.kwargs.get("pk"), is_engine=True)
        return (TokenScope.TRAIN.value,) if seen.exists() else (TokenScope.WRITE.value,)

    @extend_schema(request=None, responses={200: JobSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel the job: at once while it waits, within seconds while it runs."""
        return Response(self.get_serializer(job_cancel(job=self.get_object(), by=request.user)).data)

    @extend_schema(request=None, responses={202: AcceptedSerializer, 409: ProblemSerializer, 429: ProblemSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Start a failed or cancelled job again, as a new job."""
        return accepted(job_retry(job=self.get_object(), by=request.user))
