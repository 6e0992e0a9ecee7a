"""An athlete with a workout and a Task whose champion is the tiny model; a browser for the modules of pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Athlete
from mlops.ml.sensors.layouts import BUILT_IN
from sessions.models import SensorLayout, WorkoutSession
from tests.live.tiny import make_task, make_version, promote
from tests.people import make_user

STATIC = Path(__file__).resolve().parents[2] / "static"
SITE = "http://modules.test"


@pytest.fixture
def stage(transactional_db: None, settings: Any) -> SimpleNamespace:
    """stage.user, .session, .task, .version, .path: everything that a live session needs."""
    layout = BUILT_IN["flextail"].to_dict()
    SensorLayout.objects.get_or_create(
        key="flextail",
        defaults={"title": layout["title"], "channels": layout["channels"], "rate_hz": layout["rate_hz"]},
    )
    user = make_user("runner")
    athlete = Athlete.objects.create(user=user)
    session = WorkoutSession.objects.create(athlete=athlete, title="Live", started_at=timezone.now())
    task = make_task()
    version = make_version(task)
    promote(version)
    return SimpleNamespace(
        user=user, athlete=athlete, session=session, task=task, version=version, path=f"/ws/live/{session.pk}/"
    )


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., Any]]:
    """run("module.js", "module => …", argument) → what the function answers."""
    with modules() as evaluate:
        yield evaluate


@contextmanager
def modules() -> Iterator[Callable[..., Any]]:
    """An empty page in a browser of its own, to import modules into."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.route(f"{SITE}/**", _serve)
        page.goto(f"{SITE}/")

        def evaluate(module: str, body: str, argument: Any = None) -> Any:
            return page.evaluate(
                f'async (argument) => ({body})(await import("/static/sessions/{module}"), argument)', argument
            )

        yield evaluate
        browser.close()


def _serve(route: Any) -> None:
    """Static files from the folder, and an empty page to import them into."""
    path = route.request.url.removeprefix(f"{SITE}/static/").split("?")[0]
    if path.endswith(".js"):
        route.fulfill(body=(STATIC / path).read_text(), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")
