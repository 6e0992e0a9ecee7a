"""A day answered on the phone, without a connection too; and what a coach sees of it, with consent and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

TAPS = {"sleep_quality": 4, "mood": 3, "stress": 6, "fatigue": 5, "soreness": 2}


def test_a_check_in_by_taps_offline_and_the_coachs_board(new_page: Callable[..., Page], watch: Any) -> None:
    phone = new_page("athlete", phone=True)
    phone.goto("/recovery/check-in/")
    answer(phone, {**TAPS, "mood": 4})
    phone.get_by_role("button", name="Save").tap()
    phone.wait_for_url("**/recovery/")
    expect(phone.get_by_text(re.compile("Your check-in for .* is saved"))).to_be_visible()
    before = days(phone)
    assert before[0]["stress"] == 6

    phone.goto("/recovery/check-in/")
    phone.context.set_offline(True)
    answer(phone, TAPS)
    phone.get_by_role("button", name="Save").tap()
    expect(phone.locator("#check-in-state")).to_contain_text("saved on this device and sent when you are back online")
    assert waiting(phone) == 1
    posts: list[str] = []
    phone.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    phone.context.set_offline(False)
    expect(phone.get_by_text(re.compile("Your check-in for .* was sent"))).to_be_visible()
    assert waiting(phone) == 0
    after = days(phone)
    assert [url.rsplit("/", 2)[1] for url in posts] == ["check-ins"], "sent exactly once"
    assert len(after) == len(before)
    assert (after[0]["mood"], after[0]["id"]) == (3, before[0]["id"])

    phone.goto("/recovery/")
    expect(phone.locator(".recovery-sentence")).to_have_text(re.compile(r"^(Low|Average|Raised|High) risk[.,]"))
    expect(phone.get_by_role("heading", name="Why", exact=True)).to_be_hidden()
    phone.get_by_role("heading", name="How this is worked out").tap()
    expect(phone.get_by_role("heading", name="Why", exact=True)).to_be_visible()
    phone.get_by_text(re.compile("^Estimates? of (an)?other model")).tap()
    expect(phone.get_by_role("heading", name=re.compile("^Random forest of risks"))).to_be_visible()
    name = after[0]["athlete"]

    desk = new_page("coach")
    see_board(desk)
    board = desk.get_by_role("region", name=re.compile("^Recovery of"))
    own = board.locator(f'a[href="/athletes/{name}/recovery/"]')
    expect(own).to_be_visible()
    risks = [
        float(text.split()[0]) for text in board.locator("td[data-label=Risk] > .num").all_inner_texts()
    ]
    assert risks == sorted(risks, reverse=True), "who needs attention first"
    own.click()
    expect(desk.get_by_text("shared with you")).to_be_visible()

    share_recovery(phone, False)
    watch.expected.add(404)
    assert desk.goto(f"/athletes/{name}/recovery/").status == 404
    see_board(desk)
    expect(board.get_by_text("Not shared").first).to_be_visible()
    expect(own).to_have_count(0)
    share_recovery(phone, True)  # the site serves other stories too
    watch.faults[:] = [fault for fault in watch.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def answer(page: Page, taps: dict[str, int]) -> None:
    for name, value in taps.items():
        choice = page.locator(f'input[name={name}][value="{value}"]')
        page.locator(".rating label", has=choice).tap()


def days(page: Page) -> list[dict[str, Any]]:
    """The person's days as the API gives them, newest first."""
    return page.request.get("/api/v1/check-ins/").json()["results"]


def see_board(page: Page) -> None:
    """The demo team's board; a coach of several teams chooses first."""
    page.goto("/recovery/teams/")
    choice = page.get_by_role("heading", name="Accra Strength Club").get_by_role("link")
    if choice.count():
        choice.click()


def waiting(page: Page) -> int:
    """Check-ins that lie on this device."""
    return page.evaluate("JSON.parse(localStorage.getItem('fitbalance.check-ins') ?? '[]').length")


def share_recovery(page: Page, wanted: bool) -> None:
    """Let the coaches see recovery, or take it back, on the page of consent."""
    page.goto("/settings/consent/")
    box = page.locator("input[name=scopes][value=recovery]").first
    box.set_checked(wanted)
    page.locator("form", has=box).get_by_role("button", name="Save").tap()
    if not wanted:
        question = page.get_by_role("dialog")
        expect(question).to_contain_text("They will no longer see")
        question.get_by_role("button", name="Change", exact=True).tap()
    expect(page.get_by_text("Saved for")).to_be_visible()
