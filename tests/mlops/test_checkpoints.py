"""Trainings that go on: with a real network, in folders that a stale attempt cannot spoil."""

import pytest

from mlops.jobs.services.claims import claim_take
from mlops.jobs.services.context import ClaimedJobContext
from mlops.jobs.services.execution import claim_run, job_execute_here
from mlops.models import Job, Run
from mlops.training.services.checkpoints import checkpoint_dir, checkpoints_root, checkpoints_tidy
from mlops.training.services.runs import run_create
from mlops.training.services.training import CurveWriter

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As sudden as a signal: nothing below catches it."""


def give_back(run: Run) -> None:
    """What the sweeper does with the job of a killed worker."""
    Job.objects.filter(pk=run.job_id).update(status="queued", claim_token=None)


def test_a_real_network_ends_as_if_nothing_had_happened(task, staff, build, monkeypatch):
    dataset = build()
    config = {"epochs": 5, "batch_size": 16}
    curves = []
    for interrupted in (False, True):
        run = run_create(task=task, dataset=dataset, estimator="cnn", owner=staff, config=config)
        if interrupted:
            original = CurveWriter.__call__

            def kill(self, numbers, original=original):
                original(self, numbers)
                if numbers["epoch"] == 3:
                    raise Killed

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(CurveWriter, "__call__", kill)
                with pytest.raises(Killed):
                    job_execute_here(pk=run.job_id)
            give_back(run)
        job_execute_here(pk=run.job_id)
        run = Run.objects.select_related("job", "version").get(pk=run.pk)
        assert run.job.status == "succeeded", run.job.failure_reason
        assert ("Resuming from attempt" in run.job.log_tail) == interrupted
        curves.append((run.curve, run.version.metrics["accuracy"]))
    assert curves[0] == curves[1]
    assert not any(checkpoints_root().iterdir())


def test_a_stale_attempt_writes_where_nobody_reads(task, staff, build):
    run = run_create(task=task, dataset=build(), estimator="tiny_resumable", owner=staff)
    stale = ClaimedJobContext(claim_take(pk=run.job_id))
    first = checkpoint_dir(stale)
    (first / "epoch-00001").mkdir()
    give_back(run)
    fresh = ClaimedJobContext(claim_take(pk=run.job_id))
    second = checkpoint_dir(fresh)
    assert second != first
    assert (second / "epoch-00001").is_dir()
    (first / "epoch-00002").mkdir()
    assert checkpoint_dir(fresh) == second
    assert not (second / "epoch-00002").exists()
    assert checkpoint_dir(stale) == first


def test_what_a_job_kept_goes_when_it_has_ended(task, staff, build):
    run = run_create(task=task, dataset=build(), estimator="tiny_resumable", owner=staff, config={"epochs": 2})
    claim = claim_take(pk=run.job_id)
    folder = checkpoint_dir(ClaimedJobContext(claim))
    checkpoints_tidy()
    assert folder.is_dir()
    claim_run(claim=claim, beat=False)
    assert not folder.exists()
    folder.mkdir(parents=True)
    checkpoints_tidy()
    assert not folder.parent.exists()
