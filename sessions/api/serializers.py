"""What the API of workouts, recordings and labels takes and gives."""

from rest_framework import serializers

from accounts.models.user import validate_time_zone
from sessions.models import Recording, SensorLayout, Span, SpanState, WorkoutSession
from sessions.services.spans import span_etag
from web.api.fields import ListField
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class ChannelSerializer(StrictSerializer):
    name = serializers.CharField(max_length=40)
    unit = serializers.CharField(max_length=16, allow_blank=True, default="")


class LayoutSerializer(StrictModelSerializer):
    """A sensor layout; `key` is its name in files, manifests and tasks."""

    channels = ChannelSerializer(many=True, max_length=64)
    rate_hz = serializers.FloatField(min_value=0.1, max_value=2000)
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = SensorLayout
        fields = ["id", "key", "title", "channels", "rate_hz", "units", "is_mine"]
        read_only_fields = ["id", "key", "units"]

    def get_is_mine(self, row: SensorLayout) -> bool:
        return row.owner_id is not None and row.owner_id == self.context["request"].user.pk


class SideBySideSerializer(StrictSerializer):
    """Several equal devices worn at once."""

    base = OwnedPrimaryKeyRelatedField(queryset=lambda user: SensorLayout.objects.visible_to(user))
    units = ListField(child=serializers.CharField(max_length=8), min_length=2, max_length=8)


class WorkoutSerializer(StrictModelSerializer):
    """A workout. Times are UTC; time_zone is the IANA zone it happened in."""

    n_recordings = serializers.IntegerField(read_only=True, required=False)

    class Meta:
        model = WorkoutSession
        fields = ["id", "title", "sport", "started_at", "time_zone", "notes", "n_recordings", "created_at", "is_demo"]
        read_only_fields = ["id", "created_at", "is_demo"]
        extra_kwargs = {"started_at": {"required": False}}

    def validate_time_zone(self, name: str) -> str:
        validate_time_zone(name)
        return name


class RecordingSerializer(StrictModelSerializer):
    """One recording of one's own, or of an athlete who shares training with the caller's team."""

    layout = serializers.CharField(source="layout.key", read_only=True)
    channels = serializers.JSONField(source="layout.channels", read_only=True)
    session = serializers.UUIDField(source="session_id", read_only=True)
    originals = serializers.SerializerMethodField()
    labelled_s = serializers.FloatField(read_only=True, required=False)
    n_proposed = serializers.IntegerField(read_only=True, required=False)

    class Meta:
        model = Recording
        fields = [
            "id",
            "session",
            "layout",
            "channels",
            "source",
            "n_samples",
            "duration_s",
            "rate_hz",
            "sets",
            "started_at",
            "reviewed_at",
            "labelled_s",
            "n_proposed",
            "originals",
            "issues",
            "created_at",
            "is_demo",
        ]
        read_only_fields = fields

    def get_originals(self, row: Recording) -> list[dict]:
        return [{key: original[key] for key in ("name", "size", "sha256", "unit")} for original in row.originals]


class SampleSerializer(StrictModelSerializer):
    """A recording as ML staff see it: a pseudonym instead of a person."""

    layout = serializers.CharField(source="layout.key", read_only=True)
    channels = serializers.JSONField(source="layout.channels", read_only=True)
    subject = serializers.CharField(source="session.athlete.pseudonym", read_only=True)
    generated = serializers.SerializerMethodField()
    labelled_s = serializers.FloatField(read_only=True, required=False)
    n_proposed = serializers.IntegerField(read_only=True, required=False)

    class Meta:
        model = Recording
        fields = [
            "id",
            "subject",
            "layout",
            "channels",
            "generated",
            "n_samples",
            "duration_s",
            "rate_hz",
            "reviewed_at",
            "labelled_s",
            "n_proposed",
        ]
        read_only_fields = fields

    def get_generated(self, row: Recording) -> bool:
        return row.source == "generated"


class SpanSerializer(StrictModelSerializer):
    """A label on time: [start_s, end_s) seconds from the start of the recording."""

    start_s = serializers.FloatField(min_value=0)
    end_s = serializers.FloatField(min_value=0)
    label = serializers.CharField(max_length=64, allow_blank=True)
    state = serializers.ChoiceField(choices=SpanState.choices, default=SpanState.CONFIRMED)
    etag = serializers.SerializerMethodField(help_text="Send it as If-Match when you change or delete the label.")

    class Meta:
        model = Span
        fields = ["id", "start_s", "end_s", "label", "state", "origin", "answered", "etag", "updated_at"]
        read_only_fields = ["id", "origin", "answered", "updated_at"]

    def get_etag(self, row: Span) -> str:
        return span_etag(row)


class SpanChangeSerializer(SpanSerializer):
    """PATCH of a label: any of start_s, end_s, label, state."""

    state = serializers.ChoiceField(choices=SpanState.choices)


class ReviewSerializer(StrictSerializer):
    reviewed = serializers.BooleanField()


class DecideSerializer(StrictSerializer):
    """What becomes of every proposed label of the recording."""

    state = serializers.ChoiceField(choices=[("confirmed", "Confirm all"), ("rejected", "Reject all")])
