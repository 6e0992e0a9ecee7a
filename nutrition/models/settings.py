"""What an athlete chose about food, and what their body weighed."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope
from accounts.models.athlete import MASS_KG


class Goal(models.TextChoices):
    KEEP = "keep", _("Keep my weight")
    GAIN = "gain", _("Gain muscle")
    LOSE = "lose", _("Lose weight slowly")


class Sex(models.TextChoices):
    FEMALE = "f", _("Female")
    MALE = "m", _("Male")


class NutritionSettingsQuerySet(QuerySet["NutritionSettings"]):
    def visible_to(self, user) -> "NutritionSettingsQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class NutritionSettings(models.Model):
    """One row an athlete, made on first use. What is not answered stays empty."""

    athlete = models.OneToOneField(Athlete, on_delete=models.CASCADE, related_name="nutrition_settings")
    goal = models.CharField(max_length=4, choices=Goal.choices, default=Goal.KEEP)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    """For the formula of resting energy alone."""
    birth_year = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2100)]
    )
    is_pregnant = models.BooleanField(default=False)
    hide_energy = models.BooleanField(default=False)
    """No figure of energy on pages."""
    energy_kcal = models.FloatField(null=True, blank=True)
    protein_g = models.FloatField(null=True, blank=True)
    """Targets of one's own, None: by rule."""

    objects = NutritionSettingsQuerySet.as_manager()


class BodyMassQuerySet(QuerySet["BodyMass"]):
    def visible_to(self, user) -> "BodyMassQuerySet":
        """One's own, and as coach those of athletes who share nutrition."""
        return self.filter(athlete__in=Athlete.objects.visible_to(user, CoachScope.NUTRITION))

    def editable_by(self, user) -> "BodyMassQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()


class BodyMass(models.Model):
    """What a body weighed on a day; the last entry of a day counts."""

    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="body_masses")
    day = models.DateField()
    mass_kg = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = BodyMassQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["athlete", "day"], name="one_body_mass_per_day"),
            models.CheckConstraint(condition=Q(mass_kg__range=MASS_KG), name="body_mass_of_a_body"),
        ]
