"""What served models say about a person's days: asked through the one door, and kept day by day."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import OutcomeKind, RiskEstimate
from burnout.selectors.days import days_of, first_days
from burnout.selectors.features import (
    CALIBRATING_DAYS,
    REACH_DAYS,
    days_before,
    person_features,
    place_of,
    row_for,
    source_of,
)
from mlops.kinds.questions import Inputs, Question
from mlops.ml.contract import BadArtifact
from mlops.ml.hosting.errors import ModelError
from mlops.ml.survival.checkins.features import LONG, SHORT
from mlops.ml.survival.checkins.rolling import MIN_ANSWERED
from mlops.models import AliasName, AnswerOrigin, Task
from mlops.serving.services.door import Reply, answer, served_for
from mlops.serving.services.versions import scorer_of, version_served
from web.refusals import Problem

logger = logging.getLogger(__name__)

KIND = "outcome_risk"
TASK = "burnout-curve"
"""The Task whose champion gives the curve."""
AHEAD_DAYS = LONG
"""A late entry changes the estimates of so many days after it."""
REBUILT_DAYS = 180
RENEWED_DAYS = 28
"""So many days get a new estimate when another version answers than the one that made the newest."""
LOGGED_DAYS = 7
"""Answers about days so recent go to the log of answers; an older day is only worked out again."""


@dataclass(frozen=True)
class Said:
    """What one version said about a day: `value` is its answer (see `burnout.scoring.RiskScorer.answer`)."""

    day: date
    value: dict[str, Any]
    reply: Reply

    @property
    def facts(self) -> dict[str, Any]:
        """Who said it, as estimates keep it."""
        served = self.reply.served
        return {"model": served.title, "is_generated": bool(served.manifest.get("generated", True))}


def estimates_refresh(*, athlete: Athlete, since: date) -> int:
    """Make the estimates of all answered days from `since` on again (as far as the entry can change them).

    Days before the 14th since the first answer get none. Returns how many were made; 0 without a model.
    """
    return _remake(athlete, since, since + timedelta(days=AHEAD_DAYS))


def estimates_rebuild(*, athlete: Athlete) -> int:
    """Make the estimates of the last half year again, after an import."""
    last = timezone.now().date() + timedelta(days=1)
    return _remake(athlete, last - timedelta(days=REBUILT_DAYS), last)


def estimates_renew(*, athlete: Athlete) -> int:
    """Make the last four weeks again when another version answers now than the one that made the newest estimate, so
    that a page speaks for one version. Returns how many were made; 0 where nothing changed or nothing is served.
    """
    newest = RiskEstimate.objects.filter(athlete=athlete).order_by("-day").values_list("day", "version_id").first()
    task = Task.objects.filter(name=TASK).first() if newest else None
    if newest is None or task is None:
        return 0
    day, version_id = newest
    try:
        if served_for(task, athlete.pseudonym).version_id == version_id:
            return 0
    except Problem:
        return 0
    return _remake(athlete, day - timedelta(days=RENEWED_DAYS - 1), day)


def tasks_about(outcome: str | None = None) -> list[tuple[str, Task]]:
    """(outcome, task) of every served task about `outcome`, or about anything but burnout; without the curve itself."""
    tasks = Task.objects.filter(kind=KIND, aliases__name=AliasName.CHAMPION).exclude(name=TASK).order_by("name")
    found = [(task.input.get("outcome", OutcomeKind.BURNOUT), task) for task in tasks]
    return [(about, task) for about, task in found if (about == outcome if outcome else about != OutcomeKind.BURNOUT)]


def ask(
    task: Task, athlete: Athlete, days: Sequence[date], x: npt.NDArray[np.float64], *, is_logged: bool = True
) -> list[Said] | None:
    """What the version that answers this athlete says about days with these (n, 19) features, in one batch.

    None where nothing is served, or the model is damaged, away or busy.
    """
    oldest = timezone.now().date() - timedelta(days=LOGGED_DAYS)
    recent = [i for i, day in enumerate(days) if is_logged and day >= oldest]
    lots = [(recent, athlete.pk), ([i for i in range(len(days)) if i not in set(recent)], None)]
    lots = [(numbers, logged) for numbers, logged in lots if numbers]
    questions = [_question(athlete, [days[i] for i in numbers], x[numbers], logged) for numbers, logged in lots]
    try:
        replies = answer(task=task, questions=questions, origin=AnswerOrigin.JOB)
    except (Problem, ValidationError) as refused:
        if getattr(refused, "code", "") != "no_champion":
            logger.warning("%s says nothing about an athlete: %s", task.name, refused)
        return None
    found = [
        Said(days[i], said.value, reply)
        for (numbers, _), reply in zip(lots, replies, strict=True)
        for i, said in zip(numbers, reply.answers, strict=True)
    ]
    return sorted(found, key=lambda one: one.day)


def _question(athlete: Athlete, days: Sequence[date], x: npt.NDArray[np.float64], logged: int | None) -> Question:
    places = [place_of(day) for day in days]
    return Question(
        lambda manifest: Inputs(row_for(x, manifest["features"]), places),
        athlete_id=logged, who=athlete.pseudonym, source=source_of(athlete.pseudonym),
    )  # fmt: skip


def _remake(athlete: Athlete, since: date, last: date) -> int:
    task = Task.objects.filter(name=TASK).first()
    begin = first_days([athlete.pk]).get(athlete.pk)
    if task is None:
        return 0
    rows: list[RiskEstimate] = []
    if begin is not None and begin <= last:
        first = max(begin, since - timedelta(days=REACH_DAYS))
        person = days_of([athlete.pk], first=first, last=max(last, first))[athlete.pk]
        features = person_features(person)
        n_days, wanted = {}, []
        for i in map(int, np.flatnonzero(person.answered)):
            day, n = first + timedelta(days=i), int(person.answered[max(0, i - SHORT + 1) : i + 1].sum())
            if day >= since and (day - begin).days + 1 >= CALIBRATING_DAYS and n >= MIN_ANSWERED:
                wanted.append(i)
                n_days[day] = n
        found = ask(task, athlete, list(n_days), features[wanted])
        if found is None:
            return 0
        others = other_risks(athlete, list(n_days), features[wanted])
        rows = [
            RiskEstimate(
                athlete=athlete, day=said.day, n_days=n_days[said.day], is_demo=athlete.user.is_demo,
                others=others[said.day], **estimate_facts(said),
            )
            for said in found
        ]  # fmt: skip
    with transaction.atomic():
        Athlete.objects.select_for_update().filter(pk=athlete.pk).first()  # two pages may make them at once
        RiskEstimate.objects.filter(athlete=athlete, day__range=(since, last)).delete()
        RiskEstimate.objects.bulk_create(rows)
    return len(rows)


def estimate_facts(said: Said) -> dict[str, Any]:
    """Fields of a RiskEstimate from what a model said; a model without curves gives a risk alone."""
    value = said.value
    names = ("risk", "usual", "n_known", "horizon_days")
    return {
        **{name: value[name] for name in names}, "low": value.get("low"), "high": value.get("high"),
        "curve": value.get("curve", []), "drivers": value.get("drivers", []),
        "version_id": said.reply.served.version_id, **said.facts,
    }  # fmt: skip


def other_risks(
    athlete: Athlete, days: Sequence[date], x: npt.NDArray[np.float64]
) -> dict[date, list[dict[str, Any]]]:
    """What models of other outcomes say about each day; the first task of an outcome counts."""
    found: dict[date, list[dict[str, Any]]] = {day: [] for day in days}
    for outcome, task in dict(reversed(tasks_about())).items():
        for said in ask(task, athlete, days, x) or []:
            names = ("risk", "usual", "horizon_days")
            found[said.day].append(
                {"outcome": outcome, **{name: said.value[name] for name in names}, **said.facts}
            )
    return found


def what_if(*, estimate: RiskEstimate, change: dict[str, float]) -> dict[str, Any] | None:
    """What the version that made the estimate would say if the last four weeks had been different by so much each
    day, for example {"sleep_hours": 1.0}; None while that version cannot be served. An association, not a promise: the
    model has only seen. It is a thought, so that it is not logged."""
    version, person = estimate.version, days_before(athlete=estimate.athlete, day=estimate.day)
    if version is None or version.retired_at is not None or person is None:
        return None
    before = person_features(person)[-1]
    for name, by in change.items():
        person.values[name][-SHORT:] += by
    both = np.stack([before, person_features(person)[-1]])
    try:
        served = version_served(version)
        found = scorer_of(served).answer(row_for(both, served.manifest["features"]))
    except (BadArtifact, ModelError, ValidationError) as refused:
        logger.warning("%s says nothing about what if: %s", version, refused)
        return None
    return {"risk": found[0]["risk"], "risk_then": found[1]["risk"], "change": change}
