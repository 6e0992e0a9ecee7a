"""People: a skeleton in a posture of training or daily life, with clothes, skin and hair of all colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from mlops.ml.vision.scenes.backgrounds import Colour, Rng, colour
from mlops.ml.vision.scenes.layers import shaded

Point = npt.NDArray[np.float64]
SKINS: tuple[Colour, ...] = (
    (248, 216, 190), (232, 188, 152), (208, 158, 118), (166, 116, 80), (122, 80, 54), (84, 56, 42), (56, 40, 34),
)  # fmt: skip
POSTURES = {
    # degrees from straight down: trunk (from up), thighs, shins, upper arms, forearms; each with its spread
    "stand": ((0, 6), (0, 8), (0, 6), (0, 14), (8, 20)),
    "walk": ((4, 6), (0, 26), (-12, 22), (0, 26), (20, 20)),
    "squat": ((32, 14), (82, 18), (-24, 12), (50, 40), (60, 40)),
    "bend": ((70, 22), (16, 14), (-8, 8), (60, 30), (60, 30)),
    "press": ((0, 8), (2, 8), (0, 6), (150, 28), (165, 22)),
    "curl": ((0, 6), (2, 8), (0, 6), (6, 12), (90, 55)),
    "sit": ((10, 14), (84, 10), (0, 14), (30, 30), (70, 40)),
    "lunge": ((6, 10), (40, 40), (-36, 34), (10, 30), (30, 40)),
    "plank": ((84, 8), (-84, 10), (-84, 12), (4, 20), (12, 40)),
}


@dataclass(frozen=True)
class Body:
    """A person on a layer, and where their hands are on it (pixels)."""

    image: Image.Image
    hands: tuple[Point, Point]


def person(rng: Rng, height_px: float) -> Body:
    """Somebody whose upright body would be about so many pixels tall."""
    points = _skeleton(rng, str(rng.choice(list(POSTURES))))
    unit = min(300.0, max(60.0, 1.3 * height_px))  # drawn finer than shown
    points = {name: at * unit for name, at in points.items()}
    thick = 0.16 * unit
    every = np.array(list(points.values()))
    low, high = every.min(0) - thick, every.max(0) + thick
    shifted = {name: at - low for name, at in points.items()}
    wide, tall = (int(one) + 1 for one in high - low)
    image = Image.new("RGBA", (wide, tall))
    _dressed(ImageDraw.Draw(image), rng, shifted, unit)
    scale = height_px / unit
    size = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    image = image.resize(size, Image.Resampling.BILINEAR)
    image = shaded(image, rng)
    return Body(image, (shifted["hand_0"] * scale, shifted["hand_1"] * scale))


def _skeleton(rng: Rng, posture: str) -> dict[str, Point]:
    """Joints with the hips at 0; the body is about 1 tall, y points down."""
    trunk, thigh, shin, upper, fore = POSTURES[posture]
    facing, side_on = rng.choice([-1.0, 1.0]), rng.uniform(0.35, 1.0)
    shoulder, hip = (1.15 - side_on) * rng.uniform(0.09, 0.13), (1.15 - side_on) * rng.uniform(0.05, 0.08)

    def along(degrees: float, length: float) -> Point:
        angle = np.radians(degrees)
        return np.array([facing * side_on * np.sin(angle), np.cos(angle)]) * length

    build = rng.uniform(0.92, 1.08, 5)
    points = {"hips": np.zeros(2)}
    points["neck"] = along(180 - rng.normal(*trunk), 0.30 * build[0])
    points["head"] = points["neck"] + along(180 - rng.normal(trunk[0] * 0.6, 10), 0.12)
    shared = rng.normal(0, 1, 4)
    for number, way in enumerate((-1, 1)):
        t, s, u, f = (
            usual + spread * (0.8 * common + 0.6 * rng.normal())
            for (usual, spread), common in zip((thigh, shin, upper, fore), shared, strict=True)
        )
        if posture in ("walk", "lunge"):
            t, s = way * abs(t) * (1.0 if posture == "walk" else 1.2), s if way < 0 else s / 2
        apart = abs(rng.normal(0, 0.03)) + 0.02
        points[f"hip_{number}"] = np.array([way * hip, 0.0])
        points[f"knee_{number}"] = points[f"hip_{number}"] + along(t, 0.25 * build[1]) + (way * apart, 0)
        points[f"foot_{number}"] = points[f"knee_{number}"] + along(s, 0.25 * build[2])
        points[f"toe_{number}"] = points[f"foot_{number}"] + (facing * side_on * 0.07, 0.02)
        points[f"shoulder_{number}"] = points["neck"] + (way * shoulder, 0.03)
        points[f"elbow_{number}"] = points[f"shoulder_{number}"] + along(u, 0.17 * build[3]) + (way * apart, 0)
        points[f"hand_{number}"] = points[f"elbow_{number}"] + along(f, 0.17 * build[4])
    return points


def _dressed(draw: ImageDraw.ImageDraw, rng: Rng, at: dict[str, Point], unit: float) -> None:
    skin = SKINS[rng.integers(len(SKINS))]
    shirt, trousers, shoes = colour(rng, 10, 245, 0.4), colour(rng, 10, 200, 0.7), colour(rng, 10, 250, 0.8)
    hair = colour(rng, 8, 150, 0.75)
    fat, sleeve, leg = rng.uniform(0.85, 1.35), rng.random(), rng.random()

    def limb(a: str, b: str, wide: float, narrow: float, shade: Colour) -> None:
        p, q = at[a], at[b]
        for share in np.linspace(0, 1, 7):
            r = unit * fat * (wide + (narrow - wide) * share) / 2
            x, y = p + (q - p) * share
            draw.ellipse([x - r, y - r, x + r, y + r], fill=shade)
        across = np.array([-(q - p)[1], (q - p)[0]]) / max(1e-6, float(np.linalg.norm(q - p))) * unit * fat / 2
        draw.polygon(
            [
                tuple(p + across * wide),
                tuple(q + across * narrow),
                tuple(q - across * narrow),
                tuple(p - across * wide),
            ],
            fill=shade,
        )

    def side(number: int) -> None:
        limb(f"foot_{number}", f"toe_{number}", 0.05, 0.04, shoes)
        limb(f"knee_{number}", f"foot_{number}", 0.065, 0.045, skin if leg < 0.45 else trousers)
        limb(f"hip_{number}", f"knee_{number}", 0.105, 0.075, skin if leg < 0.1 else trousers)

    def arm(number: int) -> None:
        limb(f"shoulder_{number}", f"elbow_{number}", 0.062, 0.05, skin if sleeve < 0.3 else shirt)
        limb(f"elbow_{number}", f"hand_{number}", 0.048, 0.038, skin if sleeve < 0.75 else shirt)
        r = 0.026 * unit
        x, y = at[f"hand_{number}"]
        draw.ellipse([x - r, y - r, x + r, y + r], fill=skin)

    side(0)
    arm(0)
    side(1)
    limb("hip_0", "hip_1", 0.1, 0.1, trousers)
    corners = [at[name] for name in ("shoulder_0", "shoulder_1", "hip_1", "hip_0")]
    draw.polygon([tuple(one) for one in corners], fill=shirt)
    limb("neck", "hips", 0.15, 0.13, shirt)
    limb("shoulder_0", "hip_0", 0.07, 0.08, shirt)
    limb("shoulder_1", "hip_1", 0.07, 0.08, shirt)
    limb("neck", "head", 0.05, 0.05, skin)
    x, y = at["head"]
    r = 0.058 * unit
    draw.ellipse([x - 1.05 * r, y - 1.35 * r, x + 1.05 * r, y + 0.9 * r], fill=hair)
    draw.ellipse([x - 0.85 * r + rng.normal(0, 0.2) * r, y - 0.9 * r, x + 0.85 * r, y + 1.2 * r], fill=skin)
    arm(1)
