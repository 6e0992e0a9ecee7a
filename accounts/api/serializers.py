"""What the API says and takes about people."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
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
from accounts.services.athletes import athlete_body_set, athlete_for
from accounts.words import action_words
from web import units
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer


class BodyField(serializers.FloatField):
    """A figure of the athlete behind a user; null for who has none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def get_attribute(self, user: User) -> float | None:
        return getattr(getattr(user, "athlete", None), self.field_name, None)


class MeSerializer(StrictModelSerializer):
    """Oneself. Role, user name and e-mail cannot be set here.

    Units say how pages show quantities; this API gives and takes SI units everywhere. An empty `mass_unit` (and so on)
    means the one of `units`.
    """

    time_zone = serializers.CharField(max_length=64, validators=[validate_time_zone], help_text="IANA name.")
    height_m = BodyField(
        help_text="Body height in metres, whatever units the person reads in; null: not given. Athletes and coaches."
    )
    mass_kg = BodyField(
        help_text="Body mass in kilograms, whatever units the person reads in; null: not given. Athletes and coaches."
    )

    class Meta:
        model = User
        fields = [
            "id", "username", "email", "first_name", "last_name", "role", "units", "mass_unit", "distance_unit",
            "length_unit", "energy_unit", "height_m", "mass_kg", "time_zone", "language", "date_joined",
        ]  # fmt: skip
        read_only_fields = ["id", "username", "email", "role", "date_joined"]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if {"height_m", "mass_kg"} & data.keys() and not (self.instance.is_athlete or self.instance.is_coach):
            text = _("Only athletes and coaches have a height and a weight here.")
            raise serializers.ValidationError({name: text for name in ("height_m", "mass_kg") if name in data})
        return data

    def update(self, user: User, data: dict[str, Any]) -> User:
        body = {name: data.pop(name) for name in ("height_m", "mass_kg") if name in data}
        with transaction.atomic():
            user = super().update(user, data)
            if body:
                athlete = athlete_for(user)
                kept = {"height_m": athlete.height_m, "mass_kg": athlete.mass_kg}
                with units.override(units.METRIC):
                    athlete_body_set(athlete=athlete, **{**kept, **body})
                user.athlete = athlete
        return user


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
