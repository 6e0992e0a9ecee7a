"""Endpoints of resumable uploads."""

from io import BytesIO
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from web.api.parsers import OctetStreamParser
from web.api.serializers import StrictModelSerializer, StrictSerializer
from web.api.views import ReadOnlyModelViewSet
from web.models import Upload, UploadState
from web.selectors.uploads import upload_get_for, upload_received
from web.services.uploads import upload_complete, upload_create, upload_delete, upload_write_part


class UploadSerializer(StrictModelSerializer):
    """received: numbers of the parts that are on disk; send the others, in any order."""

    received = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = [
            "id",
            "filename",
            "size",
            "part_bytes",
            "n_parts",
            "received",
            "sha256",
            "state",
            "created_at",
            "expires_at",
        ]
        read_only_fields = fields

    def get_received(self, upload: Upload) -> list[int]:
        return upload_received(upload)


class UploadCreateSerializer(StrictSerializer):
    filename = serializers.CharField(max_length=1000)
    size = serializers.IntegerField(min_value=1, max_value=2**53, help_text="Size of the whole file in bytes.")


class UploadCompleteSerializer(StrictSerializer):
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, help_text="Checksum of the whole file.")


class PartSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    n_received = serializers.IntegerField()
    n_parts = serializers.IntegerField()


@extend_schema_view(
    list=extend_schema(summary="Your pending uploads"),
    retrieve=extend_schema(summary="Progress of an upload"),
    destroy=extend_schema(summary="Cancel an upload"),
)
class UploadViewSet(DestroyModelMixin, ReadOnlyModelViewSet):
    """Announce a file, PUT its parts (raw bytes), complete it, then name its id where a file is wanted."""

    queryset = Upload.objects.prefetch_related("parts")
    serializer_class = UploadSerializer
    http_method_names = ["get", "post", "put", "delete", "head", "options"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.exclude(state=UploadState.TAKEN) if self.action == "list" else rows

    @extend_schema(summary="Start an upload", request=UploadCreateSerializer, responses={201: UploadSerializer})
    def create(self, request: Request) -> Response:
        body = UploadCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        upload = upload_create(owner=request.user, **body.validated_data)
        return Response(UploadSerializer(upload).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Send one part",
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="From 0.")],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=PartSerializer,
    )
    @action(detail=True, methods=["put"], url_path="parts/<int:number>", parser_classes=[OctetStreamParser])
    def parts(self, request: Request, pk: str, number: int) -> Response:
        upload = upload_get_for(user=request.user, pk=pk)
        stream = request.data or BytesIO()  # REST framework parses an empty body to {}
        upload_write_part(upload=upload, number=number, stream=stream)
        return Response({"number": number, "n_received": upload.parts.count(), "n_parts": upload.n_parts})

    @extend_schema(summary="Finish an upload", request=UploadCompleteSerializer, responses=UploadSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        upload = upload_get_for(user=request.user, pk=pk)
        body = UploadCompleteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        upload = upload_complete(upload=upload, sha256=body.validated_data.get("sha256", ""))
        return Response(UploadSerializer(upload).data)

    def perform_destroy(self, instance: Upload) -> None:
        upload_delete(upload=instance)
