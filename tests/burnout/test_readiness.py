"""Today's check-in against the person's own days."""

from datetime import timedelta

import pytest
from django.utils import timezone

from burnout.models import CheckIn
from burnout.selectors.readiness import MIN_DAYS, readiness_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.now().date()


def answer(athlete, today, **answers):
    return CheckIn.objects.create(athlete=athlete, day=today, **answers)


def test_before_the_check_in_it_is_asked_for(athlete, days, today):
    days(athlete, 10, skip=(9,))
    found = readiness_of(athlete.user, today)
    assert found.is_asked
    assert found.days == {today - timedelta(days=n) for n in range(2, 7)}


def test_a_usual_day_is_ready(athlete, days, today):
    days(athlete, 20)
    answer(athlete, today, sleep_hours=7, stress=4, mood=4)
    found = readiness_of(athlete.user, today)
    assert (found.word, found.text) == ("Ready to train", "Everything is close to your usual.")


@pytest.mark.parametrize(
    ("answers", "word", "reason"),
    [
        ({"sleep_hours": 4.5, "mood": 2, "fatigue": 6, "stress": 6}, "Rest today", "Sleep 2.5 h less"),
        ({"sleep_hours": 6.5, "mood": 4, "fatigue": 5, "stress": 4}, "Take it easier today", "ower"),
        ({"sleep_hours": 9, "mood": 6, "fatigue": 2, "resting_hr": 56}, "Ready to train", "Sleep 2 h more"),
        ({"resting_hr": 70.0}, "Rest today", "Resting heart rate 10 bpm more than your usual."),
    ],
)
def test_bad_days_are_named_with_their_reason(athlete, days, today, answers, word, reason):
    days(athlete, 28)
    answer(athlete, today, **answers)
    found = readiness_of(athlete.user, today)
    assert found.word == word
    assert reason in found.text or word == "Take it easier today"


def test_it_is_the_persons_own_usual(athlete, days, today):
    """Five hours are little for most people, but not for somebody who always sleeps five."""
    days(athlete, 28, sleep_hours=5.0)
    answer(athlete, today, sleep_hours=5.0)
    assert readiness_of(athlete.user, today).word == "Ready to train"


def test_few_days_are_no_usual(athlete, days, today):
    days(athlete, MIN_DAYS - 1)
    answer(athlete, today, sleep_hours=3)
    found = readiness_of(athlete.user, today)
    assert found.word == "Checked in"
    assert f"You have {MIN_DAYS - 1}" in found.text


def test_a_coach_has_none(db, today):
    from tests.people import make_user

    assert readiness_of(make_user("coach2", role="coach"), today) is None
