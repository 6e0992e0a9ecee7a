"""The fast voice: Hibari (Maureese Williams, Apache-2.0), taught by the voice af_heart of Kokoro-82M.

`hibari.onnx` of PyPI hibari-tts 0.2.1: sounds in, five parts of a spectrum and a pitch by frame out; `waveform` makes
samples of them. One American voice lies in the package; it speaks sounds of the phoneme alphabet of Kokoro.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.part_files import onnx_session
from mlops.ml.speech.phonemes import numbers_of
from mlops.ml.speech.waveform import N_BINS, RATE_HZ, Floats, waveform

FILE = "hibari.onnx"
VOICE = "heart"


class Hibari:
    """`Hibari(folder).say("həlˈO.", "heart", 1.0)` → samples at 24 kHz, the same for the same sounds."""

    name = "hibari"
    is_narrow = True
    rate_hz = RATE_HZ
    voices: tuple[str, ...] = (VOICE,)
    default_voice = VOICE

    def __init__(self, folder: Path) -> None:
        self._network = onnx_session(folder / FILE, 1, inputs=("ids", "speed"))
        self.weights = folder / FILE

    def is_british(self, voice: str) -> bool:
        return False

    def say(self, sounds: str, voice: str, speed: float) -> Floats:
        """Samples of at most `MAX_SOUNDS` sounds. Raises BadArtifact for a network that answers something else."""
        numbers = numbers_of(sounds)
        if len(numbers) < 3:
            return np.zeros(0, np.float32)
        told = self._network.run(None, {"ids": np.array([numbers], np.int64), "speed": np.array([speed], np.float32)})
        parts = [one[0] for one in told]
        if len(parts) != 6 or any(one.shape != (N_BINS, len(parts[5])) for one in parts[:5]):
            raise BadArtifact(f"{FILE} answers something else than a spectrum")
        harmonic, turn, noise, free, phase, pitch_hz = parts
        return waveform(harmonic, turn, noise, free, phase, pitch_hz, np.random.default_rng(0))
