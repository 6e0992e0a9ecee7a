"""A number with an interval and several answers at once: monitored, corrected, reviewed, compared and retrained."""

import json
import uuid
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from mlops.jobs.services.execution import job_execute_here
from mlops.kinds import base as task_kinds
from mlops.kinds.answers import Correction, Headline
from mlops.kinds.questions import Payload
from mlops.kinds.review import Proposal
from mlops.ml import registry
from mlops.models import Alert, AliasName, DriftReport, Feedback, Job, ModelAlias, ModelVersion, Prediction, ReviewItem
from mlops.monitoring.selectors.live_accuracy import arms_compared, live_accuracy, number_gaps
from mlops.monitoring.services import drift
from mlops.monitoring.services.chores import accuracy_watch
from mlops.registry.services.promotion import version_promote
from mlops.review.selectors import agreement
from mlops.review.services.fill import fill_start, proposals_queue
from mlops.review.services.review import review_decide, review_next
from mlops.serving.services.log import log_write
from mlops.serving.services.predicting import task_predict
from mlops.tasks.services.tasks import task_create
from mlops.training.services.comparing import compare_versions, gain_text
from tests.serving.toys import Effort, Quality

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[Effort, Quality], ids=["number", "heads"])
def kind(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Registered as its app's AppConfig.ready() would do it."""
    monkeypatch.setattr("mlops.jobs.services.parents.job_deliver", lambda **_: True)
    monkeypatch.setattr(registry, "_ESTIMATORS", {name: dict(known) for name, known in registry._ESTIMATORS.items()})
    monkeypatch.setattr(task_kinds, "_kinds", dict(task_kinds._kinds))
    registry.register("toy", "toy_ridge", "tests.mlops.toy_app.ridge:Ridge")
    made = request.param()
    task_kinds.register(made)
    return made


@pytest.fixture
def task(kind: Any, staff: Any, media: Any) -> Any:
    made = task_create(name="toy", title="Toy", kind=kind.name, owner=staff, gates={"mae": 1})
    call_command("build_dataset", task="toy", here=True)
    train(2.0)
    return made


@pytest.fixture
def version(task: Any, staff: Any) -> ModelVersion:
    made = ModelVersion.objects.get()
    version_promote(version=made, by=staff)
    return made


def train(penalty: float) -> None:
    call_command("train", task="toy", estimator="toy_ridge", set=[f"penalty={penalty}"], here=True)


def run_all() -> None:
    while job := Job.objects.filter(status="queued").order_by("created_at").first():
        job_execute_here(pk=job.pk)


def ask(task: Any, athlete: Any, *, shift: float = 0.0, n: int = 40) -> list[dict[str, Any]]:
    rows = np.random.default_rng(1000 + athlete.pk).normal(size=(n, 3))
    rows[:, 0] += shift
    (reply,) = task_predict(task=task, payloads=[Payload({"inputs": rows.tolist()})], user=athlete.user)
    log_write()
    return reply["predictions"]


def measured(task: Any) -> DriftReport:
    job = drift.drift_start(task=task)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    return DriftReport.objects.get(job=job)


def truth(kind: Any, number: float) -> Any:
    """What a person says: the number, or grade and score."""
    return {"grade": "good" if number > 5 else "poor", "score": number} if kind.name == "toy_quality" else number


def test_drift_of_inputs_and_answers_by_the_rules_of_the_kind(
    kind, task, version, new_athlete, client, staff, monkeypatch
):
    assert measured(task).verdict == "too_few"
    athletes = [new_athlete(f"a{number}") for number in range(6)]
    for athlete in athletes:
        ask(task, athlete)
    report = measured(task)
    assert (report.verdict, report.n_athletes, report.n_examples) == ("calm", 6, 240)
    assert "Predictions are not compared: held-out data only covers 4 people" in report.facts["notes"][0]
    assert {one["name"] for one in report.facts["features"]} == {"sleep", "load", "noise", "noise unknown"}
    monkeypatch.setattr(drift, "MIN_REFERENCE", 4)
    Prediction.objects.all().delete()
    for athlete in athletes:
        ask(task, athlete, shift=3.0)
    report = measured(task)
    assert report.verdict == "drift"
    assert [one["name"] for one in report.facts["features"] if one["shifted"]] == ["sleep"]
    said = {one["name"] for one in report.facts["answers"]}
    assert said == {"number"} | ({"interval width"} if kind.name == "toy_effort" else {"label", "confidence"})
    assert "sleep" in Alert.objects.get().text
    client.force_login(staff)
    page = client.get(reverse("mlops:drift"), {"task": "toy"}).content.decode()
    for words in ("noise unknown", "Predicted number", "points", "people in the training data"):
        assert words in page, words
    assert "window" not in page.split("<main", 1)[1]
    row = client.get(reverse("mlops_api:answer-list"), {"task": "toy"}).json()["results"][0]
    assert (row["number"] is None, row["place"], row["reason"]) == (False, "", "")


def test_a_correction_is_kept_with_its_agreement(kind, task, version, athlete, client, staff):
    first, second = ask(task, athlete, n=2)
    client.force_login(athlete.user)
    url, post = reverse("mlops_api:task-feedback", args=["toy"]), {"content_type": "application/json"}
    number = first["headline"]["number"]
    for one, value, agrees in ((first, number + 0.5, 1.0), (second, second["headline"]["number"] + 20, 0.0)):
        body = {"prediction": one["prediction"], "correction": truth(kind, value)}
        kept = client.post(url, body, **post).json()
        assert kept["truth"] == truth(kind, value)
        assert kept["agreement"] <= agrees or kind.name == "toy_quality"
    assert client.post(url, {"prediction": first["prediction"], "correction": "much"}, **post).status_code == 400
    client.force_login(staff)
    rows = {row["prediction"]: row for row in client.get(reverse("mlops_api:feedback-list")).json()["results"]}
    assert rows[first["prediction"]]["number"] == pytest.approx(number)
    assert rows[first["prediction"]]["agreement"] > rows[second["prediction"]]["agreement"]
    assert (rows[first["prediction"]]["low"] is None) == (kind.name == "toy_quality")


def audits(version: Any, athlete: Any, agreeing: int, n: int = 30, *, days_ago: int = 1) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Feedback.objects.bulk_create(
        Feedback(
            task=version.task, version=version, athlete=athlete, origin="review", number=5.0, low=4.0, high=6.0,
            truth=5.5 if number < agreeing else 9.0, agreement=float(number < agreeing), is_audit=True, at=at,
        )
        for number in range(n)
    )  # fmt: skip


def test_agreement_that_falls_opens_an_alert_although_no_metric_promises_it(kind, task, version, new_athlete):
    people = [new_athlete(f"a{number}") for number in range(6)]
    for athlete in people:
        audits(version, athlete, 29, days_ago=60)
        audits(version, athlete, 28)
    accuracy_watch()
    found = live_accuracy(version)
    assert (found.held_out.n, found.before.n, found.fell) == (0, 180, False)
    assert not Alert.objects.exists()
    for athlete in people:
        audits(version, athlete, 0)
    accuracy_watch()
    assert kind.agreed in Alert.objects.get().text
    assert "12 weeks before" in Alert.objects.get().text
    gaps = number_gaps(version)
    assert (gaps.n, gaps.n_inside) == (540, 6 * 57)
    assert gaps.mean_gap == pytest.approx((0.5 * 342 + 4.0 * 198) / 540)


def test_champion_against_challenger(kind, task, version, new_athlete, client, staff):
    train(900.0)
    second = ModelVersion.objects.get(number=2)
    ModelAlias.objects.create(task=task, name=AliasName.CHALLENGER, version=second, traffic_share=0.5)
    for number in range(6):
        audits(version, new_athlete(f"a{number}"), 28, days_ago=0)
        audits(second, new_athlete(f"b{number}"), 10, days_ago=0)
    found = arms_compared(task)
    assert found.measure == f"reviewed predictions that were {kind.agreed}"
    assert found.sentence.startswith("The challenger is worse")
    client.force_login(staff)
    page = client.get(reverse("mlops:task", args=["toy"])).content.decode()
    assert f"Reviewed predictions that were {kind.agreed}" in page
    assert "Mean error of reviewed predictions" in page
    assert "On held-out data" not in page
    page = client.get(reverse("mlops:version", args=[version.pk])).content.decode()
    assert "it serves pages and the API" in page
    assert "Intervals that contain the reviewed value" in page
    assert "live stream" not in page


def test_the_queue_takes_what_is_unsure_and_a_reviewer_says_what_it_is(
    kind, task, version, athlete, staff, second_staff, client
):
    kind.review.rows[athlete.pk] = np.random.default_rng(3).normal(size=(50, 3))
    job = fill_start(task=task, owner=staff)
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.failure_reason
    assert "days" in job.result["text"]
    counts = {reason: ReviewItem.objects.filter(reason=reason).count() for reason in ("uncertain", "diverse", "audit")}
    assert counts == {"uncertain": 3, "diverse": 30, "audit": 17}
    assert ReviewItem.objects.values("place").distinct().count() == 50
    ReviewItem.objects.update(n_wanted=1)
    item = ReviewItem.objects.filter(reason="audit").first()
    assert item.place.startswith("row:")
    assert item.correction == kind.confirmation(Headline(**item.said), item.scores).value
    number = item.said["number"]

    client.force_login(staff)
    ReviewItem.objects.filter(pk=item.pk).update(urgency=9)
    page = client.get(reverse("mlops:queue"), {"task": "toy"}).content.decode()
    assert item.locator.text in page
    assert ('type="number"' in page) == (kind.name == "toy_effort")
    assert "correction" in page
    url = reverse("mlops:review_decide", args=[item.pk])
    assert client.post(url, {"action": "correct", "correction": "no JSON"}).status_code == 302
    assert not Feedback.objects.exists()
    client.post(url, {"action": "correct", "correction": json.dumps(truth(kind, number + 9))})
    word = Feedback.objects.get()
    assert (word.truth, word.is_audit, word.place) == (truth(kind, number + 9), True, item.place)
    assert word.agreement <= 0.5
    assert kind.review.decided == [("correct", "", truth(kind, number + 9), item.place)]

    other = ReviewItem.objects.filter(reason="audit", state="open").first()
    post = {"content_type": "application/json"}
    api = reverse("mlops_api:review-item-decide", args=[other.pk])
    assert client.post(api, {"action": "correct", "correction": "much"}, **post).status_code == 400
    assert client.post(api, {"action": "confirm"}, **post).json()["state"] == "done"
    assert Feedback.objects.get(place=other.place).agreement == 1.0
    third = ReviewItem.objects.filter(reason="audit", state="open").first()
    review_decide(item=third, user=staff, action="reject")
    assert Feedback.objects.get(place=third.place).agreement == 0.0


def test_two_reviewers_agree_as_the_kind_sees_it(kind, task, version, athlete, staff, second_staff, make_user):
    near = 0.4 if kind.name == "toy_effort" else 0.0
    for row, gap in enumerate((near, near, 6.0)):
        item = ReviewItem.objects.create(
            task=task, athlete=athlete, reason="audit", source=uuid.UUID(int=row), place=f"row:{row}", n_wanted=2,
            correction=truth(kind, 3.0), said={"number": 3.0, "label": "poor"}, version=version,
        )  # fmt: skip
        review_decide(item=item, user=staff, action="correct", correction=truth(kind, 4.0 + row))
        review_decide(item=item, user=second_staff, action="correct", correction=truth(kind, 4.0 + row + gap))
    assert [item.state for item in ReviewItem.objects.order_by("place")] == ["done", "done", "open"]
    assert [word.truth for word in Feedback.objects.order_by("place")] == [truth(kind, 4 + near), truth(kind, 5 + near)]
    found = agreement(staff)
    assert found.n_items == 3
    assert found.share_equal == pytest.approx(2 / 3)
    assert 0 < found.alpha < 1


def test_a_proposal_waits_for_a_yes(kind, task, version, athlete, staff):
    row = Proposal(
        uuid.UUID(int=1), uuid.UUID(int=2), athlete.pk, Correction(value=truth(kind, 7.0)), version_number="1"
    )
    kind.review.waiting.append(row)
    assert proposals_queue(task=task) == 1
    item = review_next(user=staff)
    assert (item.proposed, item.locator.text) == (Correction(value=truth(kind, 7.0)), "")
    review_decide(item=item, user=staff, action="confirm")
    assert kind.review.decided == [("confirm", "", truth(kind, 7.0), "")]


def test_it_retrains_and_says_in_its_own_metric_what_changed(kind, task, version, staff, client):
    train(900.0)
    worse = ModelVersion.objects.get(number=2)
    version_promote(version=worse, by=staff, override=True, reason="a test")
    Job.objects.all().delete()
    client.force_login(staff)
    assert client.post(reverse("mlops:retrain", args=["toy"])).status_code == 302
    run_all()
    job = Job.objects.get(kind="task.retrain")
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    found = job.result["comparison"]
    gain, low, high = found["gain"]
    assert low <= gain <= high
    assert gain == pytest.approx(0, abs=1e-6)
    assert found["better"] is None
    assert "mean error" in job.result["text"]
    assert "%" not in job.result["text"]
    draws = "200 resamples of whole people" in job.result["text"]
    assert draws == (kind.name == "toy_quality")


def test_the_better_of_two_has_the_smaller_error(kind, task, version):
    train(900.0)
    worse = ModelVersion.objects.get(number=2)
    found = compare_versions(champion=worse, challenger=version, dataset=version.run.dataset)
    assert found["gain"][2] < 0
    assert found["better"] is True
    assert found["challenger"]["same"] == pytest.approx(version.metrics["mae"], abs=1e-4)
    assert gain_text(version, found).endswith("Better.")
    assert "−" in gain_text(version, found)
