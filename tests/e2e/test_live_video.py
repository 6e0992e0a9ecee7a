"""A live video in a real browser with a camera that plays a film: skeleton, label, and no picture leaves the page."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.drawn_person import drawn_person
from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in
from tests.e2e.looking import ALL_LOOKS, DESKTOP, Eyes
from tests.e2e.site import ROOT, Site
from tests.e2e.test_pictures import served
from tests.e2e.test_video import is_drawn, until
from tests.video.knee_model import LABELS

__all__ = ["served"]
pytestmark = pytest.mark.browser
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "videos" / "squat.mp4"
POSE_BYTES = 8 + 8 + 33 * 4 * 4
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
LONG_S = 120


def pictures() -> Iterator[Image.Image]:
    """A real squat where the folder of real data is, else a drawn person who squats."""
    if REAL.is_file():
        import av

        with av.open(str(REAL)) as file:
            yield from (frame.to_image() for frame in file.decode(video=0))
    else:
        yield from (Image.fromarray(drawn_person(abs(n % 60 - 30) / 30)) for n in range(120))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees, as Chromium takes it: JPEG after JPEG."""
    path = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    with path.open("wb") as out:
        for picture in pictures():
            picture.thumbnail((480, 480))
            jpeg = io.BytesIO()
            picture.save(jpeg, "JPEG", quality=85)
            out.write(jpeg.getvalue())
    return path


@pytest.fixture
def open_camera(site: Site, playwright_run: Playwright, watch: Any) -> Iterator[Callable[..., Page]]:
    """open_camera(*flags) → the page of live videos of the athlete, in a browser of its own."""
    browsers: list[Browser] = []

    def open_page(*flags: str, permissions: tuple[str, ...] = ("camera",)) -> Page:
        browsers.append(playwright_run.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags]))
        context = browsers[-1].new_context(base_url=site.url, viewport=DESKTOP, permissions=list(permissions))
        context.set_default_timeout(30_000)
        page = context.new_page()
        watch.attach(page)
        sign_in(page, "athlete")
        return page

    yield open_page
    for browser in browsers:
        browser.close()


def test_without_parts_the_page_says_what_is_missing(site: Site, new_page: Callable[..., Page]) -> None:
    if (site.var / "parts" / "mediapipe-web").is_dir():
        pytest.skip("another story has put the parts there")
    page = new_page("athlete")
    page.goto("/videos/live/")
    expect(page.get_by_text("is not installed").first).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_the_body_is_found_here_and_named_there(
    site: Site, served: Callable[[str], str], film: Path, open_camera: Callable[..., Page]
) -> None:
    served("mediapipe-web"), served("pose-lite")
    page = open_camera(*CAMERA, f"--use-file-for-fake-video-capture={film}")
    page.goto("/videos/")
    page.get_by_role("link", name="Live video").click()
    expect(page.get_by_text("There is no model yet")).to_be_visible()
    subprocess.run([sys.executable, "-m", "tests.video.knee_model"], cwd=ROOT, env=site.environment, check=True)
    page.reload()
    expect(page.locator("#live-model")).to_have_value("moves")
    faults = Eyes().look(page, "/videos/live/", ALL_LOOKS)

    sent: list[str | bytes] = []
    asked: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    page.on("request", lambda request: asked.append(request))
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-live-label]")).to_have_text(re.compile("|".join(LABELS)), timeout=LONG_S * 1000)
    until(page, lambda: is_drawn(page))
    expect(page.locator("[data-live-caption]")).to_contain_text("A person")
    expect(page.locator("[data-live-fps]")).to_have_text(re.compile(r"[\d.]+"))
    expect(page.locator("[data-live-dropped]")).to_have_text(re.compile(r"\d+"))
    expect(page.locator("[data-live-latency]")).to_have_text(re.compile(r"\d+ ms"))
    expect(page.locator("[data-live-about]")).to_contain_text("generated")
    faults += Eyes().look(page, "/videos/live/ while it runs", ALL_LOOKS)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()

    hello = json.loads(sent[0])
    assert hello["event"] == "hello"
    assert set(hello["data"]) == {"model", "smoothing", "width", "height"}
    poses = sent[1:]
    assert len(poses) > 10
    assert all(isinstance(one, bytes) and one[:4] == b"FBP1" and len(one) == POSE_BYTES for one in poses)
    assert {one.method for one in asked} <= {"GET"}
    assert not [one.url for one in asked if one.post_data_buffer]
    assert not faults, "\n".join(faults)


def test_a_camera_that_is_refused_is_said_in_words(
    served: Callable[[str], str], open_camera: Callable[..., Page]
) -> None:
    served("mediapipe-web"), served("pose-lite")
    page = open_camera("--deny-permission-prompts", permissions=())
    page.goto("/videos/live/")
    page.get_by_role("button", name="Start").click()
    why = re.compile("The camera is blocked|has no camera")
    expect(page.locator("[data-live-state]")).to_contain_text(why, timeout=60_000)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
