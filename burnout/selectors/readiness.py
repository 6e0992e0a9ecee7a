"""How today's check-in compares with the person's own last four weeks, in words.

Every answer is measured against the person's median of the 28 days before, in units of their usual spread (1.4826 ×
median absolute deviation, but at least `LEAST`); the mean over the answers gives the word. A plain rule, no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from burnout.models import CheckIn
from web.numbers import spelled
from web.registries.readiness import Readiness

USUAL_DAYS = 28
MIN_DAYS = 7
"""Earlier answers a measure needs before today's is compared with them."""
EASY, REST = -0.35, -1.0
NOTED = 0.75
"""A deviation of at least this many usual spreads is worth a word."""
HOW = (
    gettext_lazy(
        "We compare each of today's answers with your own median of the last 28 days, in units of how much it "
        "usually varies. The average decides: well below usual means take it easier, or rest. It is a simple rule "
        "about your own days, not medical advice."
    )
)


@dataclass(frozen=True)
class Measure:
    """good: +1 where more is better; least: the smallest spread that counts; unit: after the difference."""

    name: str
    title: str | Promise
    good: int
    least: float
    unit: str = ""


MEASURES = (
    Measure("sleep_hours", gettext_lazy("sleep"), 1, 0.5, " h"),
    Measure("sleep_quality", gettext_lazy("sleep quality"), 1, 0.75),
    Measure("mood", gettext_lazy("mood"), 1, 0.75),
    Measure("stress", gettext_lazy("stress"), -1, 0.75),
    Measure("soreness", gettext_lazy("soreness"), -1, 0.75),
    Measure("fatigue", gettext_lazy("tiredness"), -1, 0.75),
    Measure("hrv_rmssd", gettext_lazy("HRV"), 1, 5.0, " ms"),
    Measure("resting_hr", gettext_lazy("resting heart rate"), -1, 2.0, " bpm"),
)


def readiness_of(user: Any, today: date) -> Readiness | None:
    """The readiness of an athlete; None for who is none."""
    athlete = getattr(user, "athlete", None)
    if athlete is None:
        return None
    names = [measure.name for measure in MEASURES]
    recent = CheckIn.objects.filter(athlete=athlete, day__range=(today - timedelta(days=USUAL_DAYS), today))
    rows = list(recent.order_by("day").values("day", *names))
    week = frozenset(row["day"] for row in rows if row["day"] > today - timedelta(days=7))
    now = next((row for row in rows if row["day"] == today), None)
    if now is None:
        text = _("How did you sleep? How do you feel? It takes 20 seconds.")
        return Readiness(_("Check in to see how ready you are"), text, True, "burnout:check_in", week)
    before = [row for row in rows if row["day"] != today]
    deviations = {}
    for measure in MEASURES:
        past = np.array([row[measure.name] for row in before if row[measure.name] is not None], float)
        if now[measure.name] is not None and past.size >= MIN_DAYS:
            deviations[measure] = _deviation(measure, float(now[measure.name]), past)
    if not deviations:
        text = _("After %(least)s check-ins we compare today with your usual. You have %(n)s.")
        text = text % {"least": MIN_DAYS, "n": len(before)}
        return Readiness(_("Checked in"), text, False, "burnout:check_in", week)
    score = float(np.mean([spreads for spreads, plain in deviations.values()]))
    word = _("Ready to train") if score >= EASY else _("Take it easier today") if score >= REST else _("Rest today")
    return Readiness(word, _reason(deviations, score), False, "burnout:check_in", week, str(HOW))


def _deviation(measure: Measure, value: float, past: np.ndarray) -> tuple[float, float]:
    """(usual spreads from the median, positive where better; the plain difference)."""
    usual = float(np.median(past))
    spread = max(measure.least, 1.4826 * float(np.median(np.abs(past - usual))))
    return float(np.clip(measure.good * (value - usual) / spread, -3, 3)), value - usual


def _reason(deviations: dict[Measure, tuple[float, float]], score: float) -> str:
    """The strongest one or two reasons that point the way of the word."""
    is_down = score < EASY
    pointing = [(spreads, measure, plain) for measure, (spreads, plain) in deviations.items() if abs(spreads) >= NOTED]
    pointing = sorted((one for one in pointing if (one[0] < 0) == is_down), key=lambda one: -abs(one[0]))[:2]
    if not pointing:
        return _("Everything is close to your usual.")
    words = _(" and ").join(_difference(measure, plain) for spreads, measure, plain in pointing)
    return _("%(what)s than your usual.") % {"what": words[0].upper() + words[1:]}


def _difference(measure: Measure, plain: float) -> str:
    amount = spelled(round(abs(plain), 1), "g")
    if measure.unit:
        text = _("%(what)s %(amount)s more") if plain > 0 else _("%(what)s %(amount)s less")
        return text % {"what": measure.title, "amount": amount + measure.unit}
    return (_("%(what)s higher") if plain > 0 else _("%(what)s lower")) % {"what": measure.title}
