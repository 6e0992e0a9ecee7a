"""The product in one story: three models are compared, one serves, it is corrected twice, retrained, and answers anew.

That two corrections teach is proven without a browser in tests/workouts/test_corrections_teach.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import story

TASK = "exercise"


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


def correct(page: Page) -> str:
    """Say that the answer was something else; returns what."""
    expect(page.locator("#live-wrong")).to_be_enabled()
    page.locator("#live-wrong").click()
    dialog = page.locator("#wrong-dialog")
    expect(dialog).to_contain_text("the model said")
    right = dialog.locator("#wrong-labels button:enabled").last
    label = right.inner_text()
    right.click()
    expect(page.get_by_text("It is now a proposed label").last).to_be_visible()
    expect(dialog).to_be_hidden()
    return label


def test_that_was_something_else(new_page: Callable[..., Page]) -> None:
    expect.set_options(timeout=30_000)
    staff = new_page("staff")
    story.build(staff, TASK)
    story.train(staff, TASK, "random_forest")
    story.train(staff, TASK, "cnn", epochs="2")
    story.train(staff, TASK, "random_kernels", n_dilations="2")
    story.wait_for_job(staff)  # the last of the three; one worker does them in order
    story.compare_all(staff, TASK)
    story.promote_newest(staff, TASK, "Compared with two others")

    athlete = new_page("athlete")
    recording = find_recording(athlete, "Full-body circuit")
    story.replay(athlete, recording, speed=5)
    expect(athlete.locator("#live-wrong")).to_be_enabled()
    first = version_of(athlete)
    for _ in range(2):
        label = correct(athlete)
    athlete.get_by_role("button", name="Stop and store").click()
    athlete.get_by_role("link", name="Open the recording").click()
    expect(athlete).to_have_url(re.compile(recording))
    expect(athlete.locator("[data-n-proposed]")).to_have_text(re.compile(r"^\d+ proposed labels?$"))

    staff.goto("/ml/")
    staff.get_by_role("link", name=re.compile(r"^\d+ proposed")).first.click()
    expect(staff.locator("tbody tr").first).to_contain_text("proposed")
    staff.locator(f"a[href*='{recording}']").first.click()
    expect(staff.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    proposed = staff.locator("[data-spans] tr", has_text="proposed")
    expect(proposed.first).to_contain_text("corrected live")
    staff.get_by_role("button", name="Confirm all").click()
    expect(staff.locator("[data-proposals]")).to_be_hidden()

    story.retrain_with_corrections(staff, TASK)
    expect(staff.get_by_text("It was not promoted.").first).to_be_visible()
    story.promote_newest(staff, TASK, f"Knows {label} better")
    athlete.goto("/live/")
    story.replay(athlete, recording, speed=5)
    expect(athlete.locator("#live-model")).not_to_contain_text(f"version {first}.")
    expect(athlete.locator("#live-wrong")).to_be_enabled()
    assert version_of(athlete) > first
    athlete.get_by_role("button", name="Stop and store").click()
    expect(athlete.get_by_text("The replay is over").first).to_be_visible()

    staff.goto(f"/ml/tasks/{TASK}/")  # as it was, for whoever comes next
    for _ in range(2):
        staff.get_by_role("button", name=re.compile("^Back to version")).click()
        staff.get_by_role("button", name="Roll back").click()
        expect(staff.get_by_text("is champion again").first).to_be_visible()
