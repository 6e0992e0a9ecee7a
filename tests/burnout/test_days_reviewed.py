"""Reviewed days: what ML staff see of them, and what a decision leaves for learning."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Athlete, ConsentKind, LearningScope, Role
from accounts.services.consent import consent_grant, consent_withdraw
from burnout.models import CheckIn, DayVerdict, RiskEstimate
from burnout.selectors.day_lines import day_lines
from burnout.selectors.days import days_of
from burnout.selectors.learning import learning_days
from burnout.services.checkins import checkin_save
from burnout.services.feedback import estimate_word
from mlops.kinds.base import task_kind
from mlops.kinds.review import Corrections
from mlops.models import Feedback, ModelVersion, ReviewItem, Task
from mlops.review.services.fill import fill_choose, fill_store, proposals_queue
from mlops.review.services.review import review_decide, review_next
from tests.people import make_user

TODAY = timezone.now().date()


@pytest.fixture
def task(champion):
    return Task.objects.get(name="burnout-curve")


@pytest.fixture
def staff(db):
    return make_user("staff", role=Role.ML_STAFF)


@pytest.fixture
def learnable(athlete):
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    return athlete


@pytest.fixture
def doubted(learnable, task, days):
    """A day that the person says the curve is too high for."""
    days(learnable, 60)
    checkin_save(athlete=learnable, day=TODAY, answers={"stress": 7, "sleep_hours": 3.0})
    estimate = RiskEstimate.objects.select_related("athlete", "version__task").get(day=TODAY)
    return estimate_word(estimate=estimate, given="too_high", by=learnable.user)


def test_what_a_person_said_does_not_fit_comes_first(doubted, task, staff, learnable):
    assert proposals_queue(task=task) == 1
    assert proposals_queue(task=task) == 0
    item = review_next(user=staff, task=task)
    assert (item.reason, item.place, item.correction, item.scope) == ("correction", f"row:{TODAY}", "too_high", "days")
    client = Client()
    client.force_login(staff)
    text = client.get("/ml/queue/?task=burnout-curve").content.decode()
    assert learnable.pseudonym in text
    assert learnable.user.username not in text.replace("name=", "")
    for words in ("The athlete says: <strong>Too high</strong>", "of the 28 days up to", "Sleep",
                  "3 h on the day itself", "Use this day for training?", "Reasons for the prediction", "hazard × "):
        assert words in text, words


@pytest.mark.parametrize(("action", "verdict"), [("confirm", "use"), ("reject", "leave_out"), ("empty", "leave_out")])
def test_a_decision_is_about_the_day_and_not_about_the_answer(doubted, task, staff, learnable, action, verdict):
    proposals_queue(task=task)
    item = review_next(user=staff, task=task)
    review_decide(item=item, user=staff, action=action)
    row = DayVerdict.objects.get()
    assert (row.athlete, row.day, row.outcome, row.verdict, row.by) == (learnable, TODAY, "burnout", verdict, staff)
    assert Feedback.objects.get() == doubted, "time tells whether the risk was right"
    assert proposals_queue(task=task) == 0
    found = learning_days(outcome="burnout", include_generated=False)
    [days] = found.days
    assert np.isnan(days.values["stress"][0, -1]) == (verdict == "leave_out")
    assert found.n_left_out == (verdict == "leave_out")
    assert CheckIn.objects.get(athlete=learnable, day=TODAY).stress == 7, "the day stays the person's own"
    assert learning_days(outcome="injury", include_generated=False).n_left_out == 0


def test_a_word_taken_back_leaves_the_queue(doubted, task, staff, learnable):
    proposals_queue(task=task)
    estimate = RiskEstimate.objects.select_related("athlete", "version__task").get(day=TODAY)
    estimate_word(estimate=estimate, given="about_right", by=learnable.user)
    assert review_next(user=staff, task=task) is None
    assert ReviewItem.objects.get().state == "gone"


def test_days_the_model_is_unsure_of(learnable, task, days, staff):
    days(learnable, 60)
    hidden = Athlete.objects.create(user=make_user("hidden"))
    days(hidden, 60)
    version = ModelVersion.objects.get(task=task)
    DayVerdict.objects.create(athlete=learnable, day=TODAY - timedelta(days=1), outcome="burnout", verdict="use")
    items = fill_choose(task=task, version=version)
    assert fill_store(task=task, items=items) == len(items) > 5
    assert {item.athlete_id for item in items} == {learnable.pk}
    places = {item.place for item in items}
    assert f"row:{TODAY - timedelta(days=1)}" not in places, "that one is decided"
    assert all(place > f"row:{TODAY - timedelta(days=29)}" for place in places)
    item = review_next(user=staff, task=task)
    client = Client()
    client.force_login(staff)
    text = client.get("/ml/queue/?task=burnout-curve").content.decode()
    assert "The model predicted" in text
    assert "The athlete says" not in text
    review_decide(item=item, user=staff, action="confirm")
    assert not Feedback.objects.exists()


def test_who_takes_the_consent_back_leaves_queue_and_verdicts(
    doubted, task, staff, learnable, django_capture_on_commit_callbacks
):
    proposals_queue(task=task)
    DayVerdict.objects.create(athlete=learnable, day=TODAY, outcome="burnout", verdict="use")
    with django_capture_on_commit_callbacks(execute=True):
        consent_withdraw(athlete=learnable, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=learnable.user)
    assert not DayVerdict.objects.exists()
    assert not ReviewItem.objects.exists()
    assert review_next(user=staff, task=task) is None


class TestDemo:
    """Days of a demo athlete are generated and teach nothing."""

    @pytest.fixture(autouse=True)
    def demo(self, doubted, learnable):
        learnable.user.is_demo = True
        learnable.user.save()

    def test_they_are_not_offered(self, task):
        assert proposals_queue(task=task) == 0
        assert fill_choose(task=task, version=ModelVersion.objects.get(task=task)) == []

    def test_they_are_not_counted_as_learned_from(self, task, learnable):
        DayVerdict.objects.create(athlete=learnable, day=TODAY, outcome="burnout", verdict="use")
        assert task_kind(task.kind).review.corrections(task) == Corrections(0, 0)

    def test_one_that_waits_already_is_marked(self, doubted, task, learnable, staff, client):
        learnable.user.is_demo = False
        learnable.user.save()
        fill_store(task=task, items=fill_choose(task=task, version=ModelVersion.objects.get(task=task)))
        learnable.user.is_demo = True
        learnable.user.save()
        client.force_login(staff)
        text = client.get("/ml/queue/?task=burnout-curve").content.decode()
        assert "no model is trained on it" in text
        assert "Use this day" not in text


def test_only_days_that_may_teach_count_as_learned_from(learnable, task):
    for ago, verdict in ((1, "use"), (2, "leave_out"), (3, "use")):
        DayVerdict.objects.create(
            athlete=learnable, day=TODAY - timedelta(days=ago), outcome="burnout", verdict=verdict
        )
    assert task_kind(task.kind).review.corrections(task).n_reviewed == 2


def test_small_lines_have_gaps_and_words(athlete, days):
    days(athlete, 30, skip=(10, 12, 29), hrv_rmssd=None)
    person = days_of([athlete.pk], first=TODAY - timedelta(days=30), last=TODAY - timedelta(days=1))[athlete.pk]
    found = day_lines(person)
    assert found.summary.startswith("25 of the 28 days")
    sleep = found.lines[0]
    assert (sleep.title, len(sleep.pieces), len(sleep.dots)) == ("Sleep", 2, 1)
    assert sleep.summary == "7 h on average (7 to 7 h), unknown on the day itself"
    stress = found.lines[2].summary
    assert stress == "4 on average (4 to 4), unknown on the day itself; scale 1–7, 7 worst"
    assert found.columns[1] == "Sleep, h"
    assert not any("HRV" in column for column in found.columns)
    assert len(found.rows) == 28
    assert found.rows[0][1] is None
