"""Text to speech: one face for three engines, which says who spoke.

    SpeechSynthesizer().speak("3 x 12 @ 80 kg").wav_bytes()                       # hibari, quick enough for live use
    SpeechSynthesizer("kokoro-82m", cache=SpeechCache(folder)).speak(text, "bf_emma")   # good, made ahead and kept
    SpeechSynthesizer("espeak-ng").speak(text)                                   # needs no weights

Where the asked weights are not installed, espeak-ng speaks and `Spoken.note` says why; where that is not installed
either, PartMissing says what to do.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.parts.component import Component
from mlops.ml.parts.store import PartMissing, store
from mlops.ml.speech import espeak, hibari, kokoro, twi_sounds
from mlops.ml.speech.english_sounds import EnglishSounds
from mlops.ml.speech.ghana_names import GhanaNames
from mlops.ml.speech.phonemes import CONSONANTS, VOWELS
from mlops.ml.speech.speech_cache import SpeechCache, key_of
from mlops.ml.speech.spoken import Floats, Spoken, rounded
from mlops.ml.speech.spoken_text import spoken

LANGUAGES = ("en", "tw")
SLOWEST, FASTEST = 0.5, 2.0
MAX_CHARACTERS = 2000
MAX_SOUNDS = 200
"""Said in one go, about twelve seconds: memory grows with it. The networks take 510 at most."""
PAUSE_S = 0.15
_ENDS = re.compile(r"(?<=[.!?…;:,—]) ")


class Engine(Protocol):
    """What turns sounds into samples. `is_narrow`: a text takes one thread, whatever there are."""

    name: str
    is_narrow: bool
    rate_hz: int
    voices: tuple[str, ...]
    default_voice: str
    weights: Path

    def is_british(self, voice: str) -> bool: ...

    def say(self, sounds: str, voice: str, speed: float) -> Floats: ...


class SpeechSynthesizer(Component):
    """`speak(text, voice=None, language="en", speed=1.0)` → Spoken.

    model_id  "hibari" (default), "kokoro-82m", "espeak-ng", or a folder that holds the files of one of the first two
    cache     where spoken texts are kept; without one each is made anew
    fallback  False: PartMissing instead of espeak-ng, where weights are missing
    """

    part, takes, gives = "hibari", "text", "audio"
    any_thread = True

    def __init__(
        self,
        model_id: str | Path | None = None,
        device: str = "auto",
        *,
        threads: int = 1,
        cache: SpeechCache | None = None,
        fallback: bool = True,
    ) -> None:
        super().__init__(model_id, device, threads=threads)
        self.cache, self.fallback = cache, fallback
        self.max_batch = threads
        self._reading = threading.Lock()
        self._english: dict[bool, EnglishSounds | None] = {}
        self._engine: Engine | None = None
        self._weights_sha256 = ""

    def speak(self, text: str, voice: str | None = None, language: str = "en", speed: float = 1.0) -> Spoken:
        """Say `text`, at most MAX_CHARACTERS, as it is written in a plan: numbers, units and times are read as words.

        voice     one of `voices()`; None: the engine's first
        language  "en", or "tw": Twi with the nearest English sounds, which the note says
        speed     SLOWEST … FASTEST
        Raises BadValue, PartMissing, BadArtifact, EspeakFailed.
        """
        _check(text, language, speed)
        if self.model_id == espeak.ENGINE:
            return self._plainly(text, voice, language, speed, "")
        try:
            self.load()
        except PartMissing as error:
            if not self.fallback:
                raise
            if espeak.command() is None:
                remedy = f"{error.remedy} Or install espeak-ng, which speaks without weights."
                raise PartMissing(error.part, error.n_bytes, remedy) from error
            return self._plainly(text, None, language, speed, f"{self.model_id} is not installed; espeak-ng spoke")
        return self._well(text, voice, language, speed)

    def prepare(
        self, texts: Sequence[str], voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> float:
        """Say texts into the cache, for later; seconds of speech that lie there now. Raises what `speak` raises."""
        if self.cache is None:
            raise BadValue("texts are prepared into a cache, and this synthesizer has none")
        return sum(self.speak(text, voice, language, speed).duration_s for text in texts)

    def voices(self) -> tuple[str, ...]:
        """Names of the voices. Raises PartMissing, BadArtifact."""
        if self.model_id == espeak.ENGINE:
            return espeak.VOICES
        self.load()
        return self._loaded().voices

    def sounds(self, text: str, *, british: bool = False, language: str = "en") -> str:
        """How a text is read, in the letters of `phonemes`. Raises BadValue, PartMissing, BadArtifact, EspeakFailed."""
        _check(text, language, 1.0)
        if language == "tw":
            return twi_sounds.twi_sounds(text, british=british, english=lambda word: self._read(word, british))
        return self._read(spoken(text), british)

    def answer(self, inputs: list[Any]) -> list[Any]:
        """Each input a text, or a dictionary with the arguments of `speak`; each output holds `wav` (bytes of a file),
        duration_s, engine, voice and note. The networks take one text at a time, so several are said side by side, as
        many as there are threads, where the engine uses one thread for a text."""
        engine = self._engine
        if len(inputs) < 2 or self.threads < 2 or engine is None or not engine.is_narrow:
            return [self._answer(one) for one in inputs]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(self._answer, inputs))

    def _answer(self, one: Any) -> dict[str, Any]:
        given = {"text": one} if isinstance(one, str) else one
        if not isinstance(given, dict) or not {"text"} <= set(given) <= {"text", "voice", "language", "speed"}:
            raise BadValue("an input is a text, or a dictionary of text, voice, language and speed")
        said = self.speak(**given)
        about = {"duration_s": said.duration_s, "engine": said.engine, "voice": said.voice, "note": said.note}
        return {"wav": said.wav_bytes(), **about}

    def _load(self, folder: Path) -> None:
        engine: Engine
        if (folder / hibari.FILE).is_file():
            engine = hibari.Hibari(folder)
        elif (folder / kokoro.FILE).is_file():
            engine = kokoro.Kokoro(folder, threads=self.threads)
        else:
            raise BadArtifact(f"{folder.name} holds neither {hibari.FILE} nor {kokoro.FILE}")
        if self.cache is not None:
            self._weights_sha256 = sha256_of(engine.weights)
        self._engine = engine

    def _close(self) -> None:
        self._engine = None
        self._english.clear()

    def _loaded(self) -> Engine:
        assert self._engine is not None
        return self._engine

    def _well(self, text: str, voice: str | None, language: str, speed: float) -> Spoken:
        engine = self._loaded()
        voice = voice or engine.default_voice
        if voice not in engine.voices:
            raise BadValue(f"{engine.name} has the voices {', '.join(engine.voices)}, not {voice[:40]!r}")
        sounds = self.sounds(text, british=engine.is_british(voice), language=language)
        if not (VOWELS | CONSONANTS) & set(sounds):
            raise BadValue("nothing in it can be said in this language")
        note = twi_sounds.NOTE if language == "tw" else ""
        key = key_of(text, sounds, voice, speed, self._weights_sha256)
        found = self.cache.get(key, engine.name, voice, note) if self.cache is not None else None
        if found is not None:
            return found
        pause = np.zeros(round(PAUSE_S * engine.rate_hz), np.float32)
        said = [part for piece in pieces(sounds) for part in (engine.say(piece, voice, speed), pause)]
        made = Spoken(rounded(np.concatenate(said[:-1] or [pause])), engine.rate_hz, engine.name, voice, note)
        if self.cache is not None:
            self.cache.put(key, made)
        return made

    def _plainly(self, text: str, voice: str | None, language: str, speed: float, note: str) -> Spoken:
        """Said by espeak-ng."""
        voice = voice or espeak.DEFAULT_VOICE
        if language == "tw":
            notes = [twi_sounds.NOTE, note]
            british = voice == espeak.VOICES[1]
            english = partial(espeak.sounds, british=british)
            sounds = twi_sounds.twi_sounds(text, british=british, english=english)
            samples, rate_hz = espeak.say_sounds(sounds, voice, speed)
        else:
            notes = [note]
            samples, rate_hz = espeak.say(spoken(text), voice, speed)
        return Spoken(rounded(samples), rate_hz, espeak.ENGINE, voice, "; ".join(one for one in notes if one))

    def _read(self, words: str, british: bool) -> str:
        """English sounds: by the lexicons, else by espeak-ng, else PartMissing."""
        with self._reading:
            if british not in self._english:
                self._english[british] = self._lexicons(british)
            english = self._english[british]
        return english(words) if english else espeak.sounds(words, british=british)

    def _lexicons(self, british: bool) -> EnglishSounds | None:
        if espeak.command() is None:
            folder: Path | None = store().require("english-sounds")
        else:
            folder = store().find("english-sounds")
        names = store().find("ghana-names")
        if folder is None:
            return None
        return EnglishSounds(folder, british=british, names=GhanaNames(names, british=british) if names else None)


def pieces(sounds: str, most: int = MAX_SOUNDS) -> Iterator[str]:
    """Sentences and clauses joined up to `most` sounds each; what has no pause is cut between words.

    >>> list(pieces("wˈʌn, tˈu. θɹˈi", 9))
    ['wˈʌn,', 'tˈu. θɹˈi']
    """
    piece = ""
    for clause in _ENDS.split(sounds):
        for part in [clause] if len(clause) <= most else clause.split(" "):
            if piece and len(piece) + 1 + len(part) > most:
                yield piece
                piece = ""
            piece = f"{piece} {part}"[-most:].strip()
    if piece:
        yield piece


def _check(text: Any, language: str, speed: float) -> None:
    if not isinstance(text, str) or not any(one.isalnum() for one in text):
        raise BadValue("there is nothing to say")
    if len(text) > MAX_CHARACTERS:
        raise BadValue(f"at most {MAX_CHARACTERS:,} characters are said at once, not {len(text):,}")
    if language not in LANGUAGES:
        raise BadValue(f"texts are said in {' or '.join(LANGUAGES)}, not {str(language)[:20]!r}")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
        raise BadValue(f"the speed lies between {SLOWEST} and {FASTEST}")
