"""Risks are watched like labels: days that look like the training data are calm, days of another life are a drift."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Athlete, Consent, ConsentKind, LearningScope, Role
from mlops.ml.survival.checkins.features import features_of
from mlops.ml.survival.checkins.simulate import simulate
from mlops.models import Alert, ModelVersion, Prediction
from mlops.monitoring.services.drift import drift_measure, drift_sentence, drift_store
from mlops.serving.services.versions import scorer_of, version_served
from tests.people import make_user

N_PEOPLE, N_DAYS = 24, 28


@pytest.fixture
def version(champion):
    return ModelVersion.objects.select_related("task", "run").get(task__name="burnout-curve")


@pytest.fixture
def serve(version):
    """serve(change) → four weeks of answers about generated people whose features were changed first."""

    def make(change=lambda x: x):
        features = features_of(simulate(N_PEOPLE, 120, seed=5).days)[:, -N_DAYS:]
        scorer, now = scorer_of(version_served(version)), timezone.now()
        for number, own in enumerate(features):
            athlete = Athlete.objects.create(user=make_user(f"a{number}"))
            Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS)
            x = change(own.copy())
            Prediction.objects.bulk_create(
                Prediction(
                    task=version.task, version=version, athlete=athlete, scope="days", origin="job",
                    number=said["risk"], low=said["low"], high=said["high"], at=now - timedelta(days=N_DAYS - 1 - i),
                    statistics=[None if np.isnan(value) else float(value) for value in x[i]],
                )
                for i, said in enumerate(scorer.answer(x))
            )

    return make


def test_the_same_kind_of_people_is_calm(version, serve):
    serve()
    report, notes = drift_measure(version=version)
    assert (report.verdict, notes) == ("calm", []), drift_sentence(report)
    assert (report.n_athletes, report.n_examples) == (N_PEOPLE, N_PEOPLE * N_DAYS)
    assert report.facts["n_features"] >= 19


def test_another_life_is_a_drift_with_an_alert_and_a_page(version, serve):
    def hard(x):
        x[:, 12] *= 3  # load_mean
        return x

    serve(hard)
    report, _ = drift_measure(version=version)
    drift_store(report=report)
    shifted = [one["name"] for one in report.facts["features"] if one["shifted"]]
    assert report.verdict == "drift"
    assert shifted == ["load_mean"]
    assert Alert.objects.get(task=version.task).kind == "drift"
    staff = Client()
    staff.force_login(make_user("staff", role=Role.ML_STAFF))
    text = staff.get("/ml/drift/?task=burnout-curve").content.decode()
    for words in ("load_mean", "Predicted number", "Recent predictions"):
        assert words in text, words


def test_nobody_measures_hrv_and_that_is_no_crash(version, serve):
    def without(x):
        x[:, 15:] = np.nan
        return x

    serve(without)
    report, _ = drift_measure(version=version)
    assert report.verdict == "drift"
