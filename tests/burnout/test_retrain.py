"""Retraining a risk model in one click: dataset, training, and a comparison by drawing people."""

from types import SimpleNamespace

import numpy as np
import pytest

from accounts.models import Role
from burnout.services.building import DaysBuild, dataset_fill, split_facts
from mlops.datasets.services.datasets import dataset_create
from mlops.jobs.services import delivery, jobs
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.base import task_kind
from mlops.ml.contract import NotEnoughData, ignore
from mlops.ml.intervals import groups_interval
from mlops.models import Dataset, Job, ModelVersion
from mlops.registry.services.promotion import current_champion, version_promote
from mlops.tasks.services.tasks import task_create
from mlops.training.services.retraining import retrain_start
from mlops.training.services.runs import run_create
from tests.people import make_user

SMALL = {"generated_people": 80, "generated_days": 240}


@pytest.fixture
def staff(db, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    for module in (delivery, jobs):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)
    return make_user("staff", role=Role.ML_STAFF)


@pytest.fixture
def champion_of_few(staff):
    """A forest of a few generated people is champion of a task of its own."""
    task = task_create(name="burnout-few", title="Burnout, few", kind="outcome_risk", owner=staff,
                       input={"outcome": "burnout"}, gates={"c_index": 0.5})
    dataset = dataset_create(task=task, owner=staff, parameters=SMALL)
    job_execute_here(pk=dataset.job_id)
    run = run_create(task=task, dataset=Dataset.objects.get(pk=dataset.pk), estimator="risk_forest", owner=staff,
                     config={"n_estimators": 10, "max_depth": 3})
    job_execute_here(pk=run.job_id)
    version = ModelVersion.objects.get(run=run)
    version_promote(version=version, by=staff, override=True, reason="first")
    return version


def run_all():
    for _ in range(20):
        waiting = list(Job.objects.filter(status="queued").order_by("created_at"))
        if not waiting:
            return
        for job in waiting:
            job_execute_here(pk=job.pk)
    raise AssertionError("jobs wait for ever")


def test_one_click_builds_trains_and_compares(champion_of_few, staff):
    task = champion_of_few.task
    assert champion_of_few.metrics["agreement"] == pytest.approx(1 - champion_of_few.metrics["brier"])
    job = retrain_start(task=task, owner=staff)
    run_all()
    job.refresh_from_db()
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    version = ModelVersion.objects.get(pk=job.result["version"])
    assert version.run.dataset.parameters["generated_people"] == SMALL["generated_people"]
    assert version.run.config == champion_of_few.run.config
    gain, low, high = job.result["comparison"]["gain"]
    assert (gain, low, high) == (0, 0, 0), "the same data, seed and settings make the same model"
    assert "200 resamples of whole people (±0.000, ±0.000 to ±0.000). No significant difference." in job.result["text"]
    n_judges = version.run.dataset.subjects.filter(part="test").count()
    assert f"index days of {n_judges} people that neither was trained on" in job.result["text"]
    assert current_champion(task) == champion_of_few.pk


def test_the_interval_of_two_different_models_holds_their_difference(champion_of_few, staff):
    from mlops.training.services.comparing import compare_versions

    run = run_create(task=champion_of_few.task, dataset=champion_of_few.run.dataset, estimator="cox_ph", owner=staff)
    job_execute_here(pk=run.job_id)
    other = ModelVersion.objects.get(run=run)
    found = compare_versions(champion=champion_of_few, challenger=other, dataset=other.run.dataset)
    gain, low, high = found["gain"]
    assert low < gain < high
    assert gain == pytest.approx(found["challenger"]["same"] - found["champion"]["same"])
    assert found["challenger"]["same"] == pytest.approx(other.metrics["c_index"], abs=1e-6)


def test_versions_of_other_features_are_not_compared(champion_of_few):
    kind = task_kind("outcome_risk")
    data = kind.load(_folder(champion_of_few), "test")
    assert kind.comparable({"features": list(data.features)}, data) == ""
    assert "different features" in kind.comparable({"features": ["x"]}, data)


def test_drift_has_everybody_of_a_dataset_as_its_reference(champion_of_few):
    people = list(task_kind("outcome_risk").reference(_folder(champion_of_few)))
    assert len(people) == 80
    assert sorted({part for _, part, _ in people}) == ["test", "train"]
    n_aside = sum(part != "train" for _, part, _ in people)
    assert n_aside > 5
    assert [part for _, part, _ in people].index("train") == n_aside, "those who were kept aside come first"


def test_shares_of_the_people_validate_and_judge():
    names = [f"p{n}" for n in range(400)]
    config, hit = DaysBuild(val_ratio=0.1, test_ratio=0.2), set(names[:100])
    parts = split_facts(names, config, hit)["parts"]
    shares = [sum(part == one for part in parts.values()) / 400 for one in ("train", "val", "test")]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.06)
    assert sum(parts[name] == "test" for name in hit) / 100 == pytest.approx(0.2, abs=0.12)
    for gone in names[:5]:
        left = split_facts([name for name in names if name != gone], config, hit)["parts"]
        assert all(left[name] == parts[name] for name in left), "who leaves moves nobody else"
    assert "random" not in DaysBuild.__dataclass_fields__["split"].metadata["choices"]


def test_too_few_generated_outcomes_are_not_called_recorded(db, tmp_path):
    task = SimpleNamespace(input={"outcome": "burnout"})
    few = {"generated_people": 50, "generated_days": 150}
    words = r"^\d+ outcomes are too few to train on; at least 20 of this kind are needed: generate more people or days$"
    with pytest.raises(NotEnoughData, match=words):
        dataset_fill(task=task, parameters=few, directory=tmp_path, on_step=ignore)


def test_an_interval_over_groups_draws_whole_groups_and_says_when_it_cannot():
    groups, values = np.repeat(np.arange(30), 4), np.repeat(np.arange(30.0), 4)
    low, high = groups_interval(lambda drawn: float(values[drawn].mean()), groups)
    assert 9 < low < 14.5 < high < 20

    def never(drawn):
        raise NotEnoughData("nothing")

    with pytest.raises(NotEnoughData, match="too few groups"):
        groups_interval(never, groups)


def _folder(version):
    from mlops.datasets.services.files import dataset_path

    return dataset_path(version.run.dataset)
