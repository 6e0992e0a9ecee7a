"""English words as sounds: lexicons first, then endings, names of Ghana, parts of a compound, and a network at the end.

Lexicons are misaki's (hexgrad, Apache-2.0: 90,000 words that were checked and 93,000 that were not, American and
British), as hibari-tts 0.2.1 carries them; the rules for endings and small words follow misaki's `en.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops.ml.speech.english_tags import Tagger
from mlops.ml.speech.own_words import own_sounds
from mlops.ml.speech.part_files import json_of
from mlops.ml.speech.phonemes import PAUSES, STRESSES, VOWELS
from mlops.ml.speech.unknown_words import UnknownWords

_PIECES = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?|[;:,.!?…—]+|-")
_FLAP_AFTER = frozenset("AIOWYiuæɑəɛɪɹʊʌ")
_DOUBLED = re.compile(r"([bcdgklmnprstvxz])\1$|ck$")
_SHORTEST_HALF = 3

Names = Callable[[str], str | None]
"""A word → its sounds, or None where it is no name that is known."""


class EnglishSounds:
    """`EnglishSounds(folder)("Keep your back straight.")` → "kˈip jʊɹ bˈæk stɹˈAt."

    folder   the part `english-sounds`
    british  British lexicon and endings
    names    asked for capitalised words before the unchecked lexicon, and for any other word after it
    """

    def __init__(self, folder: Path, *, british: bool = False, names: Names | None = None) -> None:
        region = "gb" if british else "us"
        self.british = british
        self._checked = json_of(folder / f"lexicon_{region}_gold.json.gz")
        self._unchecked = json_of(folder / f"lexicon_{region}_silver.json.gz")
        self._tags = Tagger(folder / "tagger.json.gz")
        self._unknown = UnknownWords(folder, british=british)
        self._names = names or (lambda word: None)

    def __call__(self, text: str) -> str:
        """Sounds of text in words (`spoken_text.spoken`), with its pauses."""
        pieces = _PIECES.findall(text.replace("’", "'"))
        words = [one for one in pieces if one[0].isalpha()]
        tags = iter(self._tags(words))
        tagged = [(one, next(tags) if one[0].isalpha() else "") for one in pieces]
        said: list[str] = []
        follows = ""
        for at in range(len(tagged) - 1, -1, -1):
            piece, tag = tagged[at]
            if piece == "-":
                continue
            if not tag:
                said.append(piece[0])
            else:
                beside = [tagged[one][0] for one in (at - 1, at + 1) if 0 <= one < len(tagged)]
                said.append(self._small_word(piece, tag, follows, beside) or self.word(piece, tag, follows))
            follows = said[-1]
        return _joined(said[::-1])

    def word(self, word: str, tag: str = "NN", follows: str = "x") -> str:
        """Sounds of one word; `follows` are those of the next, empty at the end of what is said."""
        return (
            own_sounds(word, british=self.british)
            or self._looked_up(self._checked, word, tag, follows)
            or self._with_ending(self._checked, word, tag)
            or (self._names(word) if word[0].isupper() else None)
            or self._looked_up(self._unchecked, word, tag, follows)
            or self._with_ending(self._unchecked, word, tag)
            or self._names(word)
            or self._compound(word, tag)
            or (self._spelled(word) if word.isupper() and not any(one in "AEIOUY" for one in word) else None)
            or self._unknown(word)
        )

    def _small_word(self, word: str, tag: str, follows: str, beside: Sequence[str]) -> str | None:
        """Words whose sound hangs on what comes next; a single capital letter beside another one is a letter."""
        if len(word) == 1 and word.isupper() and any(len(one) == 1 and one.isupper() for one in beside):
            return self._spelled(word)
        vowel = next((one in VOWELS for one in follows if one not in STRESSES), None)
        if word in ("a", "A"):
            return "ɐ" if tag == "DT" or word == "a" else "ˈA"
        if word in ("an", "An"):
            return "ɐn"
        if word in ("the", "The"):
            return "ði" if vowel else "ðə"
        if word in ("to", "To") and follows and follows[0] not in PAUSES:
            return "tʊ" if vowel else "tə"
        if word == "I":
            return "ˌI"
        return None

    def _looked_up(self, lexicon: Mapping[str, Any], word: str, tag: str, follows: str = "x") -> str | None:
        found = next((lexicon[one] for one in _spellings(word) if one in lexicon), None)
        if not isinstance(found, dict):
            return found
        ends = not follows or follows[0] in PAUSES
        return (ends and found.get("None")) or found.get(tag) or found.get(_family(tag)) or found.get("DEFAULT")

    def _with_ending(self, lexicon: Mapping[str, Any], word: str, tag: str) -> str | None:
        lower = word.lower()
        for ending, stems, said in (
            ("'s", (word[:-2],), self._s),
            ("s'", (word[:-1],), str),
            ("s", _stems_of_s(word), self._s),
            ("ed", _stems(word, 2), self._ed),
            ("ing", _stems(word, 3), self._ing),
        ):
            if lower.endswith(ending) and len(word) > len(ending) + 1:
                for stem in stems:
                    found = self._looked_up(lexicon, stem, tag)
                    if found:
                        return said(found)
        return None

    def _s(self, stem: str) -> str:
        if stem[-1] in "szʃʒʧʤ":
            return stem + ("ɪz" if self.british else "ᵻz")
        return stem + ("s" if stem[-1] in "ptkfθ" else "z")

    def _ed(self, stem: str) -> str:
        if stem[-1] == "t" and stem[-2:-1] in _FLAP_AFTER and not self.british:
            return f"{stem[:-1]}Tᵻd"
        if stem[-1] in "td":
            return stem + ("ɪd" if self.british else "ᵻd")
        return stem + ("t" if stem[-1] in "pkfθʃsʧ" else "d")

    def _ing(self, stem: str) -> str:
        if stem[-1] == "t" and stem[-2:-1] in _FLAP_AFTER and not self.british:
            return f"{stem[:-1]}Tɪŋ"
        return stem + ("ɹɪŋ" if stem[-1] in "ɔɑɜəː" and self.british else "ɪŋ")

    def _compound(self, word: str, tag: str) -> str | None:
        """Two checked words in one ("kettlebell"); the second loses its main stress."""
        lower = word.lower()
        for at in range(len(lower) - _SHORTEST_HALF, _SHORTEST_HALF - 1, -1):
            first, second = (self._looked_up(self._checked, one, tag) for one in (lower[:at], lower[at:]))
            if first and second:
                return first + second.replace("ˌ", "").replace("ˈ", "ˌ")
        return None

    def _spelled(self, word: str) -> str:
        return "".join(str(self._checked.get(one, "")) for one in word.upper() if one.isalpha())


def _joined(said: Sequence[str]) -> str:
    """Words with spaces between them, pauses at the word before."""
    text = " ".join(one for one in said if one)
    return re.sub(r" ([;:,.!?…—])", r"\1", text).replace("ɾ", "T").replace("ʔ", "t").strip()


def _spellings(word: str) -> tuple[str, ...]:
    lower = word.lower()
    return (word, lower) if word != lower else (word, lower.capitalize())


def _stems_of_s(word: str) -> tuple[str, ...]:
    if word.endswith("ss"):
        return ()
    longer = (word[:-2],) if word.endswith("es") else ()
    with_y = (f"{word[:-3]}y",) if word.endswith("ies") else ()
    return (word[:-1], *longer, *with_y)


def _stems(word: str, n_letters: int) -> tuple[str, ...]:
    """What a word may be without its ending: "lifting" lift, "raising" raise, "running" run."""
    stem = word[:-n_letters]
    return (stem, f"{stem}e", *((stem[:-1],) if _DOUBLED.search(stem) else ()))


def _family(tag: str) -> str:
    return {"VB": "VERB", "NN": "NOUN", "RB": "ADV", "JJ": "ADJ"}.get(tag[:2], tag)
