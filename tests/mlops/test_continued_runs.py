"""Going on from a version through the engine: lineage, what is new, both on the same examples, and who may not."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from mlops.datasets.services.files import dataset_path
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.estimators import estimator_infos
from mlops.ml.artifact import read_manifest
from mlops.ml.sensors.dataset import load_windows, read_dataset
from mlops.ml.windows import WindowSpec
from mlops.models import Dataset, Job, ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import version_promote
from mlops.registry.services.redaction import subject_redact
from mlops.training.selectors.continued import continued_lines, continued_of
from mlops.training.services.continuing import views_tidy
from mlops.training.services.parents import news_of, parent_why_not
from mlops.training.services.retraining import retrain_start
from mlops.training.services.runs import run_create
from tests.mlops import tiny
from tests.mlops.tiny import TinyKind
from web.refusals import Problem

pytestmark = pytest.mark.django_db
FIRST = tuple(f"p{letter}" for letter in "abcdefghij")
MORE = (*FIRST, "pk", "pl", "pm", "pn")
CONFIG = {"epochs": 2, "width": 4}


@pytest.fixture
def parent(kind: Any, build: Any, task: Any, staff: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """A small network on ten people, its windows on the scale of those people."""
    monkeypatch.setattr(TinyKind, "load_raw", lambda _, folder, part: load_windows(folder, part, raw=True))
    monkeypatch.setattr(tiny, "SPEC", WindowSpec(10, 20, 10, "dataset"))
    kind.subjects = FIRST
    return trained(task, staff, build(split="subjects"))


def trained(task: Any, staff: Any, dataset: Dataset, **more: Any) -> ModelVersion:
    given = {"estimator": "cnn", "config": CONFIG} if "parent" not in more else {}
    run = run_create(task=task, dataset=dataset, owner=staff, **given, **more)
    job_execute_here(pk=run.job_id)
    run.job.refresh_from_db()
    assert run.job.status == "succeeded", f"{run.job.failure_reason}\n{run.job.log_tail}"
    return ModelVersion.objects.select_related("task", "run__dataset", "run__parent").get(run=run)


def run_all() -> None:
    for _ in range(20):
        waiting = list(Job.objects.filter(status="queued").order_by("created_at"))
        if not waiting:
            return
        for job in waiting:
            job_execute_here(pk=job.pk)


def test_it_goes_on_and_says_from_where(parent, kind, build, task, staff, client):
    kind.subjects = MORE
    dataset = build(split="subjects")
    news = news_of(dataset=dataset, parent=parent)
    assert news.n_changed == 0
    assert 0 < news.n_new <= 4
    version = trained(task, staff, dataset, parent=parent, compare_full=True)
    assert version.run.parent_id == parent.pk
    assert (version.estimator, version.run.config) == (parent.estimator, parent.run.config)
    manifest = read_manifest(artifact_path(version))
    assert manifest["continues"] == {"number": parent.number, "artifact": parent.artifact_hash}
    before, own = read_manifest(artifact_path(parent)), read_dataset(dataset_path(dataset))
    assert manifest["scaler"] == before["scaler"]
    assert manifest["scaler"] != own["scaler"]
    told = version.metrics["continued"]
    assert told["how"] == "fine-tuning"
    assert told["n_new"] == news.n_examples
    assert told["parent"]["number"] == parent.number
    assert told["parent"]["n_groups"] >= 1
    assert {"accuracy", "f1_macro"} <= {one["metric"] for one in told["full"]["figures"]}
    assert told["full"]["seconds"] > 0
    assert all(one["gain"] == pytest.approx(one["own"] - one["full"]) for one in told["full"]["figures"])
    assert "continued" not in manifest["metrics"]
    found = continued_of(version)
    assert found is not None
    assert [row.title for row in found.full_rows][-1] == "Training time"
    assert any("in full" in line for line in continued_lines(version))
    client.force_login(staff)
    for name, pk in (("run", version.run_id), ("version", version.pk)):
        page = client.get(reverse(f"mlops:{name}", args=[pk])).content.decode()
        assert "Incremental against full training" in page
        assert f"Continued from version {parent.number}" in page


def test_one_button_builds_and_continues(parent, kind, task, staff, client):
    version_promote(version=parent, by=staff, override=True, reason="first")
    kind.subjects = MORE
    client.force_login(staff)
    page = client.get(reverse("mlops:task", args=[task.name])).content.decode()
    assert "Teach it the new examples" in page
    assert "New since version 1:" in page
    assert client.post(reverse("mlops:retrain", args=[task.name]), {"incremental": "1"}).status_code == 302
    run_all()
    job = Job.objects.get(kind="task.retrain")
    assert job.status == "succeeded", f"{job.failure_reason} {job.log_tail}"
    version = ModelVersion.objects.select_related("run").get(pk=job.result["version"])
    assert version.run.parent_id == parent.pk
    assert "full" not in version.metrics["continued"]


def test_nothing_new_is_no_training(parent, task, staff):
    version_promote(version=parent, by=staff, override=True, reason="first")
    job = retrain_start(task=task, owner=staff, incremental=True)
    run_all()
    job.refresh_from_db()
    assert job.status == "failed"
    assert "no new data" in job.failure_reason


def test_the_commands_print_the_report(parent, kind, task, staff, capsys):
    version_promote(version=parent, by=staff, override=True, reason="first")
    kind.subjects = MORE
    call_command("retrain", "--task", task.name, "--incremental", "--compare-full", "--here")
    told = capsys.readouterr().out
    assert "continued from version 1" in told
    assert "F1 (macro): continued" in told
    call_command("train", "--task", task.name, "--continue-from", "1", "--here")
    assert "continued from version 1" in capsys.readouterr().out


def test_the_api_takes_a_parent(parent, kind, build, task, staff, client):
    kind.subjects = MORE
    dataset = build(split="subjects")
    client.force_login(staff)
    body = {"dataset": str(dataset.pk), "parent": str(parent.pk)}
    answer = client.post(reverse("mlops_api:run-list"), body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    shown = client.get(reverse("mlops_api:run-detail", args=[answer.json()["run"]])).json()
    assert shown["parent"] == str(parent.pk)
    body = {"dataset": str(dataset.pk), "compare_full": True}
    refused = client.post(reverse("mlops_api:run-list"), body, content_type="application/json")
    assert refused.status_code == 400


def test_who_learned_from_the_held_out_is_not_continued(parent, kind, build, task, staff):
    kind.subjects = MORE
    with pytest.raises(Problem, match="held-out data that the version has not"):
        run_create(task=task, dataset=build(split="each"), owner=staff, parent=parent)
    with pytest.raises(Problem, match="held-out data was in this version"):
        run_create(task=task, dataset=build(split="subjects", seed=99), owner=staff, parent=parent)
    kind.subjects = MORE[3:]
    with pytest.raises(Problem, match=r"lacks data|held-out data was in"):
        run_create(task=task, dataset=build(split="subjects"), owner=staff, parent=parent)


def test_what_was_withdrawn_is_not_passed_on(parent, kind, build, task, staff):
    learned = parent.run.dataset.subjects.filter(part="train").first()
    subject_redact(learned.owner)
    again = ModelVersion.objects.select_related("run__dataset").get(pk=parent.pk)
    assert "withdrawn" in parent_why_not(again)
    kind.subjects = MORE
    with pytest.raises(Problem, match="withdrawn"):
        run_create(task=task, dataset=build(split="subjects"), owner=staff, parent=again)


def test_what_cannot_go_on_says_so(train, build, staff, task):
    version = train()
    assert "only be trained in full" in parent_why_not(version)
    assert estimator_infos()["random_forest"].continues == "added trees"
    assert estimator_infos()["cox_ph"].continues == "warm start"


def test_what_a_killed_run_left_is_removed_and_an_open_one_keeps_its_folder(parent, kind, build, task, staff):
    kind.subjects = MORE
    run = run_create(task=task, dataset=build(split="subjects"), owner=staff, parent=parent)
    root = Path(settings.VAR_DIR)
    mine, old = root / f"continue-{run.job_id}-abc", root / "continue-x1y2z3"
    for folder in (mine, old):
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
    views_tidy()
    assert mine.is_dir()
    assert old.is_dir()
    os.utime(old, (0, 0))
    Job.objects.filter(pk=run.job_id).update(status="failed")
    views_tidy()
    assert not mine.exists()
    assert not old.exists()
