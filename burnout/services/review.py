"""Days in the review queue: those that a person said a model did not fit, and those it is least sure of."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Athlete, ConsentKind, LearningScope
from burnout.models import CheckIn, DayVerdict, OutcomeKind, Verdict
from burnout.models.estimate import per_cent
from burnout.selectors.day_lines import day_lines
from burnout.selectors.days import days_of, first_days
from burnout.selectors.features import (
    CALIBRATING_DAYS,
    REACH_DAYS,
    day_at,
    days_before,
    person_features,
    place_of,
    row_for,
    source_of,
)
from burnout.selectors.learning import people_teaching
from burnout.services.judging import horizon_of
from burnout.services.opinions import reasons_for
from burnout.words import spoken
from mlops.kinds.answers import Correction
from mlops.kinds.questions import Inputs, Locator
from mlops.kinds.review import Corrections, Media, Proposal, ReviewHooks, Unlabelled, changed_since
from mlops.ml.contract import BadArtifact
from mlops.ml.survival.checkins.features import SHORT
from mlops.ml.survival.checkins.rolling import MIN_ANSWERED
from mlops.models import AnswerOrigin, Feedback
from mlops.serving.services.versions import ServedVersion, scorer_of, version_served
from web.refusals import not_found

MAX_PEOPLE = 400
LOOKED_DAYS = 28
"""Days that are looked through for what a model is unsure of."""
ACTS = {"confirm": Verdict.USE, "correct": Verdict.USE, "reject": Verdict.LEAVE_OUT, "empty": Verdict.LEAVE_OUT}


class DayReview(ReviewHooks):
    """Days of athletes who let check-ins and outcomes teach models; what comes later says whether a risk was right.

    Days of demo athletes are generated and teach nothing: they are not offered.
    """

    corrects = False

    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        today, decided = timezone.now().date(), _decided(task)
        lately = CheckIn.objects.filter(day__gt=today - timedelta(days=LOOKED_DAYS)).values("athlete")
        people = people_teaching().filter(pk__in=lately)
        chosen = dict(people.order_by("pk").values_list("pk", "pseudonym")[:MAX_PEOPLE])
        begin = first_days(chosen)
        first = today - timedelta(days=LOOKED_DAYS + REACH_DAYS)
        for pk, person in days_of(chosen, first=first, last=today).items():
            features = person_features(person)
            wanted = []
            for i in map(int, np.flatnonzero(person.answered)):
                day, n = first + timedelta(days=i), int(person.answered[max(0, i - SHORT + 1) : i + 1].sum())
                is_known = (day - begin[pk]).days + 1 >= CALIBRATING_DAYS and n >= MIN_ANSWERED
                if is_known and day > today - timedelta(days=LOOKED_DAYS) and (pk, day) not in decided:
                    wanted.append(i)
            if wanted:
                places = [place_of(first + timedelta(days=i)) for i in wanted]
                yield Unlabelled(
                    source_of(chosen[pk]), pk, Inputs(row_for(features[wanted], manifest["features"]), places)
                )

    def proposals(self, task: Any) -> Iterator[Proposal]:
        for row in _opposed(task):
            yield Proposal(
                span=row.pk,
                source=source_of(row.athlete.pseudonym),
                athlete_id=row.athlete_id,
                locator=Locator(place=row.place),
                correction=Correction(value=row.truth),
                version_number=str(row.version.number),
            )

    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        rows = Feedback.objects.learnable().filter(pk__in=list(spans), agreement__lt=0.5).select_related("task")
        rows = rows.filter(athlete__in=people_teaching())
        decided = {task.pk: _decided(task) for task in {row.task for row in rows}}
        return set(spans) - {row.pk for row in rows if (row.athlete_id, day_at(row.place)) not in decided[row.task_id]}

    def decide(self, item: Any, *, action: str, label: str, correction: Any, by: Any) -> dict[str, Any]:
        day = day_at(item.place)
        if day is None or not _people().filter(pk=item.athlete_id).exists():
            raise not_found()
        where = {"athlete_id": item.athlete_id, "day": day, "outcome": _outcome(item.task)}
        before = DayVerdict.objects.filter(**where).values("verdict", "by_id").first()
        row, _ = DayVerdict.objects.update_or_create(**where, defaults={"verdict": ACTS[action], "by": by})
        return {"verdict": row.pk, "at": row.at.isoformat(), "before": before}

    def undo(self, item: Any, written: Mapping[str, Any], *, by: Any) -> None:
        row = DayVerdict.objects.select_for_update().filter(pk=written["verdict"]).first()
        if row is None or row.at.isoformat() != written["at"]:
            raise changed_since()
        if written["before"] is None:
            row.delete()
            return
        row.verdict, row.by_id = written["before"]["verdict"], written["before"]["by_id"]
        row.save()

    def media(self, item: Any) -> Media:
        athlete, day = _people().filter(pk=item.athlete_id).first(), day_at(item.place)
        person = None if athlete is None or day is None else days_before(athlete=athlete, day=day)
        if person is None or day is None:
            raise not_found()
        data: dict[str, Any] = {
            "lines": day_lines(person), "outcome": OutcomeKind(_outcome(item.task)).label.lower(),
            "teaches": people_teaching().filter(pk=item.athlete_id).exists(),
        }  # fmt: skip
        word = Feedback.objects.filter(pk=item.span).values_list("truth", flat=True).first() if item.span else None
        if served := _served(item):
            x = person_features(person)[-1]
            [said] = scorer_of(served).answer(row_for(x, served.manifest["features"]))
            data |= {
                "said": per_cent(item.said.get("number", said["risk"])), "horizon": horizon_of(item.version),
                "reasons": reasons_for(served, x), "word": spoken(word),
            }  # fmt: skip
        return Media("burnout/review_day.html", data, caption=date_format(day, "j F Y"))

    def corrections(self, task: Any) -> Corrections:
        taught = DayVerdict.objects.filter(
            athlete__in=people_teaching(), outcome=_outcome(task), verdict=Verdict.USE
        )
        return Corrections(taught.count(), len(_opposed(task)))

    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        """(people with reviewed days that a built dataset holds, all of them)."""
        rows = DayVerdict.objects.filter(athlete__in=people_teaching(), outcome=_outcome(task))
        wanted = set(rows.values_list("athlete__pseudonym", flat=True))
        held = {path.parent.name for path in directory.glob("shards/*/rows.npy")}
        return len(wanted & held), len(wanted)


def verdicts_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Decisions about the days of somebody who takes the learning consent back go at once."""
    if kind == ConsentKind.LEARNING and scope == LearningScope.DAYS:
        DayVerdict.objects.filter(athlete__user=user).delete()


def _outcome(task: Any) -> str:
    return str(task.input.get("outcome") or OutcomeKind.BURNOUT)


def _people() -> QuerySet[Athlete]:
    return Athlete.objects.learnable(LearningScope.DAYS)


def _decided(task: Any) -> set[tuple[int, Any]]:
    return set(DayVerdict.objects.filter(outcome=_outcome(task)).values_list("athlete", "day"))


def _opposed(task: Any) -> list[Feedback]:
    """Words of people against answers about days that nobody has decided yet, the newest first."""
    rows = Feedback.objects.learnable().filter(task=task, is_audit=False, agreement__lt=0.5, place__startswith="row:")
    rows = rows.filter(athlete__in=people_teaching()).exclude(origin=AnswerOrigin.REVIEW)
    rows = rows.select_related("version", "athlete").order_by("-at", "pk")
    decided = _decided(task)
    return [row for row in rows if (row.athlete_id, day_at(row.place)) not in decided]


def _served(item: Any) -> ServedVersion | None:
    try:
        return version_served(item.version) if item.version is not None else None
    except BadArtifact:
        return None
