"""What the engine's tests share: people, kinds, and jobs without Redis."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

import tests.mlops.kinds_for_tests  # noqa: F401  registers the kinds
from mlops.models import Job
from mlops.services import delivery, jobs


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
