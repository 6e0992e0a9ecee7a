"""A reviewer takes a decision back, unless somebody has built on it."""

import pytest
from django.urls import reverse

from mlops.models import Feedback
from mlops.review.models import Review, ReviewItem
from mlops.review.services.fill import proposals_queue
from mlops.review.services.review import review_decide, review_next
from mlops.review.services.undo import review_undo
from sessions.models import Span, SpanState
from tests.serving.test_review import correction, new_item, recording  # noqa: F401
from web.refusals import Problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("action", "label"), [("confirm", ""), ("correct", "row"), ("reject", ""), ("empty", "")])
def test_what_a_decision_wrote_goes_again(new_item, staff, action, label):  # noqa: F811
    item = new_item(reason="audit")
    review_decide(item=item, user=staff, action=action, label=label)
    assert Span.objects.exists()
    back = review_undo(item=item, user=staff)
    assert (back.state, back.claimed_by) == ("open", staff)
    assert not Span.objects.exists()
    assert not Feedback.objects.exists()
    assert not Review.objects.exists()
    review_decide(item=item, user=staff, action="correct", label="row")
    assert Span.objects.get().label == "row", "it can be decided again"


@pytest.mark.parametrize(("action", "label"), [("confirm", ""), ("correct", "squat"), ("reject", "")])
def test_a_proposal_is_one_again(correction, task, staff, action, label):  # noqa: F811
    before = Span.objects.values("label", "state", "origin", "author", "start_s", "end_s").get(pk=correction.pk)
    proposals_queue(task=task)
    item = review_next(user=staff)
    review_decide(item=item, user=staff, action=action, label=label)
    assert Span.objects.get(pk=correction.pk).state != SpanState.PROPOSED
    review_undo(item=item, user=staff)
    after = Span.objects.values("label", "state", "origin", "author", "start_s", "end_s").get(pk=correction.pk)
    assert after == before


def test_somebody_changed_the_label_since(new_item, staff):  # noqa: F811
    item = new_item()
    review_decide(item=item, user=staff, action="confirm")
    span = Span.objects.get()
    span.label = "row"
    span.save()
    with pytest.raises(Problem, match="someone has changed it since"):
        review_undo(item=item, user=staff)
    assert Span.objects.get().label == "row"
    assert Review.objects.count() == 1
    assert ReviewItem.objects.get().state == "done"
    span.delete()
    with pytest.raises(Problem, match="someone has changed it since"):
        review_undo(item=item, user=staff)


def test_a_second_reviewer_came_between(new_item, staff, second_staff):  # noqa: F811
    item = new_item(n_wanted=2)
    review_decide(item=item, user=staff, action="confirm")
    review_decide(item=item, user=second_staff, action="confirm")
    with pytest.raises(Problem, match="someone has changed it since"):
        review_undo(item=item, user=staff)
    back = review_undo(item=item, user=second_staff)
    assert (back.state, back.n_wanted, Review.objects.get().by) == ("open", 2, staff)
    assert not Span.objects.exists()
    review_undo(item=item, user=staff)
    assert not Review.objects.exists()


def test_a_third_is_no_longer_wanted(new_item, staff, second_staff):  # noqa: F811
    item = new_item(n_wanted=2)
    review_decide(item=item, user=staff, action="confirm")
    review_decide(item=item, user=second_staff, action="correct", label="row")
    assert ReviewItem.objects.get().n_wanted == 3
    assert review_undo(item=item, user=second_staff).n_wanted == 2


def test_nobody_undoes_what_they_did_not_do(new_item, staff, second_staff):  # noqa: F811
    item = new_item()
    review_decide(item=item, user=staff, action="confirm")
    with pytest.raises(Problem, match="nothing to undo"):
        review_undo(item=item, user=second_staff)
    review_undo(item=item, user=staff)
    with pytest.raises(Problem, match="nothing to undo"):
        review_undo(item=item, user=staff)


def test_an_earlier_word_about_the_answer_comes_back(new_item, staff):  # noqa: F811
    first = new_item(reason="audit")
    review_decide(item=first, user=staff, action="correct", label="row")
    before = Feedback.objects.values().get()
    second = new_item(reason="audit")
    review_decide(item=second, user=staff, action="confirm")
    assert Feedback.objects.get().label == "squat"
    review_undo(item=second, user=staff)
    assert Feedback.objects.values().get() == before


def test_the_page_offers_it_and_shows_the_item_again(new_item, staff, client):  # noqa: F811
    new_item(40), new_item(60)
    item = new_item(20)
    client.force_login(staff)
    after = client.post(reverse("mlops:review_decide", args=[item.pk]), {"action": "confirm"}, follow=True)
    undo = reverse("mlops:review_undo", args=[item.pk])
    assert f'action="{undo}" class="notice success" data-undo' in after.content.decode()
    again = client.post(undo, follow=True)
    assert again.context["item"].pk == item.pk
    assert "Undone. Decide it again." in again.content.decode()
    review_decide(item=item, user=staff, action="confirm")
    Span.objects.all().delete()
    refused = client.post(undo, follow=True).content.decode()
    assert "This can&#x27;t be undone: someone has changed it since." in refused


def test_programs_undo_too(new_item, staff, client):  # noqa: F811
    item = new_item()
    review_decide(item=item, user=staff, action="confirm")
    client.force_login(staff)
    url = reverse("mlops_api:review-item-undo", args=[item.pk])
    assert client.post(url).json()["state"] == "open"
    assert (client.post(url).status_code, client.post(url).json()["code"]) == (409, "nothing_to_undo")
