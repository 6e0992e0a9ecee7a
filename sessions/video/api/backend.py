"""/backend/: from a video to features, a data set and a model, in three calls that answer at once."""

import math
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.models import Detector, MakingState
from sessions.models.features import MadeByJob
from sessions.video.selectors.chain import dataset_named, datasets_own, models_own
from sessions.video.selectors.features import features_facts, features_named, features_visible
from sessions.video.services.chain import MODEL_TYPES, DatasetOptions, ModelOptions, dataset_wanted, model_wanted
from sessions.video.services.extraction import MAX_SAMPLE_RATE, Wish
from sessions.video.services.frame_labels import frame_labels_read
from sessions.video.services.intake import video_take_in
from web.api.parsers import StrictJSONParser
from web.api.responses import AcceptedSerializer, accepted
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictSerializer
from web.api.views import Endpoint
from web.models import Upload
from web.refusals import Problem

MAX_FILES = 200


class ExtractSerializer(StrictSerializer):
    """A video as a file of at most 16 MiB, or as the id of a complete upload."""

    video = serializers.FileField(required=False)
    upload = OwnedPrimaryKeyRelatedField(queryset=lambda user: Upload.objects.visible_to(user), required=False)
    labels_csv = serializers.FileField(required=False, help_text="frame_index,label")
    detector_type = serializers.ChoiceField(choices=Detector.choices, default=Detector.FUSION)
    sample_rate = serializers.IntegerField(
        min_value=1, max_value=MAX_SAMPLE_RATE, default=1, help_text="Every n-th frame."
    )  # fmt: skip
    rights = serializers.CharField(
        required=False, max_length=500, help_text="Of a clip that ML staff bring in: who is in it and who allowed it."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("video" in data) == ("upload" in data):
            raise serializers.ValidationError({"video": _("Send a video, or the id of an upload.")}, code="required")
        return data


class FiniteField(serializers.FloatField):
    """A number; forms say "nan" and "inf" too."""

    def to_internal_value(self, data: Any) -> float:
        value = float(super().to_internal_value(data))
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class DatasetSerializer(StrictSerializer):
    feature_files = serializers.CharField(max_length=20_000, help_text="Names, separated by commas.")
    window_sec = FiniteField(min_value=0.1, max_value=600, default=2.0)
    step_sec = FiniteField(min_value=0.01, max_value=600, default=0.5)
    balance_method = serializers.ChoiceField(choices=["none", "downsample", "upsample"], default="none")


class TrainSerializer(StrictSerializer):
    dataset_dir = serializers.CharField(max_length=80, help_text="dataset_<dataset_id>")
    model_type = serializers.ChoiceField(choices=MODEL_TYPES, default="rf")
    aggregation = serializers.ChoiceField(choices=["stats", "flatten"], default="stats")
    n_estimators = serializers.IntegerField(min_value=1, max_value=2000, default=100)
    max_depth = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    learning_rate = FiniteField(min_value=1e-6, max_value=10, required=False, allow_null=True)


class FormEndpoint(Endpoint):
    """Takes forms as well as JSON."""

    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)

    def given(self, request: Request, kind: type[StrictSerializer]) -> dict[str, Any]:
        """The body, checked."""
        found = kind(data=request.data, context={"request": request})
        found.is_valid(raise_exception=True)
        return found.validated_data


class ExtractView(FormEndpoint):
    """Upload a video and extract its features: 202 with the feature file's name and the job that makes it."""

    @extend_schema(
        request={"multipart/form-data": ExtractSerializer, "application/json": ExtractSerializer},
        responses={202: AcceptedSerializer},
    )
    def post(self, request: Request) -> Response:
        data = self.given(request, ExtractSerializer)
        labels = frame_labels_read(data["labels_csv"].read()) if data.get("labels_csv") else None
        row = video_take_in(
            owner=request.user, file=data.get("video"), upload=data.get("upload"), rights=data.get("rights", ""),
            wish=Wish(data["detector_type"], data["sample_rate"]), labels=labels,
        )  # fmt: skip
        return accepted(row.job, feature_file=row.path_told, video=str(row.video_id))


class DatasetView(FormEndpoint):
    """Build a data set of one's own feature files; it waits for those that are still being made."""

    @extend_schema(request=DatasetSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request) -> Response:
        data = self.given(request, DatasetSerializer)
        names = list(dict.fromkeys(name for one in data.pop("feature_files").split(",") if (name := one.strip())))
        if not 1 <= len(names) <= MAX_FILES:
            raise Problem(400, "bad_feature_files", _("Name 1 to %(n)s feature files.") % {"n": MAX_FILES})
        files = [features_named(user=request.user, name=name) for name in names]
        row = dataset_wanted(owner=request.user, files=files, options=DatasetOptions(**data))
        return accepted(row.job, dataset_id=row.pk, dataset_dir=row.name)


class TrainView(FormEndpoint):
    """Train a model on one's own data set; it waits for one that is still being made."""

    @extend_schema(request=TrainSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request) -> Response:
        data = self.given(request, TrainSerializer)
        dataset = dataset_named(user=request.user, name=data.pop("dataset_dir"))
        row = model_wanted(owner=request.user, dataset=dataset, options=ModelOptions(**data))
        return accepted(row.job, model_id=row.pk, model=row.name)


class FeaturesView(Endpoint):
    """One's own feature files."""

    @extend_schema(operation_id="backend_features_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        rows = features_visible(user=request.user)
        return Response({"features": [
            {"name": row.name, "feature_file": row.path_told, "video": str(row.video_id), "detector": row.detector,
             "sample_rate": row.sample_rate, "rows": row.n_frames, **_how_far(row)}
            for row in rows
        ]})  # fmt: skip


class FeatureFileView(Endpoint):
    """What one feature file holds: rows, columns, frames and rate of its video, labels with their rows."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, filename: str) -> Response:
        row = features_named(user=request.user, name=filename)
        if row.state != MakingState.READY:
            job = str(row.job_id) if row.job_id else None
            raise Problem(409, "not_ready", _("This feature file is not ready."), job=job, state=str(row.state))
        return Response({"name": row.name, "feature_file": row.path_told, **features_facts(row)})


class DatasetsView(Endpoint):
    """One's own data sets."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"datasets": [
            {"dataset_id": row.pk, "dataset_dir": row.name, "feature_files": [one["name"] for one in row.sources],
             **row.options, "labels": list(row.facts.get("label_mapping", ())),
             "split": row.facts.get("split", {}), **_how_far(row)}
            for row in datasets_own(user=request.user)
        ]})  # fmt: skip


class ModelsView(Endpoint):
    """One's own models with their metrics."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"models": [
            {"model_id": row.pk, "model": row.name, "dataset_id": row.dataset_id, **row.options,
             "metrics_file": f"{row.name}_metrics.json", "metrics": row.facts, **_how_far(row)}
            for row in models_own(user=request.user)
        ]})  # fmt: skip


def _how_far(row: MadeByJob) -> dict[str, Any]:
    return {"state": str(row.state), "job": str(row.job_id) if row.job_id else None, "created_at": row.created_at}
