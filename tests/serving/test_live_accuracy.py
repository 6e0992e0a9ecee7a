"""Accuracy in service: audited and unopposed answers, an alert when it falls, champion against challenger."""

from typing import Any

import pytest
from django.utils import timezone

from mlops.ml.calibration import calibration_bins
from mlops.ml.intervals import people_difference, people_share, wilson
from mlops.models import Alert, AliasName, Feedback, ModelAlias, Prediction
from mlops.monitoring.selectors.live_accuracy import arms_compared, live_accuracy
from mlops.monitoring.services.chores import accuracy_watch
from mlops.monitoring.views.figures import calibration_figure
from tests.live.tiny import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(task: Any) -> Any:
    """answers(version, athlete, n, wrong): n logged answers of which some were corrected; audited too."""

    def make(version: Any, athlete: Any, n: int, wrong: int, *, audit: bool = False) -> None:
        now = timezone.now()
        for number in range(n):
            row = Prediction.objects.create(
                task=task, version=version, athlete=athlete, origin="live", label="squat", confidence=0.8, at=now
            )
            label = "row" if number < wrong else "squat"
            if audit or label == "row":
                Feedback.objects.create(
                    task=task, version=version, prediction=row, athlete=athlete, origin="live", answered="squat",
                    confidence=0.8, label=label, is_audit=audit, at=now,
                    agreement=float(label == "squat"),
                )  # fmt: skip

    return make


def test_unopposed_and_audited_shares(answers, version, athlete, new_athlete):
    answers(version, athlete, 10, 2)
    answers(version, new_athlete("kofi"), 10, 0, audit=True)
    answers(version, new_athlete("silent", learns=False), 10, 10)
    found = live_accuracy(version)
    assert (found.unopposed.n, found.unopposed.value) == (20, 0.9)
    assert (found.audited.n, found.audited.value) == (10, 1.0)
    assert found.weeks[-1]["n"] == 20
    assert not found.fell


def test_an_alert_when_reviewed_answers_are_worse_than_promised(answers, version, athlete):
    version.metrics = {"accuracy": 0.95, "n": 2000}
    version.save()
    answers(version, athlete, 40, 20, audit=True)
    accuracy_watch()
    alert = Alert.objects.get()
    assert alert.kind == "accuracy"
    assert "50.0 %" in alert.text
    Feedback.objects.update(label="squat", agreement=1.0)
    accuracy_watch()
    alert.refresh_from_db()
    assert alert.closed_at is not None


def test_champion_and_challenger_with_an_interval(answers, version, task, new_athlete):
    second = make_version(task, seed=2, number=2)
    ModelAlias.objects.create(task=task, name=AliasName.CHALLENGER, version=second, traffic_share=0.5)
    assert "at least 5 athletes" in arms_compared(task).sentence
    for number in range(6):
        answers(version, new_athlete(f"a{number}"), 30, 12)
        answers(second, new_athlete(f"b{number}"), 30, 1)
    found = arms_compared(task)
    gain, low, high = found.gain
    assert gain == pytest.approx(11 / 30)
    assert 0 < low < gain < high
    assert found.sentence.startswith("The challenger is better")


def test_intervals_count_people():
    assert wilson(0, 0) == (0.0, 0.0, 1.0)
    assert wilson(50, 100)[1:] == pytest.approx((0.404, 0.596), abs=1e-3)
    alike = people_share([50] * 10, [100] * 10)
    torn = people_share([100, 0] * 5, [100] * 10)
    assert torn[2] - torn[1] > 2 * (alike[2] - alike[1])
    assert people_difference([9] * 8, [10] * 8, [5] * 8, [10] * 8)[1] > 0.2


def test_calibration_bins_and_their_words():
    bins = calibration_bins([0.95, 0.91, 0.15], [True, False, False])
    assert [(one["low"], one["n"], one["accuracy"]) for one in bins] == [(0.1, 1, 0.0), (0.9, 2, 0.5)]
    assert "overconfident" in calibration_figure(bins).summary
    assert calibration_figure([]) is None
