"""What the API of days and outcomes takes and gives."""


from burnout.models import ANSWERS, CheckIn, Outcome, RiskEstimate
from web.api.serializers import StrictModelSerializer


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


class OutcomeSerializer(StrictModelSerializer):
    """An injury, an illness or burnout, from the day it began."""

    class Meta:
        model = Outcome
        fields = ["id", "athlete", "kind", "began_on", "ended_on", "judged_by", "note", "created_at", "is_demo"]
        read_only_fields = ["id", "athlete", "created_at", "is_demo"]
        validators: list = []


class RiskEstimateSerializer(StrictModelSerializer):
    """What the champion said about a day. No diagnosis."""

    class Meta:
        model = RiskEstimate
        fields = [
            "id", "athlete", "day", "horizon_days", "risk", "low", "high", "usual", "curve", "drivers", "others",
            "n_days", "n_known", "model", "is_generated", "created_at", "is_demo",
        ]
        read_only_fields = fields
