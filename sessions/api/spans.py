"""Labels of a recording: below /api/v1/recordings/<id>/ and, for ML staff, /api/v1/samples/<id>/."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.recordings import RecordingEndpoint
from sessions.api.serializers import DecideSerializer, SpanChangeSerializer, SpanSerializer
from sessions.selectors.spans import span_get_in, span_list
from sessions.services.spans import span_create, span_delete, span_etag, span_update, spans_decide

_IF_MATCH = [
    OpenApiParameter(
        "If-Match", str, OpenApiParameter.HEADER, description="The ETag you read; 412 if the label has changed since."
    )
]


class SpanListView(RecordingEndpoint):
    """All labels of a recording in the order of time; POST adds one."""

    @extend_schema(responses={200: SpanSerializer(many=True)})
    def get(self, request: Request, pk: str) -> Response:
        rows = span_list(recording=self.recording(request, pk))
        return Response(SpanSerializer(rows, many=True).data)

    @extend_schema(request=SpanSerializer, responses={201: SpanSerializer})
    def post(self, request: Request, pk: str) -> Response:
        recording = self.recording(request, pk)
        given = SpanSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        span = span_create(recording=recording, author=request.user, **given.validated_data)
        return _answer(span, status.HTTP_201_CREATED)


class SpanView(RecordingEndpoint):
    """One label. It has an ETag; If-Match refuses to overwrite somebody else's change."""

    @extend_schema(responses={200: SpanSerializer})
    def get(self, request: Request, pk: str, span_pk: str) -> Response:
        return _answer(span_get_in(recording=self.recording(request, pk), pk=span_pk))

    @extend_schema(request=SpanChangeSerializer, responses={200: SpanSerializer}, parameters=_IF_MATCH)
    def patch(self, request: Request, pk: str, span_pk: str) -> Response:
        recording = self.recording(request, pk)
        span = span_get_in(recording=recording, pk=span_pk)
        given = SpanChangeSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        if_match = request.headers.get("If-Match", "")
        span = span_update(span=span, recording=recording, if_match=if_match, by=request.user, **given.validated_data)
        return _answer(span)

    @extend_schema(responses={204: None}, parameters=_IF_MATCH)
    def delete(self, request: Request, pk: str, span_pk: str) -> Response:
        recording = self.recording(request, pk)
        span = span_get_in(recording=recording, pk=span_pk)
        span_delete(span=span, recording=recording, if_match=request.headers.get("If-Match", ""))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DecidedSerializer(serializers.Serializer):
    changed = serializers.IntegerField()


class SpanDecideView(RecordingEndpoint):
    """Confirm or reject all proposed labels of a recording at once."""

    @extend_schema(request=DecideSerializer, responses={200: DecidedSerializer})
    def post(self, request: Request, pk: str) -> Response:
        recording = self.recording(request, pk)
        given = DecideSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        n = spans_decide(recording=recording, state=given.validated_data["state"], by=request.user)
        return Response({"changed": n})


def _answer(span, code: int = status.HTTP_200_OK) -> Response:
    return Response(SpanSerializer(span).data, status=code, headers={"ETag": span_etag(span)})
