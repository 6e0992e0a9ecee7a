"""/api/v1/recordings/ and /api/v1/samples/: recordings, their envelopes for charts and their raw samples."""

from collections.abc import Sequence
from typing import Any

import django_filters
import numpy as np
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.serializers import RecordingSerializer, ReviewSerializer, SampleSerializer
from sessions.models import Recording, Sample
from sessions.selectors.recordings import (
    MAX_POINTS,
    recording_envelope,
    recording_get_for,
    recording_samples,
    sample_get_for,
    with_label_counts,
)
from sessions.services.bin import recording_restore, recordings_binned
from sessions.services.recordings import recording_delete, recording_set_reviewed
from web.api.responses import ProblemSerializer
from web.api.views import Endpoint, GenericViewSet, ReadOnlyModelViewSet
from web.refusals import Problem

MAX_SAMPLES = 20_000
REFUSALS = {code: ProblemSerializer for code in (404, 409)}


class RecordingFilter(django_filters.FilterSet):
    layout = django_filters.CharFilter("layout__key")
    session = django_filters.UUIDFilter("session_id")
    started_after = django_filters.IsoDateTimeFilter("started_at", "gte")
    started_before = django_filters.IsoDateTimeFilter("started_at", "lt")
    reviewed = django_filters.BooleanFilter("reviewed_at", "isnull", exclude=True)

    class Meta:
        model = Recording
        fields = ["source"]


class RecordingViewSet(mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Recordings the caller may see; deleting puts one into the bin for thirty days, from which it can be restored."""

    queryset = Recording.objects.all()
    serializer_class = RecordingSerializer
    filterset_class = RecordingFilter
    ordering_fields = ["started_at", "duration_s"]

    def visible(self) -> QuerySet:
        return with_label_counts(super().visible()).select_related("layout").order_by("-started_at", "-pk")

    def perform_destroy(self, instance: Recording) -> None:
        recording_delete(recording=instance)

    @extend_schema(request=None, responses={200: RecordingSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a deletion back within thirty days; 409 where the same file was imported again, or its workout is
        deleted."""
        recording_restore(get_object_or_404(recordings_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)


class SampleFilter(django_filters.FilterSet):
    layout = django_filters.CharFilter("layout__key")
    subject = django_filters.CharFilter("session__athlete__pseudonym")
    reviewed = django_filters.BooleanFilter("reviewed_at", "isnull", exclude=True)
    proposed = django_filters.BooleanFilter("n_proposed", "gt", method="filter_proposed")

    class Meta:
        model = Recording
        fields: list[str] = []

    def filter_proposed(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(n_proposed__gt=0) if value else rows.filter(n_proposed=0)


class SampleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """What ML staff see under the learning consent: pseudonyms, layouts, labels."""

    queryset = Sample.objects.all()
    serializer_class = SampleSerializer
    filterset_class = SampleFilter
    ordering_fields = ["duration_s"]

    def visible(self) -> QuerySet:
        return (
            with_label_counts(super().visible())
            .select_related("layout", "session__athlete")
            .order_by("-created_at", "-pk")
        )


class RecordingEndpoint(Endpoint):
    """Below one recording, or below one sample for ML staff (`of_samples`)."""

    of_samples = False

    def recording(self, request: Request, pk: str) -> Recording:
        """The recording by the caller's own way to it; 404 otherwise."""
        return (sample_get_for if self.of_samples else recording_get_for)(user=request.user, pk=pk)


_RANGE = [
    OpenApiParameter("start_s", float, description="Seconds from the start; default 0."),
    OpenApiParameter("end_s", float, description="Seconds; default: the end of the recording."),
]


class EnvelopeView(RecordingEndpoint):
    """Lowest and highest values in at most `max_points` stretches, for a chart of any length."""

    query_parameters = ("start_s", "end_s", "max_points")

    @extend_schema(
        parameters=[
            *_RANGE,
            OpenApiParameter("max_points", int, description=f"2 to {MAX_POINTS}; default 1,000."),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, pk: str) -> Response:
        recording = self.recording(request, pk)
        start_s, end_s = time_range(request, recording)
        points = whole_number(request, "max_points", 1000, 2, MAX_POINTS)
        t, low, high = recording_envelope(recording, start_s=start_s, end_s=end_s, max_points=points)
        named = [(channel["name"], channel["unit"]) for channel in recording.layout.channels]
        return Response(envelope_answer(recording.duration_s, named, t, low, high))


class SamplesView(RecordingEndpoint):
    """Raw samples of a stretch, at most 20,000 rows at a time."""

    query_parameters = ("start_s", "end_s")

    @extend_schema(parameters=_RANGE, responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: str) -> Response:
        recording = self.recording(request, pk)
        start_s, end_s = time_range(request, recording)
        times: list[float] = []
        columns: list[list[float]] = [[] for _ in recording.layout.channels]
        for t, samples in recording_samples(recording, start_s=start_s, end_s=end_s):
            if len(times) + len(t) > MAX_SAMPLES:
                detail = _("At most %(n)s samples can be read at once. Request a shorter range.")
                raise Problem(400, "range_too_long", detail % {"n": MAX_SAMPLES})
            times += np.round(t, 6).tolist()
            for n, column in enumerate(columns):
                column += _short(samples[:, n])
        channels = {channel["name"]: column for channel, column in zip(recording.layout.channels, columns, strict=True)}
        return Response({"t": times, "channels": channels})


class ReviewView(RecordingEndpoint):
    """Say that the whole recording was looked at: time without a label is then none of the labels."""

    @extend_schema(request=ReviewSerializer, responses={200: RecordingSerializer})
    def post(self, request: Request, pk: str) -> Response:
        recording = self.recording(request, pk)
        given = ReviewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        recording_set_reviewed(recording=recording, reviewed=given.validated_data["reviewed"])
        kind: type[serializers.Serializer] = SampleSerializer if self.of_samples else RecordingSerializer
        return Response(kind(recording, context={"request": request}).data)


def envelope_answer(
    duration_s: float, channels: Sequence[tuple[str, str]], t: np.ndarray, low: np.ndarray, high: np.ndarray
) -> dict[str, Any]:
    """{"extent", "t", "series"} for a chart. channels: (name, unit) of each column of low and high."""
    series = []
    for n, (name, unit) in enumerate(channels):
        one: dict[str, Any] = {"name": name, "unit": unit}
        if low is high or np.array_equal(low[:, n], high[:, n], equal_nan=True):
            one["values"] = _short(low[:, n])
        else:
            one |= {"min": _short(low[:, n]), "max": _short(high[:, n])}
        series.append(one)
    if any("values" not in one for one in series):  # one kind for the whole chart
        for one in series:
            if "values" in one:
                one["min"] = one["max"] = one.pop("values")
    return {"extent": [0, duration_s], "t": np.round(t, 4).tolist(), "series": series}


def time_range(request: Request, recording: Any) -> tuple[float, float | None]:
    """start_s and end_s of the query; Problem 400 `bad_range`."""
    start_s = _number(request, "start_s")
    end_s = _number(request, "end_s")
    start = 0.0 if start_s is None else max(0.0, start_s)
    if end_s is not None and end_s <= start:
        raise Problem(400, "bad_range", _("end_s must be after start_s."))
    return start, end_s


def whole_number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query within limits; Problem 400 `bad_number`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < least:
        detail = _("%(name)s must be a whole number from %(least)s to %(most)s.")
        raise Problem(400, "bad_number", detail % {"name": name, "least": least, "most": most})
    return min(int(text), most)


def _number(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise Problem(400, "bad_number", _("%(name)s must be a number of seconds.") % {"name": name})
    return value


def _short(column: np.ndarray) -> list[float | None]:
    """Five significant digits are more than a screen shows; NaN becomes null."""
    return [None if value != value else float(f"{value:.5g}") for value in column.tolist()]
