"""What the endpoints of versions and promotions read and write."""

from typing import Any

from rest_framework import serializers

from mlops.registry.gate_words import gap_text
from mlops.registry.models import ModelVersion, PromotionEvent
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class VersionSerializer(StrictModelSerializer):
    """A model version with its figures and lineage."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    metrics = serializers.SerializerMethodField()
    gates = serializers.SerializerMethodField()
    gates_passed = serializers.BooleanField(read_only=True)
    warnings = serializers.SerializerMethodField()
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
            "warnings",
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

    def get_metrics(self, version: ModelVersion) -> dict[str, Any]:
        """Held-out figures; `measured_on` says on what, `intervals` how sure (95 %), `gap` how far validation and test
        lie apart, `against` what the champion of that day reached on the same examples."""
        return {name: value for name, value in version.metrics.items() if name != "draws"}

    def get_gates(self, version: ModelVersion) -> dict[str, dict[str, Any]]:
        """Limits of metrics, `n_groups` and `n_examples` that judged, `n_taken_back` where some of them are gone."""
        return version.all_gates

    def get_warnings(self, version: ModelVersion) -> list[str]:
        """What somebody should know before they believe the figures."""
        return [text for text in (gap_text(version.metrics, version.task),) if text]

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

    share = serializers.FloatField(help_text="Share of athletes, above 0 and below 1.")
    override = serializers.BooleanField(default=False)
    expected = serializers.UUIDField(required=False, allow_null=True)


class RollbackSerializer(StrictSerializer):
    """Back to how it was. `expected`: the version you saw there."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    expected = serializers.UUIDField(required=False)
