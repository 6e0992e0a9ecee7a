"""A connection that goes in the middle of a session: the browser keeps what it measured and sends it later, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

LAST_KEPT = """async () => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("fitbalance-live", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const rows = await new Promise((resolve) => {
    const request = database.transaction("groups").objectStore("groups").getAll();
    request.onsuccess = () => resolve(request.result);
  });
  return rows.length ? rows.at(-1).frames.at(-1).t.at(-1) : null;
}"""
"""The time stamp of the newest sample that lies on this device."""


def test_offline_reload_and_back(new_page: Callable[..., Page], watch: Any) -> None:
    page = new_page("athlete")
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    page.goto("/live/?source=sample")
    page.locator("input[name=source][value=sample]").check(force=True)
    page.locator("input[name=speed][value='1']").check(force=True)  # a second that is lost is a second of the session
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live-timeline tr").first).to_be_visible(timeout=30_000)

    page.context.set_offline(True)
    expect(page.locator("#live-kept")).to_contain_text(re.compile(r"No connection\. [4-9] s saved"), timeout=30_000)
    clock = page.locator("#live-clock").inner_text()
    page.goto("about:blank")  # the person gives up; the page may write what it still holds
    page.context.set_offline(False)

    page.goto("/live/")
    pending = page.locator("#live-pending")
    expect(pending).to_contain_text("Sent.", timeout=30_000)
    pending.get_by_role("link", name="Open the recording").click()
    page.wait_for_url("**/recordings/**")
    times = stored_times(page)
    steps = {round(after - before, 4) for before, after in zip(times, times[1:], strict=False)}
    assert steps == {0.02}, "every sample once, none missing"
    assert times[-1] >= seconds(clock) - 1, "all that was shown"
    page.goto("/live/")
    expect(page.locator("#live-start")).to_be_enabled()
    assert page.evaluate(LAST_KEPT) is None, "nothing waits any more"
    watch.faults[:] = [fault for fault in watch.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def test_a_session_that_begins_without_a_connection(new_page: Callable[..., Page], watch: Any, tmp_path: Any) -> None:
    rows = [f"{n / 50},{n % 7},0.1,0.2,0.3,1" for n in range(600)]
    file = tmp_path / "spine.csv"
    file.write_text("t,lumbarAngle,sagittal,lateral,twist,acceleration\n" + "\n".join(rows))
    page = new_page("athlete")
    page.goto("/live/")
    page.locator("input[name=source][value=file]").check(force=True)
    page.set_input_files("#live-file", file)
    expect(page.locator("#live-file-facts")).to_contain_text("600 samples")
    page.locator("input[name=speed][value='5']").check(force=True)
    page.context.set_offline(True)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live-kept")).to_contain_text("No connection. 2 s saved", timeout=30_000)
    page.context.set_offline(False)
    expect(page.locator("#live-done-link")).to_be_visible(timeout=30_000)
    page.locator("#live-done-link").click()
    page.wait_for_url("**/recordings/**")
    assert len(stored_times(page)) == 600
    watch.faults[:] = [fault for fault in watch.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def stored_times(page: Page) -> list[float]:
    """The time stamps of the recording whose page is open, as the API gives them."""
    pk = page.url.rstrip("/").split("/")[-1]
    answer = page.request.get(f"/api/v1/recordings/{pk}/samples/?start_s=0&end_s=300")
    return answer.json()["t"]


def seconds(clock: str) -> float:
    minutes, rest = clock.split(":")
    return 60 * int(minutes) + float(rest)
