"""A drawn person who squats: pictures in which MediaPipe finds a pose, without anybody's photo."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 480
SKIN, SHIRT, TROUSERS, SHOES, HAIR = (224, 172, 138), (176, 44, 52), (38, 54, 110), (30, 30, 30), (60, 40, 28)


def drawn_person(bend: float = 0.0) -> np.ndarray:
    """(480, 640, 3) uint8: seen from the front, upright at 0, in a squat at 1."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (208, 212, 206))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 420, WIDTH, HEIGHT], fill=(150, 140, 128))
    hips = np.array([320.0, 262 + 66 * bend])
    chest = hips - (0, 108)
    for side in (-1, 1):
        hip, ankle = hips + (side * 22, 0), np.array([320.0 + side * 30, 424])
        knee = _joint(hip, ankle, 82, side)
        _limb(draw, hip, knee, 34, TROUSERS)
        _limb(draw, knee, ankle, 26, TROUSERS)
        draw.ellipse([ankle[0] - 18 + side * 8, ankle[1] - 8, ankle[0] + 18 + side * 8, ankle[1] + 14], fill=SHOES)
    draw.polygon([*map(tuple, (chest + (-46, 0), chest + (46, 0), hips + (32, 12), hips + (-32, 12)))], fill=SHIRT)
    for side in (-1, 1):
        shoulder = chest + (side * 44, 8)
        elbow, wrist = shoulder + (side * (16 + 20 * bend), 54 - 40 * bend), shoulder + (side * 20, 104 - 104 * bend)
        _limb(draw, shoulder, elbow, 24, SHIRT)
        _limb(draw, elbow, wrist, 17, SKIN)
        draw.ellipse([wrist[0] - 11, wrist[1] - 11, wrist[0] + 11, wrist[1] + 11], fill=SKIN)
    _face(draw, chest - (0, 50))
    return np.asarray(image)


def _face(draw: ImageDraw.ImageDraw, middle: np.ndarray) -> None:
    x, y = middle
    draw.rectangle([x - 13, y + 24, x + 13, y + 54], fill=SKIN)
    draw.ellipse([x - 33, y - 46, x + 33, y + 28], fill=HAIR)
    draw.ellipse([x - 28, y - 34, x + 28, y + 40], fill=SKIN)
    for side in (-1, 1):
        draw.ellipse([x + side * 12 - 6, y - 6, x + side * 12 + 6, y + 2], fill="white")
        draw.ellipse([x + side * 12 - 3, y - 5, x + side * 12 + 3, y + 1], fill=HAIR)
        draw.line([x + side * 12 - 8, y - 12, x + side * 12 + 8, y - 12], fill=HAIR, width=3)
    draw.line([x, y, x - 4, y + 12, x + 3, y + 13], fill=(180, 120, 90), width=3)
    draw.line([x - 10, y + 24, x + 10, y + 24], fill=(160, 60, 60), width=4)


def _joint(a: np.ndarray, b: np.ndarray, length: float, side: int) -> np.ndarray:
    """The knee between hip and ankle, to the outside."""
    half = np.linalg.norm(b - a) / 2
    out = math.sqrt(max(0.0, length**2 - half**2))
    return (a + b) / 2 + (side * min(out, 44), 0)


def _limb(draw: ImageDraw.ImageDraw, a: np.ndarray, b: np.ndarray, width: int, colour: tuple[int, int, int]) -> None:
    draw.line([*map(float, (*a, *b))], fill=colour, width=width)
    for x, y in (a, b):
        draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=colour)
