"""What stands behind: rooms, fields and noise, with shapes that have no name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Rng = np.random.Generator
Colour = tuple[int, int, int]


def colour(rng: Rng, low: int = 0, high: int = 255, greyness: float = 0.6) -> Colour:
    """Any colour; the nearer `greyness` is to 1, the paler."""
    grey = rng.uniform(low, high)
    r, g, b = np.clip(grey + (1 - greyness) * rng.uniform(low - grey, high - grey, 3), 0, 255)
    return int(r), int(g), int(b)


def texture(rng: Rng, size: tuple[int, int], octaves: int = 6, fall: float = 0.5) -> npt.NDArray[np.float32]:
    """(height, width, 3) noise around 0, as photos have it: each finer octave is `fall` as strong."""
    width, height = size
    total = np.zeros((height, width, 3), np.int16)
    stretch = rng.uniform(0.4, 2.5)
    for octave in range(octaves):
        cells = (max(1, round(2 * 2**octave * stretch)) + 1, max(1, round(2 * 2**octave / stretch)) + 1)
        tinted = 40 * rng.standard_normal((cells[1], cells[0], 1), np.float32)
        tinted = tinted + 16 * rng.standard_normal((cells[1], cells[0], 3), np.float32)
        small = Image.fromarray((128 + fall**octave * tinted).clip(0, 255).astype(np.uint8))
        total += np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))
    return (total - 128 * octaves) / np.float32(40)


def background(rng: Rng, size: tuple[int, int]) -> Image.Image:
    """A room (most often), or noise alone."""
    width, height = size
    base = np.empty((height, width, 3), np.float32)
    horizon = int(height * rng.uniform(0.35, 0.95))
    base[:horizon], base[horizon:] = colour(rng, 20, 250, 0.75), colour(rng, 20, 220, 0.75)
    if rng.random() < 0.2:
        base[:] = colour(rng, 10, 245, 0.5)
    base += rng.uniform(4, 45) * texture(rng, size, fall=rng.uniform(0.4, 0.8))
    base *= np.linspace(rng.uniform(0.7, 1.1), rng.uniform(0.7, 1.1), height, dtype=np.float32)[:, None, None]
    image = Image.fromarray(base.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.5:
        _floor_lines(rng, draw, size, horizon)
    for _ in range(rng.integers(0, 14)):
        _shape(rng, draw, size, horizon)
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2.5))) if rng.random() < 0.6 else image


def _floor_lines(rng: Rng, draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int) -> None:
    middle, shade = rng.uniform(0, size[0]), colour(rng, 20, 230)
    for x in np.linspace(-2 * size[0], 3 * size[0], rng.integers(6, 30)):
        draw.line([middle + (x - middle) * 0.2, horizon, x, size[1]], fill=shade, width=int(rng.integers(1, 3)))


def _shape(rng: Rng, draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int) -> None:
    """Windows, posts, pictures, pipes, mats, balls, leaves: whatever else a room has."""
    x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
    w, h = rng.uniform(4, 0.5 * size[0]), rng.uniform(4, 0.5 * size[1])
    shade, kind = colour(rng), rng.integers(0, 9)
    if kind == 0:  # window or picture
        draw.rectangle([x, y - h, x + w, y], fill=shade, outline=colour(rng), width=int(rng.integers(1, 6)))
        for part in np.linspace(x, x + w, rng.integers(2, 5))[1:-1]:
            draw.line([part, y - h, part, y], fill=colour(rng), width=2)
    elif kind == 1:  # post or frame of a rack
        draw.rectangle([x, 0, x + rng.uniform(2, 14), horizon + 0.2 * h], fill=shade)
    elif kind == 2:  # pipe, rail, cable
        draw.line([x, y, x + rng.normal(0, w), y + rng.normal(0, h / 3)], fill=shade, width=int(rng.integers(1, 7)))
    elif kind == 3:  # mat, flat on the floor
        flat = rng.uniform(4, 20)
        draw.polygon(
            [(x, size[1] - flat), (x + w, size[1] - flat), (x + w - flat, size[1]), (x - flat, size[1])], fill=shade
        )
    elif kind == 4:  # ball, lamp, clock
        r = rng.uniform(3, 0.15 * size[0])
        draw.ellipse([x - r, y - r, x + r, y + r], fill=shade)
    elif kind == 5:  # leaves, coats, heaps
        for _ in range(rng.integers(3, 12)):
            a, b = x + rng.normal(0, w / 4), y + rng.normal(0, h / 4)
            r = rng.uniform(2, 16)
            draw.ellipse([a - r, b - r, a + r, b + rng.uniform(0.3, 2) * r], fill=_near(rng, shade))
    elif kind == 6:  # any flat shape
        n = rng.integers(3, 8)
        draw.polygon([(x + rng.normal(0, w / 3), y + rng.normal(0, h / 3)) for _ in range(n)], fill=shade)
    elif kind == 7:  # writing and stripes
        for row in range(rng.integers(2, 8)):
            draw.line(
                [x, y + 5 * row, x + rng.uniform(0.3, 1) * w, y + 5 * row], fill=shade, width=int(rng.integers(1, 4))
            )
    else:  # arc: a chair, a hose
        draw.arc(
            [x, y, x + w, y + h], rng.uniform(0, 360), rng.uniform(0, 360), fill=shade, width=int(rng.integers(1, 6))
        )


def _near(rng: Rng, shade: Colour) -> Any:
    return tuple(int(np.clip(part + rng.normal(0, 18), 0, 255)) for part in shade)
