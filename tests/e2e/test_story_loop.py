"""The product in one story: an answer is corrected live, the correction teaches, the better version answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import story


def find_recording(page: Page, name: str) -> str:
    """The id of the athlete's recording in the workout called `name`."""
    page.goto("/recordings/")
    href = page.get_by_role("link", name=re.compile(name)).first.get_attribute("href") or ""
    return href.strip("/").rsplit("/", 1)[-1]


def version_of(page: Page) -> int:
    """Which version answers, as the live page says."""
    found = re.search(r"version (\d+)", page.locator("#live-model").inner_text())
    assert found, page.locator("#live-model").inner_text()
    return int(found[1])


def test_that_was_something_else(new_page: Callable[..., Page]) -> None:
    expect.set_options(timeout=30_000)
    athlete = new_page("athlete")
    recording = find_recording(athlete, "Full-body circuit")
    story.replay(athlete, recording, speed=5)
    expect(athlete.locator("#live-wrong")).to_be_enabled()
    first = version_of(athlete)
    athlete.locator("#live-wrong").click()
    dialog = athlete.locator("#wrong-dialog")
    expect(dialog).to_contain_text("the model said")
    right = dialog.locator("#wrong-labels button:enabled").last
    label = right.inner_text()
    right.click()
    expect(athlete.get_by_text("It is now a proposed label")).to_be_visible()
    athlete.get_by_role("button", name="Stop and store").click()
    athlete.get_by_role("link", name="Open the recording").click()
    expect(athlete).to_have_url(re.compile(recording))
    expect(athlete.locator("[data-n-proposed]")).to_have_text(re.compile(r"^\d+ proposed labels?$"))

    staff = new_page("staff")
    staff.goto("/ml/")
    staff.get_by_role("link", name=re.compile(r"^\d+ proposed")).first.click()
    expect(staff.locator("tbody tr").first).to_contain_text("proposed")
    staff.locator(f"a[href*='{recording}']").first.click()
    expect(staff.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    proposed = staff.locator("[data-spans] tr", has_text="proposed")
    expect(proposed.first).to_contain_text("corrected live")
    staff.get_by_role("button", name="Confirm all").click()
    expect(staff.locator("[data-proposals]")).to_be_hidden()

    story.build_and_train(staff, "exercise")
    story.promote_newest(staff, "exercise", f"Knows {label} better")
    athlete.goto("/live/")
    story.replay(athlete, recording, speed=5)
    expect(athlete.locator("#live-model")).not_to_contain_text(f"version {first}.")
    expect(athlete.locator("#live-wrong")).to_be_enabled()
    assert version_of(athlete) > first
    athlete.get_by_role("button", name="Stop and store").click()
    expect(athlete.get_by_role("link", name="Open the recording")).to_be_visible()

    staff.goto("/ml/tasks/exercise/")  # as it was, for whoever comes next
    staff.get_by_role("button", name=f"Back to version {first}").click()
    staff.get_by_role("button", name="Roll back").click()
    expect(staff.get_by_text("rolled back").first).to_be_visible()
