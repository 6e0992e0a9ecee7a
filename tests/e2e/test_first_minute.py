"""The first minute on a phone: from the landing page to a session that is live, and a check-in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_sources import shaken

MOST_TAPS = 5


class Finger:
    """Counts what is tapped."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, target: Locator) -> None:
        self.taps += 1
        target.tap()


def test_from_the_first_page_to_a_live_session(new_page: Callable[..., Page]) -> None:
    page = new_page(None, phone=True)
    finger = Finger()
    with shaken(page) as move:
        page.goto("/")
        finger.tap(page.get_by_role("main").get_by_role("link", name="Sign up"))
        page.fill("input[name=email]", "first.minute@example.org")
        page.fill("input[name=password1]", "a-long-walk-in-the-hills")
        finger.tap(page.get_by_role("button", name="Sign up"))
        finger.tap(page.get_by_role("main").get_by_role("link", name="Start a workout").first)
        expect(page.locator("input[name=source][value=phone]")).to_be_checked()
        finger.tap(page.get_by_role("button", name="Start"))
        for _ in range(40):
            move(0.5)
            if page.locator("#live-clock").inner_text() >= "0:03":
                break
        expect(page.locator("#live-state")).to_have_text("Live")
        page.get_by_role("button", name="Finish").tap()
        expect(page.get_by_role("link", name="Open the recording")).to_be_visible(timeout=60_000)
    assert finger.taps <= MOST_TAPS


def test_a_check_in_is_a_few_taps(new_page: Callable[..., Page]) -> None:
    """About two seconds a tap: twenty seconds are enough."""
    page = new_page("athlete", phone=True)
    finger = Finger()
    page.goto("/today/")
    finger.tap(page.get_by_role("main").get_by_role("link", name="Check in").first)
    ratings = page.locator("form#check-in fieldset")
    expect(ratings.first).to_be_visible()
    for group in ratings.all():
        finger.tap(group.locator("label").nth(4))
    finger.tap(page.get_by_role("button", name="Save"))
    page.wait_for_url(lambda address: address.endswith("/recovery/"))
    assert 3 < finger.taps <= 10
