"""What the API of days and outcomes takes and gives."""

from rest_framework import serializers

from burnout.models import ANSWERS, CheckIn, Outcome, RiskEstimate
from web.api.serializers import StrictModelSerializer, StrictSerializer


class CheckInSerializer(StrictModelSerializer):
    """One day. Ratings 1–7, load in AU, HRV in ms by its kind; null is "not known", never zero."""

    class Meta:
        model = CheckIn
        fields = ["id", "athlete", "day", *ANSWERS, "source", "created_at", "updated_at", "is_demo"]
        read_only_fields = ["id", "athlete", "source", "created_at", "updated_at", "is_demo"]
        validators: list = []


class CheckInChangeSerializer(CheckInSerializer):
    """A change of a day's answers; the day itself stays."""

    class Meta(CheckInSerializer.Meta):
        read_only_fields = [*CheckInSerializer.Meta.read_only_fields, "day"]


class DaysImportSerializer(StrictSerializer):
    """An upload of days, and answers to the questions about it."""

    upload = serializers.UUIDField(help_text="A complete upload: a table (CSV, JSON) or an Apple Health export.")
    answers = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False,
        help_text=(
            "Question → answer, as a dry run lists them under `asked`; column.<answer> → a heading chooses a column."
        ),
    )
    overwrite = serializers.BooleanField(required=False, default=False)
    dry_run = serializers.BooleanField(required=False, default=False)


class OutcomeSerializer(StrictModelSerializer):
    """An injury, an illness or burnout, from the day it began."""

    class Meta:
        model = Outcome
        fields = ["id", "athlete", "kind", "began_on", "ended_on", "judged_by", "note", "created_at", "is_demo"]
        read_only_fields = ["id", "athlete", "created_at", "is_demo"]
        validators: list = []


class RiskEstimateSerializer(StrictModelSerializer):
    """The champion's prediction for a day. Not a diagnosis."""

    class Meta:
        model = RiskEstimate
        fields = [
            "id", "athlete", "day", "horizon_days", "risk", "low", "high", "usual", "curve", "drivers", "others",
            "n_days", "n_known", "model", "version", "is_generated", "created_at", "is_demo",
        ]
        read_only_fields = fields


class EstimateWordSerializer(StrictSerializer):
    """Your feedback on one of your estimates."""

    correction = serializers.JSONField(
        help_text="too_high, about_right or too_low; or your own probability, above 0 and below 1."
    )


class EstimateWordKeptSerializer(serializers.Serializer):
    """The stored feedback."""

    id = serializers.UUIDField()
    risk = serializers.FloatField(source="number")
    correction = serializers.JSONField(source="truth")
    agreement = serializers.FloatField(help_text="0 to 1: how closely the estimate agrees with you.")
