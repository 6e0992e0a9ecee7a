"""Check-ins: one a day, late and in one's own time zone, missing is missing."""

from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework.test import APIClient

from burnout.models import CheckIn, Outcome, RiskEstimate
from burnout.services.checkins import checkin_delete, checkin_save, own_today
from burnout.services.outcomes import outcome_record

TODAY = timezone.now().date()


def test_sent_twice_it_is_one_and_later_answers_join(athlete):
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 5, "sleep_hours": 7.5})
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 5, "sleep_hours": 7.5})
    row = checkin_save(athlete=athlete, day=TODAY, answers={"stress": 2})
    assert CheckIn.objects.count() == 1
    assert (row.mood, row.sleep_hours, row.stress, row.fatigue) == (5, 7.5, 2, None)
    assert checkin_save(athlete=athlete, day=TODAY, answers={"mood": None}).mood is None


def test_effort_and_minutes_make_the_load_and_half_of_it_makes_none(athlete):
    row = checkin_save(athlete=athlete, day=TODAY, answers={"rpe": 6, "minutes": 50})
    assert row.workload == 300
    assert checkin_save(athlete=athlete, day=TODAY, answers={"minutes": None}).workload is None
    assert checkin_save(athlete=athlete, day=TODAY, answers={"rpe": 0, "minutes": 0}).workload == 0
    assert checkin_save(athlete=athlete, day=TODAY, answers={"workload": 420.0}).workload == 420


@pytest.mark.parametrize(
    ("answers", "name"),
    [({"mood": 8}, "mood"), ({"sleep_hours": -1}, "sleep_hours"), ({"hrv_rmssd": 900}, "hrv_rmssd"), ({"x": 1}, "x")],
)
def test_impossible_answers_are_refused_by_field(athlete, answers, name):
    with pytest.raises(ValidationError) as refused:
        checkin_save(athlete=athlete, day=TODAY, answers=answers)
    assert list(refused.value.error_dict) == [name]
    assert not CheckIn.objects.exists()


def test_a_day_is_the_athletes_own(athlete):
    athlete.user.time_zone = "Pacific/Auckland"
    late = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    with mock.patch.object(timezone, "now", return_value=late):
        assert own_today(athlete) == date(2026, 3, 2)
        checkin_save(athlete=athlete, day=date(2026, 3, 2), answers={"mood": 4})
        with pytest.raises(ValidationError):
            checkin_save(athlete=athlete, day=date(2026, 3, 3), answers={"mood": 4})
    athlete.user.time_zone = "America/Chicago"
    with mock.patch.object(timezone, "now", return_value=late), pytest.raises(ValidationError):
        checkin_save(athlete=athlete, day=date(2026, 3, 2), answers={"mood": 4})


def test_too_long_ago_is_refused(athlete):
    with pytest.raises(ValidationError):
        checkin_save(athlete=athlete, day=TODAY - timedelta(days=1000), answers={"mood": 4})


def test_the_first_estimate_comes_on_the_fourteenth_day(athlete, champion, days):
    days(athlete, 12)
    checkin_save(athlete=athlete, day=TODAY - timedelta(days=13), answers={"mood": 4})
    checkin_save(athlete=athlete, day=TODAY - timedelta(days=1), answers={"mood": 4})
    assert not RiskEstimate.objects.exists()
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 4, "stress": 4})
    estimate = RiskEstimate.objects.get()
    assert estimate.day == TODAY
    assert 0 < estimate.low < estimate.risk < estimate.high < 1
    assert estimate.is_generated
    assert estimate.model.startswith("burnout-curve v")
    assert estimate.n_known < 19 or estimate.n_days == 14
    assert estimate.curve[0][:2] == [0, 1]
    shares = [row[1] for row in estimate.curve]
    assert shares == sorted(shares, reverse=True)
    assert all(low <= share <= high for _, share, low, high in estimate.curve)


def test_stress_raises_and_sleep_lowers(athlete, champion, days):
    days(athlete, 30)
    calm = checkin_save(athlete=athlete, day=TODAY, answers={"stress": 4, "sleep_hours": 7.0})
    before = RiskEstimate.objects.get(athlete=athlete, day=calm.day).risk
    CheckIn.objects.filter(athlete=athlete).update(stress=6, sleep_hours=5.5)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    after = RiskEstimate.objects.get(athlete=athlete, day=TODAY)
    assert after.risk > 1.5 * before
    first = after.drivers[:3]
    assert any(one["feature"].startswith(("stress", "sleep")) and one["effect"] > 0 for one in first)


def test_a_late_entry_changes_what_came_after_it(athlete, champion, days):
    days(athlete, 30, skip=(20,))
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 4})
    before = RiskEstimate.objects.get(day=TODAY).risk
    late = checkin_save(athlete=athlete, day=TODAY - timedelta(days=10), answers={"stress": 7, "sleep_hours": 3.0})
    changed = RiskEstimate.objects.get(day=TODAY).risk
    assert changed > before
    checkin_delete(checkin=late)
    assert RiskEstimate.objects.get(day=TODAY).risk == pytest.approx(before)


def test_without_a_model_days_are_kept_all_the_same(athlete, days):
    days(athlete, 20)
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 4})
    assert not RiskEstimate.objects.exists()


def test_the_api_keeps_one_a_day_and_tells_fields(athlete):
    client = APIClient()
    client.force_authenticate(athlete.user)
    body = {"day": f"{TODAY}", "mood": 5, "hrv_sdnn": 40.5}
    first = client.post("/api/v1/check-ins/", body, format="json")
    again = client.post("/api/v1/check-ins/", body, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    wrong = client.post("/api/v1/check-ins/", {"day": f"{TODAY}", "mood": 9}, format="json")
    assert wrong.status_code == 400
    assert client.post("/api/v1/check-ins/", {**body, "athlete": 1}, format="json").status_code == 400
    future = {"day": f"{TODAY + timedelta(days=5)}", "mood": 4}
    assert client.post("/api/v1/check-ins/", future, format="json").status_code == 400
    pk = first.json()["id"]
    assert client.patch(f"/api/v1/check-ins/{pk}/", {"stress": 3}, format="json").json()["stress"] == 3
    assert client.patch(f"/api/v1/check-ins/{pk}/", {"day": "2026-01-01"}, format="json").status_code == 400


def test_an_outcome_once_and_in_order(athlete):
    kwargs = {"athlete": athlete, "kind": "injury", "judged_by": "self", "note": "", "by": athlete.user}
    outcome_record(began_on=TODAY, ended_on=None, **kwargs)
    with pytest.raises(ValidationError):
        outcome_record(began_on=TODAY, ended_on=None, **kwargs)
    with pytest.raises(ValidationError):
        outcome_record(began_on=TODAY, ended_on=TODAY - timedelta(days=1), **{**kwargs, "kind": "illness"})
    assert Outcome.objects.count() == 1
