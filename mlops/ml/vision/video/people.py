"""Bodies of single frames linked to people over the whole clip, and the one whom the clip is about.

1. From frame to frame a body goes on where the middle of its trunk, its size and its colours fit best (`_linked`).
2. Pieces of three rows and more whose times do not overlap become one person where their colours fit (`_joined`).
3. People are ordered by time in view × size × closeness to the middle, summed over the clip (`_ordered`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.vision.pose import LANDMARKS
from mlops.ml.vision.video.bodies import trunk_of
from mlops.ml.vision.video.rows import Rows

LOST_S = 1.0
"""For so long a body may be unseen and still go on by its place alone."""
NEAR_TRUNKS, FAR_TRUNKS = 1.0, 3.0
"""How far the trunk may be from where it was, in its own lengths: at once, and at most after a gap."""
SAME_LOOK = 0.12
"""Root mean square difference of colours (0 … 1) of one person, seen again after a gap."""
OTHER_LOOK = 0.3
"""Above it the body is somebody else's, wherever it stands."""
SIZE_RATIO = 1.8
_TRUNK = [LANDMARKS.index(f"{side}_{part}") for part in ("shoulder", "hip") for side in ("left", "right")]
LEAST_ROWS = 3
"""A shorter piece is no sight of anybody, unless there are only such."""
FLEETING = 0.02
"""Who scores less than this share of the best is nobody: a shadow, or a body found for a frame or two."""
_LIMBS = [LANDMARKS.index(name) for name in ("nose", "left_wrist", "right_wrist", "left_ankle", "right_ankle")]


@dataclass(frozen=True)
class Person:
    """Somebody in the clip.

    body   (frames,) which of all bodies is theirs in each frame, −1 where none is
    score  what people are ordered by
    best   the frame in which they are seen best
    box    where they are in it: left, top, right, bottom as shares of the picture
    """

    body: npt.NDArray[np.int64]
    score: float
    best: int
    box: tuple[float, float, float, float]

    @property
    def is_seen(self) -> npt.NDArray[np.bool_]:
        return self.body >= 0


def people_of(rows: Rows, t_s: npt.NDArray[np.float64], size: tuple[int, int]) -> list[Person]:
    """People of a clip, the one who stands out most first.

    t_s   (frames,) times of the rows
    size  width and height of the picture
    """
    bodies = _Bodies(rows, size)
    pieces = _joined(_linked(bodies, rows, t_s), bodies)
    found = []
    for piece in pieces:
        body = np.full(len(rows.number), -1, np.int64)
        for frame, one in piece:
            body[frame] = one
        own = np.array([one for _, one in piece])
        best, one = piece[int(bodies.weight[own].argmax())]
        share = float(bodies.weight[own].sum() / max(1, len(rows.number)))
        found.append(Person(body, share, best, _box(rows.bodies[one])))
    found.sort(key=lambda person: -person.score)
    return [one for one in found if one.score >= FLEETING * found[0].score]


def _box(body: npt.NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Around the points of a body, within the picture."""
    points = body[:, :2].clip(0, 1)
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


Piece = list[tuple[int, int]]
"""Pairs of frame (row) and body, in the order of time."""


class _Bodies:
    """What linking needs of every body, in pixels of the picture."""

    def __init__(self, rows: Rows, size: tuple[int, int]) -> None:
        points = rows.bodies[:, :, :2] * np.array(size, np.float32)
        self.middle, length = trunk_of(points)
        height = np.ptp(points[:, [*_TRUNK, *_LIMBS], 1], axis=1)
        self.length = np.maximum(np.maximum(length, 0.2 * height), 4.0)
        self.look = rows.looks
        self.visibility = rows.bodies[:, :, 3].mean(1)
        inside = points[:, [*_TRUNK, *_LIMBS]].clip((0, 0), size)
        area = np.ptp(inside[:, :, 0], axis=1) * np.ptp(inside[:, :, 1], axis=1) / (size[0] * size[1])
        off = np.linalg.norm(self.middle / size - 0.5, axis=1) / np.sqrt(0.5)
        self.weight = self.visibility * np.sqrt(np.maximum(area, 1e-6)) * np.clip(1 - off, 0.05, 1)

    def look_apart(self, a: int, b: int) -> float:
        return float(np.sqrt(np.mean((self.look[a] - self.look[b]) ** 2)))

    def apart(self, a: int, b: int) -> float:
        """Distance of two trunks in their lengths."""
        return float(np.linalg.norm(self.middle[a] - self.middle[b]) / max(self.length[a], self.length[b]))

    def of_one_size(self, a: int, b: int) -> bool:
        ratio = self.length[a] / self.length[b]
        return bool(1 / SIZE_RATIO < ratio < SIZE_RATIO)


def _linked(bodies: _Bodies, rows: Rows, t_s: npt.NDArray[np.float64]) -> list[Piece]:
    ends = np.cumsum(rows.n_bodies)
    pieces: list[Piece] = []
    alive: list[Piece] = []
    for frame, end in enumerate(ends):
        here = list(range(int(end - rows.n_bodies[frame]), int(end)))
        alive = [piece for piece in alive if t_s[frame] - t_s[piece[-1][0]] <= LOST_S]
        pairs = sorted(_fits(bodies, alive, here, t_s, frame))
        taken: set[int] = set()
        gone_on: set[int] = set()
        for _, number, body in pairs:
            if number not in gone_on and body not in taken:
                alive[number].append((frame, body))
                gone_on.add(number)
                taken.add(body)
        for body in here:
            if body not in taken:
                pieces.append([(frame, body)])
                alive.append(pieces[-1])
    return pieces


def _fits(
    bodies: _Bodies, alive: list[Piece], here: list[int], t_s: npt.NDArray[np.float64], frame: int
) -> list[tuple[float, int, int]]:
    """(cost, number of the piece, body) of all that may belong together."""
    found = []
    for number, piece in enumerate(alive):
        last_frame, last = piece[-1]
        gap_s = float(t_s[frame] - t_s[last_frame])
        reach = min(FAR_TRUNKS, NEAR_TRUNKS + 2 * gap_s)
        for body in here:
            apart, look = bodies.apart(last, body), bodies.look_apart(last, body)
            if apart <= reach and look < OTHER_LOOK and bodies.of_one_size(last, body):
                found.append((apart + 4 * look, number, body))
    return found


def _joined(pieces: list[Piece], bodies: _Bodies) -> list[Piece]:
    """Longer pieces take in others that are the same person, seen earlier or later."""
    people: list[_Joined] = []
    if max((len(piece) for piece in pieces), default=0) >= LEAST_ROWS:
        pieces = [piece for piece in pieces if len(piece) >= LEAST_ROWS]
    for piece in sorted(pieces, key=lambda one: (-len(one), one[0][0])):
        frames = {frame for frame, _ in piece}
        look = np.median(bodies.look[[body for _, body in piece]], 0)
        for person in people:
            if person.frames.isdisjoint(frames) and np.sqrt(np.mean((person.look - look) ** 2)) < SAME_LOOK:
                person.piece.extend(piece)
                person.frames |= frames
                break
        else:
            people.append(_Joined(list(piece), frames, look))
    return [sorted(person.piece) for person in people]


@dataclass
class _Joined:
    piece: Piece
    frames: set[int]
    look: npt.NDArray[np.float32]
