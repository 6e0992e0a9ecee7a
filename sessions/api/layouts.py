"""/api/v1/layouts/: built-in and declared sensor layouts."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.serializers import LayoutSerializer, SideBySideSerializer
from sessions.models import SensorLayout
from sessions.services.layouts import layout_declare, layout_delete, layout_side_by_side
from web.api.views import GenericViewSet


class LayoutViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, GenericViewSet
):
    """Shared layouts and one's own; only one's own can be deleted, while nothing uses them."""

    queryset = SensorLayout.objects.order_by("title", "pk")
    serializer_class = LayoutSerializer
    ordering_fields = ["title", "key"]

    def perform_create(self, serializer: LayoutSerializer) -> None:
        data = serializer.validated_data
        serializer.instance = layout_declare(
            user=self.request.user,
            title=data["title"],
            channels=[dict(c) for c in data["channels"]],
            rate_hz=data["rate_hz"],
        )

    def perform_destroy(self, instance: SensorLayout) -> None:
        layout_delete(layout=instance)

    @extend_schema(request=SideBySideSerializer, responses={201: LayoutSerializer})
    @action(detail=False, methods=["post"], url_path="side-by-side")
    def side_by_side(self, request: Request) -> Response:
        """The layout of several equal devices worn at once; made on first use."""
        given = SideBySideSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        row = layout_side_by_side(
            user=request.user, base=given.validated_data["base"], units=given.validated_data["units"]
        )
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)
