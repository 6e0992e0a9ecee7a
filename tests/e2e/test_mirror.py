"""The mirror in a real browser: real squats are counted, nothing is sent meanwhile, the set is kept with its report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.looking import ALL_LOOKS, Eyes
from tests.e2e.test_pictures import served

__all__ = ["served"]
pytestmark = pytest.mark.browser
CLIP_S = 60


def test_two_squats_are_counted_and_become_a_report(
    served: Callable[[str], str], new_page: Callable[..., Page], real_data: Path
) -> None:
    served("mediapipe-web"), served("pose-lite")
    page = new_page("athlete")
    page.goto("/form/")
    page.get_by_role("link", name="Open the mirror").first.click()
    expect(page.get_by_text("Stand sideways to the camera.")).to_be_visible()
    faults = Eyes().look(page, "/mirror/", ALL_LOOKS)
    page.select_option("#mirror-source", "file")
    page.set_input_files("#mirror-file", real_data / "videos" / "squat.mp4")
    page.uncheck("input[name=voice]")
    sent: list[Any] = []
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-mirror-stage]")).to_be_visible(timeout=60_000)
    page.on("request", lambda request: sent.append(request) if not request.url.startswith("blob:") else None)
    expect(page.locator("[data-mirror-count]")).to_have_text("1", timeout=CLIP_S * 1000)
    expect(page.locator("[data-mirror-set]")).to_have_text("Set 1")
    assert not sent, "while it runs the page sends nothing"
    expect(page.locator("[data-mirror-done]")).to_be_visible(timeout=CLIP_S * 1000)
    row = page.locator("[data-mirror-sets] tr")
    expect(row.locator("td").nth(1)).to_have_text("2")
    expect(page.locator("[data-mirror-saved]")).to_have_text("Saved with your workout.")
    assert [one.method for one in sent if "/form-reports/" in one.url] == ["POST"]
    page.get_by_role("link", name="Open report").click()
    expect(page.locator("[data-form-player]")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("heading", name="Squat", exact=True)).to_be_visible()
    expect(page.locator("[data-goto]")).to_have_count(2)
    expect(page.get_by_role("application", name="Joint angles over time")).to_be_visible()
    page.locator("[data-goto]").last.click()
    expect(page.locator("[data-time]")).not_to_contain_text("0:00.00 /")
    faults += Eyes().look(page, page.url, ALL_LOOKS)
    page.get_by_role("link", name=re.compile("^Mirror: Squat")).click()
    expect(page.get_by_role("link", name="Squat", exact=True)).to_be_visible()
    assert not faults, "\n".join(faults)
