"""What the engine's tests share: people, kinds, and jobs without Redis."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

import tests.mlops.kinds_for_tests  # noqa: F401  registers the kinds
from mlops.datasets.services.datasets import dataset_create
from mlops.jobs.services import delivery, jobs
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds import base as task_kinds
from mlops.ml import registry
from mlops.models import Dataset, Job, LabelSet, ModelVersion, Run, Task
from mlops.serving.services.versions import serving_forget
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.runs import run_create
from tests.mlops.tiny import TINY_ESTIMATORS, TinyKind


@pytest.fixture
def athlete(db: None) -> Any:
    return get_user_model().objects.create_user("ama", "ama@example.org", "a long password", role="athlete")


@pytest.fixture
def other(db: None) -> Any:
    return get_user_model().objects.create_user("kofi", "kofi@example.org", "a long password", role="athlete")


@pytest.fixture
def coach(db: None) -> Any:
    return get_user_model().objects.create_user("yaa", "yaa@example.org", "a long password", role="coach")


@pytest.fixture
def staff(db: None) -> Any:
    return get_user_model().objects.create_user("esi", "esi@example.org", "a long password", role="ml_staff")


@pytest.fixture
def administrator(db: None) -> Any:
    return get_user_model().objects.create_user(
        "adwoa", "adwoa@example.org", "a long password", role="administrator", is_staff=True, is_superuser=True
    )


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collects what would be sent to Redis."""
    sent: list[Any] = []

    def remember(*, pk: Any, connection: Any = None) -> bool:
        sent.append(pk)
        return True

    monkeypatch.setattr(delivery, "job_deliver", remember)
    monkeypatch.setattr(jobs, "job_deliver", remember)
    return sent


@pytest.fixture
def new_job(athlete: Any, delivered: list[Any]) -> Any:
    def make(kind: str = "test.write", **more: Any) -> Job:
        values = {"owner": athlete, "parameters": {}, "title": "A job", **more}
        return jobs.job_create(kind=kind, **values)

    return make


@pytest.fixture
def media(settings: Any, tmp_path: Any) -> Any:
    """An empty folder for private files."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tiny kind with the tiny estimator, registered for one test."""
    found = TinyKind()
    monkeypatch.setitem(task_kinds._kinds, found.name, found)
    monkeypatch.setitem(registry._ESTIMATORS, "tiny", TINY_ESTIMATORS)
    serving_forget()
    yield found
    serving_forget()


@pytest.fixture
def label_set(staff: Any) -> LabelSet:
    labels = [{"name": "still", "key": "1"}, {"name": "swing", "key": "2"}]
    return label_set_create(name="Tiny", labels=labels, owner=staff, is_shared=True)


@pytest.fixture
def task(kind: Any, label_set: LabelSet, staff: Any) -> Task:
    return task_create(
        name="tiny-task", title="Tiny task", kind="tiny", owner=staff, label_set=label_set, gates={"accuracy": 0.8}
    )


@pytest.fixture
def build(task: Task, staff: Any, media: Any, delivered: Any) -> Any:
    def make(**parameters: Any) -> Dataset:
        dataset = dataset_create(task=task, owner=staff, parameters=parameters)
        job_execute_here(pk=dataset.job_id)
        dataset.refresh_from_db()
        return dataset

    return make


@pytest.fixture
def train(task: Task, staff: Any, build: Any) -> Any:
    def make(dataset: Dataset | None = None, **config: Any) -> ModelVersion:
        run = run_create(
            task=task, dataset=dataset or build(), estimator="tiny_linear", owner=staff, config={"epochs": 40, **config}
        )
        job_execute_here(pk=run.job_id)
        run = Run.objects.select_related("job").get(pk=run.pk)
        assert run.job.status == "succeeded", f"{run.job.failure_reason} {run.job.log_tail}"
        return run.version

    return make
