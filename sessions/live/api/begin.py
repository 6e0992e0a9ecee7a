"""/api/v1/live/: begin a workout that is streamed over a websocket; the generated sample."""

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from sessions.live.services.sample import live_sample
from sessions.live.services.streams import live_session_create
from sessions.models import StreamSource
from web.api.serializers import StrictSerializer
from web.api.views import Endpoint


class LiveSessionSerializer(StrictSerializer):
    """What is going to be streamed."""

    title = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    notes = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    source = serializers.ChoiceField(choices=StreamSource.choices, required=False, default=StreamSource.SENSOR)


class LiveSessionMadeSerializer(serializers.Serializer):
    """Where to stream, and where to look."""

    id = serializers.UUIDField()
    websocket = serializers.CharField()
    page = serializers.CharField()


class LiveSessionsView(Endpoint):
    """Make the workout that a live stream goes into. Streams then connect to `websocket`."""

    required_scopes = (TokenScope.STREAM.value,)

    @extend_schema(request=LiveSessionSerializer, responses={201: LiveSessionMadeSerializer})
    def post(self, request: Request) -> Response:
        given = LiveSessionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        session = live_session_create(user=request.user, **given.validated_data)
        answer = {
            "id": session.pk, "websocket": f"/ws/live/{session.pk}/",
            "page": reverse("workouts:live_watch", args=[session.pk]),
        }
        return Response(LiveSessionMadeSerializer(answer).data, status=201)


class LiveSampleView(Endpoint):
    """Three generated minutes of a FlexTail, to be streamed as a first try."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response(live_sample())
