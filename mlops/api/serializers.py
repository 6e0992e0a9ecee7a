"""What the engine room's endpoints read and write."""

from typing import Any

from rest_framework import serializers

from mlops.api.fields import OwnedNameField
from mlops.models import Dataset, LabelSet, ModelVersion, PromotionEvent, Run, Task
from mlops.services.datasets import BALANCES, SPLITS
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
    gates = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text='{"accuracy": {"least": 0.8}, "ece": {"most": 0.1}}; a bare number is the one or the other.',
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
    split = serializers.ChoiceField(choices=list(SPLITS), default="subjects")
    balance = serializers.ChoiceField(choices=list(BALANCES), default="none")
    seed = serializers.IntegerField(min_value=0, max_value=MAX_SEED, default=0)
    include_generated = serializers.BooleanField(default=True)


class RunSerializer(StrictModelSerializer):
    """A training run."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    version = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            "id",
            "task",
            "dataset",
            "estimator",
            "config",
            "seed",
            "status",
            "curve",
            "job",
            "version",
            "created_at",
        ]
        read_only_fields = fields

    def get_version(self, run: Run) -> str | None:
        """Id of the version it made."""
        found = getattr(run, "version", None)
        return str(found.pk) if found else None


class RunCreateSerializer(StrictSerializer):
    """What to train."""

    dataset = OwnedPrimaryKeyRelatedField(queryset=lambda user: Dataset.objects.visible_to(user))
    estimator = serializers.CharField(max_length=64)
    config = serializers.DictField(required=False)
    seed = serializers.IntegerField(min_value=0, max_value=MAX_SEED, default=0)


class VersionSerializer(StrictModelSerializer):
    """A model version with its figures and lineage."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    gates_passed = serializers.BooleanField(read_only=True)

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "task",
            "number",
            "run",
            "estimator",
            "metrics",
            "gates",
            "gates_passed",
            "dataset_hash",
            "artifact_hash",
            "code_version",
            "libraries",
            "origin",
            "retrain_due_at",
            "retired_at",
            "created_at",
            "is_demo",
        ]
        read_only_fields = fields


class PromotionSerializer(StrictModelSerializer):
    """One move of a champion."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = PromotionEvent
        fields = ["id", "task", "alias", "from_version", "to_version", "reason", "overrode_gates", "is_rollback", "at"]
        read_only_fields = fields


class PromoteSerializer(StrictSerializer):
    """Which version becomes champion. `expected`: the champion you saw (null for none); another one is 409."""

    version = OwnedPrimaryKeyRelatedField(queryset=lambda user: ModelVersion.objects.visible_to(user))
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    override = serializers.BooleanField(default=False)
    expected = serializers.UUIDField(required=False, allow_null=True)


class RollbackSerializer(StrictSerializer):
    """Back to the champion before."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    expected = serializers.UUIDField(required=False)
