"""A training of the site in two processes: an ordinary run with its curve, and a model as good as one process makes."""

import pytest

from mlops.jobs.services.execution import job_execute_here
from mlops.models import Run
from mlops.training.services.runs import run_create

pytestmark = pytest.mark.django_db


def test_a_run_in_two_processes_is_a_run_like_any_other(task, staff, build, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    dataset = build()
    told = []
    for n_processes in (1, 2):
        settings.TRAIN_PROCESSES = n_processes
        run = run_create(
            task=task, dataset=dataset, estimator="cnn", owner=staff, config={"epochs": 4, "batch_size": 16}
        )
        job_execute_here(pk=run.job_id)
        run = Run.objects.select_related("job", "version").get(pk=run.pk)
        assert run.job.status == "succeeded", f"{run.job.failure_reason} {run.job.log_tail}"
        assert ("In 2 processes" in run.job.log_tail) == (n_processes == 2)
        told.append((run.version.number, run.version.metrics["accuracy"], [row["epoch"] for row in run.curve]))
    (first, alone, _), (second, together, epochs) = told
    assert (first, second) == (1, 2)
    assert epochs == [1, 2, 3, 4]
    assert together == pytest.approx(alone, abs=0.05)
    assert not list(tmp_path.glob("fitbalance-launch-*")), "what was handed over is gone"
