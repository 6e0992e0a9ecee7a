"""Teams, who belongs to them, and how one is invited."""

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.names import validate_name


class TeamRole(models.TextChoices):
    ATHLETE = "athlete", _("Athlete")
    COACH = "coach", _("Coach")


class TeamQuerySet(QuerySet["Team"]):
    def visible_to(self, user) -> "TeamQuerySet":
        """Teams in which `user` is an active member; administrators see all."""
        if not user.is_authenticated:
            return self.none()
        if user.is_administrator:
            return self
        return self.filter(pk__in=Membership.objects.active().filter(user=user).values("team"))

    def coached_by(self, user) -> "TeamQuerySet":
        if not (user.is_authenticated and user.is_coach):
            return self.none()
        return self.filter(pk__in=Membership.objects.active().filter(user=user, role=TeamRole.COACH).values("team"))

    def editable_by(self, user) -> "TeamQuerySet":
        return self.coached_by(user)


class Team(models.Model):
    """A group of athletes with one or more coaches."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, validators=[validate_name])
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(ended_at__isnull=True)

    def visible_to(self, user) -> "MembershipQuerySet":
        """One's own memberships; a coach also the active ones of the coached teams; administrators all.

        Who has left a team is nobody's business there any more, not even by name.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_administrator:
            return self
        return self.filter(Q(user=user) | Q(team__in=Team.objects.coached_by(user), ended_at__isnull=True))

    def editable_by(self, user) -> "MembershipQuerySet":
        """Active ones that `user` may end: one's own, and as coach those of the coached teams."""
        own = Q(user=user) | Q(team__in=Team.objects.coached_by(user))
        return self.active().filter(own) if user.is_authenticated else self.none()


class Membership(models.Model):
    """A person in a team, from joined_at until ended_at."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=TeamRole.choices, default=TeamRole.ATHLETE)
    joined_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["role", "joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(ended_at__isnull=True), name="one_active_membership"
            )
        ]

    def __str__(self) -> str:
        """Without a name: Django's admin copies this text into its log, which outlives an erased person."""
        return f"{self.get_role_display()} membership {self.pk}"


def invitation_hash(secret: str) -> str:
    """SHA-256 in hex of the secret in a link (192 random bits)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class InvitationQuerySet(QuerySet["Invitation"]):
    def visible_to(self, user) -> "InvitationQuerySet":
        if user.is_authenticated and user.is_administrator:
            return self
        return self.filter(team__in=Team.objects.coached_by(user))

    def editable_by(self, user) -> "InvitationQuerySet":
        return self.filter(team__in=Team.objects.coached_by(user))

    def open(self) -> "InvitationQuerySet":
        """Those that can still be accepted."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets one person join a team. Only a hash of its secret is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=8, choices=TeamRole.choices, default=TeamRole.ATHLETE)
    email = models.EmailField(blank=True)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]

    def __str__(self) -> str:
        return f"Invitation to {self.team}"

    @property
    def is_open(self) -> bool:
        """It can still be accepted."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()
