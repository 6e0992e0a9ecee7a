"""How names and words of Ghana sound: 104,615 entries of ghana-english-g2p 0.1.0 (GhanaNLP, MIT).

Its makers say that a language model wrote the entries and that no phonetician checked them. They have no stress: the
vowel before the last one gets it, as listeners of English expect in Akan names.
"""

from __future__ import annotations

import re
from pathlib import Path

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.part_files import unpacked
from mlops.ml.speech.phonemes import NUMBERS, stressed

_PAIRS = {
    "aɪ": "I", "aʊ": "W", "eɪ": "A", "ei": "A", "oʊ": "O", "əʊ": "O", "ɔɪ": "Y", "tʃ": "ʧ", "tɕ": "ʧ", "dʒ": "ʤ",
    "dʑ": "ʤ", "ɲ": "nj",
    "r": "ɹ", "ɾ": "ɹ", "x": "k", "ç": "ʃ", "ɕ": "ʃ", "e": "A", "o": "O", "ɜː": "ɜɹ", "g": "ɡ",
}  # fmt: skip
_CLOSED = re.compile(r"e(?=[mnŋ](?:[^aeiouɛɔɪʊəɑæ]|$))")
_LONG = {"a": "ɑ", "ː": "", "ɒ": "ɑ"}
_BRITISH = {"O": "Q", "ɑ": "ɑː", "i": "iː", "u": "uː", "ɔ": "ɔː", "ɜɹ": "ɜː"}


class GhanaNames:
    """`GhanaNames(folder)("Twumasi")` → sounds, or None for a word that is not known. Raises BadArtifact."""

    def __init__(self, folder: Path, *, british: bool = False) -> None:
        self.british = british
        self._entries = _entries(folder / "lexicon.tsv.gz")

    def __call__(self, word: str) -> str | None:
        found = self._entries.get(word.lower())
        if not found:
            return None
        sounds = sounds_of(found)
        if self.british:
            for old, new in _BRITISH.items():
                sounds = sounds.replace(old, new)
        return sounds

    def __len__(self) -> int:
        return len(self._entries)


def sounds_of(phones: str) -> str:
    """Sounds of an entry, "k w a b ɪ n a" → "kwɑbˈɪnɑ"; a phone that is written twice by mistake counts once."""
    parts = phones.split()
    joined = "".join(one for at, one in enumerate(parts) if at == 0 or one != parts[at - 1])
    joined = _CLOSED.sub("ɛ", joined)
    for old, new in (*_PAIRS.items(), *_LONG.items()):
        joined = joined.replace(old, new)
    return stressed("".join(one for one in joined if one in NUMBERS))


def _entries(path: Path) -> dict[str, str]:
    """The first pronunciation of each word. Raises BadArtifact."""
    found: dict[str, str] = {}
    try:
        lines = unpacked(path).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadArtifact(f"{path.name} is damaged") from error
    for line in lines:
        word, tab, phones = line.partition("\t")
        if not tab:
            raise BadArtifact(f"{path.name} holds something else")
        found.setdefault(word, phones)
    return found
