"""Names that people may type: mark-up stays text, and no length or script of writing breaks a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.e2e.looking import WIDER

MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'
NAMES = [MARKUP, "W" * 120, "\u202eمرحبا بالعالم 😀👩‍👩‍👧‍👦" * 3, "javascript:alert(1)"]
TEAMS = ["W" * 60, "مرحبا بالعالم 😀👩‍👩‍👧‍👦" * 3, "{{7*7}} & 'co'"]
INJECTED = "() => document.querySelectorAll('img[onerror], main script:not([src]):not([type])').length"


def post(page: Page, path: str, **body: Any) -> Any:
    """What the API made of it; signed in as the person of the page."""
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token, "Referer": page.url}
    answer = page.request.post(path, data=body, headers=headers)
    assert answer.status == 201, answer.text()
    return answer.json()


def faults_of(page: Page, paths: list[str]) -> list[str]:
    faults: list[str] = []
    page.on("dialog", lambda dialog: (faults.append(f"a script ran on {page.url}"), dialog.dismiss()))
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        if extra := page.evaluate(WIDER):
            faults.append(f"{path} is {extra} px wider than the screen")
        if page.evaluate(INJECTED):
            faults.append(f"{path} holds mark-up that somebody typed")
    return faults


def test_an_athletes_names(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete", phone=True)
    made = [post(page, "/api/v1/workouts/", title=name[:120], notes=name * 5) for name in NAMES]
    post(page, "/api/v1/layouts/", title=MARKUP, channels=[{"name": "a" * 40, "unit": "<b>x</b>"}], rate_hz=50)
    post(page, "/api/v1/label-sets/", name=NAMES[1][:80], labels=[{"name": "a", "title": MARKUP}, {"name": "b"}])
    recording = page.request.get("/api/v1/recordings/").json()["results"][0]["id"]
    paths = ["/today/", "/workouts/", "/layouts/", "/import/", "/live/", f"/recordings/{recording}/"]
    faults = faults_of(page, [*paths, *(f"/workouts/{row['id']}/" for row in made)])
    for row in made:
        page.request.delete(
            f"/api/v1/workouts/{row['id']}/",
            headers={"X-CSRFToken": page.locator("meta[name=csrf-token]").get_attribute("content") or ""},
        )
    assert not faults, "\n".join(faults)


def test_a_coachs_names(new_page: Callable[..., Page]) -> None:
    page = new_page("coach", phone=True)
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token, "Referer": page.url}
    for name in (MARKUP, "javascript:alert(1)", "\u202eabc"):  # mailed to others: a team's name is text from the start
        assert page.request.post("/api/v1/teams/", data={"name": name[:60]}, headers=headers).status == 400
    teams = [post(page, "/api/v1/teams/", name=name[:60]) for name in TEAMS]
    faults = faults_of(page, ["/teams/", *(f"/teams/{row['id']}/" for row in teams)])
    assert not faults, "\n".join(faults)
