"""The review queue: what comes into it, who gets what, what decisions write, whether people agree."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Consent
from mlops.jobs.services.execution import job_execute_here
from mlops.ml.agreement import cohen_kappa, krippendorff_alpha
from mlops.ml.selection import pick_diverse, pick_uncertain
from mlops.models import Feedback, Job, Review, ReviewItem
from mlops.review.selectors import agreement
from mlops.review.services.fill import fill_start, proposals_queue
from mlops.review.services.review import review_decide, review_next
from mlops.review.services.withdrawal import learning_withdrawn
from sessions.models import Span, SpanOrigin, SpanState
from web.refusals import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(athlete: Any, new_recording: Any) -> Any:
    return new_recording(athlete, seconds=120)


@pytest.fixture
def correction(recording: Any, task: Any, version: Any) -> Span:
    return Span.objects.create(
        recording=recording, start_s=10, end_s=13, label="row", state=SpanState.PROPOSED, origin=SpanOrigin.FEEDBACK,
        answered={"label": "squat", "confidence": 0.8, "model_version": version.number, "model": task.name},
    )  # fmt: skip


@pytest.fixture
def new_item(recording: Any, task: Any, version: Any) -> Any:
    def make(start_s: float = 20.0, **more: Any) -> ReviewItem:
        values = {
            "athlete": recording.session.athlete, "reason": "uncertain", "source": recording.pk, "label": "squat",
            "version": version, "scores": [{"label": "squat", "score": 0.5}, {"label": "row", "score": 0.4}],
            "said": {"label": "squat", "confidence": 0.5}, **more,
        }  # fmt: skip
        return ReviewItem.objects.create(task=task, start_s=start_s, end_s=start_s + 3, **values)

    return make


def test_a_correction_comes_first_and_a_yes_makes_it_teach(correction, new_item, task, staff):
    new_item()
    assert proposals_queue(task=task) == 1
    assert proposals_queue(task=task) == 0
    item = review_next(user=staff)
    assert (item.reason, item.label, item.span) == ("correction", "row", correction.pk)
    review_decide(item=item, user=staff, action="confirm")
    correction.refresh_from_db()
    assert (correction.state, correction.label) == ("confirmed", "row")


@pytest.mark.parametrize(
    ("action", "label", "state", "ends_as", "told"),
    [
        ("confirm", "", "confirmed", "squat", "squat"),
        ("correct", "row", "confirmed", "row", "row"),
        ("reject", "", "rejected", "squat", ""),
        ("empty", "", "reviewed_empty", "squat", "other"),
    ],
)
def test_a_decision_writes_a_label_and_a_word_about_the_answer(new_item, staff, action, label, state, ends_as, told):
    item = new_item(reason="audit")
    review_decide(item=item, user=staff, action=action, label=label)
    span, word = Span.objects.get(), Feedback.objects.get()
    assert (span.state, span.label, span.start_s, span.end_s) == (state, ends_as, 20, 23)
    assert (word.version, word.answered, word.label, word.is_audit) == (item.version, "squat", told, True)


def test_two_people_never_get_the_same_item(new_item, staff, second_staff):
    new_item(20), new_item(40)
    first, second = review_next(user=staff), review_next(user=second_staff)
    assert first.pk != second.pk
    assert review_next(user=staff).pk == first.pk
    with pytest.raises(Problem, match="Someone else"):
        review_decide(item=first, user=second_staff, action="confirm")
    ReviewItem.objects.filter(pk=first.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    review_decide(item=second, user=second_staff, action="confirm")
    assert review_next(user=second_staff).pk == first.pk


def test_what_was_decided_elsewhere_leaves_the_queue(correction, task, staff):
    proposals_queue(task=task)
    Span.objects.filter(pk=correction.pk).update(state=SpanState.CONFIRMED)
    assert review_next(user=staff) is None
    assert ReviewItem.objects.get().state == "gone"


def test_two_decide_without_seeing_each_other_and_a_third_settles(new_item, staff, second_staff, make_user):
    item = new_item(n_wanted=2)
    review_decide(item=item, user=staff, action="confirm")
    assert not Span.objects.exists()
    assert review_next(user=staff) is None
    assert review_next(user=second_staff).pk == item.pk
    review_decide(item=item, user=second_staff, action="correct", label="row")
    item.refresh_from_db()
    assert (item.state, item.n_wanted) == ("open", 3)
    third = make_user("third", role="ml_staff")
    review_decide(item=item, user=third, action="correct", label="row")
    assert Span.objects.get().label == "row"
    found = agreement(staff)
    assert (found.n_items, found.share_equal) == (1, 0)


def test_a_skipped_item_goes_to_somebody_else(new_item, staff, second_staff):
    item = new_item()
    review_decide(item=review_next(user=staff), user=staff, action="skip")
    assert review_next(user=staff) is None
    assert review_next(user=second_staff).pk == item.pk


@pytest.mark.parametrize(("action", "label"), [("dance", ""), ("correct", "dance"), ("correct", "")])
def test_impossible_decisions_are_refused(new_item, staff, action, label):
    with pytest.raises(ValidationError):
        review_decide(item=new_item(), user=staff, action=action, label=label)
    assert not Review.objects.exists()


def test_nobody_decides_twice(new_item, staff):
    item = new_item(n_wanted=2)
    review_decide(item=item, user=staff, action="confirm")
    with pytest.raises(Problem, match="already"):
        review_decide(item=item, user=staff, action="confirm")


def test_withdrawn_consent_empties_the_queue(new_item, staff, athlete):
    item = new_item()
    Consent.objects.update(withdrawn_at=timezone.now())
    assert review_next(user=staff) is None
    with pytest.raises(Problem, match="does not exist"):
        review_decide(item=item, user=staff, action="confirm")
    learning_withdrawn(athlete.user, "learning", "sensor")
    assert not ReviewItem.objects.exists()


def test_the_champion_queues_what_it_is_unsure_of_and_never_what_is_labelled(recording, task, version, staff):
    Span.objects.create(recording=recording, start_s=0, end_s=60, label="squat")
    ReviewItem.objects.create(
        task=task, athlete=recording.session.athlete, reason="uncertain", source=recording.pk, start_s=70, end_s=73
    )
    job = fill_start(task=task, owner=staff)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.failure_reason
    items = list(ReviewItem.objects.all())
    assert {item.reason for item in items} == {"uncertain", "diverse"}  # twenty windows: none is left for an audit
    assert len(items) == 20
    assert all(item.start_s >= 60 for item in items)
    assert all(item.label == item.scores[0]["label"] for item in items)
    assert fill_start(task=task, owner=staff).pk != job.pk
    assert Job.objects.filter(kind="review.fill").count() == 2


def test_the_page_shows_the_stretch_and_takes_the_decision(new_item, staff, client):
    item = new_item()
    client.force_login(staff)
    page = client.get(reverse("mlops:queue")).content.decode()
    assert item.pseudonym in page
    assert "lumbarAngle" in page
    assert item.athlete.user.username not in page
    url = reverse("mlops:review_decide", args=[item.pk])
    after = client.post(url, {"action": "correct", "label": "row"}, follow=True).content.decode()
    assert "Nothing to review" in after
    assert Span.objects.get().label == "row"


def test_programs_review_too(new_item, staff, client):
    new_item()
    client.force_login(staff)
    post = {"content_type": "application/json"}
    item = client.post(reverse("mlops_api:review-item-take-next"), {"task": "exercise"}, **post).json()
    url = reverse("mlops_api:review-item-decide", args=[item["id"]])
    assert client.post(url, {"action": "confirm"}, **post).json()["state"] == "done"
    assert client.post(url, {"action": "confirm"}, **post).status_code == 409
    assert client.post(reverse("mlops_api:review-item-take-next"), {}, **post).status_code == 204
    assert client.get(reverse("mlops_api:review-item-agreement")).json()["n_items"] == 0


def test_agreement_as_in_the_textbook():
    """Krippendorff 2004: perfect agreement is 1; the worked nominal example of two coders, ten units."""
    a = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    b = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    assert krippendorff_alpha(list(zip(a, b, strict=True))) == pytest.approx(0.692, abs=1e-3)
    assert krippendorff_alpha([["a", "a"], ["b", "b"]]) == 1
    assert krippendorff_alpha([["a"], ["a", "a"]]) is None
    assert cohen_kappa(["y", "y", "n", "n"], ["y", "n", "n", "n"]) == pytest.approx(0.5)


def test_uncertain_and_diverse_picks():
    unsure = np.array([0.2, 0.98, 0.8, 0.96, 0.0])
    assert pick_uncertain(unsure, ["a", "b", "b", "b", "c"], 3, most_each=1).tolist() == [1, 0]
    assert pick_uncertain(np.zeros(4), list("abcd"), 3).size == 0
    points = np.array([[0.0, 0], [0.1, 0], [5, 5], [-5, 5], [0, 0.1]])
    assert set(pick_diverse(points, 2).tolist()) == {2, 3}
    assert 2 not in pick_diverse(points, 2, taken=[2]).tolist()
    assert pick_diverse(np.zeros((4, 2)), 3).size <= 1
    assert pick_diverse(np.zeros((4, 0)), 3).size == 0
    points[0, 0] = points[4, 1] = np.nan
    assert set(pick_diverse(points, 2).tolist()) == {2, 3}
