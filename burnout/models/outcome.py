"""What happened to a person: judged by people, and what models can learn from."""

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope


class OutcomeKind(models.TextChoices):
    BURNOUT = "burnout", _("Burnout")
    INJURY = "injury", _("Injury")
    ILLNESS = "illness", _("Illness")


class JudgedBy(models.TextChoices):
    SELF = "self", _("The athlete")
    COACH = "coach", _("A coach")
    PROFESSIONAL = "professional", _("A doctor or psychologist")


class OutcomeQuerySet(QuerySet["Outcome"]):
    def visible_to(self, user) -> "OutcomeQuerySet":
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.RECOVERY))

    def editable_by(self, user) -> "OutcomeQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class Outcome(models.Model):
    """An injury, an illness, or burnout, from the day it began; open while `ended_on` is empty."""

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(max_length=7, choices=OutcomeKind.choices)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    judged_by = models.CharField(max_length=12, choices=JudgedBy.choices, default=JudgedBy.SELF)
    note = models.CharField(max_length=500, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["-began_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["athlete", "kind", "began_on"], name="one_outcome_of_a_kind_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.began_on:%Y-%m-%d}"
