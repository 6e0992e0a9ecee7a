"""What the engine room's endpoints read and write."""

from typing import Any

from rest_framework import serializers

from mlops.api.fields import OwnedNameField
from mlops.models import Dataset, LabelSet, ModelVersion, PromotionEvent, Run, Study, Task
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
            "metrics",
            "study",
            "trial",
            "score",
            "outcome",
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


class StudySerializer(StrictModelSerializer):
    """A search for good settings. `best`: the best trial so far; `version`: what its winner became."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    best = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    importance = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = [
            "id", "task", "dataset", "estimator", "space", "config", "n_trials", "n_parallel", "seed", "prune",
            "metric", "higher_is_better", "status", "job", "best", "version", "importance", "created_at", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    def get_best(self, study: Study) -> str | None:
        """Id of the best trial's run."""
        return study.job.result.get("best")

    def get_version(self, study: Study) -> str | None:
        """Id of the version the winner made."""
        return study.job.result.get("version")

    def get_importance(self, study: Study) -> dict[str, float]:
        """Share of each option in what made trials good."""
        return study.job.result.get("importance") or {}


class StudyCreateSerializer(StrictSerializer):
    """What to search, and how often."""

    dataset = OwnedPrimaryKeyRelatedField(queryset=lambda user: Dataset.objects.visible_to(user))
    estimator = serializers.CharField(max_length=64)
    space = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text='{"learning_rate": {"low": 0.0001, "high": 0.01, "log": true}, "bidirectional": {"choices": [true]}}',
    )
    config = serializers.DictField(required=False)
    n_trials = serializers.IntegerField(min_value=1, max_value=200, default=20)
    n_parallel = serializers.IntegerField(min_value=1, max_value=8, default=1)
    prune = serializers.BooleanField(default=True)
    seed = serializers.IntegerField(min_value=0, max_value=MAX_SEED, default=0)


class ComparedFigureSerializer(serializers.Serializer):
    """One metric of every compared run."""

    name = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    values = serializers.ListField(child=serializers.FloatField(allow_null=True))


class ComparedSettingSerializer(serializers.Serializer):
    """One setting of every compared run."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())
    differs = serializers.BooleanField()


class PairedSerializer(serializers.Serializer):
    """A run minus the first one, example by example; low and high bound 95 %."""

    run = serializers.UUIDField()
    metric = serializers.CharField()
    reason = serializers.CharField(help_text="Why there is no interval; empty when there is one.")
    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n_examples = serializers.IntegerField()
    n_subjects = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer):
    """Runs side by side."""

    runs = serializers.ListField(child=serializers.UUIDField())
    same_data = serializers.BooleanField(help_text="False: judged on different data, so not to be compared directly.")
    metrics = ComparedFigureSerializer(many=True)
    settings = ComparedSettingSerializer(many=True)
    paired = PairedSerializer(many=True)


class VersionSerializer(StrictModelSerializer):
    """A model version with its figures and lineage."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    gates_passed = serializers.BooleanField(read_only=True)
    aliases = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "task",
            "number",
            "run",
            "estimator",
            "metrics",
            "score",
            "gates",
            "gates_passed",
            "aliases",
            "explanation",
            "train_s",
            "size_bytes",
            "latency_ms",
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


    def get_aliases(self, version: ModelVersion) -> dict[str, float]:
        """champion and challenger, each with its share of the traffic."""
        return {alias.name: alias.traffic_share for alias in version.aliases.all()}


class PromotionSerializer(StrictModelSerializer):
    """One thing that happened in the registry. Numbers outlive deleted versions."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = PromotionEvent
        fields = [
            "id", "task", "action", "alias", "share", "from_version", "to_version", "from_number", "to_number",
            "reason", "overrode_gates", "is_rollback", "at",
        ]  # fmt: skip
        read_only_fields = fields


class PromoteSerializer(StrictSerializer):
    """Which version becomes champion. `expected`: the champion you saw (null for none); another one is 409."""

    version = OwnedPrimaryKeyRelatedField(queryset=lambda user: ModelVersion.objects.visible_to(user))
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    override = serializers.BooleanField(default=False)
    expected = serializers.UUIDField(required=False, allow_null=True)


class ReasonSerializer(StrictSerializer):
    """Why, for the history."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ChallengeSerializer(ReasonSerializer):
    """How much a challenger answers. `expected`: the challenger you saw (null for none); another one is 409."""

    share = serializers.FloatField(help_text="Share of the athletes, above 0 and below 1.")
    override = serializers.BooleanField(default=False)
    expected = serializers.UUIDField(required=False, allow_null=True)


class RollbackSerializer(StrictSerializer):
    """Back to how it was. `expected`: the version you saw there."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    expected = serializers.UUIDField(required=False)
