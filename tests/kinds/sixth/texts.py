"""Texts made by a formula: how somebody asks for music, with the tempo that is meant."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LABELS = ("slow", "steady", "fast")
BPM = {"slow": 70.0, "steady": 110.0, "fast": 150.0}
WORDS: dict[str, tuple[str, ...]] = {
    "slow": ("calm", "gentle", "stretching", "breathe", "cooldown", "sleepy", "soft"),
    "steady": ("even", "jogging", "rhythm", "commute", "cruise", "regular", "warmup"),
    "fast": ("sprint", "intervals", "hard", "race", "furious", "power", "finish"),
}
DEGREES = {"barely": -12.0, "rather": 0.0, "really": 12.0}
FILLERS = ("something", "please", "for", "my", "playlist", "today", "with", "the", "team", "music", "now", "a")

INVENTED = tuple(f"writer-{i:02d}" for i in range(12))
PUBLIC: dict[str, str] = {
    "handbook": "Sentences of a trainer's handbook, dedicated to the public domain",
    "phrasebook": "Sentences of a phrase book, CC0 1.0",
}
TEXTS_EACH = 24


@dataclass(frozen=True)
class Wish:
    """One text with its truth."""

    text: str
    label: str
    bpm: float


def wishes_of(name: str, labels: Sequence[str] = LABELS) -> list[Wish]:
    """The texts of a person or of a collection: the same name gives the same texts, labels in turn."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    known = [label for label in labels if label in WORDS]
    return [_wish(known[i % len(known)], rng) for i in range(TEXTS_EACH)] if known else []


def _wish(label: str, rng: np.random.Generator) -> Wish:
    degree = str(rng.choice(list(DEGREES)))
    telling = [str(word) for word in rng.choice(WORDS[label], size=2, replace=False)]
    fillers = [str(word) for word in rng.choice(FILLERS, size=int(rng.integers(2, 7)), replace=False)]
    words = [degree, *telling, *fillers]
    text = " ".join(words[i] for i in rng.permutation(len(words)))
    return Wish(text.capitalize() + ".", label, round(BPM[label] + DEGREES[degree] + float(rng.normal(0, 2)), 1))
