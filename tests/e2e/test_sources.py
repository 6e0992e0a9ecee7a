"""Sensors of the browser: the phone's motion, a heart rate strap, a guided series; and the coach's board."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

RATE_HZ = 60
PATIENCE_MS = 30_000
GRAVITY = 9.80665


@pytest.fixture(autouse=True)
def patience() -> None:
    """These stories wait for a sensor's own time, on a machine that also trains."""
    expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def shaken(page: Page) -> Iterator[Callable[[float], None]]:
    """A phone that lies on its back and turns: yields move(seconds), which sends readings at 60 Hz meanwhile."""
    session = page.context.new_cdp_session(page)
    there = {"available": True, "minimumFrequency": 1, "maximumFrequency": 60}
    for kind in ("accelerometer", "gyroscope", "linear-acceleration", "absolute-orientation", "relative-orientation"):
        session.send("Emulation.setSensorOverrideEnabled", {"enabled": True, "type": kind, "metadata": there})
    moment = 0

    def read(kind: str, **reading: Any) -> None:
        session.send("Emulation.setSensorOverrideReadings", {"type": kind, "reading": reading})

    def move(seconds: float) -> None:
        nonlocal moment
        for _ in range(round(seconds * RATE_HZ)):
            moment += 1
            swing = math.sin(2 * math.pi * 0.5 * moment / RATE_HZ)
            read("accelerometer", xyz={"x": 0.5, "y": 2.0 * swing, "z": GRAVITY})
            read("linear-acceleration", xyz={"x": 0.5, "y": 2.0 * swing, "z": 0.0})
            read("gyroscope", xyz={"x": 1.0 + 0.1 * swing, "y": 2.0, "z": -0.5})
            page.wait_for_timeout(1000 / RATE_HZ)

    read("relative-orientation", quaternion={"x": 0, "y": 0, "z": 0, "w": 1})
    read("absolute-orientation", quaternion={"x": 0, "y": 0, "z": 0, "w": 1})
    yield move


def test_the_phone_streams_its_motion(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete", phone=True)
    with shaken(page) as move:
        page.goto("/live/?source=phone")
        expect(page.locator("#phone-words")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        for _ in range(40):
            move(0.5)
            if page.locator("#live-clock").inner_text() >= "0:04":
                break
        page.locator("#live-details > summary").click()
        page.locator("#live-values summary").click()
        move(2)
        values = page.locator("#live-values tbody")
        shown = values.evaluate("body => [...body.rows].map((row) => [...row.cells].map((cell) => cell.innerText))")
        rows = {cells[0]: cells[1] for cells in shown}
        assert 9 < float(rows["acc_z (m/s²)"]) < 11, "gravity is felt upwards"
        assert 0.8 < float(rows["gyr_x (rad/s)"]) < 1.2, "alpha turns around x, in radians"
        assert 1.8 < float(rows["gyr_y (rad/s)"]) < 2.2
        page.get_by_role("button", name="Finish").click()
        page.get_by_role("link", name="Open the recording").click()
    expect(page.locator("main")).to_contain_text("Motion sensor, 6 axes")


def test_without_a_motion_sensor_the_page_says_what_to_do(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete")
    page.goto("/live/?source=phone")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live-problem")).to_contain_text("Open this page on your phone")
    page.locator("input[name=source][value=strap]").check(force=True)
    expect(page.locator("#strap-problem")).to_contain_text("does not support Bluetooth")
    expect(page.locator("#live-start")).to_be_disabled()


STRAP = """
class Part extends EventTarget {}
const measurement = new Part();
measurement.startNotifications = async () => {
  setInterval(() => {
    const bpm = 118 + Math.round(4 * Math.random());
    measurement.value = new DataView(new Uint8Array([0x16, bpm, 0x00, 0x02]).buffer);
    measurement.dispatchEvent(new Event("characteristicvaluechanged"));
  }, 500);
};
const device = new Part();
device.name = "Strap 12";
const server = { getPrimaryService: async () => ({ getCharacteristic: async () => measurement }) };
device.gatt = { connect: async () => server, connected: true, disconnect() {} };
Object.defineProperty(navigator, "bluetooth", { value: { requestDevice: async () => device } });
"""
"""A strap as Web Bluetooth shows one: two beats a second, 500 ms apart. (Chromium cannot emulate notifications.)"""


def test_a_strap_is_recorded_and_shown_in_the_workout(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete", phone=True)
    page.add_init_script(STRAP)
    page.goto("/live/?source=strap")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live-heart")).to_have_text(re.compile("^1[12][0-9]$"))
    expect(page.locator("#live-state")).to_have_text("Live")
    expect(page.locator("#live-clock")).to_have_text(re.compile("0:0[4-9]"))
    workout = page.url.rstrip("/").rsplit("/", 1)[-1]
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Open the recording")).to_be_visible()
    page.goto(f"/workouts/{workout}/")
    expect(page.locator("main")).to_contain_text("individual beats")
    expect(page.locator(".heart-chart canvas").first).to_be_visible()


def test_a_guided_series_is_stored_with_its_labels(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete", phone=True)
    page.goto("/live/guided/?source=sample&label=squat")
    expect(page.locator("#guided-sum")).to_contain_text("1 take")
    page.locator("#guided-add").click()
    page.locator("#guided-steps li").nth(1).locator("[data-field=label]").select_option("row")
    page.locator("#guided-steps li").nth(0).locator("[data-field=rest]").select_option("0")
    page.get_by_role("button", name="Continue").click()
    for name in ("Squat", "Row"):
        page.get_by_role("button", name=f"Record {name}").click()
        expect(page.locator("#guided-badge")).to_have_text("Recording")
        expect(page.locator("#guided-count")).to_have_text("0:57")
        page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#guided-now")).to_have_text("All done")
    page.get_by_role("button", name="Repeat last take").click()
    expect(page.get_by_role("button", name="Record Row")).to_be_visible()
    expect(page.locator("#guided-takes tr")).to_have_count(1)
    expect(page.locator("#guided-saved")).to_have_text("Your labels are saved.")
    page.get_by_role("button", name="Finish and save").click()
    page.get_by_role("link", name="Open the recording").click()
    expect(page.locator("[data-spans] tr").first).to_contain_text("squat", ignore_case=True)
    page.goto("/live/guided/")
    expect(page.locator("#guided-minutes")).to_contain_text("Squat")


def test_a_recording_is_played_by_the_server(new_page: Callable[..., Page]) -> None:
    page = new_page("athlete")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/live/?source=recording")
    chosen = page.locator("#live-recording option", has_text="Full-body circuit").get_attribute("value")
    page.select_option("#live-recording", chosen)
    page.locator("input[name=speed][value='20']").check(force=True)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live-timeline tr").first).to_be_visible()
    expect(page.locator("#live-clock")).to_have_text(re.compile("^[1-9]:"))
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#live-done-text")).to_contain_text("The replay is over")
    assert not [url for url in asked if "/samples/" in url], "the browser holds no samples"


def test_demo_athletes_fill_the_coachs_board(new_page: Callable[..., Page]) -> None:
    coach = new_page("coach", phone=True)
    coach.goto("/teams/")
    club = coach.locator("article.card", has_text="Accra Strength Club")
    club.get_by_role("link", name="Open board").click()
    coach.get_by_role("button", name="Show demo athletes live").click()
    row = coach.locator("#board tr", has_text="Jordan Reed")
    expect(row).to_contain_text("Generated")
    expect(row.locator("[data-cell=heart]")).to_have_text(re.compile(r"\d+"))
    coach.get_by_role("button", name="Live now").click()
    row.get_by_role("link", name=re.compile("Watch")).click()
    expect(coach.locator("#live-state")).to_have_text("Live")
    expect(coach.locator("#live-heart")).to_have_text(re.compile(r"\d+"))
