"""The main job on real input: two people's recordings teach a model that then names a third one's exercise live."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import story

LAYOUT = "imu6.u2+u5"
SILENT = re.compile("of 125|…|No exercise|Rest")
"""Words of the page that name no exercise: it collects, rests, or does not know."""


def test_a_third_person_is_recognised_live(new_page: Callable[..., Page], real_data: Path, tmp_path: Path) -> None:
    expect.set_options(timeout=30_000)
    for subject in ("s1", "s2"):
        page = new_page()
        story.sign_up(page, f"clinic-{subject}")
        story.import_zip(page, story.therapy_zip(real_data, subject, tmp_path / f"{subject}.zip"), label=True)

    staff = new_page("staff")
    story.make_task(staff, "Physiotherapy", "physiotherapy", LAYOUT)
    story.build(staff, "physiotherapy", split="each")
    story.train(staff, "physiotherapy", "random_kernels")
    story.wait_for_job(staff, seconds=900)  # a training by defaults, beside other stories
    story.promote_newest(staff, "physiotherapy", "The first model of the clinic")
    assert "evaluated by a model trained on the others" in open_newest(staff, "physiotherapy")

    third = new_page()
    story.sign_up(third, "clinic-s3")
    story.import_zip(third, story.therapy_zip(real_data, "s3", tmp_path / "s3.zip"), label=False)
    third.goto("/live/")
    recordings = json.loads(third.locator("#live-config").text_content() or "")["recordings"]
    assert len(recordings) == 8
    originals = {row["id"]: original_of(third, row["id"]) for row in recordings}
    right, answered = 0, 0
    for recording, exercise in originals.items():
        story.replay(third, recording, speed=20)
        named = most_named(third)
        answered += bool(named)
        right += named.lower() == exercise.replace("_", " ")
    assert answered >= 7, third.inner_text("main")
    assert right >= 6, "the live page names at least six of the eight exercises of a person it never saw"


def most_named(page: Page) -> str:
    """The exercise that the page names most in six seconds; it is enough when one is named four times."""
    names: Counter[str] = Counter()
    for _ in range(12):
        page.wait_for_timeout(500)
        word = page.locator("#detected-exercise").inner_text()
        if not SILENT.search(word):
            names[word] += 1
        if names[word] >= 4:
            break
    return max(names, key=names.__getitem__, default="")


def open_newest(page: Page, task: str) -> str:
    page.goto(f"/ml/tasks/{task}/")
    page.locator("section[aria-labelledby=versions] tbody th a").first.click()
    page.wait_for_url("**/ml/versions/**")
    return page.inner_text("main")


def original_of(page: Page, recording: str) -> str:
    """The exercise, from the folder that the uploaded file lay in."""
    answer = page.request.get(f"/api/v1/recordings/{recording}/")
    assert answer.ok, answer.text()
    return str(answer.json()["originals"][0]["name"]).split("/")[0]
