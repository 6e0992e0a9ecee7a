"""Recovery pages and the coach's board: what they say, to whom, and in how many queries."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, Membership, Role, Team, TeamRole
from burnout.models import CheckIn, CheckInSource, RiskEstimate
from burnout.selectors.board import recovery_board
from burnout.selectors.days import days_of
from burnout.selectors.own_usual import own_usual
from burnout.selectors.recovery import recovery_for
from burnout.services.checkins import checkin_save
from burnout.services.estimates import estimates_rebuild
from tests.people import make_user

TODAY = timezone.now().date()


def page(user, address="/recovery/"):
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_visit_asks_for_one_thing(athlete):
    assert "Start with today" in page(athlete.user)


def test_calibrating_says_how_far(athlete, days, champion):
    days(athlete, 5)
    text = page(athlete.user)
    assert "No estimate yet: eight more days, at least two of them with a check-in." in text
    assert "6 of 14 days" in text
    assert "%</strong> within" not in text


def test_the_page_says_where_its_number_comes_from(athlete, days, champion):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6, "mood": 3, "sleep_hours": 6.0})
    text = page(athlete.user)
    for words in ("within 90 days", "generated days", "not a diagnosis", "an hour more", "all 19 features known"):
        assert words.lower() in text.lower()
    assert "findahelpline" not in text


def test_answered_days_are_counted_alike_before_and_after_todays_check_in(athlete, days, champion):
    days(athlete, 40)
    estimates_rebuild(athlete=athlete)
    yesterday = f"{TODAY - timedelta(days=1):%-d %B}"
    text = page(athlete.user)
    assert "28 of the last 28 days answered" in text
    assert f"From 28 answered days of the 28 up to {yesterday}; all 19 features known." in text
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 4})
    assert "28 of the last 28 days answered" in page(athlete.user)


def test_unknown_features_are_told(athlete, days, champion):
    days(athlete, 40, hrv_rmssd=None)
    estimates_rebuild(athlete=athlete)
    assert "16 of 19 features known, the others count as average" in page(athlete.user)


def test_an_alarming_answer_says_where_to_get_help(athlete):
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 1})
    assert "findahelpline" in page(athlete.user)


def test_the_form_keeps_refuses_and_fills_in(athlete):
    client = Client()
    client.force_login(athlete.user)
    body = {"day": f"{TODAY}", "mood": "5", "minutes": "40", "rpe": "6"}
    assert client.post("/recovery/check-in/", body).status_code == 302
    row = CheckIn.objects.get()
    assert (row.mood, row.stress, row.workload) == (5, None, 240)
    again = client.get("/recovery/check-in/")
    assert again.context["form"]["mood"].value() == 5
    wrong = client.post("/recovery/check-in/", {"day": f"{TODAY + timedelta(days=9)}", "mood": "5"})
    assert wrong.status_code == 422
    assert "is in the future" in wrong.content.decode()
    lazy = client.post("/recovery/check-in/", {"day": f"{TODAY}", "minutes": "40"}, follow=True)
    assert "until you say how hard it was" in lazy.content.decode()
    row = CheckIn.objects.get()
    assert (row.minutes, row.rpe, row.workload) == (40, None, None), "unknown, not zero"
    assert "how hard it was is not known, so there is no load" in lazy.content.decode()


@pytest.fixture
def team(db):
    team = Team.objects.create(name="Club")
    coach = make_user("coach", role=Role.COACH)
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    return team, coach


def member(team, name, *, shares=True):
    user = make_user(name)
    athlete = Athlete.objects.create(user=user)
    Membership.objects.create(team=team, user=user, role=TeamRole.ATHLETE)
    if shares:
        Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.RECOVERY, team=team)
    return athlete


def estimate(athlete, risk, ago=0):
    return RiskEstimate.objects.create(
        athlete=athlete, day=TODAY - timedelta(days=ago), horizon_days=90, risk=risk, low=risk / 2, high=risk * 1.5,
        usual=0.1, n_days=20, n_known=19, model="m v1", is_generated=True,
    )


def test_the_board_puts_those_first_who_need_attention(team):
    club, coach = team
    calm, tired, new, private = (member(club, name) for name in ("calm", "tired", "new", "private"))
    Consent.objects.filter(athlete=private).delete()
    estimate(calm, 0.05)
    estimate(tired, 0.02, ago=5)
    estimate(tired, 0.4)
    CheckIn.objects.create(athlete=calm, day=TODAY - timedelta(days=6), mood=5)
    CheckIn.objects.create(athlete=tired, day=TODAY, mood=2, is_injured=True)
    rows = recovery_board(team=club)
    assert [row.name for row in rows] == [str(one.user) for one in (tired, calm, new, private)]
    assert [row.level for row in rows] == ["high", "usual", "", ""]
    assert "reports an injury" in rows[0].flags
    assert "no check-in for 6 days" in rows[1].flags
    assert rows[2].flags == ("no check-in yet",)
    assert not rows[3].is_shared
    assert "Not shared" in page(coach, f"/teams/{club.pk}/recovery/")


def test_queries_do_not_grow_with_the_team(team, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    club, _ = team
    counts = []
    for n in (2, 12):
        for i in range(n):
            one = member(club, f"a{n}-{i}")
            estimate(one, 0.1)
            CheckIn.objects.create(athlete=one, day=TODAY, mood=4)
        with CaptureQueriesContext(connection, ) as queries:
            recovery_board(team=club)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_a_coach_without_consent_sees_nothing(team):
    club, coach = team
    private = member(club, "private", shares=False)
    CheckIn.objects.create(athlete=private, day=TODAY, mood=1)
    client = Client()
    client.force_login(coach)
    assert client.get(f"/athletes/{private.pk}/recovery/").status_code == 404
    assert client.get("/api/v1/check-ins/").json()["results"] == []


def test_usual_is_the_persons_own_and_says_over_how_many_days(athlete, days, champion):
    """Somebody who has slept four hours for months is used to four hours, whatever other people sleep."""
    days(athlete, 120, sleep_hours=4.0)
    estimates_rebuild(athlete=athlete)
    found = recovery_for(athlete=athlete, today=TODAY)
    (sleep,) = [driver for driver in found.drivers if driver.title == "Sleep, 4 weeks"]
    assert sleep.usual.startswith("usually 4 h a night, over ")
    assert sleep.usual.endswith(" of your days")
    assert not sleep.average.startswith("4 ")
    assert f"({sleep.usual}; average person: {sleep.average})" in page(athlete.user)


def test_too_few_own_days_are_said_instead_of_other_peoples(athlete, days, champion):
    days(athlete, 30, sleep_hours=4.0)
    estimates_rebuild(athlete=athlete)
    text = page(athlete.user)
    assert "your usual value needs" in text
    assert "(usual " not in text


def test_a_change_of_the_last_four_weeks_is_not_its_own_baseline(athlete, days, champion):
    days(athlete, 120, sleep_hours=8.0)
    CheckIn.objects.filter(athlete=athlete, day__gt=TODAY - timedelta(days=28)).update(sleep_hours=5.0)
    person = days_of([athlete.pk], first=TODAY - timedelta(days=119), last=TODAY)[athlete.pk]
    assert own_usual(person, TODAY)["sleep_mean"].value == 8.0


@pytest.mark.parametrize(("most", "doubt"), [(5, True), (7, False)])
def test_a_risk_on_imported_ratings_up_to_five_says_so(athlete, champion, days, client, most, doubt):
    """Imports of old took any scale for 1 to 7; a risk that may rest on that is shown with its doubt."""
    days(athlete, n=30, mood=most, source=CheckInSource.CSV)
    estimates_rebuild(athlete=athlete)
    client.force_login(athlete.user)
    page = client.get("/recovery/").content.decode()
    assert "within 90 days" in page
    assert ("This estimate may be wrong" in page) == doubt


def test_a_week_is_shown_and_the_days_before_it_are_one_tap_away(browse, athlete):
    for back in range(10):
        CheckIn.objects.create(athlete=athlete, day=TODAY - timedelta(days=back), mood=4, sleep_hours=7.5)
    page = browse(athlete.user).get("/recovery/").content.decode()
    shown, _, folded = page.partition("Show all days")
    days = [part.count('<a href="/recovery/check-in/?day=') for part in (shown, folded)]
    assert days == [7, 3]
