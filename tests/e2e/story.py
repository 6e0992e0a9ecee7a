"""What people do on the site, step by step through its pages: used by the stories and by the screenshots."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

EXERCISES = {
    "e1": "knee_extension",
    "e2": "trunk_lean",
    "e3": "leg_raise",
    "e4": "hip_abduction",
    "e5": "hip_extension",
    "e6": "biceps_curl",
    "e7": "lateral_raise",
    "e8": "arm_swing",
}
"""The eight exercises of the physical-therapy recordings and what we call them."""


def therapy_zip(data: Path, subject: str, target: Path) -> Path:
    """One person's recordings as a ZIP: a folder per exercise, in it a folder per unit."""
    root = data / "imu_physical_therapy" / subject
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.glob("e*/u*/test.txt")):
            exercise, unit = file.relative_to(root).parts[:2]
            archive.write(file, f"{EXERCISES[exercise]}/{unit}/test.txt")
    return target


def sign_up(page: Page, name: str) -> None:
    """Make an athlete account and let its sensor data teach models."""
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", f"{name}@example.org")
    page.fill("input[name=password1]", "a-long-walk-in-the-hills")
    page.press("input[name=password1]", "Enter")
    page.wait_for_url(lambda url: "/signup" not in url)
    page.goto("/settings/consent/")
    box = page.locator("#learning-sensor")
    box.check()
    page.locator("form", has=box).get_by_role("button", name="Save").click()
    expect(page.locator("#learning-sensor")).to_be_checked()


def import_zip(page: Page, archive: Path, *, label: bool) -> None:
    """Import a ZIP of two units side by side, 25 samples a second; with `label` each folder's name is its label."""
    page.goto("/import/")
    page.set_input_files("input[type=file]", archive)  # goes up at once
    form = page.locator("#import-form")
    expect(form).to_be_visible(timeout=60_000)
    page.wait_for_load_state("load")  # htmx listens from here on
    for field, choice in (
        ("layout", "Motion sensor, 6 axes (6)"),
        ("label_mode", "Folder name" if label else ""),
    ):
        if choice:
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.select_option(f"#{field}", label=choice)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("#rate_hz", "25")
        page.press("#rate_hz", "Tab")
    start = page.get_by_role("button", name=re.compile(r"^Import 8 recordings"))
    expect(start).to_be_enabled(timeout=60_000)
    start.click()
    wait_for_job(page, "Done")


def wait_for_job(page: Page, word: str = "Done", *, seconds: float = 300) -> None:
    """Until the job on this page has ended; fails unless it ended with `word`."""
    badge = page.locator("article.job header .badge").first
    expect(badge).to_have_text(re.compile("Done|Failed|Stopped by a bug|Cancelled"), timeout=seconds * 1000)
    assert word in badge.inner_text(), page.inner_text("main")


def make_task(page: Page, title: str, name: str, layout: str, *, window_s: int = 5) -> None:
    """A label set of the eight exercises and a task over `layout`, as ML staff do it."""
    page.goto("/ml/label-sets/new/")
    page.fill("[name=name]", title)
    page.fill("[name=labels]", "\n".join(f"{label}, , {key}" for key, label in enumerate(EXERCISES.values(), 1)))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(lambda url: not url.endswith("/new/"))
    page.goto("/ml/tasks/new/?kind=sensor_classification")
    page.fill("[name=title]", title)
    page.fill("[name=name]", name)
    page.select_option("[name=label_set]", label=title)
    prefix = "sensor_classification"
    page.select_option(f"[name='{prefix}.layout']", layout)
    page.fill(f"[name='{prefix}.rate_hz']", "25")
    page.fill(f"[name='{prefix}.window_s']", str(window_s))
    page.fill(f"[name='{prefix}.stride_s']", "2")
    page.select_option(f"[name='{prefix}.normalisation']", "dataset")
    page.get_by_role("button", name="Create task").click()
    page.wait_for_url(f"**/ml/tasks/{name}/")


def build(page: Page, name: str, *, split: str = "subjects", balance: str = "none", **options: str) -> None:
    """Build a dataset of the task with some options changed; ends on its page."""
    page.goto(f"/ml/tasks/{name}/")
    page.select_option("#build [name=split]", split)
    if page.locator("#build [name=balance]").count():
        page.select_option("#build [name=balance]", balance)
    for option, value in options.items():
        page.fill(f"#build [name={option}]", value)
    page.get_by_role("button", name="Build").click()
    page.wait_for_url("**/ml/datasets/**")
    wait_for_job(page)


def train(page: Page, name: str, estimator: str, **options: str) -> None:
    """Start a training of one estimator with some options changed; ends on the run's page, without waiting."""
    page.goto(f"/ml/tasks/{name}/train/?estimator={estimator}")
    for option, value in options.items():
        page.fill(f"[name=option_{option}]", value)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/ml/runs/**")


def compare_all(page: Page, name: str) -> None:
    """Choose every finished run of the task and look at them side by side."""
    page.goto(f"/ml/runs/?task={name}&status=succeeded&trials=no")
    for box in page.locator("tbody input[name=run]").all():
        box.check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.get_by_role("heading", name="Compare runs")).to_be_visible()
    expect(page.get_by_role("heading", name="Is the difference significant?")).to_be_visible()


def retrain_with_corrections(page: Page, name: str) -> None:
    """The one action of the task's page; ends on the page of its job."""
    page.goto(f"/ml/tasks/{name}/")
    page.get_by_role("button", name="Retrain with corrections").click()
    page.wait_for_url("**/jobs/**")
    wait_for_job(page)


def promote_newest(page: Page, name: str, reason: str) -> None:
    """Open the newest version of the task and make it champion."""
    page.goto(f"/ml/tasks/{name}/")
    page.locator("section[aria-labelledby=versions] tbody th a").first.click()
    page.wait_for_url("**/ml/versions/**")  # whole, scripts too: who clicks before them is not asked
    page.fill("[name=reason]", reason)
    if page.locator("[name=override]").count():
        page.check("[name=override]")
    page.get_by_role("button", name="Make champion").click()
    question = page.get_by_role("dialog")
    expect(question.get_by_role("heading", name="What changes for athletes")).to_be_visible()
    question.get_by_role("button", name="Make champion").click()
    expect(page.locator("section[aria-labelledby=versions] tbody tr").first).to_contain_text("Champion")


def challenge_with_newest(page: Page, name: str, *, share: int) -> None:
    """Open the newest version of the task and let it answer a share of the athletes, in per cent."""
    page.goto(f"/ml/tasks/{name}/")
    page.locator("section[aria-labelledby=versions] tbody th a").first.click()
    page.fill("#challenge_share", str(share))
    page.fill("#challenge_reason", "To be compared in service")
    page.get_by_role("button", name="Make challenger").click()
    expect(page.locator("section[aria-labelledby=versions] tbody tr").first).to_contain_text("Challenger")


def replay(page: Page, recording: str, *, speed: int) -> None:
    """Start the replay of a stored recording on the live page."""
    page.goto(f"/live/?recording={recording}")
    page.select_option("#live-recording", recording)
    page.locator(f"input[name=speed][value='{speed}']").check(force=True)
    page.get_by_role("button", name="Start").click()


def stream_file(page: Page, file: Path, *, speed: int) -> None:
    """Start a live session whose samples come from a file on this device."""
    page.goto("/live/?source=file")
    page.locator("input[name=source][value=file]").check(force=True)
    page.set_input_files("#live-file", file)
    expect(page.locator("#live-file-facts")).to_contain_text("samples")
    page.locator(f"input[name=speed][value='{speed}']").check(force=True)
    page.get_by_role("button", name="Start").click()
