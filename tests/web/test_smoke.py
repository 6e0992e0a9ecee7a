"""The site answers."""

import pytest


@pytest.mark.django_db
def test_start_page_and_version(browse):
    assert browse().get("/version/").json()["name"] == "FitBalance"
    assert browse().get("/").status_code == 200
    assert browse().get("/healthz").json()["status"] in {"ok", "degraded"}


def test_unknown_api_address_is_a_problem(db, api):
    response = api().get("/api/v1/nothing/")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"
