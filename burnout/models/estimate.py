"""What a model said about a person on a day, kept as it was said."""

from django.db import models
from django.db.models import QuerySet

from accounts.models import Athlete, CoachScope
from burnout.models.outcome import OutcomeKind
from web.numbers import spelled_share


def per_cent(share: float) -> str:
    """ "7 %", with one digit below ten."""
    return spelled_share(share, 1 if share < 0.1 else 0)


class RiskEstimateQuerySet(QuerySet["RiskEstimate"]):
    def visible_to(self, user) -> "RiskEstimateQuerySet":
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.RECOVERY))

    def editable_by(self, user) -> "RiskEstimateQuerySet":
        """What one may say a word about: one's own."""
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class RiskEstimate(models.Model):
    """One a person and day; a later check-in of the same day replaces it.

    risk     probability of burnout within `horizon_days`, after `low` and `high` of its 95 % band
    curve    [[day, survival, low, high], …]; empty, as is the band, where the model gives a risk alone
    drivers  [{"feature", "value", "usual", "effect"}]: log hazard against an average person, largest first
    others   [{"outcome", "risk", "usual", "horizon_days", "model", "is_generated"}]: injury or illness, where a
             champion for it serves; empty otherwise
    """

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="risk_estimates")
    day = models.DateField()
    horizon_days = models.PositiveSmallIntegerField()
    risk = models.FloatField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    usual = models.FloatField()
    """The same probability for an average person of the training data: what the risk is compared with."""
    curve = models.JSONField(default=list)
    drivers = models.JSONField(default=list)
    others = models.JSONField(default=list)
    n_days = models.PositiveSmallIntegerField()
    """Days with an answer among the 28 up to the day."""
    n_known = models.PositiveSmallIntegerField()
    """Features that were known; the others count as average."""
    model = models.CharField(max_length=120)
    """The version that answered, for example "burnout-curve v1"."""
    version = models.ForeignKey("mlops.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="+")
    """The same as a row, while it is kept: what a word about the estimate is about."""
    is_generated = models.BooleanField()
    """The model learned from generated days."""
    created_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = RiskEstimateQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [models.UniqueConstraint(fields=["athlete", "day"], name="one_estimate_per_day")]

    @property
    def other_risks(self) -> list[dict[str, str | bool]]:
        """`others` in words: {"title": "Injury", "risk": "12 %", "usual": "8 %", "days", "model", "is_generated"}."""
        return [
            {
                "title": str(OutcomeKind(one["outcome"]).label), "risk": per_cent(one["risk"]),
                "usual": per_cent(one["usual"]), "days": str(one["horizon_days"]), "model": one["model"],
                "is_generated": one["is_generated"],
            }
            for one in self.others if one["outcome"] in OutcomeKind.values
        ]

    @property
    def level(self) -> str:
        """ "high", "raised" or "usual", against an average person of the model's data."""
        ratio = self.risk / max(self.usual, 1e-9)
        return "high" if ratio >= 3 else "raised" if ratio >= 1.5 else "usual"

    @property
    def risk_percent(self) -> str:
        return per_cent(self.risk)

    @property
    def low_percent(self) -> str:
        return "" if self.low is None else per_cent(self.low)

    @property
    def high_percent(self) -> str:
        return "" if self.high is None else per_cent(self.high)

    @property
    def usual_percent(self) -> str:
        return per_cent(self.usual)
