"""Sets that the mirror saw: POST their landmarks."""

import uuid
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from sessions.form.api.reports import REFUSALS, FormReportSerializer
from sessions.form.selectors.landmarks import FRAME_BYTES
from sessions.form.services.reports import MAX_FRAMES, report_of_set
from web.api.parsers import OctetStreamParser
from web.api.views import Endpoint
from web.refusals import Problem


class MirrorSetView(Endpoint):
    """Landmarks of one set, no pictures: frames of 133 float32 numbers, little-endian: seconds, then x, y, z and
    visibility of MediaPipe's 33 points, NaN where nobody is seen. The same `id` again is the same set."""

    parser_classes = (OctetStreamParser,)
    query_parameters = ("id", "workout", "exercise", "aspect", "started_at")

    @extend_schema(
        parameters=[
            OpenApiParameter("id", OpenApiTypes.UUID, required=True, description="Made by the client."),
            OpenApiParameter(
                "workout", OpenApiTypes.UUID, required=True,
                description="Made by the client, one for all sets of a visit.",
            ),
            OpenApiParameter("exercise", str, required=True, description="Key of the table."),
            OpenApiParameter("aspect", float, required=True, description="Width of the picture divided by its height."),
            OpenApiParameter("started_at", OpenApiTypes.DATETIME, required=True),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: FormReportSerializer, **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        query = request.query_params
        row = report_of_set(
            athlete=athlete_for(request.user), data=_body(request), aspect=_aspect(query.get("aspect", "")),
            exercise=query.get("exercise", "")[:40], started_at=_moment(query.get("started_at", "")),
            client_id=_id(query.get("id", "")), workout_id=_id(query.get("workout", "")),
        )  # fmt: skip
        return Response(FormReportSerializer(row, context={"request": request}).data, status=201)


def _body(request: Request) -> bytes:
    most = MAX_FRAMES * FRAME_BYTES
    data = request.data.read(most + 1) if hasattr(request.data, "read") else b""
    if len(data) > most:
        raise Problem(413, "too_long", _("A set can have at most %(n)s frames.") % {"n": MAX_FRAMES})
    return data


def _aspect(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Problem(400, "bad_number", _("aspect must be a number.")) from None


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found > timezone.now() + timedelta(minutes=10):
        raise Problem(400, "bad_time", _("started_at must be a time with its zone, not in the future."))
    return found


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Problem(400, "bad_id", _("id and workout must be UUIDs.")) from None
