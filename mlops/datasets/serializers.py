"""What the endpoints of datasets read and write."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from mlops.datasets.models import Dataset
from mlops.tasks.serializers import tasks_of
from web.api.fields import OwnedNameField
from web.api.serializers import StrictModelSerializer, StrictSerializer


class DatasetSerializer(StrictModelSerializer):
    """An immutable dataset."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = Dataset
        fields = ["id", "task", "status", "content_hash", "parameters", "facts", "job", "created_at", "is_demo"]
        read_only_fields = fields


class DatasetBuildSerializer(StrictSerializer):
    """What to build."""

    task = OwnedNameField(queryset=tasks_of)

    def to_internal_value(self, data: Any) -> Any:
        """The task, and every other field as the task's kind declares its build."""
        given = dict(data) if isinstance(data, Mapping) else data
        names = [name for name in given if name != "task"] if isinstance(given, dict) else []
        parameters = {name: given.pop(name) for name in names}
        return {**super().to_internal_value(given), "parameters": parameters}
