"""`/api/v1/label-sets/` for programs."""

from typing import Any

from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.access import is_engine_staff
from mlops.tasks.models import LabelSet
from mlops.tasks.serializers import LabelSetSerializer
from mlops.tasks.services.tasks import label_set_create, label_set_update
from web.api.views import ReadOnlyModelViewSet


class LabelSetViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, ReadOnlyModelViewSet):
    """Label sets: shared ones and your own."""

    queryset = LabelSet.objects.all()
    serializer_class = LabelSetSerializer
    ordering_fields = ["name", "created_at"]
    http_method_names = ["get", "post", "patch", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        user = self.request.user
        serializer.instance = label_set_create(owner=user, is_shared=is_engine_staff(user), **_plain(serializer))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = label_set_update(label_set=serializer.instance, **_plain(serializer))


def _plain(serializer: Any) -> dict[str, Any]:
    """Validated data with labels as plain dictionaries."""
    data = dict(serializer.validated_data)
    if "labels" in data:
        data["labels"] = [dict(label) for label in data["labels"]]
    return data
