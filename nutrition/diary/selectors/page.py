"""What the pages of the diary show, in words and shares."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Athlete
from mlops.ml.nutrition.targets import Target
from nutrition.diary.selectors.days import Day
from nutrition.models import MealSlot
from nutrition.words import NUTRIENT_WORDS, REASON_WORDS, figure_text

SHOWN = ("protein_g", "energy_kcal", "carbohydrate_g", "fat_g", "fibre_g")
_SLOT_FROM_HOUR = ((4, MealSlot.BREAKFAST), (11, MealSlot.LUNCH), (15, MealSlot.SNACK), (18, MealSlot.DINNER))


@dataclass(frozen=True)
class Bar:
    """One nutrient of a day: eaten and aimed at, and the share for a bar (0 to 1)."""

    name: str
    title: str
    eaten: str
    target: str
    share: float | None
    left: str
    unknown: str
    reasons: list[str]


def bars_of(day: Day, targets: dict[str, Target] | None, *, hide_energy: bool) -> list[Bar]:
    """The day's nutrients, protein first."""
    names = [name for name in SHOWN if not (hide_energy and name == "energy_kcal")]
    return [_bar(name, day, (targets or {}).get(name)) for name in names]


def week_rows(days: list[Day], targets: dict[str, Target] | None, names: list[str]) -> list[list[str]]:
    """The table of a week: a row a day."""
    return [[date_format(one.day, "D j M"), *(_cell(one, name) for name in names)] for one in reversed(days)]


def week_sentence(days: list[Day], targets: dict[str, Target] | None) -> str:
    """Protein of the logged days in one sentence."""
    logged = [one for one in days if one.n_items]
    if not logged:
        return _("Nothing logged in the last seven days.")
    mean = sum(one.of("protein_g") for one in logged) / len(logged)
    text = ngettext(
        "On the day that you logged you ate %(mean)s of protein.",
        "On the %(n)s days that you logged you ate %(mean)s of protein a day.",
        len(logged),
    ) % {"n": len(logged), "mean": figure_text("protein_g", mean)}
    if not targets:
        return text
    reached = sum(one.of("protein_g") >= targets["protein_g"].low for one in logged)
    return f"{text} " + ngettext(
        "On %(n)s day you reached your target.", "On %(n)s days you reached your target.", reached
    ) % {"n": reached}


def slot_now(athlete: Athlete) -> str:
    """The meal that fits the hour where the athlete lives."""
    hour = datetime.now(ZoneInfo(athlete.user.time_zone)).hour
    return str(next((slot for least, slot in reversed(_SLOT_FROM_HOUR) if hour >= least), MealSlot.SNACK))


def day_title(day: date, today: date) -> str:
    """"Today", "Yesterday", or the date."""
    if day == today:
        return _("Today")
    return _("Yesterday") if (today - day).days == 1 else date_format(day, "l, j F")


def reasons_text(target: Target) -> list[str]:
    """Why a target is what it is, in sentences."""
    return [str(REASON_WORDS[one]) for one in target.reasons]


def _bar(name: str, day: Day, target: Target | None) -> Bar:
    total = day.totals[name]
    missing = ""
    if total.n_unknown:
        missing = ngettext(
            "%(n)s food has no figure for it.", "%(n)s foods have no figure for it.", total.n_unknown
        ) % {"n": total.n_unknown}
    left = ""
    if target is not None:
        rest = target.value - total.value
        left = _("%(n)s to go") % {"n": figure_text(name, rest)} if rest > 0.5 else _("Reached")
    return Bar(
        name=name,
        title=str(NUTRIENT_WORDS[name]),
        eaten=figure_text(name, total.value),
        target="" if target is None else figure_text(name, target.value),
        share=None if target is None or not target.value else min(1.0, total.value / target.value),
        left=left,
        unknown=missing,
        reasons=[] if target is None else reasons_text(target),
    )


def _cell(day: Day, name: str) -> str:
    return figure_text(name, day.of(name)) if day.n_items else "–"
