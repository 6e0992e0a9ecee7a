"""What ML staff decided about a day that a model did not fit: may it teach?"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete
from burnout.models.outcome import OutcomeKind


class Verdict(models.TextChoices):
    USE = "use", _("Use for training")
    LEAVE_OUT = "leave_out", _("Leave out")


class DayVerdict(models.Model):
    """One for a person, a day and an outcome; the last decision counts. It goes with the learning consent."""

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="day_verdicts")
    day = models.DateField()
    outcome = models.CharField(max_length=7, choices=OutcomeKind.choices)
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["athlete", "day", "outcome"], name="one_verdict_per_day_and_outcome")
        ]
