"""Every page of every role: phone and desktop, light and dark, axe clean, nothing wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ROLES = ["athlete", "coach", "staff", "admin"]
SKIP = re.compile(
    r"/(admin|accounts/logout|api)/|/download|/folder/|/export|/sample-file|/original|\.(csv|json|parquet|zip|md)$|[?#]"
)
KEEP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|/\d+/")
MOST = 60

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pattern_of(path: str) -> str:
    """One page per kind: identifiers are folded."""
    return KEEP.sub("ID", path)


def crawl(page: Page, start: str) -> list[str]:
    """Addresses of every kind of page that can be reached by links from `start`."""
    seen: dict[str, str] = {}
    queue = [start]
    while queue and len(seen) < MOST:
        path = queue.pop(0)
        if pattern_of(path) in seen:
            continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 400, f"{path} → {answer.status}"
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen[pattern_of(path)] = path
        hrefs = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        base = urlsplit(page.url)
        for href in hrefs:
            parts = urlsplit(href)
            target = parts.path
            if parts.netloc == base.netloc and not SKIP.search(target) and pattern_of(target) not in seen:
                queue.append(target)
    return list(seen.values())


def look(page: Page, path: str) -> list[str]:
    """What is wrong with this page as it stands on the screen."""
    page.goto(path)
    page.wait_for_load_state("load")
    faults = []
    if (extra := page.evaluate(WIDER)) > 1:
        faults.append(f"{path} is {extra} px wider than the screen")
    result = Axe().run(page, options={"preload": False})  # its own preloading trips over the CSP
    faults += [
        f"{path}: {found['id']} ({found['impact']}) {[node['target'] for node in found['nodes'][:3]]}"
        for found in result.response["violations"]
    ]
    return faults


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_whole(role: str, new_page: Callable[..., Page]) -> None:
    desktop = new_page(role)
    paths = crawl(desktop, urlsplit(desktop.url).path) if role != "admin" else crawl(desktop, "/settings/")
    assert len(paths) >= 4, paths
    faults = [fault for path in paths for fault in look(desktop, path)]
    phone_dark = new_page(role, phone=True, dark=True)
    faults += [f"phone, dark: {fault}" for path in paths for fault in look(phone_dark, path)]
    assert not faults, "\n".join(faults)


def test_pages_for_visitors(new_page: Callable[..., Page]) -> None:
    faults = []
    for options in ({}, {"phone": True, "dark": True}, {"dark": True}):
        page = new_page(None, **options)
        for path in ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/api/docs/"):
            if path != "/api/docs/":
                faults += look(page, path)
            else:
                page.goto(path)
    assert not faults, "\n".join(faults)


def test_missing_page_is_a_page(new_page: Callable[..., Page], watch) -> None:
    watch.expected.add(404)
    page = new_page("athlete")
    answer = page.goto("/workouts/00000000-0000-0000-0000-000000000000/")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("link").count() > 1
