"""What every test may ask for: one person per role, a signed-in client, an API client."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

from accounts.models import Role, User
from tests import people
from tests.real_parts import real_part

__all__ = ["real_part"]


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """make_user("ada", role=Role.COACH) → a saved user; the password is people.PASSWORD."""
    return people.make_user


@pytest.fixture
def athlete_user(db: None) -> User:
    return people.make_user("athlete")


@pytest.fixture
def other_athlete_user(db: None) -> User:
    return people.make_user("other-athlete")


@pytest.fixture
def coach_user(db: None) -> User:
    return people.make_user("coach", role=Role.COACH)


@pytest.fixture
def other_coach_user(db: None) -> User:
    return people.make_user("other-coach", role=Role.COACH)


@pytest.fixture
def staff_user(db: None) -> User:
    return people.make_user("staff", role=Role.ML_STAFF)


@pytest.fixture
def administrator_user(db: None) -> User:
    return people.make_user("administrator", role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """api(user) → a REST client with that person's session; api() is anonymous."""

    def client(user: User | None = None, **defaults: Any) -> APIClient:
        made = APIClient(**defaults)
        if user is not None:
            made.force_login(user)
        return made

    return client


@pytest.fixture
def browse() -> Callable[..., Client]:
    """browse(user) → a page client with that person's session."""

    def client(user: User | None = None, **defaults: Any) -> Client:
        made = Client(**defaults)
        if user is not None:
            made.force_login(user)
        return made

    return client


@pytest.fixture(autouse=True)
def _own_media(request: pytest.FixtureRequest, settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Private files of one test never meet those of another."""
    if {"db", "transactional_db"} & set(request.fixturenames):
        settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test begins without one."""
    yield
    translation.deactivate()
