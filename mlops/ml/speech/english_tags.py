"""Parts of speech for words that are spoken in two ways: "record" the noun, "record" the verb.

An averaged perceptron (Collins 2002) over the word, its neighbours and the tags before it. Weights, Penn tags and
features are those of the file `tagger.json.gz` in hibari-tts 0.2.1 (Apache-2.0), which agrees with spaCy on 97.7 % of
tags by its own count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.part_files import json_of

_BEFORE, _AFTER = ("-START2-", "-START-"), ("-END-", "-END2-")


class Tagger:
    """`Tagger(file)(words)` gives one Penn tag a word. Raises BadArtifact for a file that holds something else."""

    def __init__(self, path: Path) -> None:
        found: Mapping[str, Any] = json_of(path)
        try:
            self._always: dict[str, str] = found["tagdict"]
            self._tags: list[str] = sorted(found["tags"])
            self._known = frozenset(found.get("vocab", ()))
            self._weights: dict[str, dict[str, float]] = found["weights"]
        except (KeyError, TypeError) as error:
            raise BadArtifact(f"{path.name} holds something else") from error

    def __call__(self, words: Sequence[str]) -> list[str]:
        around = [*_BEFORE, *map(self._seen_as, words), *_AFTER]
        before, last = _BEFORE
        tags = []
        for at, word in enumerate(words):
            tag = self._always.get(word) or self._best(_features(at, word, around, before, last))
            tags.append(tag)
            before, last = last, tag
        return tags

    def _seen_as(self, word: str) -> str:
        """Rare words count by their shape only."""
        plain = _plain(word)
        return plain if plain in self._known else f"<{_shape(word)}>"

    def _best(self, features: Sequence[str]) -> str:
        scores: defaultdict[str, float] = defaultdict(float)
        for feature in features:
            for tag, weight in self._weights.get(feature, {}).items():
                scores[tag] += weight
        return max(self._tags, key=lambda tag: (scores.get(tag, 0.0), tag)) if scores else "NN"


def _plain(word: str) -> str:
    if "-" in word and word[0] != "-":
        return "!HYPHEN"
    if word[0].isdigit():
        return "!YEAR" if word.isdigit() and len(word) == 4 else "!DIGITS"
    return word.lower()


def _shape(word: str) -> str:
    if word.isalpha():
        if word.islower():
            return "x"
        if word.isupper():
            return "XX" if len(word) > 1 else "X1"
        return "Xx" if word[0].isupper() and word[1:].islower() else "xX"
    if word.isdigit():
        return "d"
    return "".join("d" if one.isdigit() else "x" if one.isalpha() else one for one in word[:4])


def _features(at: int, word: str, around: Sequence[str], before: str, last: str) -> tuple[str, ...]:
    two_back, back, here, on, two_on = around[at : at + 5]
    return (
        "b", f"s3={word[-3:]}", f"p1={word[0]}", f"w={here}", f"sh={_shape(word)}", "i+" if at else "i0",
        f"t-1={last}", f"t-2={before}", f"t-12={last},{before}", f"w-1={back}", f"s3-1={back[-3:]}", f"w-2={two_back}",
        f"w+1={on}", f"s3+1={on[-3:]}", f"w+2={two_on}",
    )  # fmt: skip
