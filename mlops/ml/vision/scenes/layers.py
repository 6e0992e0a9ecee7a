"""One thing on a transparent layer, as if it were lit and seen from somewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from mlops.ml.vision.scenes.backgrounds import Rng, texture

CANVAS = 256
"""Pixels of the side of a layer; the thing is drawn around its middle, about 200 long."""
MIDDLE = CANVAS / 2
Draw = Callable[[ImageDraw.ImageDraw, Rng], None]


def layer(draw_thing: Draw, rng: Rng, *, turn_deg: float, length_px: float, flatten: float = 1.0) -> Image.Image:
    """A thing, about `length_px` long: shaded, foreshortened along its length by `flatten`, turned and cut out."""
    image = Image.new("RGBA", (CANVAS, CANVAS))
    draw_thing(ImageDraw.Draw(image), rng)
    scale = max(0.02, length_px / 200)
    size = (max(2, round(CANVAS * scale * flatten)), max(2, round(CANVAS * scale)))
    image = shaded(image.resize(size, Image.Resampling.BOX if scale < 0.6 else Image.Resampling.BILINEAR), rng)
    image = image.rotate(turn_deg, Image.Resampling.BILINEAR, expand=True)
    box = image.getchannel("A").point(_OPAQUE).getbbox()
    return image.crop(box) if box else image


_OPAQUE = [0] * 61 + [255] * 195


def shaded(image: Image.Image, rng: Rng) -> Image.Image:
    """Light from one side, a rough surface."""
    pixels = np.asarray(image, np.float32).copy()
    height, width = pixels.shape[:2]
    across, down = np.meshgrid(
        np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    )
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.4) * (np.cos(angle) * across + np.sin(angle) * down)
    pixels[:, :, :3] = pixels[:, :, :3] * light[:, :, None] + rng.uniform(0, 12) * texture(rng, (width, height), 4, 0.8)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
