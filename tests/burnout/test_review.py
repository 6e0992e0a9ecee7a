"""Days in the review queue and drift of check-ins: the engine's own rooms, by the rules of this kind."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import ConsentKind, LearningScope, Role
from accounts.services.athletes import athlete_for
from accounts.services.consent import consent_grant
from burnout.models import DayVerdict, RiskEstimate
from burnout.services.checkins import checkin_save
from burnout.services.feedback import estimate_word
from mlops.kinds.base import task_kind
from mlops.models import Feedback, ModelVersion, Prediction, ReviewItem
from mlops.monitoring.services.drift import drift_measure, drift_sentence
from mlops.review.services.fill import fill_choose, fill_store, proposals_queue
from mlops.review.services.review import review_decide, review_next
from mlops.serving.services.versions import version_served
from tests.people import make_user

TODAY = timezone.now().date()


@pytest.fixture
def estimate(athlete, champion, days):
    days(athlete, 40)
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    return RiskEstimate.objects.select_related("athlete", "version__task").get(day=TODAY)


@pytest.fixture
def staff(db):
    return make_user("esi", role=Role.ML_STAFF)


def test_a_day_that_a_person_objects_to_is_decided_by_a_reviewer(estimate, athlete, staff, client):
    estimate_word(estimate=estimate, given="too_high", by=athlete.user)
    task = estimate.version.task
    assert proposals_queue(task=task) == 1
    client.force_login(staff)
    page = client.get(reverse("mlops:queue"), {"task": task.name}).content.decode()
    assert "Too high" in page
    assert "Something else" not in page
    item = review_next(user=staff)
    assert (item.place, item.correction, item.reason) == (f"row:{TODAY}", "too_high", "correction")
    with pytest.raises(ValidationError):
        review_decide(item=item, user=staff, action="correct", correction=0.3)
    review_decide(item=item, user=staff, action="reject")
    assert DayVerdict.objects.get(day=TODAY).verdict == "leave_out"
    assert Feedback.objects.count() == 1, "a reviewer says whether a day may teach, not whether a risk was right"
    assert proposals_queue(task=task) == 0


def test_the_queue_takes_the_days_a_model_is_least_sure_of(estimate, staff):
    version = estimate.version
    items = fill_choose(task=version.task, version=version)
    fill_store(task=version.task, items=items)
    places = set(ReviewItem.objects.values_list("place", flat=True))
    assert len(places) == len(items) > 3
    assert {item.reason for item in items} >= {"uncertain", "diverse"}
    assert all(item.place.startswith("row:") and 0 < item.said["number"] < 1 for item in items)
    ReviewItem.objects.update(n_wanted=1)
    review_decide(item=ReviewItem.objects.order_by("pk").first(), user=staff, action="confirm")
    assert DayVerdict.objects.get().verdict == "use"
    assert not Feedback.objects.exists()


def test_drift_of_check_ins_by_athletes_who_answer_once_a_day(champion):
    version = ModelVersion.objects.select_related("task", "run").filter(task__kind="outcome_risk").first()
    assert "in 28 days" in drift_sentence(drift_measure(version=version)[0])
    kind = task_kind("outcome_risk")
    manifest = {"generated": True, "seed": 77}
    people = [rows for _, _, rows in kind.reference_shipped(manifest) if len(rows) >= 12][:20]
    for number, rows in enumerate(people):
        athlete = athlete_for(make_user(f"p{number}"))
        consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
        at = timezone.now() - timedelta(days=1)
        Prediction.objects.bulk_create(
            Prediction(
                task=version.task, version=version, athlete=athlete, scope="days", origin="job", number=0.1,
                statistics=[None if np.isnan(one) else float(one) for one in row], at=at,
            )
            for row in rows[:12]
        )  # fmt: skip
    report, _ = drift_measure(version=version)
    features = {one["name"]: one["shifted"] for one in report.facts["features"]}
    assert not any(features.values()), [name for name, shifted in features.items() if shifted]
    assert report.n_examples == 240
    for row in Prediction.objects.all():
        row.statistics[0] = None
        row.save()
    report, _ = drift_measure(version=version)
    first = kind.statistic_names(version_served(version).manifest)[0]
    assert f"{first} unknown" in [one["name"] for one in report.facts["features"] if one["shifted"]]
