"""Families of everyday movement: what arms, trunk and legs do in each, in ranges that a person is drawn from.

The three parts of the library share no family, so that what is fitted and judged has never been taught: `TAUGHT` are
learned as "other", on `FITTED` the abstention is fitted, `JUDGED` are for measuring alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Range = tuple[float, float]
Part = Literal["taught", "fitted", "judged"]


@dataclass(frozen=True)
class Limb:
    """What one part of the body does.

    reach, every_s           spread (rad) of the postures it moves to, and how often (s) it does
    cycle, cycle_hz, burst   amplitude (rad), pace and number of repeated strokes in a row; pauses lie between
    tremor                   rad, at 5 to 12 Hz
    """

    reach: float = 0.03
    every_s: Range = (3.0, 12.0)
    cycle: float = 0.0
    cycle_hz: Range = (1.0, 2.0)
    burst: Range = (3.0, 12.0)
    tremor: float = 0.003


STILL = Limb()
QUIET = Limb(0.08, (2.0, 9.0), tremor=0.004)


@dataclass(frozen=True)
class Family:
    """One kind of everyday movement.

    words           names that people give it: a dataset with such a label of its own is not taught it as "other"
    steps_hz, push  pace and strength (m/s², at the trunk) of steps; no steps with a push of 0
    pitch           posture of the trunk (rad): 0 upright, 1.5 lying face down, -1.5 on the back
    quiet           the body rests
    regular         over and over again, as exercises are: only posture tells it from one
    shake           vibration from outside (m/s²): a car, a machine
    """

    name: str
    words: tuple[str, ...]
    arm: Limb = QUIET
    trunk: Limb = STILL
    leg: Limb = STILL
    steps_hz: Range = (1.5, 2.1)
    push: Range = (0.0, 0.0)
    pitch: Range = (-0.15, 0.2)
    shake: float = 0.0
    quiet: bool = False
    regular: bool = False


_STANDING_UP = Limb(0.45, (2.0, 7.0))

TAUGHT: tuple[Family, ...] = (
    Family("walking", ("walk", "walking", "gait"), QUIET, push=(1.0, 3.5)),
    Family(
        "climbing stairs",
        ("stairs", "stair", "climbing", "upstairs"),
        QUIET,
        Limb(0.08),
        push=(1.2, 3.0),
        steps_hz=(1.2, 1.9),
        pitch=(0.0, 0.35),
    ),
    Family("standing", ("stand", "standing"), QUIET, QUIET, QUIET, quiet=True),
    Family(
        "sitting", ("sit", "sitting", "seated"), Limb(0.15, (3.0, 14.0)), STILL, STILL, pitch=(-0.5, 0.3), quiet=True
    ),
    Family(
        "lying",
        ("lie", "lying", "laying", "sleep", "sleeping"),
        Limb(0.2, (5.0, 20.0)),
        Limb(0.3, (6.0, 20.0)),
        Limb(0.2, (6.0, 20.0)),
        pitch=(-1.7, 1.6),
    ),
    Family("eating", ("eat", "eating", "meal"), Limb(0.7, (1.2, 4.5)), QUIET),
    Family("drinking", ("drink", "drinking"), Limb(0.9, (1.5, 6.0)), QUIET),
    Family("typing", ("type", "typing", "computer"), Limb(0.1, (1.0, 6.0), 0.03, (3.0, 7.0), (4.0, 30.0))),
    Family(
        "brushing teeth", ("brush", "brushing", "teeth"), Limb(0.3, (2.0, 6.0), 0.12, (2.5, 5.0), (6.0, 30.0)), QUIET
    ),
    Family(
        "cooking", ("cook", "cooking", "stirring", "stir"), Limb(0.5, (1.5, 6.0), 0.25, (0.8, 2.5), (3.0, 20.0)), QUIET
    ),
    Family(
        "tidying up",
        ("tidy", "tidying", "cleaning"),
        Limb(0.8, (0.8, 3.5)),
        Limb(0.35, (2.0, 6.0)),
        Limb(0.15, (1.5, 5.0)),
        push=(0.4, 1.6),
        steps_hz=(1.0, 1.8),
    ),
    Family(
        "getting up and sitting down",
        ("getup", "sitdown", "standup"),
        Limb(0.5, (1.5, 6.0)),
        _STANDING_UP,
        Limb(0.5, (2.0, 7.0)),
    ),
    Family(
        "picking things up", ("pickup", "picking"), Limb(0.9, (1.0, 4.0)), Limb(0.7, (2.0, 6.0)), Limb(0.3, (2.0, 6.0))
    ),
    Family("dressing", ("dress", "dressing"), Limb(1.1, (0.6, 2.5)), Limb(0.3, (1.5, 5.0)), Limb(0.4, (2.0, 6.0))),
    Family(
        "talking with the hands",
        ("talk", "talking", "gesture"),
        Limb(0.6, (0.5, 2.5), 0.2, (1.0, 3.0), (1.0, 4.0)),
        QUIET,
    ),
    Family("riding in a car", ("drive", "driving", "car", "bus"), Limb(0.25, (1.0, 6.0)), QUIET, QUIET, shake=0.4),
    # whatever else people do: slow or hasty, wide, over and over again
    Family(
        "repeated movements",
        (),
        Limb(0.6, (1.0, 5.0), 0.5, (0.2, 1.0), (2.0, 12.0)),
        Limb(0.3, (2.0, 6.0), 0.3, (0.2, 1.0), (2.0, 12.0)),
        Limb(0.3, (2.0, 6.0), 0.4, (0.2, 1.0), (2.0, 12.0)),
        regular=True,
    ),
    Family(
        "slow swings",
        (),
        Limb(0.3, (2.0, 8.0), 0.8, (0.2, 0.7), (2.0, 8.0)),
        Limb(0.2, (2.0, 6.0), 0.5, (0.2, 0.7), (2.0, 8.0)),
        Limb(0.2, (2.0, 6.0), 0.7, (0.2, 0.7), (2.0, 8.0)),
        regular=True,
    ),
    Family("stretching and turning", (), Limb(0.8, (1.5, 5.0)), Limb(0.45, (1.2, 4.0)), Limb(0.3, (1.5, 5.0))),
    Family(
        "bending and rising", (), Limb(0.7, (1.5, 5.0)), Limb(0.9, (1.5, 5.0)), Limb(0.5, (1.5, 5.0)), pitch=(0.0, 0.6)
    ),
    Family("wide movements", (), Limb(1.0, (1.0, 4.0)), Limb(0.6, (1.0, 5.0)), Limb(0.7, (1.0, 5.0))),
    Family(
        "hasty work",
        (),
        Limb(0.8, (0.5, 2.0), 0.2, (1.0, 3.0), (1.0, 6.0)),
        Limb(0.3, (0.7, 3.0)),
        Limb(0.4, (0.7, 3.0)),
        push=(0.0, 2.0),
    ),
)
FITTED: tuple[Family, ...] = (
    Family(
        "sweeping",
        ("sweep", "sweeping"),
        Limb(0.5, (2.0, 6.0), 0.4, (0.4, 1.1), (2.0, 10.0)),
        Limb(0.25, (1.5, 5.0)),
        Limb(0.1, (2.0, 6.0)),
        push=(0.2, 0.8),
        steps_hz=(0.6, 1.4),
    ),
    Family("combing hair", ("comb", "combing"), Limb(0.7, (1.0, 4.0), 0.35, (0.6, 1.8), (2.0, 6.0)), QUIET),
    Family(
        "washing hands",
        ("wash", "washing"),
        Limb(0.3, (1.0, 5.0), 0.15, (1.5, 4.0), (4.0, 20.0)),
        QUIET,
        pitch=(0.1, 0.5),
    ),
    Family("opening doors", ("door", "doors"), Limb(0.9, (1.0, 4.0)), Limb(0.2, (2.0, 6.0)), push=(0.6, 2.2)),
    Family(
        "writing", ("write", "writing"), Limb(0.12, (1.0, 5.0), 0.04, (2.0, 5.0), (3.0, 20.0)), STILL, pitch=(0.0, 0.4)
    ),
    Family("going downstairs", ("downstairs", "descending"), QUIET, Limb(0.06), push=(2.0, 4.5), steps_hz=(1.6, 2.3)),
    Family("carrying bags", ("carry", "carrying"), STILL, Limb(0.1), push=(0.8, 2.6), steps_hz=(1.4, 1.9)),
    Family(
        "turning over in bed",
        ("turning",),
        Limb(0.7, (2.0, 8.0)),
        Limb(0.9, (3.0, 10.0)),
        Limb(0.6, (3.0, 10.0)),
        pitch=(-1.6, 1.5),
    ),
    Family(
        "calm repetition",
        (),
        Limb(0.4, (1.5, 6.0), 0.6, (0.25, 0.9), (2.0, 9.0)),
        Limb(0.2, (2.0, 6.0), 0.35, (0.25, 0.9), (2.0, 9.0)),
        Limb(0.2, (2.0, 6.0), 0.5, (0.25, 0.9), (2.0, 9.0)),
        regular=True,
    ),
    Family("reaching up and far", (), Limb(1.2, (1.0, 4.0)), Limb(0.4, (1.5, 5.0)), Limb(0.5, (1.5, 5.0))),
)
JUDGED: tuple[Family, ...] = (
    Family(
        "vacuuming",
        ("vacuum", "vacuuming"),
        Limb(0.4, (2.0, 7.0), 0.45, (0.3, 0.9), (2.0, 12.0)),
        Limb(0.3, (2.0, 6.0)),
        Limb(0.12, (2.0, 6.0)),
        push=(0.2, 1.0),
        steps_hz=(0.5, 1.3),
        pitch=(0.1, 0.6),
    ),
    Family("pouring and serving", ("pour", "pouring"), Limb(0.8, (1.0, 5.0)), Limb(0.15, (2.0, 7.0))),
    Family("on the telephone", ("phone", "telephone"), Limb(0.4, (2.0, 12.0)), QUIET, push=(0.0, 1.2)),
    Family(
        "wiping a window",
        ("wipe", "wiping"),
        Limb(0.6, (1.5, 5.0), 0.5, (0.5, 1.5), (3.0, 14.0)),
        Limb(0.2, (2.0, 6.0)),
    ),
    Family("folding laundry", ("fold", "folding"), Limb(0.9, (0.7, 2.5)), Limb(0.3, (1.5, 5.0))),
    Family("standing in a train", ("train",), QUIET, Limb(0.1, (1.0, 5.0)), QUIET, shake=0.7),
    Family(
        "drawing curtains",
        ("curtain", "curtains"),
        Limb(1.1, (1.0, 3.0), 0.4, (0.4, 0.9), (1.0, 4.0)),
        Limb(0.2, (2.0, 6.0)),
    ),
    Family("hurrying", ("hurry", "hurrying"), Limb(0.3, (1.0, 5.0)), Limb(0.08), push=(2.5, 5.5), steps_hz=(1.9, 2.5)),
    Family(
        "tying shoes", ("shoes",), Limb(0.5, (0.5, 2.5)), Limb(0.6, (2.0, 8.0)), Limb(0.4, (2.0, 8.0)), pitch=(0.4, 1.2)
    ),
    Family("watching television", ("television", "tv"), Limb(0.2, (6.0, 20.0)), STILL, STILL, pitch=(-0.9, 0.1)),
)
PARTS: dict[Part, tuple[Family, ...]] = {"taught": TAUGHT, "fitted": FITTED, "judged": JUDGED}

_FILLERS = frozenset({"slow", "slowly", "fast", "up", "down", "still", "normal", "left", "right", "the", "a", "on"})


def families_for(part: Part, labels: Sequence[str], *, posture: bool = True) -> tuple[Family, ...]:
    """The families of a part that no label names: who labels "walking" wants it named, not left out.

    posture  the sensors see where down is; without it (a gyroscope alone) regular movement is left out, too
    """
    named = [{word for word in re.split(r"[^a-z]+", label.lower()) if word} - _FILLERS for label in labels]
    return tuple(
        family
        for family in PARTS[part]
        if (posture or not family.regular) and not any(words and words <= set(family.words) for words in named)
    )
