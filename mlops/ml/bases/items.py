"""Things of varying size, held in memory or read when asked for: a set larger than memory is no matter.

ArrayItems   arrays in memory
FileItems    one file each, read by a function
FlatItems    one long array on disk and where each thing lies in it; what another process is handed
JoinedItems  several of these, one after the other
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadShape, BadValue

Array = npt.NDArray[Any]
VALUES, SHAPES = "values.npy", "shapes.npy"


@runtime_checkable
class Items(Protocol):
    """A sequence of arrays that may have to be read first."""

    def __len__(self) -> int: ...

    def load(self, i: int) -> Array:
        """The i-th array."""

    def take(self, which: Array) -> Items:
        """The items at some positions; nothing is read."""


@dataclass(frozen=True)
class ArrayItems:
    """Arrays in memory."""

    arrays: Sequence[Array]

    def __len__(self) -> int:
        return len(self.arrays)

    def load(self, i: int) -> Array:
        return np.asarray(self.arrays[i])

    def take(self, which: Array) -> ArrayItems:
        return ArrayItems([self.arrays[int(i)] for i in which])


@dataclass(frozen=True)
class FileItems:
    """One file for each; `read` turns a path into an array and may raise any typed error."""

    paths: Sequence[Path]
    read: Callable[[Path], Array]

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, i: int) -> Array:
        return np.asarray(self.read(self.paths[i]))

    def take(self, which: Array) -> FileItems:
        return FileItems([self.paths[int(i)] for i in which], self.read)


@dataclass(frozen=True)
class FlatItems:
    """All values one after the other: item i has `shapes[i]` and begins at `starts[i]`.

    values  (total,) usually mapped from disk
    shapes  (n, dimensions) int64
    starts  (n,) int64
    """

    values: Array
    shapes: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.shapes)

    def load(self, i: int) -> Array:
        shape = tuple(int(size) for size in self.shapes[i])
        start = int(self.starts[i])
        return np.array(self.values[start : start + math.prod(shape)]).reshape(shape)

    def take(self, which: Array) -> FlatItems:
        return FlatItems(self.values, self.shapes[which], self.starts[which])

    @classmethod
    def open(cls, directory: Path) -> FlatItems:
        """Map what `write_flat` wrote. Raises BadArtifact."""
        try:
            values = np.load(directory / VALUES, mmap_mode="r", allow_pickle=False)
            shapes = np.load(directory / SHAPES, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise BadArtifact(f"{directory.name} contains no items that can be read") from error
        sizes = shapes.prod(axis=1)
        if sizes.sum() != len(values):
            raise BadArtifact(f"{directory.name} holds other values than its shapes say")
        return cls(values, shapes, np.cumsum(sizes) - sizes)


@dataclass(frozen=True)
class JoinedItems:
    """Several sets of items, one after the other; nothing is read."""

    parts: Sequence[Items]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def load(self, i: int) -> Array:
        for part in self.parts:
            if i < len(part):
                return part.load(i)
            i -= len(part)
        raise IndexError(f"there are only {len(self)} items")

    def take(self, which: Array) -> JoinedItems:
        ends = np.cumsum([len(part) for part in self.parts])
        owner = np.searchsorted(ends, which, side="right")
        starts = np.concatenate([[0], ends[:-1]])
        return JoinedItems([self.parts[k].take(np.array([i - starts[k]])) for i, k in zip(which, owner, strict=True)])


def as_items(given: Items | Sequence[Array] | Array) -> Items:
    """Items as they are; arrays become `ArrayItems`."""
    return given if isinstance(given, Items) else ArrayItems(list(given))


def positions(which: Array, n: int) -> npt.NDArray[np.int64]:
    """Positions below `n` of a boolean mask or an index array."""
    which = np.asarray(which)
    if which.dtype == bool:
        if which.shape != (n,):
            raise BadShape(f"a mask of {which.shape} for {n} examples")
        return np.flatnonzero(which)
    return which.astype(np.int64) % n if n else which.astype(np.int64)


def write_flat(items: Items, directory: Path) -> None:
    """Write items one by one into an existing directory, none kept in memory. Raises BadShape for mixed dimensions."""
    shapes: list[tuple[int, ...]] = []
    dtype = np.dtype(np.float32)
    with (directory / "raw").open("wb") as out:
        for i in range(len(items)):
            item = items.load(i)
            if shapes and (item.ndim != len(shapes[0]) or item.dtype != dtype):
                raise BadShape(f"item {i} is {item.dtype} of {item.shape}, unlike the ones before it")
            dtype = item.dtype
            shapes.append(item.shape)
            out.write(np.ascontiguousarray(item).tobytes())
    total = sum(math.prod(shape) for shape in shapes)
    with (directory / VALUES).open("wb") as out, (directory / "raw").open("rb") as raw:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (total,)}
        np.lib.format.write_array_header_1_0(out, header)
        while piece := raw.read(1 << 20):
            out.write(piece)
    (directory / "raw").unlink()
    np.save(directory / SHAPES, np.asarray(shapes, np.int64).reshape(len(shapes), -1), allow_pickle=False)


def finite(item: Array, what: str) -> npt.NDArray[np.float32]:
    """An item as float32. Raises BadValue for NaN and infinity, BadShape where there is nothing in it."""
    if item.size == 0:
        raise BadShape(f"{what} is empty: {item.shape}")
    found = np.asarray(item, np.float32)
    if not np.isfinite(found).all():
        raise BadValue(f"{what} contains NaN or infinity")
    return found


def padded(items: Sequence[npt.NDArray[np.float32]]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Stack (time, …) items of different lengths: (n, longest, …) with zeros at the ends, and (n, longest) True where
    there is something."""
    longest = max(len(item) for item in items)
    out = np.zeros((len(items), longest, *items[0].shape[1:]), np.float32)
    mask = np.zeros((len(items), longest), np.bool_)
    for row, item in enumerate(items):
        out[row, : len(item)] = item
        mask[row, : len(item)] = True
    return out, mask
