"""How an athlete's sensor usually looks."""

from django.db import models
from django.db.models import QuerySet

from accounts.models import Athlete
from sessions.models.layout import SensorLayout


class SensorBaselineQuerySet(QuerySet["SensorBaseline"]):
    def visible_to(self, user) -> "SensorBaselineQuerySet":
        """One's own only."""
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class SensorBaseline(models.Model):
    """What the last recordings of one layout by one athlete looked like; live streams are compared with it.

    Made of the athlete's own recordings only, whenever one is stored. `facts` is what
    `mlops.ml.sensors.baseline.Baseline.to_json` gives: ranges and directions, no samples.
    """

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="sensor_baselines")
    layout = models.ForeignKey(SensorLayout, on_delete=models.CASCADE, related_name="+")
    facts = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SensorBaselineQuerySet.as_manager()

    class Meta:
        ordering = ["athlete", "layout"]
        constraints = [models.UniqueConstraint(fields=["athlete", "layout"], name="one_baseline_per_layout")]
