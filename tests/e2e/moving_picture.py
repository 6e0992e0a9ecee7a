"""The moving picture of the first page: a real live session, filmed from a site that this starts itself.

python -m tests.e2e.moving_picture static/web

Writes `live.webm` (VP9, silent, at most 600 kB) and its first picture `live.webp`.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in
from tests.e2e.site import start_site

SIZE = {"width": 390, "height": 560}
SCALE = 1.5
FILM_S, FRAMES_PER_S = 14.0, 8
MAX_BYTES = 600_000
QUALITY = "34"
"""VP9's own scale: 0 is best, 63 is worst."""
Frame = tuple[float, bytes]
"""Seconds from the beginning, and the picture as PNG."""


def film(page: Page) -> list[Frame]:
    """The generated sample streamed as if a person trained now, from the third repetition of the first set on."""
    page.goto("/live/?source=sample")
    page.locator("label", has=page.locator("input[value=sample]")).click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#live-reps")).to_have_text("3", timeout=90_000)
    page.evaluate("scrollTo(0, 0)")
    frames: list[Frame] = []
    began = time.monotonic()
    while (now := time.monotonic() - began) < FILM_S:
        frames.append((now, page.screenshot(type="png", caret="hide")))
        time.sleep(max(0.0, len(frames) / FRAMES_PER_S - (time.monotonic() - began)))
    return frames


def webm_write(frames: Sequence[Frame], path: Path) -> None:
    """Every picture at its own time, as one silent film."""
    import av
    from PIL import Image

    first = Image.open(io.BytesIO(frames[0][1]))
    with av.open(str(path), "w", format="webm") as film:
        stream = film.add_stream("libvpx-vp9", rate=FRAMES_PER_S)
        stream.width, stream.height = first.width // 2 * 2, first.height // 2 * 2
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 1000)
        stream.options = {"crf": QUALITY, "b": "0", "row-mt": "1", "cpu-used": "2"}
        for second, png in frames:
            picture = Image.open(io.BytesIO(png)).convert("RGB").crop((0, 0, stream.width, stream.height))
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def poster_write(frames: Sequence[Frame], path: Path) -> None:
    """The first picture, shown until the film plays and to who asked for less motion."""
    from PIL import Image

    Image.open(io.BytesIO(frames[0][1])).convert("RGB").save(path, quality=82, method=6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as var, sync_playwright() as playwright:
        site = start_site(Path(var))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = browser.new_context(
                base_url=site.url, viewport=SIZE, device_scale_factor=SCALE, color_scheme="dark"
            )
            page = context.new_page()
            sign_in(page, "athlete")
            frames = film(page)
        finally:
            browser.close()
            site.stop()
    webm_write(frames, folder / "live.webm")
    poster_write(frames, folder / "live.webp")
    for name in ("live.webm", "live.webp"):
        print(f"{name}: {(folder / name).stat().st_size / 1000:.0f} kB")
    if (folder / "live.webm").stat().st_size > MAX_BYTES:
        raise SystemExit(f"the film is above {MAX_BYTES // 1000} kB: raise QUALITY or shorten it")


if __name__ == "__main__":
    main()
