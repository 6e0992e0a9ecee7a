"""The steps of a model's life, taken by page, API, command and door; each says what it expects."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.models import Role
from mlops.ml.hosting.codec import decode, encode
from mlops.models import Dataset, Job, LabelSet, ModelVersion, Prediction, Task
from mlops.serving.services import versions as serving
from mlops.serving.services.loaders import VersionModel
from mlops.serving.services.log import log_write
from mlops.serving.services.versions import serving_forget, version_served
from mlops.tasks.services.tasks import label_set_create, task_create
from tests.kinds.houses import HOUSES, House
from tests.kinds.suite.case import again
from tests.mlops.test_studies import work
from tests.people import make_user


class OverTheWire:
    """A model of serve_models, opened here: what is asked and answered goes through the same bytes."""

    def __init__(self, key: str) -> None:
        version = ModelVersion.objects.select_related("task").get(pk=key.partition(":")[2])
        self.model = VersionModel(version_served(version))

    def answer(self, values: Any) -> Any:
        return decode(encode(self.model.answer(decode(encode(values)))))


@dataclass
class Life:
    """One task of one kind, with somebody of ML staff who trains it."""

    house: House
    staff: Any
    page: Any
    api: Any
    task: Task | None = None

    @property
    def name(self) -> str:
        return f"{self.house.kind.name}-task".replace("_", "-")

    def labels(self) -> LabelSet | None:
        if not self.house.labels:
            return None
        named = [{"name": name} for name in self.house.labels]
        return label_set_create(name=self.name, labels=named, owner=self.staff, is_shared=True)

    def make(self) -> Task:
        """Without any door: for tests of what comes later."""
        self.task = task_create(
            name=self.name, title="A task", kind=self.house.kind.name, owner=self.staff, label_set=self.labels(),
            input=dict(self.house.form),
        )  # fmt: skip
        return self.task

    def command(self, name: str, **options: Any) -> str:
        out = io.StringIO()
        call_command(name, task=self.name, stdout=out, **options)
        return out.getvalue()

    def train(self, **config: Any) -> ModelVersion:
        """A dataset and a version, by commands."""
        given = {**self.house.config, **config}
        if not Dataset.objects.filter(task=self.task, status="ready").exists():
            self.command("build_dataset", here=True, set=_settings(self.house.build))
        self.command("train", here=True, estimator=self.house.estimator, set=_settings(given))
        version = ModelVersion.objects.filter(task=self.task).order_by("-number").first()
        assert version is not None
        return version

    def promote(self, version: ModelVersion, **more: Any) -> None:
        """Whatever its gates say: figures of a few seconds of training prove nothing."""
        body = {"version": str(version.pk), "override": True, "reason": "A small world", **more}
        answer = self.api.post("/api/v1/promotions/", body, format="json")
        assert answer.status_code in (200, 201), answer.content
        serving_forget()

    def ask(self, client: Any, number: int = 0, **more: Any) -> Any:
        """One of the house's requests, through the API; multipart where it has files."""
        payload = again(self.house.payloads[number])
        url = f"/api/v1/tasks/{self.name}/predict/"
        if payload.files:
            files = {name: SimpleUploadedFile(f"{name}.bin", file.read()) for name, file in payload.files.items()}
            return client.post(url, {**payload.data, **files, **more}, format="multipart")
        return client.post(url, {**payload.data, **more}, format="json")

    def logged(self) -> list[Prediction]:
        """Every answer that was kept so far, oldest first."""
        log_write()
        return list(Prediction.objects.filter(task=self.task).order_by("at"))


def life_of(house: str | Callable[[], House], browse: Any, api: Any, monkeypatch: Any) -> Life:
    """A house by its name or by what makes it, with somebody of ML staff at its door; what runs in serve_models is
    opened here."""
    monkeypatch.setattr(serving, "remote_scorer", OverTheWire)
    monkeypatch.setattr("mlops.training.services.training.N_TIMED", 2)
    found = HOUSES[house]() if isinstance(house, str) else house()
    staff = make_user("esi", role=Role.ML_STAFF)
    return Life(found, staff, browse(staff), api(staff))


def _settings(values: dict[str, Any]) -> list[str]:
    return [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in values.items()]


def succeeded() -> list[Job]:
    """Be the workers; every job that waited must have succeeded."""
    before = set(Job.objects.exclude(status="queued").values_list("pk", flat=True))
    for _ in range(20):
        if not work():
            break
    jobs = list(Job.objects.exclude(pk__in=before))
    wrong = [
        f"{job.title}: {job.status} {job.failure_reason} {job.log_tail[-600:]}"
        for job in jobs
        if job.status != "succeeded"
    ]
    assert not wrong, "\n".join(wrong)
    return jobs
