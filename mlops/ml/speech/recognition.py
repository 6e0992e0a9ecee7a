"""Speech to text: does anybody speak (Silero), then what they say (Whisper), both as faster-whisper runs them.

Silence and noise never reach Whisper, which would invent words for them. Sound that fits in one window of Whisper is
decoded without time tokens, in one piece, and its times are those of the speech that was found; longer sound is cut at
its pauses, with time tokens. Decoding is by beam search without chance, so that the same sound gives the same words.
Sources: Radford et al., "Robust speech recognition via large-scale weak supervision", 2022 (the thresholds for loops
and for "no speech" are theirs); Silero VAD, https://github.com/snakers4/silero-vad.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, BadValue, FloatArray
from mlops.ml.parts.component import Component
from mlops.ml.speech.audio import RATE_HZ, check_samples, decode, decode_together
from mlops.ml.speech.transcript import Segment, Transcript, Word, nothing_heard, transcript_of

WINDOW_S = 30.0
"""What Whisper hears at once."""
BEAMS = 5
LOOP = 2.4
"""Text that compresses better is the same words over and over."""
SHORT_BYTES = 600_000
"""Files up to here are answered together with others: a sentence must not wait for somebody's long recording."""
MAX_HINT = 400
"""Letters."""
_OPTIONS = {"audio", "language", "words", "hint"}


class SpeechRecognizer(Component):
    """Whisper in CTranslate2's format: ``whisper-tiny.en`` for English, ``whisper-base`` for 99 languages.

    Without the part the answer is PartMissing; whoever asks falls back to typed text.

    least_speech_s    shorter speech is noise
    least_confidence  segments below are not told
    """

    part, takes = "whisper-tiny.en", "audio"
    max_batch = 4
    least_speech_s = 0.25
    least_confidence = 0.2

    _model: Any = None

    def _load(self, folder: Path) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        if not (folder / "tokenizer.json").is_file():  # the library would look for one elsewhere
            raise BadArtifact(f"there is no tokenizer.json in {folder.name}")
        device = self.device
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        try:
            self._model = WhisperModel(
                str(folder),
                device=device,
                compute_type="int8" if device == "cpu" else "float16",
                cpu_threads=self.threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise BadArtifact(f"{folder.name} is no Whisper model of CTranslate2: {error}") from error

    def _close(self) -> None:
        self._model = None

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639 codes that the model knows."""
        self.load()
        if not self._model.model.is_multilingual:
            return ("en",)
        known = self._model.hf_tokenizer.token_to_id  # the library's list is that of its largest model
        return tuple(code for code in self._model.supported_languages if known(f"<|{code}|>") is not None)

    def transcribe(
        self,
        audio: bytes | Path | str | FloatArray,
        language: str | None = None,
        *,
        words: bool = False,
        hint: str = "",
    ) -> Transcript:
        """What a recording says, or that nothing was heard.

        audio     a file's bytes or path, or samples (n,) float32 at 16 kHz
        language  ISO 639 code; None finds it out where the model knows several
        words     also tell each word's place and probability
        hint      words that are likely to come, such as the names of exercises, in a sentence or a list
        Raises UnreadableInput (a file), BadShape and BadValue (samples, language, hint), PartMissing, BadArtifact.
        """
        self.load()
        spoken = self.languages
        if language is not None and language not in spoken:
            raise BadValue(f"this model does not know the language {language!r}; it knows {', '.join(spoken)}")
        if len(hint) > MAX_HINT:
            raise BadValue(f"a hint has at most {MAX_HINT} letters")
        samples = decode(audio) if isinstance(audio, bytes | Path | str) else check_samples(audio)
        duration_s = len(samples) / RATE_HZ
        speech = self._speech(samples)
        if not speech:
            return nothing_heard(language, duration_s)
        is_short = duration_s <= WINDOW_S
        found: Iterable[Any]
        found, facts = self._model.transcribe(
            samples,
            language=language,
            beam_size=BEAMS,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=is_short,
            vad_filter=not is_short,
            word_timestamps=words,
            hotwords=hint or None,
        )
        span = (speech[0][0], speech[-1][1]) if is_short else None
        if is_short:  # all of it; with word places the library would go on in the silence behind the last word
            found = islice(found, 1)
        segments = tuple(self._segment(one, span) for one in found if self._is_speech(one))
        if not segments:
            return nothing_heard(language, duration_s)
        return transcript_of(segments, facts.language, float(facts.language_probability), duration_s)

    def answer(self, inputs: list[Any]) -> list[dict[str, Any]]:
        """A Transcript as JSON for each input: bytes, samples, or {"audio": …, "language", "words", "hint"}.

        Whisper itself gains nothing from a batch on a processor, but the files of several callers are decoded in one
        limited child, whose start costs as much as a short clip.
        """
        asked = [_options(one) for one in inputs]
        files = [n for n, options in enumerate(asked) if isinstance(options["audio"], bytes)]
        if len(files) > 1:
            for n, samples in zip(files, decode_together([asked[n]["audio"] for n in files]), strict=True):
                asked[n]["audio"] = samples
        return [self.transcribe(options.pop("audio"), **options).as_json() for options in asked]

    def joins(self, inputs: list[Any]) -> bool:
        """Whether these may be answered together with those of others."""
        audio = [one.get("audio") if isinstance(one, Mapping) else one for one in inputs]
        return all(isinstance(one, bytes) and len(one) <= SHORT_BYTES for one in audio)

    def _speech(self, samples: FloatArray) -> list[tuple[float, float]]:
        """Where somebody speaks, in seconds."""
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        options = VadOptions(
            min_speech_duration_ms=int(1000 * self.least_speech_s), min_silence_duration_ms=500, speech_pad_ms=100
        )
        found = get_speech_timestamps(samples, options)
        return [(one["start"] / RATE_HZ, one["end"] / RATE_HZ) for one in found]

    def _is_speech(self, segment: Any) -> bool:
        is_sure = math.exp(segment.avg_logprob) >= self.least_confidence
        return is_sure and segment.compression_ratio <= LOOP and any(one.isalnum() for one in segment.text)

    def _segment(self, found: Any, span: tuple[float, float] | None) -> Segment:
        start_s, end_s = (found.start, found.end) if found.words or span is None else span
        words = tuple(
            Word(one.word.strip(), float(one.start), float(one.end), float(one.probability))
            for one in found.words or ()
        )
        return Segment(found.text.strip(), float(start_s), float(end_s), math.exp(found.avg_logprob), words)


def _options(given: Any) -> dict[str, Any]:
    """The arguments of `transcribe`. Raises BadValue."""
    options = dict(given) if isinstance(given, Mapping) else {"audio": given}
    audio, hint = options.get("audio"), options.get("hint") or ""
    if isinstance(audio, str | Path) or audio is None or not set(options) <= _OPTIONS:
        raise BadValue("an input is the bytes or the samples of a recording, or those as audio, with options")
    if not isinstance(hint, str):
        raise BadValue("a hint is text")
    return {
        "audio": audio, "language": options.get("language"), "words": bool(options.get("words")), "hint": hint,
    }  # fmt: skip
