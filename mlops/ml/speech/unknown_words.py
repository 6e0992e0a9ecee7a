"""How a word sounds that stands in no lexicon: a small network that read 418,000 words.

`oov.onnx` (American) and `oov_gb.onnx` (British) of hibari-tts 0.2.1 (Apache-2.0), taught on readings of espeak-ng: a
character transformer whose answer holds repeats and blanks as connectionist temporal classification makes them (Graves
et al. 2006).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.part_files import json_of, onnx_session


class UnknownWords:
    """`UnknownWords(folder, british=False)("burpee")` → sounds; empty where no letter is known."""

    def __init__(self, folder: Path, *, british: bool) -> None:
        name = "oov_gb" if british else "oov"
        about = json_of(folder / f"{name}.json")
        try:
            self._letters = {one: number for number, one in enumerate(about["in"], 1)}
            self._sounds = ["", *map(str, about["out"])]
            self._longest = int(about["maxlen"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{name}.json holds something else") from error
        self._network = onnx_session(folder / f"{name}.onnx", 1, inputs=("chars",))

    def __call__(self, word: str) -> str:
        letters = [self._letters[one] for one in word if one in self._letters][: self._longest]
        if not letters:
            return ""
        told = self._network.run(None, {"chars": np.array([letters], np.int64)})[0][0].tolist()
        changes = [one for one, before in zip(told, [0, *told[:-1]], strict=True) if one != before]
        return "".join(self._sounds[one] for one in changes if 0 < one < len(self._sounds))
