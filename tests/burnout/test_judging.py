"""Outcomes audit what was said 90 days before, and a correction of what was recorded corrects the audit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Athlete, ConsentKind, LearningScope
from accounts.services.consent import consent_grant
from burnout.models import CheckIn, Outcome
from burnout.services.judging import happened, outcomes_judge
from burnout.services.outcomes import outcome_change
from mlops.jobs.chores import chores
from mlops.models import Feedback, ModelAlias, ModelVersion, Prediction, Task
from mlops.monitoring.selectors.live_accuracy import arms_compared, live_accuracy
from tests.people import make_user

NOW = timezone.now()
TODAY = NOW.date()


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture
def version(champion):
    return ModelVersion.objects.get(task__name="burnout-curve")


@pytest.fixture
def person(db):
    """person(name) → somebody who still checks in and lets days teach models."""

    def make(name, consents=True, last=0):
        athlete = Athlete.objects.create(user=make_user(name))
        CheckIn.objects.create(athlete=athlete, day=ago(last), mood=4)
        if consents:
            consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
        return athlete

    return make


def said(version, athlete, days, risk=0.3, late=0, arm="champion"):
    day = ago(days)
    return Prediction.objects.create(
        task=version.task, version=version, athlete=athlete, scope="days", origin="job", place=f"row:{day}",
        number=risk, arm=arm, at=NOW - timedelta(days=days - late),
    )


def outcome(athlete, began, kind="burnout", ended=None):
    return Outcome.objects.create(
        athlete=athlete, kind=kind, began_on=ago(began), ended_on=ended and ago(ended), judged_by="professional"
    )


def audits():
    return {row.prediction.athlete.user.username: row.truth for row in Feedback.objects.filter(is_audit=True)}


def test_a_chore_audits_what_has_run_its_course(version, person):
    hit, free, young, silent, hidden = (
        person("hit"), person("free"), person("young"), person("silent", last=30), person("hidden", consents=False)
    )
    for athlete, days in ((hit, 100), (free, 100), (young, 60), (silent, 100), (hidden, 100)):
        said(version, athlete, days)
    outcome(hit, 40)
    outcome(young, 10)  # waits for the end of its horizon, as those do whom it has not hit
    outcome(free, 40, kind="injury")
    next(one for one in chores() if one.run is outcomes_judge).run()
    assert audits() == {"hit": 1, "free": 0}
    row = Feedback.objects.get(truth=1)
    assert (row.is_audit, row.by, row.number, row.agreement) == (True, None, 0.3, pytest.approx(1 - 0.7**2))


def test_it_is_written_once_and_changes_with_what_is_recorded(version, person):
    athlete = person("ama")
    said(version, athlete, 100)
    said(version, athlete, 100, late=1)  # the same day asked again: the first answer counts
    outcomes_judge()
    outcomes_judge()
    [row] = Feedback.objects.all()
    assert row.truth == 0
    late = outcome(athlete, 50)
    outcomes_judge()
    assert Feedback.objects.get().truth == 1
    outcome_change(outcome=late, kind="illness")
    outcomes_judge()
    assert Feedback.objects.get().truth == 0
    outcome(athlete, 120, ended=80)  # it was not over yet on the day: nobody can say
    outcomes_judge()
    assert not Feedback.objects.exists()


def test_a_word_of_the_person_stays_beside_the_audit(version, person):
    from burnout.selectors.features import source_of
    from mlops.kinds.answers import Correction, Headline
    from mlops.kinds.questions import Locator
    from mlops.monitoring.services.feedback import feedback_record

    athlete = person("ama")
    row = said(version, athlete, 100)
    Prediction.objects.update(source=source_of(athlete.pseudonym))
    feedback_record(
        version=version, athlete_id=athlete.pk, answered=Headline(number=0.3), correction=Correction(value="too_high"),
        by=athlete.user, origin="job", source=source_of(athlete.pseudonym), locator=Locator(place=row.place),
        scope="days",
    )
    outcomes_judge()
    assert {one.truth: one.is_audit for one in Feedback.objects.all()} == {"too_high": False, 0: True}


def test_answers_in_hindsight_do_not_count(version, person):
    said(version, person("ama"), 110, late=15)
    outcomes_judge()
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("began", "ended", "last", "truth"),
    [
        (None, None, 0, 0), (None, None, 9, 0), (None, None, 11, None), (99, None, 0, 1), (10, None, 0, 1),
        (9, None, 0, 0), (100, None, 0, None), (130, None, 0, None), (130, 101, 0, 0), (170, None, 0, 0),
    ],
)
def test_what_can_be_said_of_a_day_a_hundred_days_ago(db, began, ended, last, truth):
    rows = [] if began is None else [Outcome(began_on=ago(began), ended_on=ended and ago(ended))]
    assert happened(ago(100), 90, rows, ago(last)) == truth


def test_accuracy_in_service_and_the_two_arms_speak_of_outcomes(version, person):
    second = ModelVersion.objects.create(
        task=version.task, number=2, estimator=version.estimator, artifact_dir=version.artifact_dir,
        artifact_hash=version.artifact_hash,
    )
    ModelAlias.objects.create(task=version.task, name="challenger", version=second, traffic_share=0.5)
    for number in range(12):
        athlete = person(f"p{number}")
        own, risk = (second, 0.1) if number % 2 else (version, 0.8)
        said(own, athlete, 100, risk=risk)
    outcomes_judge()
    assert live_accuracy(version).audited.value == pytest.approx(1 - 0.64)
    assert live_accuracy(second).audited.n == 6
    found = arms_compared(Task.objects.get(name="burnout-curve"))
    assert found.gain[0] == pytest.approx(0.99 - 0.36)
    assert found.sentence.startswith("The challenger is better")
