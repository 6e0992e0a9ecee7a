"""The API never answers 500: every operation of the schema, made-up input, the roles that use it.

FUZZ_EXAMPLES raises the number of examples an operation (10 here, 500 in the soak).
"""

import os
import uuid
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import transaction
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.access.conftest import world  # noqa: F401

N_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
ROLES = ("owner", "coach", "staff")
ALLOWED_5XX = {503, 507}
"""Said on purpose: something outside is away, the disk is full."""
KNOWN_IDS = {
    "uploads": "upload", "recordings": "recording", "workouts": "session", "jobs": "job", "layouts": "own_layout",
    "spans": "span", "tasks": "task", "datasets": "dataset", "runs": "run", "versions": "version", "teams": "team",
    "label-sets": "own_label_set", "live": "stream", "streams": "stream", "memberships": "membership",
    "check-ins": "checkin", "outcomes": "outcome", "risk-estimates": "estimate",
}  # fmt: skip
"""Path segment → the row of the world whose id is used in half of the examples behind it."""


@cache
def operations() -> dict[str, Any]:
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(document)
    found = (result.ok() for result in schema.get_all_operations())
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def pytest_generate_tests(metafunc: Any) -> None:
    if "label" in metafunc.fixturenames:
        metafunc.parametrize("label", sorted(operations()))


def test_the_schema_is_valid_without_warnings(db, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


@pytest.mark.usefixtures("kept_connection")
def test_operation_never_breaks(label: str, world: Any):  # noqa: F811
    application = WSGIHandler()
    operation = operations()[label]
    sessions = {role: _headers(world, role) for role in ROLES}

    @settings(
        max_examples=N_EXAMPLES, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), is_real=st.booleans(), role=st.sampled_from(ROLES))
    def attack(case: Any, is_real: bool, role: str) -> None:
        if is_real:
            case.path_parameters = _real_ids(operation.path, case.path_parameters or {}, world)
        with transaction.atomic():
            response = case.call(base_url="http://localhost", app=application, headers=sessions[role])
            transaction.set_rollback(True)
        _check(case, role, response)

    attack()


def _headers(world: Any, role: str) -> dict[str, str]:  # noqa: F811
    client = Client()
    client.force_login(world.user(role))
    token = _get_new_csrf_string()
    cookies = {**{name: morsel.value for name, morsel in client.cookies.items()}, "csrftoken": token}
    return {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()), "X-CSRFToken": token}


def _real_ids(path: str, given_ids: dict[str, Any], world: Any) -> dict[str, Any]:  # noqa: F811
    """Put ids of the world where the segment in front of the parameter names its kind."""
    segments = path.strip("/").split("/")
    out = dict(given_ids)
    for before, segment in zip(segments, segments[1:], strict=False):
        name = segment.strip("{}")
        row = getattr(world, KNOWN_IDS.get(before, ""), None)
        if segment.startswith("{") and row is not None and isinstance(row.pk, uuid.UUID | int):
            out[name] = str(row.pk)
    return out


def _check(case: Any, role: str, response: Any) -> None:
    text = response.content[:2000].decode("utf-8", "replace")
    said = f"{role}: {case.method} {case.formatted_path} {case.query} {str(case.body)[:300]}\n{text}"
    status = response.status_code
    assert status < 500 or status in ALLOWED_5XX, f"{status} {said}"
    assert "Traceback" not in text, said
    if status >= 400:
        assert response.headers["content-type"][0].startswith("application/problem+json"), said
