"""What tests of kinds share: the toy apps, registered for one test, and jobs that run here."""

from collections.abc import Iterator
from typing import Any

import pytest

from mlops.jobs.services import delivery, jobs, parents
from mlops.kinds import base as task_kinds
from mlops.ml import registry
from mlops.serving.services import log as prediction_log
from mlops.serving.services.versions import serving_forget
from sessions.selectors import video_features
from tests.kinds.toys import register_estimators


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The estimators of the toy apps; whatever a test registers is gone after it."""
    monkeypatch.setattr(registry, "_ESTIMATORS", {name: dict(known) for name, known in registry._ESTIMATORS.items()})
    monkeypatch.setattr(registry, "_DATA_TYPES", dict(registry._DATA_TYPES))
    monkeypatch.setattr(task_kinds, "_kinds", dict(task_kinds._kinds))
    monkeypatch.setattr(video_features, "_shelf", list(video_features._shelf))
    register_estimators()
    prediction_log._waiting.clear()
    serving_forget()
    yield
    prediction_log._waiting.clear()
    serving_forget()


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait in the database until a test runs them."""
    for module in (delivery, jobs, parents):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)


@pytest.fixture
def asker() -> Any:
    """Somebody who asks about themselves, without a database."""
    from types import SimpleNamespace

    return SimpleNamespace(pk=7, athlete=SimpleNamespace(pk=3, pseudonym="p0"))
