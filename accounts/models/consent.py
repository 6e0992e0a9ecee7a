"""Who may see what, and what may teach a model: given and withdrawn scope by scope."""

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.athlete import Athlete
from accounts.models.team import Team


class ConsentKind(models.TextChoices):
    COACH = "coach", _("Shared with coaches of a team")
    LEARNING = "learning", _("Used to train models")


class CoachScope(models.TextChoices):
    TRAINING = "training", _("Workouts, recordings and live sessions")
    FORM_VIDEO = "form_video", _("Form reports and video")
    RECOVERY = "recovery", _("Recovery and check-ins")
    NUTRITION = "nutrition", _("Nutrition")


class LearningScope(models.TextChoices):
    SENSOR = "sensor", _("Sensor data and landmarks")
    RAW_VIDEO = "raw_video", _("Raw video")
    PHOTO = "photo", _("Photos")
    VOICE = "voice", _("Voice")
    DAYS = "days", _("Check-ins and outcomes")


class ConsentQuerySet(QuerySet["Consent"]):
    def active(self) -> "ConsentQuerySet":
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, user) -> "ConsentQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class Consent(models.Model):
    """One scope of one kind, granted at a time and perhaps withdrawn later; rows are never edited otherwise."""

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=8, choices=ConsentKind.choices)
    scope = models.CharField(max_length=12)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="consents")
    granted_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at", "-pk"]
        constraints = [
            # Two, because NULL teams count as different and SQLite cannot be told otherwise.
            models.UniqueConstraint(
                fields=["athlete", "kind", "scope", "team"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_active_coach_consent",
            ),
            models.UniqueConstraint(
                fields=["athlete", "kind", "scope"],
                condition=Q(withdrawn_at__isnull=True, team__isnull=True),
                name="one_active_learning_consent",
            ),
            models.CheckConstraint(
                condition=Q(kind="coach", team__isnull=False) | Q(kind="learning", team__isnull=True),
                name="coach_consent_names_a_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.scope_label}"

    @property
    def scope_label(self) -> str:
        """The scope in words."""
        return scope_label(self.kind, self.scope)


def scope_label(kind: str, scope: str) -> str:
    """The words for a stored scope; the value itself for one that no longer exists."""
    scopes = CoachScope if kind == ConsentKind.COACH else LearningScope
    return str(dict(scopes.choices).get(scope, scope))
