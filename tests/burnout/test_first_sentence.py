"""What the recovery page says first, and the bars of a week against the person's own days."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from burnout.models import CheckIn, CheckInSource, RiskEstimate
from burnout.selectors.days import PersonDays, days_of
from burnout.selectors.own_week import MIN_ANSWERS, SHOWN, missing_words, own_week
from burnout.selectors.recovery import recovery_for
from burnout.selectors.sentence import level_of, reason_of, sentence_for
from burnout.services.checkins import checkin_save
from burnout.services.estimates import estimates_rebuild

TODAY = timezone.now().date()
USUAL = 0.1


def estimate(risk, *, high=None, drivers=(), n_known=19):
    return RiskEstimate(day=TODAY, horizon_days=90, risk=risk, high=high, usual=USUAL, drivers=list(drivers),
                        n_days=20, n_known=n_known, model="m v1", is_generated=True)


def driver(feature, effect, value=1.0):
    return {"feature": feature, "value": value, "usual": 1.0, "effect": effect}


def said(athlete):
    return sentence_for(recovery_for(athlete=athlete, today=TODAY)).text


def week_of(athlete, **kwargs):
    person = days_of([athlete.pk], first=TODAY - timedelta(days=59), last=TODAY)[athlete.pk]
    return own_week(person, **kwargs)


@pytest.mark.parametrize(
    ("risk", "high", "level"),
    [(0.05, 0.08, "low"), (0.05, 0.12, "average"), (0.12, 0.14, "average"), (0.16, 0.2, "raised"),
     (0.35, 0.5, "high"), (0.05, None, "low")],
)
def test_a_risk_is_low_only_where_its_whole_band_is(risk, high, level):
    assert level_of(estimate(risk, high=high)) == level


@pytest.mark.parametrize(
    ("drivers", "level", "words"),
    [
        ([driver("sleep_mean", -0.3), driver("stress_mean", -0.2)], "low", "Sleep helps most."),
        ([driver("sleep_mean", -0.3), driver("stress_mean", -0.2), driver("stress_trend", -0.2)], "low",
         "Calm days help most."),
        ([driver("sleep_mean", -0.9), driver("stress_mean", 0.2)], "raised", "Stress is the main reason."),
        ([driver("sleep_mean", -0.9)], "high", ""),
        ([driver("sleep_mean", 0.9, value=None)], "high", ""),
        ([driver("mood_mean", 0.01)], "average", ""),
        ([], "low", ""),
    ],
)
def test_the_reason_is_the_measure_that_points_the_way_of_the_risk(drivers, level, words):
    assert reason_of(estimate(0.1, drivers=drivers), level) == words


@pytest.mark.parametrize(
    ("answered_ago", "words"),
    [
        (range(1, 6), "No estimate yet: eight more days, at least two of them with a check-in."),
        (range(1, 13), "No estimate yet: one more day to go."),
        (range(1, 11), "No estimate yet: three more days to go."),
        ((20, 19, 5, 4), "No estimate yet: check in on three more days."),
    ],
)
def test_before_an_estimate_it_says_how_much_is_missing(athlete, answered_ago, words):
    CheckIn.objects.bulk_create(CheckIn(athlete=athlete, day=TODAY - timedelta(days=n), mood=4) for n in answered_ago)
    assert said(athlete) == words


def test_no_model_no_risk(athlete, days):
    days(athlete, 40)
    assert said(athlete) == "No estimate: no model is serving right now."


def test_an_old_estimate_is_none_for_today(athlete, days, champion):
    days(athlete, 40)
    CheckIn.objects.filter(athlete=athlete, day__gt=TODAY - timedelta(days=6)).delete()
    estimates_rebuild(athlete=athlete)
    assert said(athlete) == f"No estimate for today: the last one is from {TODAY - timedelta(days=6):%-d %B}."


def test_no_risk_is_claimed_on_a_scale_that_may_be_wrong(athlete, days, champion):
    days(athlete, n=30, mood=5, source=CheckInSource.CSV)
    estimates_rebuild(athlete=athlete)
    assert said(athlete) == "No reliable estimate: the imported ratings may be on another scale."


def test_little_known_is_said(athlete, days, champion):
    days(athlete, 40, hrv_rmssd=None, sleep_hours=None, sleep_quality=None, resting_hr=None, workload=None)
    CheckIn.objects.update(workload=None)
    estimates_rebuild(athlete=athlete)
    assert "risk, but based on little data." in said(athlete)


def test_the_sentence_and_the_button_come_before_everything_and_the_mathematics_is_folded(athlete, days, champion):
    days(athlete, 40)
    client = Client()
    client.force_login(athlete.user)
    checkin_save(athlete=athlete, day=TODAY - timedelta(days=1), answers={"mood": 4})
    text = client.get("/recovery/").content.decode()
    main = text[text.index("<main"):text.index("</main>")]
    order = [main.index(words) for words in (
        said(athlete), "Check in</a>", "generated days", "Your last seven days", "How this is worked out", "hazard",
    )]
    assert order == sorted(order)
    before = main[:main.index("How this is worked out")].replace("Enter a percentage", "").lower()
    for words in ("hazard", "concordance", "95 %", "average person", "% </strong>", "within 90 days"):
        assert words not in before


def test_a_bar_is_the_week_against_the_persons_own_earlier_days(athlete, days):
    days(athlete, 50, sleep_hours=7.4, stress=4)
    CheckIn.objects.filter(day__gt=TODAY - timedelta(days=7)).update(sleep_hours=6.2, stress=6, resting_hr=50)
    bars = {bar.title: bar for bar in week_of(athlete).bars}
    assert bars["Sleep"].words == "6.2 h, less than your usual 7.4 h"
    assert (bars["Sleep"].tone, bars["Sleep"].spreads) == ("bad", pytest.approx(-2.4))
    assert bars["Stress"].words == "6 of 7, higher than your usual 4"
    assert bars["Stress"].tone == "bad"
    assert bars["Resting heart rate"].words == "50 bpm, less than your usual 60 bpm"
    assert bars["Resting heart rate"].tone == "good"
    assert bars["Mood"].words == "4 of 7, as usual"
    assert bars["Training load"].tone == "", "more training is neither good nor bad"
    shared = {bar.title: bar.words for bar in week_of(athlete, is_mine=False).bars}
    assert shared["Sleep"] == "6.2 h, less than the usual 7.4 h"


def test_what_differs_stands_first(athlete, days):
    days(athlete, 50)
    CheckIn.objects.filter(day__gt=TODAY - timedelta(days=7)).update(resting_hr=70)
    week = week_of(athlete)
    assert week.first[0].title == "Resting heart rate"
    assert len(week.first) == 4


def test_the_own_spread_decides_what_is_close(athlete, days):
    """An hour less is nothing for who sleeps five to nine hours, and much for who always sleeps seven."""
    rows = days(athlete, 50)
    CheckIn.objects.filter(day__gt=TODAY - timedelta(days=7)).update(sleep_hours=6.0)
    assert week_of(athlete).bars[0].words == "6 h, less than your usual 7 h"
    for i, row in enumerate(rows):
        if row.day <= TODAY - timedelta(days=7):
            CheckIn.objects.filter(pk=row.pk).update(sleep_hours=5 + 4 * (i % 2) if i % 3 else 7)
    sleep = next(bar for bar in week_of(athlete).bars if bar.title == "Sleep")
    assert "close to your usual" in sleep.words


def test_few_days_are_no_usual_and_few_answers_no_week(athlete, days):
    days(athlete, 12)
    week = week_of(athlete)
    assert all(bar.spreads is None for bar in week.bars)
    assert week.bars[0].words == "7 h"
    assert missing_words(week) == "Your usual is known after 14 days before these seven. So far: 6."
    CheckIn.objects.filter(day__gt=TODAY - timedelta(days=8 - MIN_ANSWERS)).delete()
    week = week_of(athlete)
    assert (week.bars, week.n_answered) == ([], MIN_ANSWERS - 1)
    assert f"{MIN_ANSWERS - 1} of the last seven days have answers" in missing_words(week)


def test_bars_stay_inside_their_drawing():
    values = {measure.name: np.r_[np.full(30, 5.0), np.full(7, 500.0)] for measure in SHOWN}
    week = own_week(PersonDays(TODAY, values, np.ones(37, bool)))
    assert {(bar.start, bar.start + bar.width) for bar in week.bars} == {(150.0, 300.0)}
