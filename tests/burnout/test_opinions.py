"""What other models add to the recovery page, and the pictures of what they learned."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import CoachScope, Consent, ConsentKind, Membership, Role, Team, TeamRole
from burnout.models import RiskEstimate
from burnout.services.checkins import checkin_save
from burnout.services.opinions import opinions_for
from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.survival.checkins.features import FEATURE_NAMES
from mlops.ml.survival.rows import SurvivalRows
from mlops.ml.survival.trees import BoostingConfig, RiskBoosting
from mlops.models import AliasName, ModelAlias, ModelVersion, Task
from mlops.registry.services.artifacts import MODELS, artifact_path, models_root
from mlops.registry.services.pictures import FILE, pictures_read
from mlops.serving.services.versions import serving_forget
from tests.people import make_user

TODAY = timezone.now().date()


def page(user, address="/recovery/"):
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_forest_and_boosting_say_why_in_words(athlete, champion, days):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 7, "sleep_hours": 4.0})
    found = opinions_for(athlete=athlete, day=TODAY)
    assert [one.model.split(" ")[0] for one in found] == ["burnout-boosting", "burnout-forest"]
    assert all(one.reasons and one.is_generated for one in found)
    assert found[0].reasons[0].words.startswith("odds × ")
    assert found[1].reasons[0].words.endswith(" points")
    text = page(athlete.user)
    assert "Estimates of other models" in text
    assert "hazard ratios of burnout-curve v1" in text
    assert opinions_for(athlete=athlete, day=TODAY - timedelta(days=60)) == []


def test_without_other_models_the_page_has_one_list(athlete, champion, days):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 5})
    ModelAlias.objects.exclude(task__name="burnout-curve").delete()
    serving_forget()
    text = page(athlete.user)
    assert "Estimates of other models" not in text
    assert "Estimate of another model" not in text
    assert "Injury</strong>" not in text
    assert RiskEstimate.objects.get(day=TODAY).others == []


@pytest.fixture
def injuries(champion):
    """A model of injuries, learned from people, is champion of a task of its own."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, len(FEATURE_NAMES)))
    happened = rng.random(300) < 1 / (1 + np.exp(1.5 - x[:, 12]))
    time = np.where(happened, 30.0, 90.0)
    model = RiskBoosting(BoostingConfig(n_estimators=10, max_depth=2))
    model.fit(SurvivalRows(x, time, happened, np.arange(300).astype(str), FEATURE_NAMES))
    manifest = {"estimator": "risk_boosting", "generated": False, "horizon_days": 90, "features": list(FEATURE_NAMES)}
    path = write_artifact(models_root(), "injury", model.save, manifest)
    task = Task.objects.create(name="injury", title="Injury", kind="outcome_risk", input={"outcome": "injury"})
    version = ModelVersion.objects.create(
        task=task, number=1, estimator="risk_boosting", artifact_dir=f"{MODELS}/injury",
        artifact_hash=read_manifest(path)["content_hash"],
    )
    ModelAlias.objects.create(task=task, name=AliasName.CHAMPION, version=version)
    serving_forget()
    return version


def test_a_champion_for_injuries_is_shown_to_the_person_and_on_the_board(athlete, injuries, days):
    days(athlete, 40)
    checkin_save(athlete=athlete, day=TODAY, answers={"stress": 5})
    [said] = RiskEstimate.objects.get(athlete=athlete, day=TODAY).others
    assert (said["outcome"], said["model"], said["is_generated"]) == ("injury", "injury v1", False)
    assert 0 < said["risk"] < 1
    assert "trained on recorded outcomes" in page(athlete.user)
    team = Team.objects.create(name="Club")
    coach = make_user("coach", role=Role.COACH)
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    Membership.objects.create(team=team, user=athlete.user, role=TeamRole.ATHLETE)
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.RECOVERY, team=team)
    assert "Injury " in page(coach, f"/teams/{team.pk}/recovery/")


def test_the_drawings_of_a_model_lie_on_its_page_with_words_and_a_table(champion):
    staff = make_user("staff", role=Role.ML_STAFF)
    expected = {
        "burnout-curve": "cox_hazard_ratios.png", "burnout-forest": "random_forest_importances.png",
        "burnout-boosting": "gradient_boosting_importances.png",
    }
    client = Client()
    client.force_login(staff)
    for task, file in expected.items():
        version = ModelVersion.objects.get(task__name=task)
        text = page(staff, f"/ml/versions/{version.pk}/")
        address = f"/ml/versions/{version.pk}/pictures/{file}"
        assert f'src="{address}"' in text
        [told] = pictures_read(artifact_path(version), read_manifest(artifact_path(version)))
        assert len(told.rows) == 19
        assert told.rows[0][0] in text
        shown, taken = client.get(address), client.get(f"{address}?download")
        assert shown["Content-Type"] == "image/png"
        assert shown.content[1:4] == b"PNG"
        assert taken["Content-Disposition"].endswith(f'-{file}"')
        for other in ("manifest.json", "feature_scaler.json", "x.png", "..%2Fmanifest.json"):
            assert client.get(f"/ml/versions/{version.pk}/pictures/{other}").status_code == 404


@pytest.mark.parametrize(
    "text", ["{}", "[1]", "nonsense", '[{"file": "../a.png", "title": "", "summary": "", "columns": [], "rows": []}]']
)
def test_what_another_maker_wrote_wrongly_is_left_out(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert pictures_read(tmp_path, {"files": {FILE: {"size": len(text)}, "../a.png": {"size": 1}}}) == []

