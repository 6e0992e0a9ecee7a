"""What the endpoints of runs and studies read and write."""

from rest_framework import serializers

from mlops.datasets.models import Dataset
from mlops.registry.gate_words import gap_text
from mlops.registry.models import ModelVersion
from mlops.tasks.serializers import MAX_SEED
from mlops.training.models.run import Run
from mlops.training.models.study import Study
from web.api.fields import DictField
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class RunSerializer(StrictModelSerializer):
    """A training run."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    version = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    outcome = serializers.CharField(read_only=True, help_text=(
        "tried or pruned for a trial of a search; otherwise empty."
    ))

    class Meta:
        model = Run
        fields = [
            "id",
            "task",
            "dataset",
            "estimator",
            "config",
            "seed",
            "parent",
            "status",
            "curve",
            "metrics",
            "study",
            "trial",
            "score",
            "outcome",
            "job",
            "version",
            "warnings",
            "created_at",
        ]
        read_only_fields = fields

    def get_version(self, run: Run) -> str | None:
        """Id of the version it made."""
        found = getattr(run, "version", None)
        return str(found.pk) if found else None

    def get_warnings(self, run: Run) -> list[str]:
        """That validation and test lie further apart than chance explains."""
        found = getattr(run, "version", None)
        return [text for text in (gap_text(found.metrics, run.task) if found else "",) if text]


class RunCreateSerializer(StrictSerializer):
    """What to train."""

    dataset = OwnedPrimaryKeyRelatedField(queryset=lambda user: Dataset.objects.visible_to(user))
    estimator = serializers.CharField(max_length=64, required=False, help_text=(
        "Default: the estimator recommended for the task."
    ))
    config = serializers.DictField(required=False)
    seed = serializers.IntegerField(min_value=0, max_value=MAX_SEED, default=0)
    parent = OwnedPrimaryKeyRelatedField(
        queryset=lambda user: ModelVersion.objects.visible_to(user).select_related("run__dataset"), required=False,
        help_text="Continue from this version with what the dataset has that is new.",
    )  # fmt: skip
    compare_full = serializers.BooleanField(default=False, help_text=(
        "Also train in full and report both; only with parent."
    ))


class RetrainSerializer(StrictSerializer):
    """How to retrain."""

    incremental = serializers.BooleanField(default=False, help_text=(
        "Continue from the champion with the new examples instead of starting anew."
    ))
    compare_full = serializers.BooleanField(default=False, help_text=(
        "Also train in full and report both; only with incremental."
    ))


class StudySerializer(StrictModelSerializer):
    """A search for good settings. `best`: the best trial so far; `version`: what its winner became."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    best = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    importance = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = [
            "id", "task", "dataset", "estimator", "space", "config", "n_trials", "n_parallel", "seed", "prune",
            "metric", "higher_is_better", "status", "job", "best", "version", "importance",
            "warnings", "created_at", "is_demo",
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

    def get_warnings(self, study: Study) -> list[str]:
        """That the winner's validation and test lie further apart than chance explains."""
        return study.job.result.get("warnings") or []


class StudyCreateSerializer(StrictSerializer):
    """What to search, and how often."""

    dataset = OwnedPrimaryKeyRelatedField(queryset=lambda user: Dataset.objects.visible_to(user))
    estimator = serializers.CharField(max_length=64, required=False, help_text=(
        "Default: the estimator recommended for the task."
    ))
    space = DictField(
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
    reason = serializers.CharField(help_text="Why there is no interval; otherwise empty.")
    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n_examples = serializers.IntegerField()
    n_subjects = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer):
    """Runs side by side."""

    runs = serializers.ListField(child=serializers.UUIDField())
    same_data = serializers.BooleanField(help_text=(
        "False if the runs were evaluated on different data and can't be compared directly."
    ))
    metrics = ComparedFigureSerializer(many=True)
    settings = ComparedSettingSerializer(many=True)
    paired = PairedSerializer(many=True)
