"""From two files to accepted labels: a clip and a sensor that ran beside it, aligned on the page, labels taken over."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.drawn_person import drawn_person

FPS, SECONDS = 10, 26.0
SENSOR_HZ, BEFORE_S, AFTER_S = 50, 7.0, 12.0
SQUATS = [(2.0, 1.4, 1.0), (4.3, 1.1, 0.7), (8.9, 1.9, 0.9), (13.2, 1.2, 1.0), (15.4, 1.6, 0.6), (21.7, 1.3, 0.9)]
"""Start, length (s) and depth of each squat, in no even time."""
LABELS = [(2.0, 5.4), (8.9, 10.8)]
PATIENCE_MS = 240_000
"""For jobs on a machine that also does other work."""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=30_000)


def bend_at(t: np.ndarray) -> np.ndarray:
    """How far the body is bent, 0 to 1."""
    bend = np.zeros_like(t)
    for start, length, depth in SQUATS:
        inside = (t > start) & (t < start + length)
        bend[inside] = depth * (1 - np.cos(2 * np.pi * (t[inside] - start) / length)) / 2
    return bend


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A drawn clip, the recording of a sensor that began 7 s earlier, and the labels of the clip's frames."""
    folder = tmp_path_factory.mktemp("pair")
    times = np.arange(int(SECONDS * FPS)) / FPS
    clip = folder / "drawn squats beside a sensor.mp4"
    with av.open(str(clip), "w") as file:
        stream = file.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for bend in bend_at(times):
            picture = np.ascontiguousarray(drawn_person(float(bend))[::2, ::2])
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    sensor = folder / "generated sensor.csv"
    t = np.arange(0, BEFORE_S + SECONDS + AFTER_S, 1 / SENSOR_HZ)
    bend = bend_at(t - BEFORE_S)
    turning = 2.0 * np.gradient(bend, 1 / SENSOR_HZ)
    noise = np.random.default_rng(5).normal(0, 0.01, (len(t), 6))
    rows = np.column_stack([9.81 * np.sin(bend), 0 * t, 9.81 * np.cos(bend), 0 * t, turning, 0 * t]) + noise
    np.savetxt(
        sensor, np.column_stack([t, rows]), fmt="%.4f", delimiter=",", comments="",
        header="time_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z",
    )  # fmt: skip
    labels = folder / "labels.csv"
    named = [n for n, second in enumerate(times) if any(a <= second < b for a, b in LABELS)]
    labels.write_text("frame_index,label\n" + "".join(f"{n},squat\n" for n in named))
    return clip, sensor, labels


def import_sensor(page: Page, sensor: Path) -> None:
    """Through the page; it makes a workout of its own."""
    page.goto("/import/")
    page.set_input_files("input[type=file]", sensor)
    expect(page.locator("#import-form")).to_be_visible(timeout=60_000)
    page.wait_for_load_state("load")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.select_option("#layout", label="Motion sensor, 6 axes (6)")
    start = page.get_by_role("button", name=re.compile(r"^Import 1 recording"))
    expect(start).to_be_enabled(timeout=60_000)
    start.click()
    expect(page.locator("article.job header .badge").first).to_have_text(re.compile("Done"), timeout=PATIENCE_MS)


def upload_clip(page: Page, clip: Path, labels: Path) -> None:
    """With its labels, as part of the newest workout: that of the sensor."""
    page.goto("/videos/")
    if page.locator("details.video-add:not([open])").count():
        page.locator("details.video-add > summary").click()
    page.set_input_files("#video-file", clip)
    of_sensor = page.locator("#id_workout option").filter(has_text="Workout on").first
    page.locator("#id_workout").select_option(of_sensor.get_attribute("value"))
    page.get_by_text("More options").click()
    page.locator("#id_detector").select_option("mediapipe")
    page.set_input_files("#id_labels", labels)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(re.compile(r"/videos/[0-9a-f-]{36}/$"))
    expect(page.get_by_text("Skeleton")).to_be_visible(timeout=PATIENCE_MS)


def test_labels_of_a_clip_become_labels_of_the_sensor(
    new_page: Callable[..., Page], files: tuple[Path, Path, Path]
) -> None:
    clip, sensor, labels = files
    page = new_page("athlete")
    import_sensor(page, sensor)
    upload_clip(page, clip, labels)
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    expect(page.locator("[data-spans] tr[data-span]")).to_have_count(2)

    page.locator("[data-align-recording]").select_option(index=1)
    offset = page.locator("[data-align-offset]")
    expect(page.locator("[data-align-stage]")).to_be_visible(timeout=60_000)
    assert abs(float(offset.input_value()) - BEFORE_S) < 0.2, page.locator("[data-align-words]").inner_text()
    page.get_by_role("button", name="Propose labels").click()
    expect(page.locator("[data-align-words]")).to_contain_text("2 labels proposed.")
    page.get_by_role("link", name="Open the recording").click()

    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    rows = page.locator("[data-spans] tr[data-span]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("? proposed")
    begun = float(page.locator("[data-spans] input").first.input_value())
    assert abs(begun - (BEFORE_S + LABELS[0][0])) < 0.3
    page.get_by_role("button", name="Confirm all").click()
    expect(rows.first).not_to_contain_text("? proposed")
    page.reload()
    expect(page.locator("[data-labelling]")).to_have_attribute("data-ready", "yes")
    expect(rows).to_have_count(2)
    expect(page.locator("[data-spans]")).not_to_contain_text("? proposed")
