"""Routes of studies, comparisons and the registry."""

from typing import Any

from mlops.models import Job, ModelVersion, Study
from tests.access.rows import ENGINE, SIGNED_IN, Row, expect
from tests.access.rows_engine import ENGINE_MOVES


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


def _task(world: Any) -> dict[str, Any]:
    return {"name": world.task.name}


PAGES = [
    Row("mlops:datasets", ENGINE),
    Row("mlops:runs", ENGINE),
    Row("mlops:compare", expect(404, staff=302, administrator=302), note="no runs named"),
    Row("mlops:versions", ENGINE),
    Row(
        "mlops:version_picture", expect(404), kwargs=lambda world: {"pk": world.version.pk, "name": "x.png"},
        note="the world's version has no pictures",
    ),
    Row("mlops:search", ENGINE, kwargs=_task),
    Row("mlops:study", ENGINE, kwargs=_of("study")),
    Row("mlops:study_found", ENGINE, kwargs=_of("study")),
    Row("mlops:challenge", ENGINE_MOVES, kwargs=_of("version"), method="POST"),
    Row("mlops:challenge_end", ENGINE_MOVES, kwargs=_task, method="POST"),
    Row("mlops:version_retire", ENGINE_MOVES, kwargs=_of("version"), method="POST", note="refused in service"),
    Row("mlops:version_delete", ENGINE_MOVES, kwargs=_of("version"), method="POST", note="refused in service"),
]
ONLY_STAFF_409 = expect(403, staff=409, administrator=409)
API = [
    Row("mlops_api:run-compare", expect(400), note="no runs named"),
    Row("mlops_api:study-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:study-list", expect(403, staff=400, administrator=400), method="POST"),
    Row("mlops_api:study-detail", ENGINE, kwargs=_of("study")),
    Row("mlops_api:task-challenge-end", ONLY_STAFF_409, kwargs=_task, method="POST"),
    Row("mlops_api:version-detail", ONLY_STAFF_409, kwargs=_of("version"), method="DELETE", note="in service"),
    Row(
        "mlops_api:version-challenge",
        ONLY_STAFF_409,
        kwargs=_of("version"),
        method="POST",
        data=lambda world: {"share": 0.1},
        note="champion already",
    ),
    Row("mlops_api:version-retire", ONLY_STAFF_409, kwargs=_of("version"), method="POST", note="in service"),
    Row(
        "mlops_api:version-list",
        expect(200),
        query=lambda world: {"ordering": "-score", "alias": "champion", "retired": "false"},
        note="filtered",
    ),
]
ROWS = [*PAGES, *API]


def extend(world: Any) -> None:
    """A study, and a second version that nobody serves."""
    job = Job.objects.create(kind="study.search", title="Search", is_engine=True)
    world.study = Study.objects.create(
        job=job, task=world.task, dataset=world.dataset, estimator="bilstm", n_trials=3, metric="accuracy",
        space={"hidden_size": {"low": 8, "high": 64, "log": False}},
    )  # fmt: skip
    world.spare_version = ModelVersion.objects.create(
        task=world.task, number=2, estimator="dummy", artifact_dir="models/none2", artifact_hash="1" * 64
    )
