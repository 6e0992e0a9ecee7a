"""A kind of quite another shape lives the whole life of a model, and the engine is not touched for it.

Tables instead of windows, numbers instead of labels, an error that should be small instead of an accuracy.
"""

import io
import json

import pytest
from django.core.management import call_command

from mlops.kinds import base as task_kinds
from mlops.ml import registry
from mlops.models import Dataset, EvaluatedSubject, Job, ModelVersion, Run, Study, Task
from mlops.registry.services.artifacts import artifact_path
from mlops.serving.services.versions import champion, serving_forget
from tests.mlops.test_studies import work
from tests.mlops.toy_app.kind import Recovery

pytestmark = pytest.mark.django_db


@pytest.fixture
def toy(monkeypatch, delivered):
    """What the app's AppConfig.ready() would do."""
    monkeypatch.setattr("mlops.jobs.services.parents.job_deliver", lambda **_: False)
    monkeypatch.setattr(registry, "_ESTIMATORS", {name: dict(known) for name, known in registry._ESTIMATORS.items()})
    monkeypatch.setattr(task_kinds, "_kinds", dict(task_kinds._kinds))
    registry.register("toy", "toy_ridge", "tests.mlops.toy_app.ridge:Ridge")
    task_kinds.register(Recovery())
    serving_forget()
    yield
    serving_forget()


def test_the_whole_life_by_mouse(toy, staff, browse, media):
    page = browse(staff)
    form = page.get("/ml/tasks/new/?kind=toy_recovery").content.decode()
    assert "Days ahead" in form
    assert "Gate: mean error, at most" in form
    assert "Labels" not in form.split("<form", 2)[-1].split("</form>")[0]
    made = page.post(
        "/ml/tasks/new/?kind=toy_recovery",
        {"title": "Recovery", "name": "recovery", "toy_recovery.horizon_days": "2", "gate.mae": "0.5"},
    )
    assert made.url == "/ml/tasks/recovery/"
    task = Task.objects.get(name="recovery")
    assert (task.input, task.gates, task.label_set) == ({"horizon_days": 2}, {"mae": {"most": 0.5}}, None)
    assert "Mean error at most 0.50 points" in page.get(made.url).content.decode()

    page.post("/ml/tasks/recovery/build/", {"split": "subjects", "balance": "none", "seed": "0"})
    work()
    dataset = Dataset.objects.get(status="ready")
    form = page.get("/ml/tasks/recovery/train/").content.decode()
    assert "Pull towards zero" in form
    for penalty in ("1", "900"):
        page.post(
            "/ml/tasks/recovery/train/",
            {"dataset": dataset.pk, "seed": "0", "option_penalty": penalty, "option_intercept": "on"},
        )
    work()
    good, bad = ModelVersion.objects.order_by("number")
    assert good.gates["mae"]["passed"]
    assert not bad.gates["mae"]["passed"]
    assert good.score == good.metrics["mae"] < bad.score
    assert good.metrics["baseline_mae"] > good.metrics["mae"]
    assert [item["name"] for item in good.explanation["inputs"]][:2] == ["sleep", "load"]

    text = page.get(f"/ml/versions/{good.pk}/").content.decode()
    for words in ("Mean error", "points", "Explained share", "Feature importance", "Largest errors", "It is a toy."):
        assert words in text, words
    assert "ccuracy" not in text
    assert "ccuracy" not in page.get("/ml/tasks/recovery/").content.decode()
    assert "mean error, latest version" in page.get("/ml/").content.decode()
    page.post(f"/ml/versions/{good.pk}/promote/", {"expected": "", "reason": ""})
    served = champion("recovery")
    assert served.version_id == good.pk
    assert float(Recovery().scorer(served.path).answer([[1, 0, 0]])[0]) == pytest.approx(8, abs=0.3)

    runs = [str(run.pk) for run in Run.objects.order_by("created_at")]
    text = page.get(f"/ml/runs/compare/?run={runs[0]}&run={runs[1]}").content.decode()
    assert "worse" in text
    assert "penalty" in text
    assert Run.objects.get(metrics__mae__lt=0.5).pk == good.run_id


def test_a_study_of_it_minimises_the_error(toy, staff, api, media):
    client = api(staff)
    client.post(
        "/api/v1/tasks/", {"name": "r", "title": "R", "kind": "toy_recovery", "gates": {"mae": 1}}, format="json"
    )
    assert Task.objects.get(name="r").gates == {"mae": {"most": 1.0}}
    client.post("/api/v1/datasets/", {"task": "r"}, format="json")
    work()
    answer = client.post(
        "/api/v1/studies/",
        {"dataset": str(Dataset.objects.get().pk), "estimator": "toy_ridge", "n_trials": 6,
         "space": {"penalty": {"low": 0.1, "high": 1000, "log": True}}},
        format="json",
    )  # fmt: skip
    assert answer.status_code == 202, answer.json()
    work()
    study = client.get(f"/api/v1/studies/{answer.json()['study']}/").json()
    assert (study["status"], study["metric"], study["higher_is_better"]) == ("succeeded", "mae", False)
    trials = Run.objects.filter(study=study["id"], trial__isnull=False)
    assert str(min(trials, key=lambda run: run.score).pk) == study["best"]
    version = client.get(f"/api/v1/versions/{study['version']}/").json()
    assert version["gates"]["mae"]["most"] == 1.0


def test_each_person_in_turn_and_erasing_one(toy, staff, media):
    task = task_of(staff)
    call_command("build_dataset", task="recovery", split="each", here=True, stdout=io.StringIO())
    out = io.StringIO()
    call_command("train", task="recovery", estimator="toy_ridge", set=["penalty=2.5"], here=True, stdout=out)
    version = ModelVersion.objects.get()
    assert version.run.config == {"penalty": 2.5, "intercept": True}
    assert len(version.metrics["per_subject"]) == 14
    assert "Mean error" in out.getvalue()
    assert EvaluatedSubject.objects.filter(version=version).count() == 14
    from mlops.registry.services.redaction import subject_redact

    subject_redact("t3")
    assert set(EvaluatedSubject.objects.values_list("subject", flat=True)) == {f"t{i}" for i in range(14)} - {"t3"}
    version.refresh_from_db()
    assert version.retrain_due_at
    assert task.datasets.get().status == "redacted"


def test_the_whole_life_from_the_command_line(toy, staff, media):
    task_of(staff)
    out = io.StringIO()
    call_command("build_dataset", task="recovery", here=True, stdout=out)
    call_command("train", task="recovery", estimator="toy_ridge", set=["penalty=0.5"], here=True, stdout=out)
    call_command("promote", "--task=recovery", "--number=1", "--reason=From a script", stdout=out)
    assert champion("recovery").number == 1
    assert "Version 1 is the champion of recovery" in out.getvalue()
    manifest = json.loads((artifact_path(ModelVersion.objects.get()) / "manifest.json").read_text())
    assert manifest["data"] == {
        "n_subjects": 14, "n_examples": 560, "sources": {"days": 560}, "generated": True,
        "split": {"how": "subjects", "leaky": False, "note": ""},
    }  # fmt: skip
    assert Job.objects.filter(status="succeeded").count() == 2
    assert not Study.objects.exists()


def task_of(staff):
    from mlops.tasks.services.tasks import task_create

    return task_create(name="recovery", title="Recovery", kind="toy_recovery", owner=staff, gates={"mae": 1})
