"""Labelling in a real browser: by mouse, by keyboard alone, on a phone, by staff who decide proposals."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect


def open_recording(page: Page, show: str = "") -> Page:
    """The athlete's recording that nobody labelled yet, emptied of what an earlier test left."""
    page.goto(f"/recordings/{show}")
    page.get_by_role("link", name=re.compile("Morning bodyweight session")).click()
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    rows = page.locator("[data-spans] tr[data-span]")
    while (n := rows.count()) > 0:
        rows.first.get_by_role("button", name=re.compile("^Delete")).click()
        expect(rows).to_have_count(n - 1)
    return page


def words(page: Page) -> Locator:
    return page.locator("[data-palette-words]")


def drag(page: Page, start: float, end: float) -> None:
    """Over the chart, from one share of its width to another."""
    box = page.locator(".chart-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=4)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=4)
    page.mouse.up()


def test_by_mouse(new_page: Callable[..., Page]) -> None:
    page = open_recording(new_page("athlete"))
    drag(page, 0.1, 0.2)
    expect(words(page)).to_contain_text("Choose a label")
    page.locator(".label-key").first.click()
    expect(page.locator("[data-n-labels]")).to_have_text("1 label")
    handle = page.locator(".span-handle.end").bounding_box()
    before = page.locator("[data-spans] input").nth(1).input_value()
    assert handle is not None
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(handle["x"] + 60, handle["y"] + 20, steps=5)
    page.mouse.up()
    expect(page.locator("[data-spans] input").nth(1)).not_to_have_value(before)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-spans] input").nth(1)).to_have_value(before)
    page.get_by_role("button", name="Mark as reviewed").click()
    expect(page.get_by_role("button", name="Reviewed")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("[data-spans] tr[data-span]")).to_have_count(1)
    page.get_by_role("button", name="Reviewed").click()


def test_by_keyboard_alone(new_page: Callable[..., Page]) -> None:
    page = open_recording(new_page("athlete"))
    page.locator(".chart-plot").focus()
    for key in ("Home", *["ArrowRight"] * 20, "Enter", *["ArrowRight"] * 10, "Enter"):
        page.keyboard.press(key)
    expect(words(page)).to_contain_text("Choose a label")
    page.keyboard.press("1")
    label = page.locator("[data-spans] select")
    expect(label).to_have_value("squat")
    end = page.locator("[data-spans] input").nth(1)
    before = float(end.input_value())
    page.keyboard.press("]")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(end).to_have_value(f"{before + 0.6:.2f}")
    page.keyboard.press("2")
    expect(label).to_have_value("deadlift")
    page.keyboard.press("Delete")
    expect(page.locator("[data-n-labels]")).to_have_text("0 labels")
    page.keyboard.press("Control+z")
    expect(label).to_have_value("deadlift")


def test_channels_stay_off_while_zooming(new_page: Callable[..., Page]) -> None:
    page = open_recording(new_page("athlete"))
    key = page.locator(".chart-key").first
    key.click()
    for _ in range(6):
        page.get_by_role("button", name="Zoom in").click()
    with page.expect_response(re.compile("envelope")):
        page.get_by_role("button", name="Later", exact=True).click()
    expect(page.locator(".chart-key").first).to_have_attribute("aria-pressed", "false")


def test_staff_decide_proposals_without_a_name(new_page: Callable[..., Page]) -> None:
    page = new_page("staff")
    page.goto("/ml/samples/?show=proposed")
    page.get_by_role("link", name="Label", exact=True).first.click()
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    expect(page.locator("h1")).to_contain_text(re.compile(r"p[a-z0-9]{10}"))
    told = page.locator("[data-n-proposed]")
    n = int(told.inner_text().split()[0])
    page.keyboard.press("n")
    page.keyboard.press("c")
    expect(told).to_have_text(f"{n - 1} labels to confirm.")
    page.keyboard.press("u")
    expect(told).to_have_text(f"{n} labels to confirm.")


def test_on_a_phone(new_page: Callable[..., Page]) -> None:
    page = open_recording(new_page("athlete", phone=True))
    page.get_by_role("button", name="Select all").tap()
    page.locator(".label-key").nth(2).tap()
    expect(page.locator("[data-spans] select")).to_have_value("plank")
    page.get_by_role("button", name="Delete label").tap()
    expect(page.locator("[data-n-labels]")).to_have_text("0 labels")
