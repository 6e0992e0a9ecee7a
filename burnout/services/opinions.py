"""What the other burnout models say about a day, and why: SHAP values of forests and boosted trees in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from accounts.models import Athlete
from burnout.models import OutcomeKind
from burnout.models.estimate import per_cent
from burnout.selectors.features import features_on, place_of, row_for
from burnout.selectors.recovery import in_unit
from burnout.services.estimates import Said, ask, tasks_about
from mlops.ml.registry import estimator_class
from mlops.ml.survival.checkins.features import FEATURES
from mlops.models import Prediction
from mlops.serving.services.versions import ServedVersion, scorer_of
from web.numbers import spelled

N_REASONS = 4
MIN_POINTS, MIN_FACTOR = 0.2, 0.02
"""Less than that is not worth a line."""
_BY_NAME = {feature.name: feature for feature in FEATURES}


@dataclass(frozen=True)
class Reason:
    """A feature and what it does: `words` "+ 4.1 points" of the probability, or "odds × 1.30", "hazard × 1.30";
    `average` is the value of an average person of the model's data."""

    title: str
    value: str
    average: str
    words: str
    raises: bool


@dataclass(frozen=True)
class Opinion:
    """One model: its title, the version that answered, the risk and the reasons, strongest first.

    scale  what the reasons add to: "probability", "odds" or "hazard"
    """

    title: str
    model: str
    risk_percent: str
    is_generated: bool
    scale: str
    reasons: list[Reason]


def opinions_for(*, athlete: Athlete, day: date) -> list[Opinion]:
    """Every other task about burnout that is served; empty without one, or before the 14th day.

    An opinion goes to the log of answers when it is first given; looking at the page again asks nothing new.
    """
    tasks = tasks_about(OutcomeKind.BURNOUT)
    x = features_on(athlete=athlete, day=day) if tasks else None
    if x is None:
        return []
    place = place_of(day).place
    given = set(Prediction.objects.filter(athlete=athlete, place=place).values_list("task_id", flat=True))
    found = [ask(task, athlete, [day], x[None], is_logged=task.pk not in given) for _, task in tasks]
    return [_opinion(said[0], x) for said in found if said]


def _opinion(said: Said, x: np.ndarray) -> Opinion:
    served = said.reply.served
    return Opinion(
        estimator_class(served.manifest["estimator"]).title, served.title, per_cent(said.value["risk"]),
        said.facts["is_generated"], scorer_of(served).scale, reasons_for(served, x),
    )  # fmt: skip


def reasons_for(served: ServedVersion, x: np.ndarray) -> list[Reason]:
    """What made a version's answer about a day with these (19,) features, strongest first."""
    scorer = scorer_of(served)
    drivers = scorer.drivers_once(row_for(x, served.manifest["features"])[0])
    return [_reason(one, scorer.scale) for one in drivers if _counts(one["effect"], scorer.scale)][:N_REASONS]


def _counts(effect: float, scale: str) -> bool:
    return 100 * abs(effect) >= MIN_POINTS if scale == "probability" else bool(np.expm1(abs(effect)) >= MIN_FACTOR)


def _reason(one: dict[str, Any], scale: str) -> Reason:
    feature, effect = _BY_NAME[one["feature"]], one["effect"]
    words = f"{scale} × {spelled(np.exp(effect), '.2f')}"
    if scale == "probability":
        words = _("%(gap)s points") % {"gap": f"{'+' if effect > 0 else '−'} {spelled(100 * abs(effect), '.1f')}"}
    known, average = in_unit(one["value"], feature.unit), in_unit(one["usual"], feature.unit)
    return Reason(feature.title, known, average, words, effect > 0)
