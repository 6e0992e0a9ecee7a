"""One day of one athlete, as answered or measured. What was not answered is empty, never zero."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope
from mlops.ml.survival.checkins.days import QUESTIONS
from web.models.binned import Binned, kept

LIMITS = {question.name: (question.least, question.most) for question in QUESTIONS}


def _number(name: str, *, whole: bool = False, limits: str = ""):
    least, most = LIMITS[limits or name]
    field = models.PositiveSmallIntegerField if whole else models.FloatField
    return field(null=True, blank=True, validators=[MinValueValidator(least), MaxValueValidator(most)])


class CheckInQuerySet(QuerySet["CheckIn"]):
    def visible_to(self, user) -> "CheckInQuerySet":
        """One's own, and as coach those of athletes who share recovery."""
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.RECOVERY))

    def editable_by(self, user) -> "CheckInQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class CheckInSource(models.TextChoices):
    WEB = "web", _("Check-in form")
    API = "api", _("API")
    CSV = "csv", _("Imported from a file")
    APPLE = "apple", _("Apple Health")
    DEMO = "demo", _("Generated")


class CheckIn(Binned):
    """`day` is the athlete's own calendar day. Ratings run from 1 to 7 (Hooper & Mackinnon 1995).

    workload is the day's training load in AU: session RPE (0–10) × minutes, or entered as it is. 0 is a rest day,
    empty is unknown.
    HRV is kept by its kind: RMSSD and SDNN are different measures and never mixed.
    """

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="checkins")
    day = models.DateField()
    sleep_hours = _number("sleep_hours")
    sleep_quality = _number("sleep_quality", whole=True)
    stress = _number("stress", whole=True)
    soreness = _number("soreness", whole=True)
    mood = _number("mood", whole=True)
    fatigue = _number("fatigue", whole=True)
    rpe = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)])
    minutes = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1440)])
    workload = _number("workload")
    hrv_rmssd = _number("hrv_rmssd")
    hrv_sdnn = _number("hrv_sdnn", limits="hrv_rmssd")
    resting_hr = _number("resting_hr")
    is_injured = models.BooleanField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=5, choices=CheckInSource.choices, default=CheckInSource.WEB)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(CheckInQuerySet)
    all_with_deleted = CheckInQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [models.UniqueConstraint(
                fields=["athlete", "day"], condition=models.Q(deleted_at__isnull=True), name="one_checkin_per_day"
            )]

    def __str__(self) -> str:
        return f"{self.athlete} {self.day:%Y-%m-%d}"


ANSWERS = (
    "sleep_hours", "sleep_quality", "stress", "soreness", "mood", "fatigue", "rpe", "minutes", "workload", "hrv_rmssd",
    "hrv_sdnn", "resting_hr", "is_injured", "note",
)
"""What a person can say about a day."""
