"""Estimates come through the one door: logged, shared by champion and challenger, never in the way of a check-in."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ConsentKind, LearningScope
from accounts.services.consent import consent_grant
from burnout.models import RiskEstimate
from burnout.scoring import RiskScorer, risks_of
from burnout.services import estimates
from burnout.services.checkins import checkin_save
from burnout.services.estimates import LOGGED_DAYS, estimates_rebuild, estimates_renew, what_if
from burnout.services.opinions import opinions_for
from mlops.kinds.base import task_kind
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.ml.survival.checkins.features import FEATURE_NAMES, FEATURES
from mlops.models import AliasName, ModelAlias, ModelVersion, Prediction, Task
from mlops.registry.services.artifacts import artifact_path
from mlops.serving.services import versions
from mlops.serving.services.log import log_write
from mlops.serving.services.versions import ab_bucket, serving_forget

TODAY = timezone.now().date()
ROW = dict.fromkeys(FEATURE_NAMES, None) | {"stress_mean": 5.5, "sleep_mean": 6.0}


@pytest.fixture(autouse=True)
def empty_log(db):
    log_write(10_000)


@pytest.fixture
def learnable(athlete):
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    return athlete


@pytest.fixture
def challenger(champion):
    """The same model again, as a challenger of the curve for nearly everybody."""
    first = ModelVersion.objects.get(task__name="burnout-curve")
    second = ModelVersion.objects.create(
        task=first.task, number=2, estimator=first.estimator, artifact_dir=first.artifact_dir,
        artifact_hash=first.artifact_hash,
    )
    ModelAlias.objects.create(task=first.task, name=AliasName.CHALLENGER, version=second, traffic_share=0.99)
    serving_forget()
    return second


def test_answers_of_recent_days_are_kept_with_their_features_and_without_consent_none(athlete, champion, days):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    assert log_write() == 0
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    log_write()
    row, estimate = Prediction.objects.get(task__name="burnout-curve"), RiskEstimate.objects.get(day=TODAY)
    assert (row.place, row.origin, row.scope) == (f"row:{TODAY}", "job", "days")
    assert (row.number, row.low, row.high) == (estimate.risk, estimate.low, estimate.high)
    assert row.version == estimate.version
    assert len(row.statistics) == 19
    assert row.statistics[FEATURE_NAMES.index("stress_mean")] == pytest.approx(4, abs=0.3)


def test_old_days_are_worked_out_again_and_not_logged_again(learnable, champion, days):
    days(learnable, 60)
    assert estimates_rebuild(athlete=learnable) > 40
    log_write(10_000)
    assert Prediction.objects.count() == LOGGED_DAYS
    newest = RiskEstimate.objects.order_by("-day").first()
    assert what_if(estimate=newest, change={"sleep_hours": 1.0})["risk"] == pytest.approx(newest.risk)
    assert log_write() == 0, "a thought is no answer"


def test_an_opinion_is_logged_when_it_is_first_given(learnable, champion, days):
    days(learnable, 40)
    day = TODAY - timedelta(days=1)
    assert len(opinions_for(athlete=learnable, day=day)) == 2
    assert log_write() == 2
    opinions_for(athlete=learnable, day=day)
    assert log_write() == 0


def test_a_challenger_answers_its_share_of_the_athletes(learnable, challenger, days):
    days(learnable, 40)
    for pseudonym in (f"p{n}" for n in range(200)):
        if ab_bucket("burnout-curve", pseudonym) < 0.98:
            break
    learnable.pseudonym = pseudonym
    learnable.save()
    checkin_save(athlete=learnable, day=TODAY, answers={"stress": 6})
    log_write()
    assert RiskEstimate.objects.get(day=TODAY).model == "burnout-curve v2"
    row = Prediction.objects.get(task__name="burnout-curve")
    assert (row.arm, row.version) == ("challenger", challenger)
    ModelAlias.objects.filter(version=challenger).update(traffic_share=0.0)
    serving_forget()
    checkin_save(athlete=learnable, day=TODAY, answers={"stress": 6})
    assert RiskEstimate.objects.get(day=TODAY).model == "burnout-curve v1"


class TestPromotion:
    """Another version answers from now on."""

    @pytest.fixture
    def shown(self, learnable, challenger, days):
        """Sixty days estimated by v1, then v2 is promoted. Gives v2."""
        ModelAlias.objects.filter(version=challenger).delete()
        serving_forget()
        days(learnable, 60)
        estimates_rebuild(athlete=learnable)
        ModelAlias.objects.filter(task=challenger.task, name=AliasName.CHAMPION).update(version=challenger)
        serving_forget()
        return challenger

    def test_the_page_speaks_for_the_version_that_answers_now(self, learnable, shown, client):
        client.force_login(learnable.user)
        text = client.get("/recovery/").content.decode()
        assert "hazard ratios of burnout-curve v2" in text
        by = list(RiskEstimate.objects.order_by("-day").values_list("model", flat=True))
        assert by[:28] == ["burnout-curve v2"] * 28
        assert set(by[28:]) == {"burnout-curve v1"}, "no more than four weeks while somebody waits"
        made = RiskEstimate.objects.order_by("-day").first().created_at
        client.get("/recovery/")
        assert RiskEstimate.objects.order_by("-day").first().created_at == made, "once is enough"

    def test_what_if_asks_the_version_of_the_estimate(self, learnable, shown, monkeypatch):
        newest = RiskEstimate.objects.order_by("-day").first()
        asked = []
        found = estimates.version_served
        monkeypatch.setattr(estimates, "version_served", lambda version: asked.append(version) or found(version))
        assert what_if(estimate=newest, change={"sleep_hours": 1.0})["risk"] == pytest.approx(newest.risk)
        assert asked == [newest.version] != [shown]
        newest.version.retired_at = timezone.now()
        assert what_if(estimate=newest, change={"sleep_hours": 1.0}) is None

    def test_nothing_is_made_again_while_nothing_is_served(self, learnable, shown):
        ModelAlias.objects.all().delete()
        serving_forget()
        assert estimates_renew(athlete=learnable) == 0
        assert RiskEstimate.objects.order_by("-day").first().model == "burnout-curve v1"


def test_a_damaged_model_leaves_the_day_and_the_last_estimate(learnable, champion, days, monkeypatch):
    days(learnable, 40)
    checkin_save(athlete=learnable, day=TODAY, answers={"stress": 6})
    before = RiskEstimate.objects.get(day=TODAY)

    def broken(*_, **__):
        raise BadArtifact("a file is gone")

    monkeypatch.setattr(versions, "version_served", broken)
    serving_forget()
    assert checkin_save(athlete=learnable, day=TODAY, answers={"stress": 1}).stress == 1
    assert RiskEstimate.objects.get(day=TODAY).risk == before.risk
    assert opinions_for(athlete=learnable, day=TODAY) == []


def test_a_model_without_a_curve_gives_a_risk_alone(learnable, champion, days):
    days(learnable, 40)
    forest, curve = (ModelVersion.objects.get(task__name=f"burnout-{name}") for name in ("forest", "curve"))
    second = ModelVersion.objects.create(
        task=curve.task, number=2, estimator=forest.estimator, artifact_dir=forest.artifact_dir,
        artifact_hash=forest.artifact_hash,
    )
    ModelAlias.objects.filter(task=curve.task, name=AliasName.CHAMPION).update(version=second)
    serving_forget()
    checkin_save(athlete=learnable, day=TODAY, answers={"stress": 6})
    row = RiskEstimate.objects.get(day=TODAY)
    assert (row.low, row.high, row.curve, row.drivers) == (None, None, [], [])
    client = Client()
    client.force_login(learnable.user)
    text = client.get("/recovery/").content.decode()
    assert "burnout-curve v2 gives a risk only" in text
    assert "Between" not in text
    assert "The next 90 days" not in text


@pytest.mark.parametrize("name", ["curve", "forest", "boosting"])
def test_scorers_answer_as_their_estimators(champion, name):
    version = ModelVersion.objects.get(task__name=f"burnout-{name}")
    path = artifact_path(version)
    scorer = RiskScorer(path)
    rng = np.random.default_rng(0)
    x = rng.normal(3, 1, (5, 19))
    x[rng.random(x.shape) < 0.3] = np.nan
    outputs = scorer.answer(x)
    assert risks_of(outputs) == pytest.approx(scorer.estimator.predict(x))
    assert [one["n_known"] for one in outputs] == np.isfinite(x).sum(axis=1).tolist()
    kind = task_kind("outcome_risk")
    [first, *_] = kind.decide(outputs, None, read_manifest(path))
    assert first.headline.number == outputs[0]["risk"]
    assert (first.headline.low is None) == (name != "curve")
    assert {one["label"] for one in first.value["scores"]} == {"burnout", "no burnout"}
    why = kind.why(scorer, x[:1], read_manifest(path))
    assert 0 < len(why) <= np.isfinite(x[0]).sum()
    assert [abs(one.mean) for one in why] == sorted((abs(one.mean) for one in why), reverse=True)
    if name == "curve":
        assert outputs[0]["low"] < outputs[0]["risk"] < outputs[0]["high"]
        assert outputs[0]["curve"][-1][0] == 90


def test_the_reference_of_a_shipped_model_is_generated_again(champion):
    manifest = read_manifest(artifact_path(ModelVersion.objects.get(task__name="burnout-curve")))
    kind = task_kind("outcome_risk")
    people = list(kind.reference_shipped(manifest))
    assert len(people) >= 50
    assert {part for _, part, _ in people} == {"test"}
    assert all(x.shape[1] == len(kind.statistic_names(manifest)) for _, _, x in people)
    assert list(kind.reference_shipped({**manifest, "generated": False})) == []


class TestApi:
    """A program asks for rows, or for a day."""

    @pytest.fixture
    def post(self, learnable):
        client = Client()
        client.force_login(learnable.user)

        def send(body, task="burnout-curve"):
            return client.post(f"/api/v1/tasks/{task}/predict/", body, content_type="application/json")

        return send

    def test_rows_of_features(self, post, champion):
        answer = post({"inputs": [ROW, ROW], "why": True}).json()
        assert len(answer["predictions"]) == 2
        [one, _] = answer["predictions"]
        value = one["answer"]
        assert (value["risk"], value["n_known"]) == (one["headline"]["number"], 2)
        assert sum(side["score"] for side in value["scores"]) == pytest.approx(1)
        assert len(one["why"]) == 2
        log_write()
        assert {row.place for row in Prediction.objects.all()} == {""}, "rows are about the asker, and no day of theirs"

    def test_a_day_of_ones_own_is_looked_up_and_logged(self, post, champion, learnable, days):
        days(learnable, 40)
        checkin_save(athlete=learnable, day=TODAY, answers={"stress": 6})
        log_write()
        [one] = post({"day": f"{TODAY}"}).json()["predictions"]
        assert one["place"] == f"row:{TODAY}"
        assert one["headline"]["number"] == pytest.approx(RiskEstimate.objects.get(day=TODAY).risk)
        log_write()
        assert str(Prediction.objects.get(origin="api").pk) == one["prediction"]

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"day": "yesterday"}, 400, "bad_value"), ({"day": 5}, 400, "bad_value"),
            ({"day": "2099-01-01"}, 400, "future"), ({"day": f"{TODAY}"}, 400, "too_early"),
            ({"athlete": 10**9}, 404, "not_found"), ({"athlete": "all"}, 400, "bad_value"),
            ({"day": f"{TODAY}", "inputs": []}, 400, "unknown_field"),
            ({"inputs": [{"sleep": 1}]}, 400, "unknown_field"),
        ],
    )
    def test_what_cannot_be_looked_up(self, post, champion, body, status, code):
        answer = post(body)
        said = answer.json()
        assert answer.status_code == status
        assert code in {said["code"], *(one["code"] for one in said.get("errors", []))}, said

    @pytest.mark.parametrize("value", [1e300, -1, 24.1, 10**300])
    def test_what_no_day_can_give_is_refused_by_name(self, post, champion, value):
        answer = post({"inputs": {"sleep_mean": value}})
        assert answer.status_code == 400
        assert "sleep_mean must be between 0 and 24" in answer.content.decode()

    @pytest.mark.parametrize("end", ["least", "most"])
    def test_the_utmost_that_days_can_give_is_answered_or_refused(self, post, champion, end):
        row = {feature.name: getattr(feature, end) for feature in FEATURES}
        assert post({"inputs": row}).status_code in (200, 400)

    def test_an_answer_that_is_no_number_never_leaves(self, post, champion, monkeypatch):
        found = RiskScorer.answer
        broken = lambda self, rows: [one | {"high": float("inf")} for one in found(self, rows)]  # noqa: E731
        monkeypatch.setattr(RiskScorer, "answer", broken)
        answer = post({"inputs": ROW})
        assert answer.status_code == 400
        assert "too far from the training data" in answer.content.decode()

    def test_features_in_another_order_and_features_we_do_not_have(self, post, champion, monkeypatch):
        from burnout.selectors.features import row_for

        x = np.arange(19.0)
        assert row_for(x, FEATURE_NAMES[::-1])[0].tolist() == x[::-1].tolist()
        from django.core.exceptions import ValidationError

        with pytest.raises(ValidationError, match="do not include steps"):
            row_for(x, ["stress_mean", "steps"])


def test_tasks_keep_their_answers_until_outcomes_can_judge_them(learnable, champion):
    from mlops.serving.services.log import predictions_trim

    task = Task.objects.get(name="burnout-curve")
    version = task.versions.get()
    for ago in (100, 140):
        Prediction.objects.create(
            task=task, version=version, athlete=learnable, scope="days", origin="job", number=0.1,
            at=timezone.now() - timedelta(days=ago),
        )
    predictions_trim()
    assert [(timezone.now() - row.at).days for row in Prediction.objects.all()] == [100]
