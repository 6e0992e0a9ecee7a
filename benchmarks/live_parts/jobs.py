"""A training and dataset builds that run beside the live streams, in the supervisor's own workers."""

from __future__ import annotations

import threading
import time
from typing import Any

from benchmarks.live_parts.site import Site

LIMIT_S = 120.0


def start_jobs(site: Site) -> threading.Event:
    """Start the workers, a long BiLSTM training and one dataset build after the other; set the event to end them.

    Needs demo life. The training takes longer than any measurement and is killed with its worker.
    """
    from accounts.models import User
    from mlops.datasets.models import DatasetStatus
    from mlops.datasets.services.datasets import dataset_create
    from mlops.models import Task
    from mlops.training.services.runs import run_create

    site.start("background")
    task, owner = Task.objects.get(name="exercise"), User.objects.get(username="staff")

    def build() -> Any:
        dataset = dataset_create(task=task, owner=owner)
        deadline = time.monotonic() + LIMIT_S
        while dataset.status != DatasetStatus.READY:
            if time.monotonic() > deadline or dataset.status == DatasetStatus.FAILED:
                raise RuntimeError(f"the dataset was not built: {dataset.status}")
            time.sleep(0.5)
            dataset.refresh_from_db()
        return dataset

    run_create(task=task, dataset=build(), estimator="bilstm", owner=owner, config={"epochs": 1000})
    ended = threading.Event()

    def again_and_again() -> None:
        while not ended.is_set():
            build()

    threading.Thread(target=again_and_again, daemon=True).start()
    return ended
