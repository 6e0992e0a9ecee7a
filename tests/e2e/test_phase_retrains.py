"""A model that names every sample is trained again with one click, like any other."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import story

TASK = "movement-phase"


def test_a_phase_model_retrains_in_one_click(new_page: Callable[..., Page]) -> None:
    expect.set_options(timeout=120_000)
    staff = new_page("staff")
    story.retrain_with_corrections(staff, TASK)
    expect(staff.get_by_text("It has not been promoted.").first).to_be_visible()
    expect(staff.get_by_text(re.compile(r"Version \d+: accuracy")).first).to_be_visible()
