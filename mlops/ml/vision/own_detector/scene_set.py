"""Scenes that are rendered once, kept on the disk, and varied each time they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.scenes.scene import Scene, scene

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
LEAST_PX = 4
GREY = 114


class SceneSet:
    """rgb (n, side, side, 3) uint8, mapped from a file; the boxes of each."""

    def __init__(self, rgb: Bytes, boxes: list[Floats]) -> None:
        self.rgb, self.boxes = rgb, boxes

    def __len__(self) -> int:
        return len(self.boxes)


def rendered(n: int, side: int, seed: int, folder: Path, on_step: Callable[[int, int], None]) -> SceneSet:
    """n scenes; the same for the same seed."""
    rgb = np.lib.format.open_memmap(folder / f"scenes-{seed}.npy", "w+", np.uint8, (n, side, side, 3))
    boxes = []
    for number in range(n):
        one: Scene = scene(np.random.default_rng([seed, number]), side)
        rgb[number] = one.rgb
        boxes.append(one.boxes)
        on_step(number + 1, n)
    return SceneSet(rgb, boxes)


def batches(scenes: SceneSet, size: int, rng: np.random.Generator) -> Iterator[tuple[Bytes, list[Floats]]]:
    """All scenes once, in random order, each varied."""
    order = rng.permutation(len(scenes))
    for first in range(0, len(order) - size + 1, size):
        varied = [_varied(scenes.rgb[one], scenes.boxes[one], rng) for one in order[first : first + size]]
        yield np.stack([rgb for rgb, _ in varied]), [boxes for _, boxes in varied]


def _varied(rgb: Bytes, boxes: Floats, rng: np.random.Generator) -> tuple[Bytes, Floats]:
    """Mirrored, moved, nearer or farther, its colours exchanged."""
    side = len(rgb)
    boxes = boxes.copy()
    if rng.random() < 0.5:
        rgb = rgb[:, ::-1]
        boxes[:, [1, 3]] = side - boxes[:, [3, 1]]
    if rng.random() < 0.3:
        rgb = rgb[:, :, rng.permutation(3)]
    if rng.random() < 0.15:
        rgb = np.repeat(rgb.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    if rng.random() < 0.6:
        rgb, boxes = _moved(rgb, boxes, rng)
    return np.ascontiguousarray(rgb), boxes


def _moved(rgb: Bytes, boxes: Floats, rng: np.random.Generator) -> tuple[Bytes, Floats]:
    from PIL import Image

    side = len(rgb)
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.7))))
    off = rng.uniform(-0.25, 0.25, 2) * side + side * (1 - scale) / 2
    image = Image.fromarray(np.ascontiguousarray(rgb))
    affine = (1 / scale, 0, -off[0] / scale, 0, 1 / scale, -off[1] / scale)
    moved = image.transform(
        (side, side), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR, fillcolor=(GREY,) * 3
    )
    at = boxes[:, 1:].reshape(-1, 2, 2) * scale + off
    before = np.ptp(at, axis=1).prod(1)
    at = at.clip(0, side)
    size = np.ptp(at, axis=1)
    kept = (size.max(1) >= LEAST_PX) & (size.prod(1) >= 0.35 * before)
    found = np.column_stack([boxes[:, :1], at.reshape(-1, 4)]).astype(np.float32)
    return np.asarray(moved), found[kept]
