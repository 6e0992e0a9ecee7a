"""A risk goes round the loop: a person says that it is too high, staff see the word, retrain, and let the new version
answer its share of the athletes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import story

TASK = "burnout-curve"
OTHERS = ("demo-yaw", "demo-lena", "demo-mei")
TIRED = {"sleep_quality": 2, "mood": 3, "stress": 6, "fatigue": 6, "soreness": 5}


def check_in(page: Page) -> str:
    """Answer today; which version the recovery page then speaks of."""
    page.goto("/recovery/check-in/")
    for name, value in TIRED.items():
        page.locator(".rating label", has=page.locator(f'input[name={name}][value="{value}"]')).click()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/recovery/")
    found = re.search(rf"hazard ratios of {TASK} v(\d+)", page.text_content("main") or "")
    assert found, page.inner_text("main")
    return found[1]


def test_too_high_says_the_athlete(new_page: Callable[..., Page]) -> None:
    expect.set_options(timeout=60_000)
    athlete = new_page("athlete")
    first = check_in(athlete)
    athlete.get_by_role("button", name="Too high").click()
    expect(athlete.get_by_text("Your feedback is saved")).to_be_visible()
    expect(athlete.get_by_role("button", name="Too high")).to_have_attribute("aria-pressed", "true")
    expect(athlete.get_by_text("You said: Too high")).to_be_visible()

    staff = new_page("staff")
    staff.goto(f"/ml/drift/?task={TASK}")
    answers = staff.get_by_role("region", name="Table of predictions")
    expect(answers.get_by_text("corrected").first).to_be_visible()
    staff.goto(f"/ml/queue/?task={TASK}")  # days of demo athletes teach nothing, so nobody is asked about them
    expect(staff.get_by_role("heading", level=1)).to_be_visible()
    expect(staff.get_by_text("The athlete says: Too high")).to_have_count(0)

    story.build(staff, TASK, generated_people="100", generated_days="240")
    story.train(staff, TASK, "cox_ph")
    story.wait_for_job(staff)
    story.promote_newest(staff, TASK, "Of few people, for the story")
    story.retrain_with_corrections(staff, TASK)
    compared = re.compile("concordance 0.*, champion 0.* resamples of whole people")
    expect(staff.get_by_text(compared).first).to_be_visible()
    expect(staff.get_by_text("It has not been promoted.").first).to_be_visible()
    story.challenge_with_newest(staff, TASK, share=99)

    newest = str(int(first) + 2)
    said = [check_in(new_page(name)) for name in OTHERS]
    assert newest in said, said
    staff.goto(f"/ml/tasks/{TASK}/")
    arms = staff.get_by_role("region", name="Champion and challenger")
    expect(arms).to_contain_text(f"Challenger, version {newest} (99 % of athletes)")
    staff.goto(f"/ml/drift/?task={TASK}")
    expect(answers.get_by_text(re.compile(rf"^{newest} \(challenger\)$")).first).to_be_visible()

    staff.goto(f"/ml/tasks/{TASK}/")  # as it was, for whoever comes next
    staff.get_by_role("link", name=re.compile(f"^Version {newest}$|^{newest}$")).first.click()
    staff.get_by_role("button", name="End challenge").click()
    staff.goto(f"/ml/tasks/{TASK}/")
    staff.wait_for_load_state()
    staff.get_by_role("button", name=re.compile("^Roll back to version")).click()
    question = staff.get_by_role("dialog")
    expect(question.get_by_role("heading", name="What changes for athletes")).to_be_visible()
    question.get_by_role("button", name=re.compile("^Roll back to version")).click()
    expect(staff.get_by_text("is the champion again").first).to_be_visible()
