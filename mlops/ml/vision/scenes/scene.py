"""A whole picture: somewhere, with some of the things and people, as a phone might have filmed it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from mlops.ml.vision.scenes.backgrounds import Rng, background
from mlops.ml.vision.scenes.equipment import DRAWN
from mlops.ml.vision.scenes.layers import layer
from mlops.ml.vision.scenes.people import person

CLASSES = (*DRAWN, "person")
LEAST_SHOWN = 0.35
"""Share of a thing that must be in view for it to have a box."""
LEAST_PX = 5
_LENGTHS = {"dumbbell": 0.17, "barbell": 0.85, "kettlebell": 0.17, "bench": 0.6, "box": 0.3, "tool": 0.17}
"""Usual length through the height of somebody who stands beside it."""
_PLATE = 0.26
"""The same of a barbell that is seen from its end."""


@dataclass(frozen=True)
class Scene:
    """rgb (height, width, 3) uint8; boxes (n, 5) float32: number of the class, left, top, right, bottom in pixels."""

    rgb: npt.NDArray[np.uint8]
    boxes: npt.NDArray[np.float32]


class _Picture:
    """What is pasted where; later things hide earlier ones."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.owner = np.zeros(image.size[::-1], np.int16)
        self.things: list[tuple[int, int]] = []
        """Class and pixels of everything pasted."""

    def paste(self, thing: Image.Image, middle: tuple[float, float], name: str) -> tuple[float, float]:
        """Returns where its corner lies."""
        left, top = round(middle[0] - thing.width / 2), round(middle[1] - thing.height / 2)
        alpha = np.asarray(thing.getchannel("A"))
        self.image.paste(thing, (left, top), thing)
        height, width = self.owner.shape
        a, b, c, d = max(0, left), max(0, top), min(width, left + thing.width), min(height, top + thing.height)
        self.things.append((CLASSES.index(name), int((alpha > 100).sum())))
        if a < c and b < d:
            inside = alpha[b - top : d - top, a - left : c - left] > 100
            self.owner[b:d, a:c][inside] = len(self.things)
        return left, top

    def boxes(self) -> npt.NDArray[np.float32]:
        found = []
        for number, (kind, n_pixels) in enumerate(self.things, 1):
            rows, columns = np.nonzero(self.owner == number)
            if len(rows) < LEAST_SHOWN * n_pixels or not len(rows):
                continue
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            if max(box[2] - box[0], box[3] - box[1]) >= LEAST_PX:
                found.append((kind, *box))
        return np.array(found, np.float32).reshape(-1, 5)


def scene(rng: Rng, side: int) -> Scene:
    """A square picture, often with grey bars as a network gets it; about one in eight shows nothing that has a name."""
    width, height = side, side
    if rng.random() < 0.75:
        narrow = round(side * rng.uniform(0.5, 0.8))
        width, height = (narrow, side) if rng.random() < 0.5 else (side, narrow)
    picture = _Picture(background(rng, (width, height)).convert("RGB"))
    tall = height * float(np.exp(rng.uniform(np.log(0.28), np.log(1.0))))
    if rng.random() > 0.12:
        for _ in range(rng.integers(0, 4)):
            _lying(rng, picture, tall)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            _somebody(rng, picture, tall * rng.uniform(0.7, 1.1))
        for _ in range(rng.integers(0, 3)):
            _lying(rng, picture, tall)
    rgb = _filmed(rng, picture.image)
    boxes = picture.boxes()
    left, top = (side - width) // 2, (side - height) // 2
    whole = np.full((side, side, 3), 114, np.uint8)
    whole[top : top + height, left : left + width] = rgb
    boxes[:, 1:] += (left, top, left, top)
    return Scene(whole, boxes)


def _thing(rng: Rng, name: str, tall: float, *, turn_deg: float) -> Image.Image:
    drawn = DRAWN[name][rng.integers(len(DRAWN[name]))]
    usual = _PLATE if drawn.__name__ == "barbell_from_side" else _LENGTHS[name]
    return layer(
        drawn, rng, turn_deg=turn_deg, length_px=max(9.0, tall * usual * rng.uniform(0.7, 1.7)),
        flatten=rng.uniform(0.45, 1.0) if name not in ("kettlebell", "box") else rng.uniform(0.85, 1.15),
    )  # fmt: skip


def _lying(rng: Rng, picture: _Picture, tall: float) -> None:
    name = str(rng.choice(list(DRAWN)))
    upright = name in ("bench", "box", "kettlebell")
    turn = (
        rng.normal(0, 6)
        if upright and rng.random() < 0.85
        else rng.uniform(-180, 180)
        if rng.random() < 0.3
        else rng.normal(0, 18)
    )
    width, height = picture.image.size
    picture.paste(_thing(rng, name, tall, turn_deg=turn), (rng.uniform(0, width), rng.uniform(0.15, 1) * height), name)


def _somebody(rng: Rng, picture: _Picture, tall: float) -> None:
    """A person, at times with something in their hands."""
    body = person(rng, tall)
    width, height = picture.image.size
    middle = (rng.uniform(0.05, 0.95) * width, height * rng.uniform(0.45, 0.75))
    left, top = picture.paste(body.image, middle, "person")
    held = rng.random()
    hands = [(left + x, top + y) for x, y in body.hands]
    if held < 0.25:
        for hand in hands:
            picture.paste(_thing(rng, "dumbbell", tall, turn_deg=rng.uniform(-90, 90)), hand, "dumbbell")
    elif held < 0.4:
        between = ((hands[0][0] + hands[1][0]) / 2, (hands[0][1] + hands[1][1]) / 2)
        picture.paste(_thing(rng, "barbell", tall, turn_deg=rng.normal(0, 8)), between, "barbell")
    elif held < 0.6:
        name = str(rng.choice(["kettlebell", "tool", "box"]))
        picture.paste(_thing(rng, name, tall, turn_deg=rng.normal(0, 25)), hands[1], name)


def _filmed(rng: Rng, image: Image.Image) -> npt.NDArray[np.uint8]:
    """Light, colour, blur, noise and compression of a camera."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    bent = ramp[:, None] ** rng.uniform(0.6, 1.6) * rng.uniform(0.55, 1.3) * rng.uniform(0.85, 1.15, 3)
    pixels = np.stack([bent[:, part].astype(np.float32)[np.asarray(image)[:, :, part]] for part in range(3)], 2)
    height, width = pixels.shape[:2]
    if rng.random() < 0.4:
        across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
        down = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
        pixels = pixels * (1 + rng.uniform(-0.4, 0.4) * across + rng.uniform(-0.3, 0.3) * down)
    pixels = pixels + rng.uniform(0, 0.05) * rng.standard_normal(pixels.shape, np.float32)
    made = Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.5:
        made = made.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.6)))
    if rng.random() < 0.15:
        kernel = np.zeros((5, 5))
        kernel[2] = 0.2
        made = made.filter(ImageFilter.Kernel((5, 5), (kernel if rng.random() < 0.5 else kernel.T).ravel().tolist(), 1))
    if rng.random() < 0.5:
        packed = io.BytesIO()
        made.save(packed, "JPEG", quality=int(rng.integers(25, 92)))
        made = Image.open(packed).convert("RGB")
    return np.asarray(made)
