"""What is found in frames, as arrays: it travels from the child and lies on the disk until the table is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput

MAX_BODIES = 4
MAX_OBJECTS = 100
BODY = (33, 8)
"""x, y (shares of width and height), z, visibility, presence; x, y, z in metres from the middle of the hips."""
HANDS = (2, 21, 3)
"""Left, right; x, y as shares of the picture's width and height, z on the scale of x; NaN where not found."""
LOOK = 6
"""Mean red, green, blue of the trunk, then of the thighs; 0 … 1."""
_ITEM = {"bodies": BODY, "hands": HANDS, "looks": (LOOK,), "free_hands": HANDS, "objects": (6,)}


@dataclass(frozen=True)
class Rows:
    """Consecutive frames, the bodies and objects of all of them one after the other.

    number      (frames,) in the video
    n_bodies    (frames,); n_objects (frames,)
    bodies      (sum of n_bodies, 33, 8); hands (…, 2, 21, 3); looks (…, 6)
    free_hands  (frames, 2, 21, 3) of frames without a body
    objects     (sum of n_objects, 6): class, confidence, left, top, right, bottom as shares of the picture
    """

    number: npt.NDArray[np.int64]
    n_bodies: npt.NDArray[np.int64]
    bodies: npt.NDArray[np.float32]
    hands: npt.NDArray[np.float32]
    looks: npt.NDArray[np.float32]
    free_hands: npt.NDArray[np.float32]
    n_objects: npt.NDArray[np.int64]
    objects: npt.NDArray[np.float32]

    def check(self) -> None:
        """Raises UnreadableInput where sizes do not fit together: a child that a file took over may send anything."""
        n = len(self.number)
        n_bodies, n_objects = int(self.n_bodies.sum()), int(self.n_objects.sum())
        lengths = {"bodies": n_bodies, "hands": n_bodies, "looks": n_bodies, "free_hands": n, "objects": n_objects}
        right = all(getattr(self, name).shape == (lengths[name], *shape) for name, shape in _ITEM.items())
        whole = (self.number, self.n_bodies, self.n_objects)
        right &= all(one.shape == (n,) and one.dtype == np.int64 for one in whole)
        right &= all(getattr(self, name).dtype == np.float32 for name in _ITEM)
        counts = ((self.n_bodies, MAX_BODIES), (self.n_objects, MAX_OBJECTS))
        right &= all(bool(((one >= 0) & (one <= most)).all()) for one, most in counts)
        right = right and bool((np.diff(self.number) > 0).all()) and bool(np.isfinite(self.bodies).all())
        if not (right and np.isfinite(self.objects).all() and np.isfinite(self.looks).all()):
            raise UnreadableInput("it is damaged: reading it broke off", code="damaged")


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of several stretches as one; of none, no rows."""
    names = [field.name for field in fields(Rows)]
    return Rows(**{name: np.concatenate([_EMPTY[name], *(getattr(one, name) for one in parts)]) for name in names})


def save(rows: Rows, path: Path) -> None:
    """Write to a file that appears complete or not at all."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as out:
        np.savez(out, **vars(rows))
    unfinished.replace(path)


def load(path: Path) -> Rows:
    with np.load(path, allow_pickle=False) as found:
        return Rows(**{field.name: found[field.name] for field in fields(Rows)})


_EMPTY = {name: np.zeros((0, *shape), np.float32) for name, shape in _ITEM.items()}
_EMPTY |= {name: np.zeros(0, np.int64) for name in ("number", "n_bodies", "n_objects")}  # type: ignore[arg-type]
