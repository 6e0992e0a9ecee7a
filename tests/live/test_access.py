"""Access of open connections is looked up again in few statements, whatever their number."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import fitbalance.sockets  # noqa: F401  says which tokens are alive
from accounts.models import User
from accounts.services.tokens import token_create
from sessions.live.consumers.stream import LiveConsumer
from tests.people import make_user
from web.consumers import access

pytestmark = pytest.mark.django_db


def token_of(user: Any) -> Any:
    token, _ = token_create(user=user, name="x", scopes=["stream"], expires_at=timezone.now() + timedelta(days=1))
    return token


@pytest.fixture
def connected(stage):
    """connected(token=…) → a stand-in for a streaming consumer of the athlete, by login or by token."""

    def make(token: Any = None) -> LiveConsumer:
        consumer = LiveConsumer()
        consumer.user, consumer.session = stage.user, stage.session
        login = None
        if token is None:
            login = SessionStore()
            login.create()
        consumer.scope = {"user": User.objects.get(pk=stage.user.pk), "token": token, "session": login}
        return consumer

    return make


def test_many_connections_take_as_few_statements_as_one(connected, stage):
    token = token_of(stage.user)
    consumers = [connected() for _ in range(20)] + [connected(token=token.pk) for _ in range(20)]
    with CaptureQueriesContext(connection) as asked:
        assert access._allowed(consumers) == set(consumers)
    assert len(asked) == 4, [one["sql"] for one in asked]  # people, logins, tokens, workouts
    assert "email" not in " ".join(one["sql"] for one in asked), "no whole rows of people"


def test_each_loses_access_by_what_let_it_in(connected, stage):
    token = token_of(stage.user)
    by_login, other_login, by_token = connected(), connected(), connected(token=token.pk)
    everybody = [by_login, other_login, by_token]
    Session.objects.filter(session_key=by_login.scope["session"].session_key).delete()
    assert access._allowed(everybody) == {other_login, by_token}
    stage.user.set_password("another one")
    stage.user.save()
    assert access._allowed(everybody) == set(), "a changed password ends the logins and tokens before it"
    later = connected(token=token_of(stage.user).pk)
    assert access._allowed([later]) == {later}
    User.objects.filter(pk=stage.user.pk).update(is_active=False)
    assert access._allowed([later]) == set()


def test_a_workout_that_is_no_longer_ones_own_ends_its_stream(connected, stage):
    consumer = connected()
    other = SimpleNamespace(pk=make_user("other").pk)
    assert access._allowed([consumer]) == {consumer}
    consumer.user = other
    assert access._allowed([consumer]) == set()
