"""What the champion says about a person's days: kept day by day, so that its change can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import OutcomeKind, RiskEstimate
from burnout.selectors.days import PersonDays, days_of, first_days
from mlops.ml.contract import BadArtifact
from mlops.ml.survival.checkins.days import NAMES, Days
from mlops.ml.survival.checkins.features import FEATURES, FIRST_DAY, LONG, SHORT, features_of
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS
from mlops.ml.survival.checkins.rolling import MIN_ANSWERED
from mlops.ml.survival.cox import CoxPH
from mlops.models import AliasName, Task
from mlops.services.serving import ServedVersion, champion, scorer_of

KIND = "outcome_risk"
TASK = "burnout-curve"
"""The Task whose champion gives the curve."""
CALIBRATING_DAYS = FIRST_DAY
AHEAD_DAYS = LONG
"""A late entry changes the estimates of so many days after it."""
CURVE_DAYS = (0, 7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 90)
REBUILT_DAYS = 180


@dataclass(frozen=True)
class Served:
    """The model that answers, and the version it is."""

    model: Any
    version: ServedVersion

    @property
    def is_generated(self) -> bool:
        """It learned from generated days."""
        return bool(self.version.manifest.get("generated", True))


def served_model() -> Served | None:
    """The champion of the curve; None without one, or when its artifact is damaged."""
    found = _served(TASK)
    return found if found is not None and isinstance(found.model, CoxPH) else None


def served_models(outcome: str | None = None) -> list[tuple[str, Served]]:
    """(outcome, champion) of every task about `outcome`, or about anything but burnout; without the curve itself."""
    tasks = Task.objects.filter(kind=KIND, aliases__name=AliasName.CHAMPION).exclude(name=TASK).order_by("name")
    found = []
    for name, given in tasks.values_list("name", "input"):
        about = given.get("outcome", OutcomeKind.BURNOUT)
        wanted = about == outcome if outcome else about != OutcomeKind.BURNOUT
        if wanted and (served := _served(name)) is not None:
            found.append((about, served))
    return found


def _served(task: str) -> Served | None:
    try:
        version = champion(task)
        return None if version is None else Served(scorer_of(version).estimator, version)
    except BadArtifact:
        return None


def person_features(person: PersonDays) -> np.ndarray:
    """(n_days, 19) features of one person, the same function that the training data was made with."""
    grids = {name: person.values[name][None] for name in NAMES}
    nothing = np.zeros((1, len(person.answered)), bool)
    found: np.ndarray = features_of(Days(grids, nothing, ~nothing, np.array(["one"])))[0]
    return found


def estimates_refresh(*, athlete: Athlete, since: date) -> int:
    """Make the estimates of all answered days from `since` on again (as far as the entry can change them).

    Days before the 14th since the first answer get none. Returns how many were made; 0 without a model.
    """
    return _remake(athlete, since, since + timedelta(days=AHEAD_DAYS))


def estimates_rebuild(*, athlete: Athlete) -> int:
    """Make the estimates of the last half year again, after an import."""
    last = timezone.now().date() + timedelta(days=1)
    return _remake(athlete, last - timedelta(days=REBUILT_DAYS), last)


def _remake(athlete: Athlete, since: date, last: date) -> int:
    begin, served = first_days([athlete.pk]).get(athlete.pk), served_model()
    if served is None:
        return 0
    rows: list[RiskEstimate] = []
    if begin is not None and begin <= last:
        first = max(begin, since - timedelta(days=LONG + SHORT))
        person = days_of([athlete.pk], first=first, last=max(last, first))[athlete.pk]
        features, served_days = person_features(person), []
        for i in map(int, np.flatnonzero(person.answered)):
            day, n_days = first + timedelta(days=i), int(person.answered[max(0, i - SHORT + 1) : i + 1].sum())
            if day >= since and (day - begin).days + 1 >= CALIBRATING_DAYS and n_days >= MIN_ANSWERED:
                served_days.append((i, day, n_days))
        others = other_risks(served_models(), features[[i for i, _, _ in served_days]])
        rows = [
            RiskEstimate(
                athlete=athlete, day=day, n_days=n_days, is_demo=athlete.user.is_demo, others=said,
                **estimate_facts(served, features[i]),
            )
            for (i, day, n_days), said in zip(served_days, others, strict=True)
        ]
    with transaction.atomic():
        RiskEstimate.objects.filter(athlete=athlete, day__range=(since, last)).delete()
        RiskEstimate.objects.bulk_create(rows)
    return len(rows)


def estimate_facts(served: Served, x: np.ndarray) -> dict[str, Any]:
    """Fields of a RiskEstimate from one row of features, NaN for unknown."""
    model = served.model
    at = np.array([day for day in CURVE_DAYS if day <= model.config.horizon] or [0], np.float64)
    survival, low, high = model.survival(x, at)
    usual = model.survival(np.full(len(x), np.nan), at[-1:])[0]
    effects = model.drivers(x[None])[0]
    drivers = [
        {
            "feature": FEATURES[i].name, "value": None if np.isnan(x[i]) else round(float(x[i]), 4),
            "usual": round(float(model.scaler.median[i]), 4) if model.scaler is not None else None,
            "effect": round(float(effects[i]), 5),
        }
        for i in np.argsort(-np.abs(effects), kind="stable") if np.isfinite(x[i])
    ]
    return {
        "horizon_days": int(model.config.horizon),
        "risk": float(1 - survival[-1]), "low": float(1 - high[-1]), "high": float(1 - low[-1]),
        "usual": float(1 - usual[0]),
        "curve": np.round(np.stack([at, survival, low, high], axis=1), 5).tolist(),
        "drivers": drivers, "n_known": int(np.isfinite(x).sum()), "model": served.version.title,
        "is_generated": served.is_generated,
    }


def other_risks(others: list[tuple[str, Served]], x: np.ndarray) -> list[list[dict[str, Any]]]:
    """What the champions of other outcomes say about each row of features; the first one of an outcome counts."""
    found: list[list[dict[str, Any]]] = [[] for _ in x]
    for outcome, served in dict(reversed(others)).items():
        *risks, usual = map(float, served.model.predict(np.vstack([x, np.full(len(FEATURES), np.nan)])))
        facts = {
            "outcome": outcome, "usual": usual, "model": served.version.title, "is_generated": served.is_generated,
            "horizon_days": int(served.version.manifest.get("horizon_days", HORIZON_DAYS)),
        }
        for row, risk in zip(found, risks, strict=True):
            row.append({**facts, "risk": risk})
    return found


def features_on(*, athlete: Athlete, day: date) -> np.ndarray | None:
    """(19,) features of a day; None before the 14th day."""
    begin = first_days([athlete.pk]).get(athlete.pk)
    if begin is None or (day - begin).days + 1 < CALIBRATING_DAYS:
        return None
    first = max(begin, day - timedelta(days=LONG + SHORT))
    found: np.ndarray = person_features(days_of([athlete.pk], first=first, last=day)[athlete.pk])[-1]
    return found


def what_if(*, athlete: Athlete, day: date, change: dict[str, float]) -> dict[str, Any] | None:
    """The estimate of `day` if the last four weeks had been different by so much each day, for example
    {"sleep_hours": 1.0}; None while there is no estimate. An association, not a promise: the model has only seen."""
    begin, served = first_days([athlete.pk]).get(athlete.pk), served_model()
    if begin is None or served is None or (day - begin).days + 1 < CALIBRATING_DAYS:
        return None
    first = max(begin, day - timedelta(days=LONG + SHORT))
    person = days_of([athlete.pk], first=first, last=day)[athlete.pk]
    before = estimate_facts(served, person_features(person)[-1])
    for name, by in change.items():
        person.values[name][-SHORT:] += by
    after = estimate_facts(served, person_features(person)[-1])
    return {"risk": before["risk"], "risk_then": after["risk"], "change": change}
