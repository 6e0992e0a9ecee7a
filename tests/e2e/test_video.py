"""A video's way in a real browser: uploaded, read, extracted, seen with its skeleton, labelled while it plays."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.looking import ALL_LOOKS, Eyes
from tests.video.clips import clip


@pytest.fixture(scope="module")
def squats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a drawn person who squats."""
    return clip(tmp_path_factory.mktemp("clips") / "drawn squats.mp4", n_frames=120)


def time_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait for what only the clip knows; the site's policy lets no text be run as a function in the page."""
    for _ in range(100):
        if is_so():
            return
        page.wait_for_timeout(100)
    assert is_so()


def is_drawn(page: Page) -> bool:
    """Anything is drawn over the clip."""
    return bool(page.evaluate("""() => { const c = document.querySelector("canvas");
        const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        return d.some((value) => value > 0); }"""))


def test_from_a_clip_to_labels(new_page: Callable[..., Page], squats: Path) -> None:
    page = new_page("athlete")
    page.goto("/videos/")
    if page.get_by_role("heading", name="How to film").count() == 0:  # another story left a clip: the form is folded
        page.get_by_text("Upload a video", exact=True).click()
    eyes = Eyes()
    faults = eyes.look(page, "/videos/", ALL_LOOKS)
    page.set_input_files("#video-file", squats)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(re.compile(r"/videos/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("heading", name="drawn squats", exact=True)).to_be_visible()
    expect(page.get_by_text("Skeleton")).to_be_visible(timeout=240_000)
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")

    # the bar moves the clip and the chart; the chart's cursor moves the clip
    page.locator("[data-seek]").fill("2")
    expect(page.locator("[data-time]")).to_contain_text("0:02.00")
    until(page, lambda: abs(time_of(page) - 2) < 0.1)
    until(page, lambda: is_drawn(page))
    page.locator(".chart-plot").focus()
    before = time_of(page)
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    until(page, lambda: time_of(page) > before + 0.4)
    page.get_by_text("Skeleton").click()
    until(page, lambda: not is_drawn(page))

    # a label while it plays: begun with a key, ended with the same key
    page.locator("[data-seek]").fill("0.5")
    page.get_by_role("button", name="Play").click()
    page.keyboard.press("1")
    expect(page.locator("[data-open-label]")).to_contain_text("squat")
    until(page, lambda: time_of(page) > 2)
    page.keyboard.press("1")
    expect(page.locator("[data-spans] tr[data-span]")).to_have_count(1)
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    times = [float(one.input_value()) for one in page.locator("[data-spans] input").all()]
    assert times[0] < 1.5
    assert times[1] > 1.9

    # its end is moved with the keyboard
    page.keyboard.press("n")
    page.keyboard.press("]")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-spans] input").nth(1)).not_to_have_value(f"{times[1]:.2f}")

    # the labels go out as rows of frames
    with page.expect_download() as download:
        page.get_by_text("Download", exact=True).click()
        page.get_by_role("link", name="Labels as CSV").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "frame_index,label"
    assert len(rows) > 20
    assert {row.split(",")[1] for row in rows[1:]} == {"squat"}

    page.get_by_role("button", name="Mark as reviewed").click()
    expect(page.get_by_role("button", name="Reviewed")).to_have_attribute("aria-pressed", "true")
    faults += eyes.look(page, urlsplit(page.url).path, ALL_LOOKS)
    page.goto("/videos/")
    faults += eyes.look(page, "/videos/", ALL_LOOKS)
    assert not faults, "\n".join(faults)
    mine = page.locator(".video-card", has_text="drawn squats")
    expect(mine).to_contain_text("Reviewed")
    mine.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(mine).to_have_count(0)
