"""Texts → classes, numbers, several answers at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.items import positions
from mlops.ml.bases.targets import Names, Truth, check_lengths, check_targets, take_targets
from mlops.ml.contract import GIVEN, BadValue, D, Estimator

N_BYTES = 257
"""Numbers that `Texts.batch` uses: 0 for nothing, then one for each byte of UTF-8."""
MAX_BYTES = 1024


@dataclass(frozen=True)
class Texts:
    """Texts with what is to be known of each.

    texts   the texts
    y       the truth as `mlops.ml.bases.targets` describes it, or None
    groups  (n,) the author or source of each text; splits never tear one apart
    labels  class names, by head where there are several
    """

    texts: tuple[str, ...]
    y: Truth
    groups: npt.NDArray[np.str_]
    labels: Names = ()

    def __post_init__(self) -> None:
        check_lengths(len(self.texts), self.groups, self.y)
        if not all(isinstance(text, str) for text in self.texts):
            raise BadValue("texts must be strings")

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, which: npt.NDArray[Any]) -> Texts:
        """The texts picked by a boolean mask or an index array."""
        which = positions(which, len(self))
        texts = tuple(self.texts[int(i)] for i in which)
        return Texts(texts, take_targets(self.y, which), self.groups[which], self.labels)

    def batch(self, which: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """``input`` (len(which), longest) int64 bytes of UTF-8 plus one, 0 after the end, at most `MAX_BYTES`, and
        ``mask``, True before the end. A model with its own words overrides `collate` instead."""
        found = [self.texts[int(i)].encode("utf-8", "replace")[:MAX_BYTES] or b" " for i in which]
        longest = max(len(text) for text in found)
        tokens = np.zeros((len(found), longest), np.int64)
        for row, text in enumerate(found):
            tokens[row, : len(text)] = np.frombuffer(text, np.uint8).astype(np.int64) + 1
        return {"input": tokens, "mask": tokens > 0}


class TextEstimator(Estimator[D]):
    """A model of texts. One that also leaves as ONNX is an `OnnxEstimator` beside it, as the torch bases are."""

    data_type: ClassVar[str] = "texts"

    def _check(self, data: Any, part: str) -> None:
        if part != GIVEN:
            check_targets(data, part)
