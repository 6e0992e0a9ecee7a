"""Errors: problem documents for programs, pages for people, a trace for nobody."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.urls")]
MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}


def check(response, status, code):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert set(document) >= MEMBERS
    assert (document["status"], document["code"]) == (status, code)
    assert document["request_id"] == response.headers["X-Request-Id"]
    assert "Traceback" not in response.content.decode()
    assert "secret in" not in response.content.decode()
    return document


def test_api_errors_are_problem_documents(api, athlete_user):
    client = api(athlete_user, raise_request_exception=False)
    check(client.get("/api/v1/plain/missing/"), 404, "not_found")
    check(client.get("/api/v1/nowhere/"), 404, "not_found")
    check(client.get("/api/nowhere/"), 404, "not_found")
    check(client.put("/api/v1/echo/", {}, format="json"), 405, "method_not_allowed")
    check(client.post("/api/v1/echo/", "a=1", content_type="text/plain"), 415, "unsupported_media_type")
    check(client.get("/api/v1/echo/", headers={"Accept": "text/csv"}), 406, "not_acceptable")
    check(client.post("/api/v1/echo/?fail=1", {}, format="json"), 409, "busy")
    check(client.post("/api/v1/echo/?break=1", {}, format="json"), 500, "internal")
    check(client.get("/api/v1/plain/bug/"), 500, "internal")
    assert check(client.get("/api/v1/plain/problem/"), 429, "quota")
    assert client.get("/api/v1/plain/problem/").headers["Retry-After"] == "5"


def test_anonymous_is_401_with_a_challenge(api):
    response = api().get("/api/v1/echo/")
    assert response.status_code == 401
    assert response.json()["status"] == 401
    assert response.headers["WWW-Authenticate"]


def test_missing_csrf_token_is_a_problem_for_programs_and_a_page_for_people(athlete_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(athlete_user)
    check(client.post("/api/v1/echo/", {}, content_type="application/json"), 403, "csrf_failed")
    response = client.post("/page/post/", {})
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/html")


def test_pages_for_people(browse, athlete_user):
    client = browse(athlete_user, raise_request_exception=False)
    for what, status in [("missing", 404), ("problem", 429), ("bug", 500)]:
        response = client.get(f"/page/{what}/")
        text = response.content.decode()
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("text/html")
        assert "Traceback" not in text
        assert "secret in" not in text
        assert response.headers["X-Request-Id"]
    assert "Too many &lt;jobs&gt;." in client.get("/page/problem/").content.decode()


def test_every_answer_carries_the_protective_headers(browse):
    response = browse().get("/")
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "camera=(self)" in response.headers["Permissions-Policy"]
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_that_is_too_large_is_413(browse, api, athlete_user):
    body = "a=" + "b" * (3 * 1024 * 1024)
    response = browse(athlete_user).post("/accounts/login/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in {302, 413}
    response = browse().post("/accounts/login/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_problem_without_a_page_of_its_own_is_still_a_page(browse, athlete_user, rf):
    from web.refusals import Problem
    from web.views.errors import refuse

    request = rf.get("/page/")
    request.user = athlete_user
    response = refuse(request, Problem(409, "busy", "Two people at <once>."))
    text = response.content.decode()
    assert response.status_code == 409
    assert "Two people at &lt;once&gt;." in text
    assert "<h1>That did not work</h1>" in text
