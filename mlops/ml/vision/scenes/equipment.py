"""Drawings of what lies about in a training room, each around the middle of a layer, about 200 pixels long."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from mlops.ml.vision.scenes.backgrounds import Colour, Rng, colour
from mlops.ml.vision.scenes.layers import MIDDLE, Draw

Canvas = ImageDraw.ImageDraw


def rubber(rng: Rng) -> Colour:
    """Mostly black or grey, at times in the colours of competition."""
    if rng.random() < 0.7:
        return colour(rng, 8, 90, 0.92)
    return colour(rng, 30, 240, 0.1)


def chrome(rng: Rng) -> Colour:
    return colour(rng, 90, 235, 0.93)


def darker(shade: Colour, by: float) -> Colour:
    r, g, b = (int(np.clip(part * by, 0, 255)) for part in shade)
    return r, g, b


def dumbbell(draw: Canvas, rng: Rng) -> None:
    """Two heads, hexagonal, round or of plates, and a grip."""
    shade, half, thick = rubber(rng), rng.uniform(70, 98), rng.uniform(24, 52)
    grip = rng.uniform(0.35, 0.6) * half
    draw.rectangle([MIDDLE - half, MIDDLE - 7, MIDDLE + half, MIDDLE + 7], fill=chrome(rng))
    kind = rng.integers(0, 3)
    for side in (-1, 1):
        a, b = sorted((MIDDLE + side * grip, MIDDLE + side * half))
        if kind == 0:
            cut = rng.uniform(0.2, 0.4) * thick
            top, bottom = MIDDLE - thick, MIDDLE + thick
            c = min(cut, (b - a) / 2.5)
            corners = [(a + c, top), (b - c, top), (b, top + cut), (b, bottom - cut), (b - c, bottom)]
            corners += [(a + c, bottom), (a, bottom - cut), (a, top + cut)]
            draw.polygon(corners, fill=shade, outline=darker(shade, 0.6))
            draw.line([a, MIDDLE - thick / 3, b, MIDDLE - thick / 3], fill=darker(shade, 1.5), width=3)
        elif kind == 1:
            draw.rounded_rectangle([a, MIDDLE - thick, b, MIDDLE + thick], rng.uniform(4, 16), fill=shade)
            draw.line([(a + b) / 2, MIDDLE - thick, (a + b) / 2, MIDDLE + thick], fill=darker(shade, 1.7), width=2)
        else:
            for number, edge in enumerate(np.linspace(a, b, int(rng.integers(2, 5)), endpoint=False)):
                tall = thick * (0.82 if number % 2 else 1.0)
                draw.rounded_rectangle(
                    [edge, MIDDLE - tall, edge + (b - a) / 3, MIDDLE + tall], 3, fill=shade, outline=darker(shade, 0.5)
                )


def barbell(draw: Canvas, rng: Rng) -> None:
    """A long bar with plates at both ends, seen from the front."""
    steel = chrome(rng)
    bar, reach = rng.uniform(1.5, 3), rng.uniform(96, 104)
    draw.rectangle([MIDDLE - reach, MIDDLE - bar, MIDDLE + reach, MIDDLE + bar], fill=steel)
    inner, plates = rng.uniform(0.55, 0.75) * reach, int(rng.integers(1, 4))
    tall, wide = rng.uniform(14, 34), rng.uniform(3, 8)
    shades = [rubber(rng) for _ in range(plates)]
    for side in (-1, 1):
        for number in range(plates):
            at = MIDDLE + side * (inner + number * (wide + 1))
            high, flat = tall * 0.82**number, wide * rng.uniform(0.9, 1.1)
            place = [at - flat / 2, MIDDLE - high, at + flat / 2, MIDDLE + high]
            draw.rounded_rectangle(place, 2, fill=shades[number], outline=darker(shades[number], 0.5))
        end = MIDDLE + side * (inner + plates * (wide + 1) + 3)
        draw.rectangle([end - 2, MIDDLE - 4, end + 2, MIDDLE + 4], fill=darker(steel, 0.7))


def barbell_from_side(draw: Canvas, rng: Rng) -> None:
    """The plate that hides the bar where somebody is filmed from the side."""
    shade = rubber(rng)
    for share in (1.0, rng.uniform(0.8, 0.93), rng.uniform(0.2, 0.4)):
        r = 98 * share
        draw.ellipse([MIDDLE - r, MIDDLE - r, MIDDLE + r, MIDDLE + r], fill=darker(shade, rng.uniform(0.6, 1.6)))
    draw.ellipse([MIDDLE - 9, MIDDLE - 9, MIDDLE + 9, MIDDLE + 9], fill=chrome(rng))


def kettlebell(draw: Canvas, rng: Rng) -> None:
    """A ball with a flat base and a handle over it."""
    shade, r = rubber(rng), rng.uniform(54, 66)
    middle, thick = MIDDLE + 30, int(rng.integers(13, 22))
    wide, top = rng.uniform(0.6, 0.85) * r, MIDDLE - rng.uniform(78, 96)
    draw.rounded_rectangle([MIDDLE - wide, top, MIDDLE + wide, middle], rng.uniform(16, 38), outline=shade, width=thick)
    draw.ellipse([MIDDLE - r, middle - r, MIDDLE + r, middle + r], fill=darker(shade, 1.1))
    draw.chord(
        [MIDDLE - r * 0.8, middle + r * 0.2, MIDDLE + r * 0.8, middle + r * 1.05], 0, 180, fill=darker(shade, 0.7)
    )
    if rng.random() < 0.5:
        draw.ellipse([MIDDLE - r / 2, middle - r / 2, MIDDLE + r / 2, middle + r / 2], fill=colour(rng, 30, 240, 0.3))


def bench(draw: Canvas, rng: Rng) -> None:
    """A pad on legs, flat or inclined, from the side."""
    pad, steel = colour(rng, 10, 130, 0.6), colour(rng, 20, 220, 0.85)
    thick, level, floor = rng.uniform(12, 24), MIDDLE - rng.uniform(0, 24), MIDDLE + rng.uniform(40, 76)
    legs = int(rng.integers(5, 11))
    for x in (-rng.uniform(50, 88), rng.uniform(50, 88)):
        draw.line([MIDDLE + x, level, MIDDLE + x + rng.normal(0, 9), floor], fill=steel, width=legs)
        draw.line([MIDDLE + x - 20, floor, MIDDLE + x + 20, floor], fill=steel, width=legs)
    draw.line([MIDDLE - 80, level + thick + 6, MIDDLE + 80, level + thick + 6], fill=steel, width=legs)
    skew = rng.uniform(0, 22)
    if rng.random() < 0.4:
        up = rng.uniform(20, 90)
        draw.line([MIDDLE - 15, level, MIDDLE + 90, level - up], fill=pad, width=int(thick))
        draw.line([MIDDLE - 95, level, MIDDLE - 20, level], fill=pad, width=int(thick))
        return
    top = [
        (MIDDLE - 98 + skew, level - skew / 2),
        (MIDDLE + 98, level - skew / 2),
        (MIDDLE + 98 - skew, level),
        (MIDDLE - 98, level),
    ]
    draw.polygon(top, fill=darker(pad, 1.4))
    draw.rounded_rectangle([MIDDLE - 98, level, MIDDLE + 98 - skew, level + thick], 4, fill=pad)


def box(draw: Canvas, rng: Rng) -> None:
    """A cuboid of cardboard, wood or plastic with two or three sides in view."""
    wood = (int(rng.integers(120, 215)), int(rng.integers(90, 165)), int(rng.integers(50, 120)))
    shade = wood if rng.random() < 0.65 else colour(rng, 20, 230, 0.4)
    wide, high, deep = rng.uniform(75, 140), rng.uniform(60, 140), rng.uniform(15, 55)
    lift, way = rng.uniform(8, 45), rng.choice([-1, 1])
    left, top = MIDDLE - wide / 2, MIDDLE - high / 2 + lift / 2
    right, bottom = left + wide, top + high
    far = way * deep
    edge = right if way > 0 else left
    draw.polygon(
        [(left, top), (right, top), (right + far, top - lift), (left + far, top - lift)],
        fill=darker(shade, rng.uniform(1.05, 1.3)),
    )
    draw.polygon(
        [(edge, top), (edge + far, top - lift), (edge + far, bottom - lift), (edge, bottom)],
        fill=darker(shade, rng.uniform(0.5, 0.8)),
    )
    draw.rectangle([left, top, right, bottom], fill=shade, outline=darker(shade, 0.7))
    if rng.random() < 0.5:
        x = left + wide / 2
        draw.line([x, top, x, bottom], fill=darker(shade, rng.choice([0.75, 1.25])), width=int(rng.integers(2, 10)))
    if rng.random() < 0.4:
        a, b = left + rng.uniform(0.1, 0.5) * wide, top + rng.uniform(0.1, 0.5) * high
        draw.rectangle([a, b, a + 0.3 * wide, b + 0.25 * high], fill=colour(rng, 30, 250))


def tool(draw: Canvas, rng: Rng) -> None:
    """Hammer, spanner, screwdriver, saw or drill."""
    steel, grip, kind = chrome(rng), colour(rng, 10, 230, 0.2), rng.integers(0, 5)
    wide = rng.uniform(6, 12)
    if kind == 4:
        draw.rounded_rectangle([MIDDLE - 60, MIDDLE - 62, MIDDLE + 45, MIDDLE - 14], 8, fill=grip)
        draw.polygon(
            [
                (MIDDLE - 55, MIDDLE - 20),
                (MIDDLE - 15, MIDDLE - 20),
                (MIDDLE - 25, MIDDLE + 70),
                (MIDDLE - 65, MIDDLE + 70),
            ],
            fill=darker(grip, 0.8),
        )
        draw.rectangle([MIDDLE - 82, MIDDLE + 55, MIDDLE - 8, MIDDLE + 88], fill=colour(rng, 5, 60, 0.9))
        draw.rectangle([MIDDLE + 45, MIDDLE - 44, MIDDLE + 98, MIDDLE - 34], fill=steel)
        return
    draw.rounded_rectangle([MIDDLE - 98, MIDDLE - wide, MIDDLE - 10, MIDDLE + wide], wide, fill=grip)
    if kind == 0:
        draw.rectangle([MIDDLE - 20, MIDDLE - wide / 2, MIDDLE + 80, MIDDLE + wide / 2], fill=grip)
        draw.rounded_rectangle([MIDDLE + 66, MIDDLE - 42, MIDDLE + 96, MIDDLE + 34], 5, fill=steel)
    elif kind == 1:
        draw.rectangle([MIDDLE - 98, MIDDLE - wide, MIDDLE + 70, MIDDLE + wide], fill=steel)
        draw.arc([MIDDLE + 54, MIDDLE - 28, MIDDLE + 110, MIDDLE + 28], 40, 320, fill=steel, width=15)
    elif kind == 2:
        draw.rectangle([MIDDLE - 12, MIDDLE - 3, MIDDLE + 98, MIDDLE + 3], fill=steel)
    else:
        draw.polygon(
            [
                (MIDDLE - 20, MIDDLE - 26),
                (MIDDLE + 98, MIDDLE - 8),
                (MIDDLE + 98, MIDDLE + 8),
                (MIDDLE - 20, MIDDLE + 26),
            ],
            fill=steel,
        )


DRAWN: dict[str, tuple[Draw, ...]] = {
    "dumbbell": (dumbbell,), "barbell": (barbell, barbell, barbell_from_side), "kettlebell": (kettlebell,),
    "bench": (bench,), "box": (box,), "tool": (tool,),
}  # fmt: skip
"""How each class may be drawn."""
