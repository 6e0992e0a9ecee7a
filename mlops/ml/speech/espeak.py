"""espeak-ng as a process of its own, where it is installed: a plain voice that needs no weights, and letters to sounds.

Nothing of it (GPL-3.0) is part of this project: its command is called with fixed arguments and the text on its standard
input; no shell, a time limit, nothing of our environment.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache

from mlops.ml.contract import BadValue, MLError
from mlops.ml.speech.own_words import DAY_NAMES, own_sounds
from mlops.ml.speech.phonemes import PAUSES, from_espeak
from mlops.ml.speech.spoken import Floats, read_stream

ENGINE = "espeak-ng"
VOICES = ("en-us", "en-gb")
DEFAULT_VOICE = "en-us"
TIMEOUT_S = 20.0
WORDS_A_MINUTE = 160
_MNEMONICS = {
    "A": "eI", "I": "aI", "O": "oU", "Q": "oU", "W": "aU", "Y": "OI", "ɑ": "A:", "ɛ": "E", "i": "i:", "ɔ": "O:",
    "u": "u:",
    "æ": "a", "ə": "@", "ɪ": "I", "ʊ": "U", "ʌ": "V", "ʧ": "tS", "ʤ": "dZ", "ʃ": "S", "ŋ": "N", "ɹ": "r", "ɡ": "g",
    "ɐ": "a", "ɒ": "0", "ɜ": "3:", "ᵻ": "I", "ᵊ": "@", "θ": "T", "ð": "D", "ʒ": "Z", "T": "t",
    "ˈ": "'", "ˌ": ",", "ː": "",
}  # fmt: skip
_NAMES = re.compile(rf"\b(?:{'|'.join(sorted(DAY_NAMES))})\b")


class EspeakFailed(MLError):
    """The process did not answer: it is not installed, took too long, or ended with an error."""

    code = "espeak_failed"


@cache
def command() -> str | None:
    """Where espeak-ng lies; None where it is not installed. Looked for once in a process."""
    return shutil.which("espeak-ng")


def say(text: str, voice: str, speed: float) -> tuple[Floats, int]:
    """(samples, rate in Hz) of text in words (`spoken_text.spoken`). Raises EspeakFailed, UnreadableInput."""
    named = _NAMES.sub(lambda found: mnemonics(own_sounds(found[0], british=False) or ""), text)
    return read_stream(_run(named, voice, ["--stdout", "-s", str(round(WORDS_A_MINUTE * speed))]))


def say_sounds(sounds: str, voice: str, speed: float) -> tuple[Floats, int]:
    """The same of sounds in our letters, with their pauses."""
    words = re.split(rf"\s+|([{''.join(PAUSES)}]+)", sounds)
    text = " ".join(word if word[0] in PAUSES else mnemonics(word) for word in words if word)
    return read_stream(_run(text, voice, ["--stdout", "-s", str(round(WORDS_A_MINUTE * speed))]))


def sounds(text: str, *, british: bool) -> str:
    """Sounds of English text in words, as espeak-ng reads it. Raises EspeakFailed."""
    read = ""
    for piece in re.split(rf"([{''.join(PAUSES)}]+)", text):
        if piece[:1] in PAUSES:
            read += piece[0]
        elif piece.strip():
            told = _run(piece.strip(), VOICES[british], ["-q", "--ipa", "--tie=^"]).decode("utf-8", "replace")
            read += " " + from_espeak(" ".join(told.split()), british=british)
    return read.strip()


def mnemonics(sounds: str) -> str:
    """One word in our letters as espeak-ng takes sounds in a text.

    >>> mnemonics("kwˈɑmA")
    "[[kw'A:meI]]"
    """
    return f"[[{''.join(_MNEMONICS.get(one, one) for one in sounds)}]]"


def _run(text: str, voice: str, options: list[str]) -> bytes:
    found = command()
    if found is None:
        raise EspeakFailed("espeak-ng is not installed")
    if voice not in VOICES:
        raise BadValue(f"espeak-ng has the voices {', '.join(VOICES)} here, not {voice[:40]!r}")
    try:
        done = subprocess.run(  # noqa: S603  a fixed command; the text goes to its standard input
            [found, "--stdin", "-b", "1", "-v", voice, *options],
            input=text.encode("utf-8"),
            capture_output=True,
            timeout=TIMEOUT_S,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise EspeakFailed("espeak-ng took too long") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise EspeakFailed("espeak-ng ended with an error") from error
    return done.stdout
