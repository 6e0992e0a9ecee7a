"""Routes of what goes out and comes in: hub, imports, published folders, trainings elsewhere."""

from typing import Any

from mlops.models import HubPush, LoggedRun
from tests.access.rows import ENGINE, SIGNED_IN, Row, expect

MOVES = expect(404, staff=302, administrator=302)
REFUSED = expect(403, staff=400, administrator=400)


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


ROWS = [
    Row("mlops:exchange", ENGINE),
    Row("mlops:hub_pull", expect(404, staff=400, administrator=400), method="POST", note="no repository"),
    Row("mlops:model_import", expect(404, staff=400, administrator=400), method="POST", note="no file"),
    Row("mlops:model_remote", expect(404, staff=400, administrator=400), method="POST", note="no address"),
    Row("mlops_api:model_remote", REFUSED, method="POST"),
    Row("mlops:logged_run", ENGINE, kwargs=_of("logged_run")),
    Row("mlops:hub_push", MOVES, kwargs=_of("version"), method="POST", note="no repository"),
    Row("mlops:version_judge", MOVES, kwargs=_of("version"), method="POST", note="trained here"),
    Row("mlops:version_folder", MOVES, kwargs=_of("version"), note="its files are missing"),
    Row("mlops_api:hub_pull", REFUSED, method="POST"),
    Row("mlops_api:model_import", REFUSED, method="POST"),
    Row("mlops_api:hub-push-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:hub-push-list", REFUSED, method="POST"),
    Row("mlops_api:hub-push-detail", ENGINE, kwargs=_of("hub_push")),
    Row("mlops_api:logged-run-list", SIGNED_IN, note="empty for others"),
    Row("mlops_api:logged-run-list", REFUSED, method="POST"),
    Row("mlops_api:logged-run-detail", ENGINE, kwargs=_of("logged_run")),
    Row(
        "mlops_api:version_judge",
        expect(403, staff=409, administrator=409),
        kwargs=_of("version"),
        method="POST",
        note="trained here",
    ),
    Row(
        "mlops_api:version_folder",
        expect(404, staff=422, administrator=422),
        kwargs=_of("version"),
        note="its files are missing",
    ),
]


def extend(world: Any) -> None:
    """An upload to a hub and a training elsewhere."""
    world.hub_push = HubPush.objects.create(
        version=world.version, title="x", repository="me/x", endpoint="https://hub.example", licence="mit"
    )
    world.logged_run = LoggedRun.objects.create(task=world.task, name="Elsewhere")
