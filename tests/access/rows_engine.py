"""Routes of the engine room: jobs, the loop, label sets, starting export and erase."""

from typing import Any

from mlops.models import AliasName, PromotionEvent
from tests.access.rows import ENGINE, SIGNED_IN, Row, expect

ENGINE_MOVES = expect(404, staff=302, administrator=302)
OWN_JOB = expect(404, owner=200)
OWN_JOB_MOVES = expect(404, owner=302)


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


def _task(world: Any) -> dict[str, Any]:
    return {"name": world.task.name}


def _labels(world: Any) -> dict[str, Any]:
    return {"name": "New", "labels": "squat, Squat, 1"}


def _labels_json(world: Any) -> dict[str, Any]:
    return {"name": "New", "labels": [{"name": "squat"}]}


PAGES = [
    Row("mlops:board", ENGINE),
    Row("mlops:tasks", ENGINE),
    Row("mlops:task_new", ENGINE),
    Row("mlops:task_new", expect(404, staff=400, administrator=400), method="POST"),
    Row("mlops:task", ENGINE, kwargs=_task),
    Row("mlops:build", ENGINE_MOVES, kwargs=_task, method="POST"),
    Row("mlops:train", ENGINE, kwargs=_task),
    Row("mlops:rollback", ENGINE_MOVES, kwargs=_task, method="POST"),
    Row("mlops:dataset", ENGINE, kwargs=_of("dataset")),
    Row("mlops:run", ENGINE, kwargs=_of("run")),
    Row("mlops:run_curve", ENGINE, kwargs=_of("run")),
    Row("mlops:version", ENGINE, kwargs=_of("version")),
    Row("mlops:promote", ENGINE_MOVES, kwargs=_of("version"), method="POST"),
    Row("mlops:version_download", ENGINE_MOVES, kwargs=_of("version"), note="its files are missing"),
    Row("mlops:label_sets", SIGNED_IN),
    Row("mlops:label_set_new", SIGNED_IN),
    Row("mlops:label_set_new", expect(302), method="POST", data=_labels),
    Row("mlops:label_set", ENGINE, kwargs=_of("label_set"), note="shared"),
    Row("mlops:label_set", expect(404, owner=200), kwargs=_of("own_label_set"), note="an athlete's own"),
    Row("mlops:label_set", expect(404, owner=302), kwargs=_of("own_label_set"), method="POST", data=_labels),
    Row("mlops:jobs", SIGNED_IN),
    Row("mlops:job", OWN_JOB, kwargs=_of("job")),
    Row("mlops:job", ENGINE, kwargs=_of("engine_job"), note="the engine's"),
    Row("mlops:job_card", OWN_JOB, kwargs=_of("job")),
    Row("mlops:job_cancel", OWN_JOB_MOVES, kwargs=_of("job"), method="POST"),
    Row("mlops:job_retry", OWN_JOB_MOVES, kwargs=_of("job"), method="POST"),
    Row("mlops:export_start", expect(302), method="POST"),
    Row("mlops:export_download", expect(404), kwargs=_of("job"), note="no export"),
    Row("mlops:erase_start", expect(400), method="POST", note="without name and password"),
]
API = [
    Row("mlops_api:job-list", SIGNED_IN),
    Row("mlops_api:job-detail", OWN_JOB, kwargs=_of("job")),
    Row("mlops_api:job-cancel", OWN_JOB, kwargs=_of("job"), method="POST"),
    Row("mlops_api:job-retry", expect(404, owner=409), kwargs=_of("job"), method="POST", note="it has not ended"),
    Row("mlops_api:task-list", SIGNED_IN, note="for others: what answers"),
    Row("mlops_api:task-list", expect(403, staff=400, administrator=400), method="POST"),
    Row("mlops_api:task-detail", ENGINE, kwargs=_task),
    Row("mlops_api:task-rollback", expect(403, staff=409, administrator=409), kwargs=_task, method="POST"),
    Row("mlops_api:dataset-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:dataset-list", expect(403, staff=400, administrator=400), method="POST"),
    Row("mlops_api:dataset-detail", ENGINE, kwargs=_of("dataset")),
    Row("mlops_api:run-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:run-list", expect(403, staff=400, administrator=400), method="POST"),
    Row("mlops_api:run-detail", ENGINE, kwargs=_of("run")),
    Row("mlops_api:version-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:version-detail", ENGINE, kwargs=_of("version")),
    Row(
        "mlops_api:version-download",
        expect(404, staff=422, administrator=422),
        kwargs=_of("version"),
        note="its files are missing",
    ),
    Row("mlops_api:promotion-list", SIGNED_IN, note="empty for others"),
    Row(
        "mlops_api:promotion-list",
        expect(403, staff=409, administrator=409),
        method="POST",
        data=lambda w: {"version": str(w.version.pk)},
        note="champion already",
    ),
    Row("mlops_api:promotion-detail", ENGINE, kwargs=_of("promotion")),
    Row("mlops_api:label-set-list", SIGNED_IN),
    Row("mlops_api:label-set-list", expect(201), method="POST", data=_labels_json),
    Row("mlops_api:label-set-detail", SIGNED_IN, kwargs=_of("label_set"), note="shared"),
    Row("mlops_api:label-set-detail", expect(404, owner=200), kwargs=_of("own_label_set"), note="an athlete's own"),
    Row(
        "mlops_api:label-set-detail",
        expect(404, owner=200),
        kwargs=_of("own_label_set"),
        method="PATCH",
        data=lambda w: {"name": "Renamed"},
    ),
    Row(
        "mlops_api:label-set-detail",
        expect(403, staff=200, administrator=200),
        kwargs=_of("label_set"),
        method="PATCH",
        data=lambda w: {"name": "Renamed"},
        note="shared sets are staff's to change",
    ),
]
ROWS = [*PAGES, *API]


def extend(world: Any) -> None:
    """A promotion to look at."""
    world.promotion = PromotionEvent.objects.create(task=world.task, alias=AliasName.CHAMPION, to_version=world.version)
