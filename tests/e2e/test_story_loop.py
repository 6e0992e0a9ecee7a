"""The product in one story: three models are compared, one serves, it meets a move that nobody told it, is corrected
twice, retrained, promoted, and names the same recording right.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import story

TASK = "exercise"
MOVE = "Lunge"
SECONDS, RATE_HZ = 60, 50


def lunges(target: Path) -> Path:
    """A minute of a FlexTail that leans and turns to the sides as in none of the exercises of the demo."""
    lines = ["t,lumbarAngle,sagittal,lateral,twist,acceleration"]
    for n in range(SECONDS * RATE_HZ):
        t = n / RATE_HZ
        sway, turn = math.sin(2 * math.pi * 0.8 * t), math.sin(2 * math.pi * 1.6 * t)
        values = (t, 0.2 + 0.05 * turn, 0.1 * turn, 0.5 * sway, 0.6 * sway, 1 + 0.2 * turn)
        lines.append(",".join(f"{value:.4f}" for value in values))
    target.write_text("\n".join(lines))
    return target


def teach_a_word(page: Page) -> None:
    """Add the move to the labels of the task, as its page allows while models use them."""
    page.goto("/ml/label-sets/")
    shared = page.locator("section.card", has_text="deadlift").filter(has_text="Shared")
    shared.get_by_role("link", name="Edit").first.click()
    labels = page.locator("[name=labels]")
    if MOVE not in labels.input_value():
        labels.fill(f"{labels.input_value().strip()}\n{MOVE.lower()}, {MOVE}, u")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/ml/label-sets/")


def version_of(page: Page) -> int:
    """Which version answers, as the live page says."""
    found = re.search(r"version (\d+)", page.locator("#live-model").inner_text())
    assert found, page.locator("#live-model").inner_text()
    return int(found[1])


def correct(page: Page) -> None:
    """Say that the answer was something else."""
    expect(page.locator("#live-wrong")).to_be_enabled()
    page.locator("#live-wrong").click()
    dialog = page.locator("#wrong-dialog")
    expect(dialog).to_contain_text("the model recognised")
    dialog.get_by_role("button", name=MOVE).click()
    expect(page.get_by_text("Saved. Confirm it later").last).to_be_visible()
    expect(dialog).to_be_hidden()


def clock_s(clock: str) -> int:
    """ "1:05" → 65."""
    minutes, seconds = clock.split(":")
    return 60 * int(minutes) + int(seconds)


def seconds_named(page: Page) -> Counter[str]:
    """How many seconds of the session each name was shown, from the timeline."""
    seconds: Counter[str] = Counter()
    for row in page.locator("#live-timeline tr").all():
        begin, end = (clock_s(at) for at in row.locator("td").first.inner_text().split("–"))
        seconds[row.locator("th").evaluate("cell => cell.firstChild.textContent")] += end - begin
    return seconds


def test_that_was_something_else(new_page: Callable[..., Page], tmp_path: Path) -> None:
    expect.set_options(timeout=60_000)
    staff = new_page("staff")
    teach_a_word(staff)
    story.build(staff, TASK, split="each", balance="upsample")  # two corrections then weigh as much as any move
    story.train(staff, TASK, "random_forest", n_estimators="10")
    story.train(staff, TASK, "lightgbm", n_rounds="3")
    story.train(staff, TASK, "random_kernels", n_dilations="1", n_biases="1")
    story.wait_for_job(staff)  # the last of the three; one worker does them in order
    story.compare_all(staff, TASK)
    story.promote_newest(staff, TASK, "Compared with two others")

    athlete = new_page("athlete")
    story.stream_file(athlete, lunges(tmp_path / "lunges.csv"), speed=5)
    expect(athlete.locator("#live-wrong")).to_be_enabled()
    first = version_of(athlete)
    correct(athlete)
    expect(athlete.locator("#live-clock")).to_have_text(re.compile("0:[1-5]"))
    correct(athlete)
    before = seconds_named(athlete)
    expect(athlete.get_by_role("link", name="Open the recording")).to_be_visible()  # the file is over
    athlete.get_by_role("link", name="Open the recording").click()
    expect(athlete.locator("[data-n-proposed]")).to_have_text("2 labels to confirm.")
    recording = athlete.url.rstrip("/").rsplit("/", 1)[-1]
    assert MOVE not in before, "nobody has told it what a lunge is"

    staff.goto("/ml/samples/?show=proposed")
    staff.locator(f"a[href*='{recording}']").first.click()
    expect(staff.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    proposed = staff.locator("[data-spans] tr", has_text="proposed")
    expect(proposed.first).to_contain_text("Live correction")
    staff.get_by_role("button", name="Confirm all").click()
    expect(staff.locator("[data-proposals]")).to_be_hidden()

    story.retrain_with_corrections(staff, TASK)
    expect(staff.get_by_text("It has not been promoted.").first).to_be_visible()
    story.promote_newest(staff, TASK, f"Knows {MOVE} better")
    story.replay(athlete, recording, speed=5)
    expect(athlete.locator("#live-clock")).to_have_text(re.compile("0:[3-5]"))
    assert version_of(athlete) > first
    after = seconds_named(athlete)
    assert after[MOVE] > 0.8 * after.total(), after
    athlete.get_by_role("button", name="Finish").click()
    expect(athlete.get_by_text("The replay is over").first).to_be_visible()

    staff.goto(f"/ml/tasks/{TASK}/")  # as it was, for whoever comes next
    for _ in range(2):
        staff.wait_for_load_state()  # so that the page's script asks before it rolls back
        staff.get_by_role("button", name=re.compile("^Roll back to version")).click()
        staff.get_by_role("dialog").get_by_role("button", name=re.compile("^Roll back to version")).click()
        expect(staff.get_by_text("is the champion again").first).to_be_visible()
