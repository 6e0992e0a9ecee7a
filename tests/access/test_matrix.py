"""Every route decides who may: the URL and websocket tables are walked against the rows."""

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from tests.access import routes
from tests.access.conftest import Stage, row_modules
from tests.access.rows import IDENTITIES, Row
from tests.access.rows_web import PREFIX_ROWS

pytestmark = pytest.mark.django_db  # also when rows are run alone: the database must be made
ROWS: list[Row] = [row for module in row_modules() for row in getattr(module, "ROWS", [])]
MAX_OPEN = 15


def test_every_route_has_a_row():
    known = {(row.route, row.method) for row in ROWS}
    named = {row.route for row in ROWS}
    missing = []
    for route in routes.http_routes():
        if route.key not in named:
            missing.append(f"{route.key} ({route.pattern}): no row")
        missing += [f"{route.key}: no row for {m}" for m in sorted(route.methods) if (route.key, m) not in known]
    assert not missing, "Add rows to tests/access/rows_<app>.py:\n" + "\n".join(missing)


def test_every_row_names_a_route():
    keys = {route.key for route in routes.http_routes()}
    assert not [str(row) for row in ROWS if row.route not in keys]


def test_every_row_answers_for_every_identity():
    assert not [str(row) for row in ROWS if set(row.expect) != set(IDENTITIES)]


def test_few_routes_are_open_to_anyone():
    is_open = {row.route for row in ROWS if row.expect["anonymous"] == 200}
    assert len(is_open) <= MAX_OPEN, sorted(is_open)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Row, stage: Stage):
    wrong = []
    for identity in IDENTITIES:
        response = ask(row, stage, identity, row.kwargs(stage.world))
        body = normal(response)
        if not matches(response.status_code, row.expect[identity]):
            wrong.append(f"{identity}: {response.status_code}, expected {row.expect[identity]}: {body[:300]!r}")
            continue
        if response.status_code == 404:
            wrong += _differs_from_missing(row, stage, identity, body)
    assert not wrong, f"{row}\n" + "\n".join(wrong)


def _differs_from_missing(row: Row, stage: Stage, identity: str, body: str) -> list[str]:
    kwargs = row.kwargs(stage.world)
    made_up = {name: made_up_value(value) for name, value in kwargs.items()}
    if made_up == kwargs:
        return []
    missing = ask(row, stage, identity, made_up)
    text = normal(missing)
    if missing.status_code == 404 and text == body:
        return []
    return [f"{identity}: forbidden and missing differ ({missing.status_code}):\n{body[:400]}\n{text[:400]}"]


@pytest.mark.parametrize("prefix", sorted(routes.PREFIXES))
def test_third_party_prefix(prefix: str, stage: Stage):
    assert routes.prefixed_routes()[prefix] > 0
    for path, expected in PREFIX_ROWS[prefix]:
        for identity in IDENTITIES:
            status = stage.ask(identity, "GET", path).status_code
            assert matches(status, expected[identity]), (path, identity, status)


def ask(row: Row, stage: Stage, identity: str, kwargs: dict[str, Any]) -> Any:
    """Send the row's request: a query for GET, JSON to the API, a form to pages."""
    url = reverse(row.route, kwargs=kwargs)
    extra: dict[str, Any] = {"headers": dict(row.headers), "query_params": row.query(stage.world)}
    if row.method != "GET":
        data = row.data(stage.world) if row.data else {}
        content_type = row.content_type or ("application/json" if url.startswith("/api/") else "")
        extra |= {"data": data, "content_type": content_type} if content_type else {"data": data}
    return stage.ask(identity, row.method, url, **extra)


def made_up_value(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if isinstance(value, int):
        return value if value < 100 else 999_999_999
    return value


def normal(response: Any) -> str:
    """The body without what differs in every answer: request ids, CSRF tokens, ids in addresses."""
    if response.streaming:
        return ""
    text = response.content.decode("utf-8", "replace")
    text = re.sub(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", "ID", text)
    text = re.sub(r"/\d+(?=/)", "/ID", text)
    text = re.sub(r'"request_id": ?"[^"]*"', "REQUEST", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "REQUEST", text)
    return re.sub(r"(csrf[^>]{0,60}|CSRF[^>]{0,60})[A-Za-z0-9]{64}", "TOKEN", text)


def matches(status: int, expected: Any) -> bool:
    return status in (expected if isinstance(expected, tuple) else (expected,))
