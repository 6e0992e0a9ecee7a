"""What to aim at on a day: by rule, or as the athlete set it within safe limits."""

from datetime import date, timedelta

from accounts.models import Athlete
from burnout.models import CheckIn
from mlops.ml.nutrition.targets import PROTEIN_G_KG, Body, Goal, Target, energy_floor, targets_by_rule, with_the_rest
from nutrition.models import BodyMass, NutritionSettings

WEEK = timedelta(days=7)
MODERATE_RPE = 5


def settings_of(athlete: Athlete) -> NutritionSettings:
    """The athlete's choices; a row that is not kept yet where nothing was chosen."""
    return NutritionSettings.objects.filter(athlete=athlete).first() or NutritionSettings(athlete=athlete)


def mass_on(athlete: Athlete, day: date) -> float | None:
    """kg: the last entry up to that day, else what the profile says; None where nobody said."""
    last = BodyMass.objects.filter(athlete=athlete, day__lte=day).order_by("-day").first()
    return last.mass_kg if last is not None else athlete.mass_kg


def body_of(athlete: Athlete, day: date, chosen: NutritionSettings | None = None) -> Body | None:
    """What the rules need to know; None where the body's mass is unknown."""
    mass_kg = mass_on(athlete, day)
    if mass_kg is None:
        return None
    chosen = chosen or settings_of(athlete)
    goals: dict[str, Goal] = {"keep": "keep", "gain": "gain", "lose": "lose"}
    return Body(
        mass_kg=mass_kg,
        height_m=athlete.height_m,
        age=None if chosen.birth_year is None else max(0, day.year - chosen.birth_year),
        sex=chosen.sex,
        is_pregnant=chosen.is_pregnant,
        minutes_a_week=minutes_of_week(athlete, day),
        goal=goals.get(chosen.goal, "keep"),
    )


def minutes_of_week(athlete: Athlete, day: date) -> float | None:
    """Minutes of training in the seven days before, as checked in; a day that tells of its load alone counts as
    moderate training (RPE 5). None where no day tells of either."""
    rows = CheckIn.objects.filter(athlete=athlete, day__lt=day, day__gte=day - WEEK)
    told = [minutes for minutes in map(_minutes, rows) if minutes is not None]
    return sum(told) if told else None


def _minutes(day: CheckIn) -> float | None:
    if day.minutes is None and day.workload is not None:
        return day.workload / MODERATE_RPE
    return day.minutes


def targets_of(athlete: Athlete, day: date) -> dict[str, Target] | None:
    """Nutrient → target; None where the body's mass is unknown."""
    chosen = settings_of(athlete)
    body = body_of(athlete, day, chosen)
    if body is None:
        return None
    by_rule = targets_by_rule(body)
    energy, protein = by_rule["energy_kcal"], by_rule["protein_g"]
    if chosen.energy_kcal is not None:
        value = max(chosen.energy_kcal, energy_floor(body))
        energy = Target(value, value, value, ("own", "floor") if value > chosen.energy_kcal else ("own",))
    if chosen.protein_g is not None:
        least, most = (limit * body.mass_kg for limit in PROTEIN_G_KG)
        value = min(most, max(least, chosen.protein_g))
        protein = Target(value, value, value, ("own",))
    return with_the_rest(body, energy, protein)
