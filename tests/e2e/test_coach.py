"""A coach: invites an athlete, watches along with consent, and sees nothing once it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import story


def share_training(page: Page, shared: bool) -> None:
    """Tick or untick what the coaches of the demo team see of the athlete's training."""
    page.goto("/settings/consent/")
    card = page.locator("section", has=page.get_by_role("heading", name=re.compile("What coaches of")))
    box = card.locator("input[value=training]")
    box.set_checked(shared)
    card.get_by_role("button", name="Save").click()
    if not shared:
        page.get_by_role("dialog").get_by_role("button", name="Change", exact=True).click()
    expect(box).to_be_checked(checked=shared)


def test_watching_ends_with_the_consent(new_page: Callable[..., Page], watch) -> None:
    expect.set_options(timeout=20_000)
    athlete, coach = new_page("athlete"), new_page("coach", phone=True)
    athlete.goto("/live/")
    athlete.locator("input[name=source][value=sample]").check(force=True)
    athlete.get_by_role("button", name="Start").click()
    expect(athlete.locator("#live-clock")).not_to_have_text("0:00")

    coach.goto("/teams/")
    club = coach.locator("article.card", has_text="Accra Strength Club")
    club.get_by_role("link", name="Open board").click()
    row = coach.locator("#board tr", has_text="Ama Mensah")
    profile = row.get_by_role("link", name="Ama Mensah", exact=True).get_attribute("href") or ""
    row.get_by_role("link", name="Watch").click()
    expect(coach.locator("#live-state")).to_have_text("Live")
    expect(coach.locator("#detected-exercise")).not_to_have_text(re.compile("Waiting"))

    settings = new_page("athlete")
    share_training(settings, False)
    try:
        expect(coach.locator("#watch-ended")).to_contain_text("stopped sharing")
        expect(coach.locator("#live-stage")).to_have_count(0)
        watch.expected.add(404)
        for path in (profile, coach.url):
            answer = coach.goto(path)
            assert answer is not None
            assert answer.status == 404
        coach.goto("/teams/")
        club = coach.locator("article.card", has_text="Accra Strength Club")
        club.get_by_role("link", name="Open board").click()
        expect(coach.locator("tr", has_text="Ama Mensah")).to_contain_text("Not shared")
        expect(athlete.locator("#live-state")).to_have_text("Live")
    finally:
        share_training(settings, True)
    athlete.get_by_role("button", name="Finish").click()
    expect(athlete.get_by_role("link", name="Open the recording")).to_be_visible()


def test_an_invitation_is_answered(new_page: Callable[..., Page]) -> None:
    coach = new_page("coach")
    coach.goto("/teams/")
    coach.get_by_role("link", name="Invite").first.click()
    coach.get_by_role("button", name="Create link").click()
    link = coach.locator("#link").input_value()

    athlete = new_page(phone=True)
    story.sign_up(athlete, "newcomer")
    athlete.goto(link)
    athlete.locator("input[value=training]").check()
    athlete.get_by_role("button", name="Join team").click()
    expect(athlete.locator("main")).to_contain_text("Accra Strength Club")

    coach.goto("/teams/")
    club = coach.locator("article.card", has_text="Accra Strength Club")
    club.get_by_role("link", name="Open board").click()
    row = coach.locator("#board tr", has_text="newcomer")
    expect(row).to_contain_text("Not live")
    row.get_by_role("link", name="newcomer").click()
    expect(coach.locator("main")).to_contain_text("No workouts yet")
