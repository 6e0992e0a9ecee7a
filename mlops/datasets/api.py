"""`/api/v1/datasets/` for programs."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.serializers import DatasetBuildSerializer, DatasetSerializer
from mlops.datasets.services.datasets import dataset_create
from mlops.endpoints import REFUSALS, EngineStaffOnly, OfTaskFilter
from web.api.responses import AcceptedSerializer, accepted
from web.api.views import ReadOnlyModelViewSet


class DatasetFilter(OfTaskFilter):
    """?task=<name>&status=."""

    status = filters.ChoiceFilter(choices=DatasetStatus.choices)

    class Meta:
        model = Dataset
        fields: list[str] = []


class DatasetViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """Datasets, newest first."""

    queryset = Dataset.objects.select_related("task")
    serializer_class = DatasetSerializer
    filterset_class = DatasetFilter
    ordering_fields = ["created_at"]

    @extend_schema(request=DatasetBuildSerializer, responses={202: AcceptedSerializer, **REFUSALS})
    def create(self, request: Request) -> Response:
        """Build a dataset from everything that is labelled now."""
        given = DatasetBuildSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = given.validated_data
        dataset = dataset_create(task=data["task"], owner=request.user, parameters=data["parameters"])
        return accepted(dataset.job_id, dataset=str(dataset.pk))
