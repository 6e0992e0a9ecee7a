"""Speech that was made: samples and who spoke."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, UnreadableInput

Floats = npt.NDArray[np.float32]
_FULL = 32767
_HEADER = 44


@dataclass(frozen=True, eq=False)
class Spoken:
    """One spoken text.

    samples  (n,) in −1 … 1, rounded to the 16 bits of a WAV file
    engine   who spoke: "kokoro-82m", "hibari" or "espeak-ng"
    note     what a listener should know: that another engine than the asked one spoke, and why; that Twi was spoken
             with an English voice
    """

    samples: Floats
    rate_hz: int
    engine: str
    voice: str
    note: str = ""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def wav_bytes(self) -> bytes:
        """A WAV file, 16 bits, one channel."""
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self.rate_hz)
            out.writeframes(_integers(self.samples).tobytes())
        return file.getvalue()


def rounded(samples: npt.NDArray[np.floating]) -> Floats:
    """`samples` as a WAV file will hold them, so that what comes out of a cache equals what went in.

    Raises BadValue for samples that are no numbers.
    """
    if not np.isfinite(samples).all():
        raise BadValue("the voice made samples that are no numbers")
    return _integers(samples).astype(np.float32) / _FULL


def read_wav(data: bytes) -> tuple[Floats, int]:
    """(samples, rate in Hz) of a WAV file of ours: 16 bits, one channel. Raises UnreadableInput."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2) or not 1000 <= file.getframerate() <= 192_000:
                raise UnreadableInput("it is no WAV file with 16 bits and one channel")
            return samples_of(file.readframes(file.getnframes())), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise UnreadableInput("it is no WAV file") from error


def read_stream(data: bytes) -> tuple[Floats, int]:
    """The same of a WAV file written to a pipe, whose header could not know its length. Raises UnreadableInput."""
    if data[:4] != b"RIFF" or data[8:16] != b"WAVEfmt " or data[36:40] != b"data":
        raise UnreadableInput("it is no WAV file")
    if data[20:24] != b"\x01\x00\x01\x00" or data[34:36] != b"\x10\x00":
        raise UnreadableInput("it is no WAV file with 16 bits and one channel")
    return samples_of(data[_HEADER : len(data) - len(data) % 2]), int.from_bytes(data[24:28], "little")


def samples_of(pcm: bytes) -> Floats:
    """Little-endian 16-bit numbers as samples."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / _FULL


def _integers(samples: npt.NDArray[np.floating]) -> npt.NDArray[np.int16]:
    return np.round(np.clip(samples, -1.0, 1.0) * _FULL).astype("<i2")
