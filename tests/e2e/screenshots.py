"""The README's pictures, taken from a site that this starts itself.

python -m tests.e2e.screenshots docs/pictures
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import story
from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in
from tests.e2e.looking import PHONE
from tests.e2e.site import start_site

SIZE = {"width": 1280, "height": 860}
EXERCISE = re.compile("Squat|Deadlift|Pushup|Row|Burpee")
"""Those that are counted: a plank has no repetitions to show."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    with tempfile.TemporaryDirectory() as var, sync_playwright() as playwright:
        site = start_site(Path(var))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def page_of(role: str | None, **options: object) -> Page:
            context = browser.new_context(base_url=site.url, viewport=options.pop("viewport", SIZE), **options)  # type: ignore[arg-type]
            context.set_default_timeout(30_000)
            page = context.new_page()
            if role:
                sign_in(page, role)
            return page

        def keep(page: Page, name: str) -> None:
            page.screenshot(path=folder / f"{name}.png")
            print(f"{name}.png", flush=True)

        try:
            visitor = page_of(None)
            visitor.goto("/")
            keep(visitor, "landing")
            athlete = page_of("athlete")
            athlete.goto("/workouts/")
            athlete.get_by_role("link", name="Full-body circuit").first.click()
            athlete.wait_for_load_state("load")
            keep(athlete, "workout")
            athlete.locator("summary", has_text="Recordings and sensors").click()
            athlete.get_by_role("link", name="FlexTail back sensor").first.click()
            athlete.wait_for_selector("canvas")
            athlete.wait_for_timeout(1500)
            keep(athlete, "recording")
            recording = athlete.url.rstrip("/").rsplit("/", 1)[-1]
            athlete.goto("/recovery/")
            keep(athlete, "recovery")
            story.replay(athlete, recording, speed=5)
            expect(athlete.locator("#detected-exercise")).not_to_have_text("Connecting…")
            coach = page_of("coach")
            coach.goto("/teams/")
            coach.get_by_role("link", name="Open board").click()
            athlete.wait_for_timeout(20_000)
            named = athlete.locator("#detected-exercise")
            for _ in range(20):
                expect(named).to_have_text(EXERCISE, timeout=60_000)
                expect(athlete.locator("#live-reps")).to_have_text(re.compile("[1-9]"), timeout=60_000)
                keep(athlete, "live")
                if EXERCISE.search(named.inner_text()):
                    break  # it named one before and after the picture
            keep(coach, "team")
            staff = page_of("staff")
            staff.goto("/ml/")
            keep(staff, "loop")
            story.build(staff, "exercise", split="each")
            story.train(staff, "exercise", "random_kernels")
            story.wait_for_job(staff)
            keep(staff, "training")
            staff.goto("/ml/tasks/exercise/")
            staff.locator("section[aria-labelledby=versions] tbody th a").first.click()
            staff.wait_for_load_state("load")
            keep(staff, "version")
            phone = page_of("athlete", viewport=PHONE, color_scheme="dark")
            phone.goto("/today/")
            keep(phone, "today-phone-dark")
        finally:
            browser.close()
            site.stop()


if __name__ == "__main__":
    main()
