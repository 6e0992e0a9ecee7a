"""What the endpoints of tasks and label sets read and write."""

from typing import Any

from rest_framework import serializers

from mlops.tasks.models import LabelSet, Task
from web.api.fields import DictField
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer

MAX_SEED = 2**31 - 1


def tasks_of(user: Any) -> Any:
    return Task.objects.visible_to(user)


class LabelSerializer(StrictSerializer):
    """One label: name for programs, title for people, key to press while labelling."""

    name = serializers.CharField(max_length=40)
    title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    key = serializers.CharField(max_length=1, required=False, allow_blank=True)


class LabelSetSerializer(StrictModelSerializer):
    """A set of labels."""

    labels = LabelSerializer(many=True)

    class Meta:
        model = LabelSet
        fields = ["id", "name", "labels", "is_shared", "created_at", "updated_at"]
        read_only_fields = ["id", "is_shared", "created_at", "updated_at"]


class TaskSerializer(StrictModelSerializer):
    """A question to a model."""

    label_set = OwnedPrimaryKeyRelatedField(
        queryset=lambda user: LabelSet.objects.visible_to(user), required=False, allow_null=True
    )
    input = serializers.DictField(required=False)
    gates = DictField(
        child=serializers.JSONField(),
        required=False,
        help_text='{"accuracy": {"least": 0.8}, "ece": {"most": 0.1}}; a bare number is the usual side. '
        "Left out: the defaults of the kind; {}: no gates.",
    )
    champion = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = ["id", "name", "title", "kind", "input", "label_set", "gates", "champion", "created_at", "is_demo"]
        read_only_fields = ["id", "champion", "created_at", "is_demo"]

    def get_champion(self, task: Task) -> str | None:
        """Id of the served version."""
        found = self.context.get("champions", {}).get(task.pk)
        return str(found) if found else None
