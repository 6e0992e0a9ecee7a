"""Browser tests: a real Chromium on the real site. Any console error, page error, 5xx or foreign request fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.e2e.looking import DESKTOP, PHONE
from tests.e2e.site import PASSWORD, Site, start_site
from tests.registry_server import RegistryServer

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def packages() -> Iterator[RegistryServer]:
    """The one registry of packages that the site asks."""
    with RegistryServer() as server:
        yield server


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, packages: RegistryServer) -> Iterator[Site]:
    running = start_site(tmp_path_factory.mktemp("site"), PIP_INDEX_URL=packages.pypi, NPM_CONFIG_REGISTRY=packages.npm)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def playwright_run() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_run: Playwright) -> Iterator[Browser]:
    browser = playwright_run.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


class Watch:
    """Collects what must never happen on a page."""

    def __init__(self, site: Site) -> None:
        self.site, self.faults = site, []  # type: ignore[var-annotated]
        self.expected: set[int] = set()

    def attach(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        refused = "Failed to load resource" in message.text and any(str(code) in message.text for code in self.expected)
        if message.type == "error" and not refused:
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def _request(self, request: Any) -> None:
        own = (self.site.url, self.site.url.replace("http", "ws"), "data:", "blob:")
        if not request.url.startswith(own):
            self.faults.append(f"foreign request: {request.url}")


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    watcher = Watch(site)
    yield watcher
    assert not watcher.faults, "\n".join(watcher.faults) + "\n" + site.logs()


@pytest.fixture
def new_page(site: Site, chromium: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """new_page(role=None, phone=False, dark=False) → a page in a browser profile of its own, signed in as that role."""
    contexts: list[BrowserContext] = []

    def open_page(role: str | None = None, *, phone: bool = False, dark: bool = False, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            accept_downloads=True,
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watch.attach(page)
        if role:
            sign_in(page, role)
        return page

    yield open_page
    for context in contexts:
        context.close()


def sign_in(page: Page, role: str) -> None:
    """Through the login form, as a person does. role: athlete, coach, staff or admin."""
    page.goto("/accounts/login/")
    page.fill("input[name=login]", role)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings; tests that need it skip where it is not there."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real recordings is not here")
    return folder
