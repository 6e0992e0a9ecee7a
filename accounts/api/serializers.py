"""What the API says and takes about people."""

from typing import Any

from rest_framework import serializers

from accounts.models import (
    ApiToken,
    AuditEvent,
    CoachScope,
    Consent,
    ConsentKind,
    Invitation,
    LearningScope,
    Membership,
    Team,
    TeamRole,
    TokenScope,
    User,
)
from accounts.models.user import validate_time_zone
from accounts.words import action_words
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class MeSerializer(StrictModelSerializer):
    """Oneself. Role, user name and e-mail cannot be set here."""

    time_zone = serializers.CharField(max_length=64, validators=[validate_time_zone], help_text="IANA name.")

    class Meta:
        model = User
        fields = [
            "id", "username", "email", "first_name", "last_name", "role", "units", "time_zone", "language",
            "date_joined",
        ]  # fmt: skip
        read_only_fields = ["id", "username", "email", "role", "date_joined"]


class PasswordSerializer(StrictSerializer):
    current_password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    new_password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class TokenSerializer(StrictModelSerializer):
    """A token without its secret. `secret` is in the answer that makes it, and nowhere else."""

    scopes = serializers.MultipleChoiceField(choices=TokenScope.choices)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]
        read_only_fields = ["id", "prefix", "created_at", "revoked_at", "last_used_at"]

    def to_representation(self, instance: ApiToken) -> dict[str, Any]:
        return {**super().to_representation(instance), "scopes": list(instance.scopes)}


class NewTokenSerializer(TokenSerializer):
    """The answer to making a token."""

    secret = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]


class TeamSerializer(StrictModelSerializer):
    class Meta:
        model = Team
        fields = ["id", "name", "created_at"]
        read_only_fields = ["id", "created_at"]


class MembershipSerializer(StrictModelSerializer):
    user_name = serializers.CharField(source="user.__str__", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "team", "user", "user_name", "role", "joined_at", "ended_at"]
        read_only_fields = fields


class InvitationSerializer(StrictModelSerializer):
    team = OwnedPrimaryKeyRelatedField(queryset=lambda user: Team.objects.coached_by(user))
    role = serializers.ChoiceField(choices=TeamRole.choices, default=TeamRole.ATHLETE)

    class Meta:
        model = Invitation
        fields = ["id", "team", "role", "email", "created_at", "expires_at", "accepted_at", "revoked_at"]
        read_only_fields = ["id", "created_at", "expires_at", "accepted_at", "revoked_at"]


class NewInvitationSerializer(InvitationSerializer):
    """The answer to inviting."""

    link = serializers.CharField(read_only=True, help_text="Works once and is shown once.")

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]


class ConsentSerializer(StrictModelSerializer):
    """One thing agreed to. `team` is needed for kind coach and absent for kind learning."""

    kind = serializers.ChoiceField(choices=ConsentKind.choices)
    scope = serializers.ChoiceField(choices=[*CoachScope.choices, *LearningScope.choices])
    team = OwnedPrimaryKeyRelatedField(
        queryset=lambda user: Team.objects.visible_to(user), required=False, allow_null=True, default=None
    )

    class Meta:
        model = Consent
        fields = ["id", "kind", "scope", "team", "granted_at", "withdrawn_at"]
        read_only_fields = ["id", "granted_at", "withdrawn_at"]
        validators: list[Any] = []


class AuditEventSerializer(StrictModelSerializer):
    words = serializers.SerializerMethodField()
    by_me = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "action", "words", "by_me", "target", "detail"]
        read_only_fields = fields

    def get_words(self, event: AuditEvent) -> str:
        return action_words(event.action)

    def get_by_me(self, event: AuditEvent) -> bool:
        return event.actor_id == self.context["request"].user.pk
