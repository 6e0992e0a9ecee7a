"""Without a mouse: every step by keys, and the focus can always be seen."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.site import PASSWORD

SHOWN = """() => {
  const seen = (node) => {
    const style = getComputedStyle(node);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const at = document.activeElement;
  return seen(at) || (at.parentElement !== null && seen(at.parentElement));
}"""


def tab_to(page: Page, target: Locator, *, most: int = 60) -> None:
    """Press Tab until `target` has the focus; the focus must be visible there."""
    for _ in range(most):
        if target.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    assert page.evaluate(SHOWN), f"the focus is not visible on {target}"


def follow(page: Page, target: Locator, url: str) -> None:
    """Tab to a link or button, press Enter and arrive."""
    tab_to(page, target)
    page.keyboard.press("Enter")
    page.wait_for_url(url)


def log_in(page: Page) -> None:
    page.goto("/accounts/login/")
    tab_to(page, page.locator("input[name=login]"))
    page.keyboard.type("athlete")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/")


def test_find_and_label(new_page: Callable[..., Page]) -> None:
    page = new_page()
    log_in(page)
    nav = page.get_by_role("navigation", name="Main", exact=True)
    follow(page, nav.get_by_role("link", name="Workouts"), "**/workouts/")
    follow(page, page.get_by_role("link", name=re.compile("Strength with chest unit")), "**/workouts/*-*/")
    tab_to(page, page.locator("summary", has_text="Recordings and sensors"))
    page.keyboard.press("Enter")
    follow(page, page.get_by_role("link", name=re.compile("Motion sensor")), "**/recordings/*-*/")
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    rows = page.locator("[data-spans] tr[data-span]")
    before = rows.count()
    tab_to(page, page.locator(".chart-plot"))
    for key in ("Home", *["ArrowRight"] * 3, "Enter", *["ArrowRight"] * 3, "Enter", "2"):
        page.keyboard.press(key)
    expect(rows).to_have_count(before + 1)
    page.keyboard.press("Delete")
    expect(rows).to_have_count(before)


def test_import_and_dialogs(new_page: Callable[..., Page]) -> None:
    page = new_page()
    log_in(page)
    page.keyboard.press("Shift+?")
    help_dialog = page.locator("dialog[open]")
    expect(help_dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_dialog).to_have_count(0)
    nav = page.get_by_role("navigation", name="Main", exact=True)
    follow(page, nav.get_by_role("link", name="Import"), "**/import/")
    tab_to(page, page.locator("input[type=file]"))
    follow(page, page.get_by_role("button", name="Add a sample recording"), "**/recordings/*-*/")
    tab_to(page, page.get_by_role("button", name="Delete", exact=True))
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo")
    tab_to(page, undo)
    follow(page, undo, "**/recordings/*-*/")
    tab_to(page, page.get_by_role("button", name="Delete", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/workouts/*-*/")
    page.goto("/settings/deleted/")
    purge = page.get_by_role("button", name="Delete permanently").first
    tab_to(page, purge)
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    expect(question.get_by_role("button", name="Leave it in the bin")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(purge).to_be_focused()


def test_live(new_page: Callable[..., Page]) -> None:
    page = new_page()
    log_in(page)
    nav = page.get_by_role("navigation", name="Main", exact=True)
    follow(page, nav.get_by_role("link", name="Live"), "**/live/")
    tab_to(page, page.locator("input[name=source][value=recording]"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=source][value=sample]")).to_be_checked()
    tab_to(page, page.locator("input[name=speed][value='1']"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tab_to(page, page.locator("#live-start"))
    page.keyboard.press("Enter")
    wrong = page.locator("#live-wrong")
    expect(wrong).to_be_enabled(timeout=30_000)
    tab_to(page, wrong)
    page.keyboard.press("Enter")
    dialog = page.locator("#wrong-dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("node => node.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(wrong).to_be_focused()
    tab_to(page, page.locator("#live-stop"))
    page.keyboard.press("Enter")
    expect(page.locator("#live-done-link")).to_be_visible(timeout=30_000)


def test_search_everything(new_page: Callable[..., Page]) -> None:
    page = new_page()
    log_in(page)
    page.keyboard.press("Control+k")
    words = page.get_by_role("combobox", name="Search everything")
    expect(words).to_be_focused()
    assert page.evaluate(SHOWN)
    page.keyboard.type("chest unit")
    results = page.get_by_role("listbox", name="Results")
    expect(results.get_by_role("option").first).to_contain_text("Strength with chest unit")
    page.keyboard.press("ArrowDown")
    expect(results.get_by_role("option", selected=True)).to_have_count(1)
    expect(results.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workouts/*-*/")
    page.keyboard.press("/")
    expect(words).to_be_focused()
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
