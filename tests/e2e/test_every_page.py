"""Every page of every role: phone and desktop, light and dark, axe clean, nothing wider than the screen.

The site is given a full life first (`plenty`), so that what is found does not depend on which stories ran before.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.e2e.looking import ALL_LOOKS, Eyes
from tests.e2e.site import ROOT, Site

AT_LEAST = {"athlete": 45, "coach": 30, "admin": 12, "staff": 60}
"""Pages that must be found, so that a lost link is noticed; a few less than there are."""


class Plenty:
    """Pages worth a look because of what they hold, by role; those of the staff wait for trainings."""

    def __init__(self, site: Site) -> None:
        command = [sys.executable, "-m", "tests.e2e.plenty"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._pages: dict[str, list[str]] = {}

    def pages(self, role: str) -> list[str]:
        """Their addresses."""
        assert self._process.stdout is not None
        while role not in self._pages and (line := self._process.stdout.readline()):
            self._pages.update(json.loads(line))
        if role not in self._pages:
            raise RuntimeError(self._process.communicate()[1])
        return self._pages[role]

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def plenty(site: Site) -> Iterator[Plenty]:
    made = Plenty(site)
    yield made
    made.end()


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes()


@pytest.mark.parametrize("role", list(AT_LEAST))
def test_every_page_is_whole(role: str, new_page: Callable[..., Page], plenty: Plenty, eyes: Eyes) -> None:
    page = new_page(role)
    home = urlsplit(page.url).path if role != "admin" else "/settings/"
    visited, faults = eyes.walk(page, [home, *plenty.pages(role)])
    assert not faults, "\n".join(faults)
    assert len(visited) >= AT_LEAST[role], visited


def test_pages_for_visitors(new_page: Callable[..., Page], eyes: Eyes) -> None:
    page = new_page()
    faults = []
    for path in ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        page.goto(path)
        faults += eyes.look(page, path, ALL_LOOKS)
    assert not faults, "\n".join(faults)
    for look in ({}, {"phone": True, "dark": True}):
        new_page(None, **look).goto("/api/docs/")


def test_missing_page_is_a_page(new_page: Callable[..., Page], watch) -> None:
    watch.expected.add(404)
    page = new_page("athlete")
    answer = page.goto("/workouts/00000000-0000-0000-0000-000000000000/")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("link").count() > 1
