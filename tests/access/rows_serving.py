"""Routes of served models and of those who watch them."""

from typing import Any

from tests.access.rows import Row, expect


def _task(world: Any) -> dict[str, Any]:
    return {"name": world.task.name}


_BROKEN = expect(503)
ROWS = [
    Row("mlops_api:task-predict", _BROKEN, kwargs=_task, note="the champion's files are missing"),
    Row("mlops_api:task-predict", expect(400), kwargs=_task, method="POST", note="asks nothing"),
    Row(
        "mlops_api:task-predict", expect(404, owner=503, coach=503, staff=503), kwargs=_task, method="POST",
        data=lambda w: {"recording": str(w.recording.pk)}, note="a recording",
    ),
    Row(
        "mlops_api:task-feedback", expect(404), kwargs=_task, method="POST",
        data=lambda w: {"prediction": str(w.recording.pk), "label": "squat"}, note="no such answer",
    ),
]  # fmt: skip
