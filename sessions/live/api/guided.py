"""/api/v1/live/streams/<id>/takes/ and /api/v1/minutes/: guided recording and what it has brought together."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from sessions.live.selectors.minutes import ENOUGH_MIN, ENOUGH_PEOPLE, guided_tasks, minutes_for
from sessions.live.services.takes import MAX_TAKES, stream_takes_set
from sessions.models import LiveStream
from web.api.serializers import StrictSerializer
from web.api.views import Endpoint
from web.refusals import not_found


class TakeSerializer(StrictSerializer):
    """One take, in seconds of the sender's clock (as in the frames that were streamed)."""

    start_s = serializers.FloatField(min_value=-1e12, max_value=1e12)
    end_s = serializers.FloatField(min_value=-1e12, max_value=1e12)
    label = serializers.CharField(max_length=64)


class TakesSerializer(StrictSerializer):
    takes = TakeSerializer(many=True, max_length=MAX_TAKES)


class TakesView(Endpoint):
    """The takes of one's own live stream. PUT replaces all of them: sending the same list twice changes nothing."""

    required_scopes = (TokenScope.STREAM.value,)

    @extend_schema(responses={200: TakesSerializer})
    def get(self, request: Request, pk: str) -> Response:
        return Response({"takes": [_plain(one) for one in self._stream(request, pk).takes]})

    @extend_schema(request=TakesSerializer, responses={200: TakesSerializer})
    def put(self, request: Request, pk: str) -> Response:
        stream = self._stream(request, pk)
        given = TakesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        takes = stream_takes_set(stream=stream, takes=given.validated_data["takes"], by=request.user)
        return Response({"takes": [_plain(one) for one in takes]})

    def _stream(self, request: Request, pk: str) -> LiveStream:
        return get_object_or_404(LiveStream.objects.editable_by(request.user), pk=pk)


class ClassMinutesSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    seconds = serializers.FloatField()
    n_people = serializers.IntegerField()
    is_enough = serializers.BooleanField()
    missing = serializers.CharField(help_text='"2.0 of 5 minutes, 1 of 3 people"; empty when there is enough.')


class SubjectMinutesSerializer(serializers.Serializer):
    subject = serializers.CharField(help_text='A pseudonym; "You" for people who see only themselves.')
    is_generated = serializers.BooleanField()
    seconds = serializers.DictField(child=serializers.FloatField())


class MinutesSerializer(serializers.Serializer):
    task = serializers.CharField()
    layout = serializers.CharField()
    enough_minutes = serializers.FloatField()
    enough_people = serializers.IntegerField()
    classes = ClassMinutesSerializer(many=True)
    subjects = SubjectMinutesSerializer(many=True)


class MinutesView(Endpoint):
    """Labelled minutes per class of a task: one's own; for ML staff per pseudonym, under the learning consent."""

    query_parameters = ("task",)

    @extend_schema(
        parameters=[OpenApiParameter("task", str, description="A task's name; default: the first task.")],
        responses={200: MinutesSerializer},
    )
    def get(self, request: Request) -> Response:
        name = request.query_params.get("task", "")
        tasks = guided_tasks()
        task = (tasks.filter(name=name) if name else tasks).first()
        if task is None:
            raise not_found()
        board = minutes_for(user=request.user, task=task)
        names = [one.name for one in board.classes]
        return Response(MinutesSerializer({
            "task": task.name, "layout": board.layout, "enough_minutes": ENOUGH_MIN, "enough_people": ENOUGH_PEOPLE,
            "classes": board.classes,
            "subjects": [
                {
                    "subject": row.subject, "is_generated": row.is_generated,
                    "seconds": {name: round(s, 1) for name, s in zip(names, row.seconds, strict=True)},
                }
                for row in board.subjects
            ],
        }).data)


def _plain(take: dict[str, Any]) -> dict[str, Any]:
    return {name: take[name] for name in ("start_s", "end_s", "label")}
