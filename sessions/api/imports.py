"""/api/v1/recordings/preview/ and /api/v1/recordings/import/."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models.user import validate_time_zone
from accounts.services.athletes import athlete_for
from mlops.ml.sensors.readers import Told
from mlops.ml.sensors.readers.plan import CLOCKS
from sessions.models import SensorLayout, WorkoutSession
from sessions.selectors.layouts import layout_get_by_name
from sessions.services.imports.entries import Shown, entries_of, preview_entries
from sessions.services.imports.grouping import suggest_units
from sessions.services.imports.plan import Choices, plan_import
from sessions.services.imports.start import Destination, import_start
from sessions.services.layouts import layout_side_by_side
from web.api.fields import DictField, ListField
from web.api.responses import AcceptedSerializer, accepted
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictSerializer
from web.api.views import Endpoint
from web.models import Upload
from web.refusals import Problem
from web.services.uploads import upload_get_for

MAX_UPLOADS = 20


class ImportSerializer(StrictSerializer):
    """What to import and how. Columns are found by their names where `mapping` is left out."""

    uploads = ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_UPLOADS)
    layout = serializers.CharField(max_length=64, help_text="Id or key of a layout, e.g. imu6.")
    units = ListField(
        child=serializers.CharField(max_length=8),
        required=False,
        min_length=2,
        max_length=8,
        help_text="Devices worn at the same time; their files become one recording.",
    )
    mapping = DictField(child=serializers.CharField(max_length=200), required=False, help_text="channel → column")
    scale = DictField(child=serializers.FloatField(), required=False, help_text="channel → factor")
    channel_units = DictField(
        child=serializers.CharField(max_length=16),
        required=False,
        help_text="Sensor (acc, gyr, mag, angle) or channel → the file's unit, if the file does not contain it.",
    )
    clock = serializers.ChoiceField(
        choices=CLOCKS, required=False, help_text="The year that the time column counts from; start for no date."
    )
    header_row = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        help_text="Header line; 0 for none. Detected if omitted.",
    )
    time_column = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Empty for none. Detected if omitted."
    )
    rate_hz = serializers.FloatField(required=False, min_value=0.1, max_value=2000)
    label = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="Label for each whole recording."
    )
    label_from_folder = serializers.BooleanField(required=False, default=False)
    session = OwnedPrimaryKeyRelatedField(
        queryset=lambda user: WorkoutSession.objects.editable_by(user),
        required=False,
        help_text="The workout; a new one if omitted.",
    )
    title = serializers.CharField(required=False, allow_blank=True, max_length=120)
    started_at = serializers.DateTimeField(required=False)
    time_zone = serializers.CharField(required=False, max_length=64)
    dry_run = serializers.BooleanField(required=False, default=False)

    def validate_time_zone(self, name: str) -> str:
        validate_time_zone(name)
        return name


class ImportView(Endpoint):
    """Start an import: 202 with its job, or with `dry_run` 200 and the recordings that would come."""

    @extend_schema(request=ImportSerializer, responses={202: AcceptedSerializer, 200: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        athlete_for(request.user)
        given = ImportSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        data = given.validated_data
        uploads = uploads_for(request.user, data["uploads"])
        layout = _layout(request.user, data)
        told = Told(data.get("header_row"), data.get("time_column"), data.get("clock", ""))
        shown = preview_entries(uploads, entries_of(uploads), told)
        choices = Choices(
            layout=layout,
            mapping=data.get("mapping", {}),
            scale=data.get("scale", {}),
            channel_units=data.get("channel_units", {}),
            told=told,
            rate_hz=data.get("rate_hz"),
            label=data.get("label", ""),
            label_from_folder=data["label_from_folder"],
        )
        plan = plan_import(shown=shown, choices=choices)
        if data["dry_run"]:
            left_out = [{"name": n, "reason": r} for n, r in plan.left_out]
            return Response({**plan.to_dict(), "conversions": plan.conversions(), "left_out": left_out})
        destination = Destination(
            workout=data.get("session"),
            title=data.get("title", ""),
            started_at=data.get("started_at"),
            time_zone=data.get("time_zone", request.user.time_zone),
        )
        return accepted(
            import_start(user=request.user, uploads=uploads, layout=layout, plan=plan, destination=destination)
        )


class PreviewView(Endpoint):
    """What uploads hold: format, columns, first values, rate, and how they would map to layouts."""

    query_parameters = ("upload",)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "upload",
                str,
                many=True,
                required=True,
                description="Id of a complete upload; may be repeated, or ids with commas.",
            )
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        ids = [pk for value in request.query_params.getlist("upload") for pk in value.split(",") if pk]
        if not 1 <= len(ids) <= MAX_UPLOADS:
            raise Problem(400, "bad_uploads", _("Name 1 to %(n)s uploads as ?upload=<id>.") % {"n": MAX_UPLOADS})
        uploads = uploads_for(request.user, ids)
        shown = preview_entries(uploads, entries_of(uploads))
        units = suggest_units([one.entry.name for one in shown if one.preview])
        return Response({"files": [_file(one) for one in shown], "suggested_units": units})


def uploads_for(user: Any, ids: Sequence[Any]) -> list[Upload]:
    """The caller's own complete uploads in the given order; 404 `not_found` for any other."""
    uploads = []
    for pk in ids:
        try:
            uploads.append(upload_get_for(user=user, pk=pk))
        except ValidationError:
            raise Problem(404, "not_found", _("This upload does not exist.")) from None
    if len({upload.pk for upload in uploads}) != len(uploads):
        raise Problem(400, "bad_uploads", _("An upload is named twice."))
    return uploads


def _layout(user: Any, data: dict[str, Any]) -> SensorLayout:
    layout = layout_get_by_name(user=user, name=data["layout"])
    return layout_side_by_side(user=user, base=layout, units=data["units"]) if data.get("units") else layout


def _file(one: Shown) -> dict[str, Any]:
    facts = {
        "upload": one.entry.upload,
        "member": one.entry.member,
        "name": one.entry.name,
        "size": one.entry.size,
        "error": one.error,
    }
    if one.preview is None:
        return facts
    return {**facts, **one.preview.facts()}
