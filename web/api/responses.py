"""Answers with a fixed shape."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response


class AcceptedSerializer(serializers.Serializer):
    """202: the work has been queued. For schemas: `@extend_schema(responses={202: AcceptedSerializer})`."""

    job = serializers.UUIDField(help_text="The background job.")
    status_url = serializers.CharField(help_text="Poll this URL until the job has finished.")


class ProblemSerializer(serializers.Serializer):
    """An RFC 9457 problem document, for schemas."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence for a person.")
    request_id = serializers.CharField()
    errors = serializers.ListField(child=serializers.DictField(), required=False)


def accepted(job: Any, status_url: str = "", **extra: Any) -> Response:
    """202 for long work. `job` is anything with a UUID `pk` (or the id itself)."""
    pk = getattr(job, "pk", job)
    url = status_url or f"/api/v1/jobs/{pk}/"
    return Response({"job": str(pk), "status_url": url, **extra}, status=202, headers={"Location": url})
