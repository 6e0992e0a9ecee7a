"""A person says whether an estimate fits: feedback under the learning consent alone, changed by saying again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import ConsentKind, LearningScope
from accounts.services.consent import consent_grant
from burnout.kinds import OutcomeRisk
from burnout.models import RiskEstimate
from burnout.services.checkins import checkin_save
from burnout.services.feedback import estimate_word, word_about
from burnout.words import agreement_with, spoken, word_checked
from mlops.kinds.answers import Correction
from mlops.models import Feedback, Prediction

TODAY = timezone.now().date()


@pytest.fixture
def estimate(athlete, champion, days):
    days(athlete, 40)
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    return RiskEstimate.objects.select_related("athlete", "version__task").get(day=TODAY)


@pytest.fixture
def client(athlete):
    found = Client()
    found.force_login(athlete.user)
    return found


def test_a_word_is_bound_to_the_answer_and_the_next_one_replaces_it(estimate, athlete):
    kept = estimate_word(estimate=estimate, given="too_high", by=athlete.user)
    logged = Prediction.objects.get()
    assert (kept.prediction, kept.version, kept.number) == (logged, estimate.version, estimate.risk)
    assert (kept.truth, kept.agreement, kept.is_audit, kept.scope) == ("too_high", 0.0, False, "days")
    assert word_about(estimate) == "too_high"
    estimate_word(estimate=estimate, given="about_right", by=athlete.user)
    assert Feedback.objects.get().agreement == 1.0
    assert word_about(estimate) == "about_right"
    estimate_word(estimate=estimate, given=0.9, by=athlete.user)
    assert (Feedback.objects.get().truth, Feedback.objects.get().agreement) == (0.9, 0.0)


def test_another_day_has_its_own_word(estimate, athlete):
    other = RiskEstimate.objects.exclude(pk=estimate.pk).order_by("-day").first()
    if other is None:
        checkin_save(athlete=athlete, day=TODAY - timedelta(days=1), answers={"stress": 4})
        other = RiskEstimate.objects.exclude(day=TODAY).select_related("athlete", "version__task").get()
    estimate = RiskEstimate.objects.select_related("athlete", "version__task").get(day=TODAY)
    estimate_word(estimate=other, given="too_low", by=athlete.user)
    estimate_word(estimate=estimate, given="too_high", by=athlete.user)
    assert Feedback.objects.count() == 2
    assert (word_about(other), word_about(estimate)) == ("too_low", "too_high")


@pytest.mark.parametrize("given", ["", "high", None, True, 0, 1, 1.2, -0.1, [0.1], {"risk": 0.1}])
def test_what_is_no_word(given):
    with pytest.raises(ValidationError, match="Send too_high"):
        word_checked(given)


@pytest.mark.parametrize(
    ("answered", "said", "agreement"),
    [
        ({"number": 0.2}, 0, 0.96), ({"number": 0.2}, 1, 0.36), ({"number": 0.2}, "about_right", 1.0),
        ({"number": 0.2}, "too_high", 0.0), ({"number": 0.2}, 0.25, 1.0), ({"number": 0.2}, 0.5, 0.0),
        ({"number": 0.2, "low": 0.1, "high": 0.6}, 0.5, 1.0), ({}, 0, 0.0), ({"number": 0.2}, None, 0.0),
    ],
)
def test_how_far_a_risk_agrees(answered, said, agreement):
    assert agreement_with(answered, Correction(value=said)) == pytest.approx(agreement)


def test_an_honest_probability_agrees_best_with_what_happens():
    """Of 100 people whom it hits 20: no risk does better on average than 20 %."""
    risks = [n / 20 for n in range(21)]
    mean = {
        risk: 0.2 * agreement_with({"number": risk}, Correction(value=1))
        + 0.8 * agreement_with({"number": risk}, Correction(value=0))
        for risk in risks
    }
    assert max(mean, key=mean.get) == 0.2


def test_words_for_people():
    assert [spoken(one) for one in ("too_high", 0.3, 1, 0, None)] == [
        "Too high", "30 %", "It happened", "It did not happen", "",
    ]


def test_the_page_asks_and_remembers(estimate, athlete, client):
    text = client.get("/recovery/").content.decode()
    assert "Does this fit how you feel?" in text
    assert "You said" not in text
    answer = client.post(f"/recovery/estimates/{estimate.pk}/word/", {"word": "too_high"}, follow=True)
    assert "Your feedback is saved" in answer.content.decode()
    assert "You said: <strong>Too high</strong>" in answer.content.decode()
    client.post(f"/recovery/estimates/{estimate.pk}/word/", {"percent": "5"})
    assert Feedback.objects.get().truth == 0.05
    for body in ({}, {"percent": "many"}, {"word": "nonsense"}):
        answer = client.post(f"/recovery/estimates/{estimate.pk}/word/", body, follow=True)
        assert "Send too_high" in answer.content.decode()
    assert Feedback.objects.get().truth == 0.05


def test_programs_say_it_too(estimate, client):
    address = f"/api/v1/risk-estimates/{estimate.pk}/feedback/"
    answer = client.post(address, {"correction": "too_low"}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["risk"], answer.json()["agreement"]) == (estimate.risk, 0.0)
    assert client.post(address, {"correction": 2}, content_type="application/json").status_code == 400
    assert client.post(address, {"word": "too_low"}, content_type="application/json").status_code == 400


def test_without_consent_nothing_is_kept_and_the_person_is_told(athlete, champion, days, client):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    estimate = RiskEstimate.objects.get(day=TODAY)
    answer = client.post(f"/recovery/estimates/{estimate.pk}/word/", {"word": "too_high"}, follow=True)
    assert "did not save your feedback" in answer.content.decode()
    answer = client.post(
        f"/api/v1/risk-estimates/{estimate.pk}/feedback/", {"correction": "too_low"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "no_consent")
    assert not Feedback.objects.exists()


def test_a_version_that_is_not_kept_any_more(estimate, athlete, client):
    RiskEstimate.objects.update(version=None)
    answer = client.post(f"/recovery/estimates/{estimate.pk}/word/", {"word": "too_high"}, follow=True)
    assert "no longer exists" in answer.content.decode()


def test_a_risk_is_read_in_per_cent_wherever_the_engine_shows_it():
    from mlops.kinds.answers import Headline
    from mlops.monitoring.views.figures import shift_figure

    assert Headline(number=0.0384, low=0.021, high=0.07).text(OutcomeRisk().unit) == "3.8 % (2.1 to 7.0)"
    shift = {"name": "number", "edges": [0.03, 0.05], "reference": [0.5, 0.3, 0.2], "served": [0.2, 0.3, 0.5],
             "psi": 0.1, "ks": 0.1, "p_value": 0.5, "shifted": False}
    names = [row[0] for row in shift_figure(shift, [], OutcomeRisk().unit).rows]
    assert names == ["up to 3.0 %", "3.0 % to 5.0 %", "over 5.0 %"]
