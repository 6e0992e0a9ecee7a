"""The loop: labels → dataset → run → judged version, and what happens when a part of it goes wrong."""

import shutil

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from mlops.datasets.services.datasets import dataset_create, datasets_settle
from mlops.datasets.services.files import dataset_path
from mlops.jobs.services.claims import claim_take
from mlops.jobs.services.context import ClaimedJobContext
from mlops.jobs.services.execution import claim_run, job_execute_here
from mlops.jobs.services.jobs import job_cancel, job_retry
from mlops.kinds.splitting import plan_split
from mlops.ml.artifact import read_manifest
from mlops.ml.scoring import OnnxScorer
from mlops.models import Dataset, DatasetSubject, Job, ModelVersion, Run
from mlops.registry.services.artifacts import artifact_path, models_root
from mlops.training.services.runs import run_create
from mlops.training.services.training import CurveWriter
from tests.mlops.tiny import LABELS
from web.refusals import Problem

pytestmark = pytest.mark.django_db


def test_a_dataset_knows_its_people_and_its_hash(build, task):
    dataset = build()
    assert dataset.status == "ready"
    assert len(dataset.content_hash) == 64
    assert {entry.part for entry in dataset.subjects.all()} == {"train", "val", "test"}
    assert dataset.facts["amount_at_build"] == 480
    assert dataset.job.result_url == f"/ml/datasets/{dataset.pk}/"
    assert build().content_hash == dataset.content_hash


def test_nothing_labelled_is_a_sentence_not_an_error(build, kind):
    kind.subjects = ()
    dataset = build()
    assert (dataset.job.status, dataset.job.failure_code) == ("failed", "not_enough_data")
    assert "no examples to train on yet" in dataset.job.failure_reason
    datasets_settle()
    dataset.refresh_from_db()
    assert dataset.status == "failed"
    assert not dataset_path(dataset).exists()


def test_a_trained_version_is_judged_on_people_it_never_saw(train):
    version = train()
    test = set(
        DatasetSubject.objects.filter(dataset=version.run.dataset, part="test").values_list("subject", flat=True)
    )
    measured = version.metrics["measured_on"]
    assert set(measured["subjects"]) == test
    assert measured["part"] == "test"
    assert measured["generated"]
    assert "never seen" in measured["text"]
    assert "generated" in measured["text"]
    assert version.metrics["accuracy"] > version.metrics["baseline_accuracy"]
    assert version.gates["accuracy"]["passed"]
    assert (version.number, version.origin) == (1, "run")


def test_the_artifact_is_whole_and_answers_like_the_model(train):
    version = train()
    path = artifact_path(version)
    manifest = read_manifest(path)
    assert manifest["content_hash"] == version.artifact_hash
    assert set(manifest["files"]) >= {"config.json", "weights.npy", "model.onnx", "README.md"}
    scorer = OnnxScorer.open(path)
    assert scorer.labels == LABELS
    proba = scorer.score_raw(np.stack([np.zeros((20, 1)), np.full((20, 1), 3.0)]))
    assert proba.argmax(axis=1).tolist() == [0, 1]
    assert "## Limits" in (path / "README.md").read_text()


def test_the_run_keeps_its_curve_and_log(train):
    run = train().run
    assert len(run.curve) == 40
    assert "windows for training" in run.job.log_tail
    assert run.config["epochs"] == 40
    assert run.config["rate"] == 0.5


def test_two_people_are_judged_on_the_second_and_it_says_so(train, kind):
    kind.subjects = ("pa", "pb")
    measured = train().metrics["measured_on"]
    assert measured["part"] == "val"
    assert "slightly too optimistic" in measured["text"]


def test_each_person_in_turn_judges_and_all_teach(train, build, kind):
    kind.subjects = ("pa", "pb", "pc")
    version = train(build(split="each"))
    measured = version.metrics["measured_on"]
    assert measured["part"] == "each"
    assert measured["subjects"] == ["pa", "pb", "pc"]
    assert "evaluated by a model trained on the others" in measured["text"]
    assert set(version.metrics["per_subject"]) == {"pa", "pb", "pc"}
    assert version.metrics["n"] == version.run.dataset.facts["n_examples"]
    assert set(version.run.dataset.subjects.values_list("part", flat=True)) == {"train"}


def test_folds_can_be_watched(train, build, monkeypatch):
    """One rising bar over all folds and the curve of this one; what stays is the curve of the final training."""
    seen, curves = [], []
    step, write = ClaimedJobContext.step, CurveWriter.__call__

    def told(context, done, total, note=""):
        seen.append((done, total, note))
        step(context, done, total, note)

    def drawn(writer, numbers):
        write(writer, numbers)
        curves.append(len(writer.curve))

    monkeypatch.setattr(ClaimedJobContext, "step", told)
    monkeypatch.setattr(CurveWriter, "__call__", drawn)
    version = train(build(split="each"), epochs=4)
    folds = [(done, total) for done, total, note in seen if note.startswith("Evaluating ") and total]
    people = version.run.dataset.subjects.count()
    assert folds == [(done, people * 4) for done in range(people * 4)]
    assert curves == [1, 2, 3, 4] * (people + 1)
    version.run.refresh_from_db()
    assert len(version.run.curve) == 4


def test_nothing_of_the_judged_person_scales_the_others(build, kind, monkeypatch):
    """The fold's scaler comes from the others alone, however far away the judged person lies."""
    from dataclasses import replace

    import tests.mlops.tiny as tiny

    kind.subjects = ("pa", "pb", "pc")
    monkeypatch.setattr(tiny, "SPEC", replace(tiny.SPEC, normalisation="dataset"))
    original = tiny._series
    monkeypatch.setattr(
        tiny,
        "_series",
        lambda seed: replace(original(seed), samples=original(seed).samples + (1000 if seed == 2 else 0)),
    )
    folder = dataset_path(build(split="each"))
    known, unseen = kind.fold(folder, "pc")
    assert set(known.groups) == {"pa", "pb"}
    assert abs(known.x.mean()) < 0.1
    assert unseen.x.mean() > 100


def test_one_person_is_refused(build, kind):
    kind.subjects = ("pa",)
    assert "only one person" in build().job.failure_reason


def test_splits_never_share_a_person():
    for n in range(3, 40):
        plan = plan_split([f"p{i}" for i in range(n)], seed=n)
        assert sum(len(plan.subjects_in(part)) for part in ("train", "val", "test")) == n
        assert all(plan.subjects_in(part) for part in ("train", "val", "test"))
    assert plan_split(["a", "b", "c"], seed=1) == plan_split(["c", "b", "a"], seed=1)
    assert plan_split(["a"], how="random").leaky


def test_an_export_that_differs_is_not_kept(task, staff, build, media):
    run = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff, config={"mode": "sabotaged"})
    job_execute_here(pk=run.job_id)
    run = Run.objects.select_related("job").get(pk=run.pk)
    assert (run.job.status, run.job.failure_code) == ("failed", "export_differs")
    assert not ModelVersion.objects.exists()
    assert not any(models_root().iterdir())


def test_a_stale_training_leaves_no_version_and_no_file(task, staff, build, monkeypatch):
    run = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff)
    stale = claim_take(pk=run.job_id)
    Job.objects.filter(pk=run.job_id).update(status="queued", claim_token=None)
    fresh = claim_take(pk=run.job_id)
    claim_run(claim=fresh, beat=False)
    claim_run(claim=stale, beat=False)
    version = ModelVersion.objects.get()
    assert [path.name for path in models_root().iterdir()] == [artifact_path(version).name]


def test_files_of_a_killed_attempt_are_removed_by_the_next(task, staff, build, media):
    run = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff)
    Job.objects.filter(pk=run.job_id).update(attempt=1)
    orphan = models_root() / f"{run.pk}-1"
    orphan.mkdir(parents=True)
    job_execute_here(pk=run.job_id)
    assert [path.name for path in models_root().iterdir()] == [f"{run.pk}-2"]


def test_cancelling_a_training_leaves_nothing(task, staff, build, media):
    run = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff)
    claim = claim_take(pk=run.job_id)
    job_cancel(job=run.job, by=staff)
    claim_run(claim=claim, beat=False)
    run.job.refresh_from_db()
    assert run.job.status == "cancelled"
    assert not ModelVersion.objects.exists()
    assert not models_root().exists()


def test_a_failed_training_can_be_repeated(task, staff, build, kind):
    run = run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(type(kind), "evaluate", lambda *_: 1 / 0)
        job_execute_here(pk=run.job_id)
    run.job.refresh_from_db()
    assert run.job.status == "errored"
    again = job_retry(job=run.job, by=staff)
    job_execute_here(pk=again.pk)
    run.refresh_from_db()
    assert run.job_id == again.pk
    assert run.version.number == 1


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": 1.5}, "epochs"),
        ({"mode": "odd"}, "mode"),
        ({"depth": 3}, "depth"),
        ({"bias": 1}, "bias"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": "0.1"}, "rate"),
    ],
)
def test_impossible_options_are_refused_by_field(task, staff, build, config, field):
    with pytest.raises(ValidationError) as refused:
        run_create(task=task, dataset=build(), estimator="tiny_linear", owner=staff, config=config)
    assert list(refused.value.message_dict) == [field]
    assert not Run.objects.exists()


def test_only_ready_datasets_of_the_task_are_learned_from(task, staff, build, kind):
    dataset = build()
    with pytest.raises(ValidationError):
        run_create(task=task, dataset=dataset, estimator="bilstm", owner=staff)
    Dataset.objects.filter(pk=dataset.pk).update(status="redacted")
    dataset.refresh_from_db()
    with pytest.raises(Problem) as refused:
        run_create(task=task, dataset=dataset, estimator="tiny_linear", owner=staff)
    assert refused.value.code == "dataset_not_ready"


@pytest.mark.parametrize(
    "parameters", [{"split": "odd"}, {"seed": -1}, {"balance": 1}, {"x": 1}, {"include_generated": "no"}]
)
def test_impossible_build_parameters_are_refused(task, staff, parameters):
    with pytest.raises(ValidationError):
        dataset_create(task=task, owner=staff, parameters=parameters)


def test_a_lost_shard_fails_the_training_with_a_reason(task, staff, build):
    dataset = build()
    run = run_create(task=task, dataset=dataset, estimator="tiny_linear", owner=staff)
    shutil.rmtree(dataset_path(dataset) / "shards")
    job_execute_here(pk=run.job_id)
    run.job.refresh_from_db()
    assert (run.job.status, run.job.failure_code) == ("failed", "not_enough_data")
