"""What was heard: text with its times, language and confidence, or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Word:
    """A word with its place in seconds and the probability of its tokens, 0 … 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Segment:
    """A stretch of speech; `confidence` is the geometric mean of its tokens' probabilities, 0 … 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """What one recording says.

    text                  all segments in one line; empty where nothing was heard
    segments              in order of time
    language              ISO 639 code; None where nothing was heard and none was asked for
    language_probability  1 where the caller or the model knows only one language
    confidence            of all segments, weighted by their length; 0 where nothing was heard
    duration_s            of the recording, silence included
    """

    text: str
    segments: tuple[Segment, ...]
    language: str | None
    language_probability: float
    confidence: float
    duration_s: float

    @property
    def is_heard(self) -> bool:
        """Whether anybody speaks; silence and noise answer False and no word."""
        return bool(self.segments)

    def as_json(self) -> dict[str, Any]:
        """Plain values, `heard` among them."""
        return asdict(self) | {"heard": self.is_heard}


def nothing_heard(language: str | None, duration_s: float) -> Transcript:
    """The transcript of silence and noise."""
    return Transcript("", (), language, 1.0 if language else 0.0, 0.0, duration_s)


def transcript_of(
    segments: tuple[Segment, ...], language: str, language_probability: float, duration_s: float
) -> Transcript:
    """Segments put together."""
    lengths = [max(one.end_s - one.start_s, 0.01) for one in segments]
    confidence = sum(one.confidence * s for one, s in zip(segments, lengths, strict=True)) / sum(lengths)
    text = " ".join(one.text for one in segments)
    return Transcript(text, segments, language, language_probability, confidence, duration_s)
