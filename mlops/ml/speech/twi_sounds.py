"""Twi as the nearest sounds that an English voice has: letters, digraphs, numbers. An approximation.

Letters and digraphs as the Akan orthography defines them (Bureau of Ghana Languages; F. A. Dolphyne, The Akan
(Twi-Fante) Language: Its Sound Systems and Tonal Structure, 1988). Three things are lost on the way: tones, which are
not written and which no English voice has; the pairs i/ɪ and u/ʊ, of which e and o may be either; and the consonants
with rounded lips and a raised tongue (tw, dw, hw, nw before e, ɛ, i), which become an English consonant and w.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mlops.ml.speech.phonemes import stressed

NOTE = "spoken with an English voice"
_CONSONANTS = {
    "ky": "ʧ", "gy": "ʤ", "hy": "ʃ", "ny": "nj", "tw": "ʧw", "dw": "ʤw", "kw": "kw", "gw": "ɡw", "hw": "hw", "nw": "nw",
    "ts": "ts", "dz": "ʤ", "ng": "ŋ", "b": "b", "d": "d", "f": "f", "g": "ɡ", "h": "h", "k": "k", "l": "l", "m": "m",
    "n": "n", "ŋ": "ŋ", "p": "p", "r": "ɹ", "s": "s", "t": "t", "w": "w", "y": "j",
}  # fmt: skip
_BEFORE_FRONT = {"tw": "ʧw", "dw": "ʤw", "hw": "ʃw", "nw": "njw", "kw": "kw"}
_FRONT = frozenset("eɛi")
_AMERICAN = {"a": "ɑ", "e": "A", "ɛ": "ɛ", "i": "i", "o": "O", "ɔ": "ɔ", "u": "u"}
_BRITISH = {"a": "ɑː", "e": "A", "ɛ": "ɛ", "i": "iː", "o": "Q", "ɔ": "ɔː", "u": "uː"}
_VOWELS = frozenset(_AMERICAN)
_NASAL = "\u0303"
_PLACE = {"k": "ŋ", "g": "ŋ", "ŋ": "ŋ"}
_DIPHTHONGS = ((re.compile("ɑː?w(?![AɛiOɔuɑQ])"), "W"), (re.compile("ɑː?j(?![AɛiOɔuɑQ])"), "I"))
_FOREIGN = frozenset("cjqvxz")
_PIECES = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[;:,.!?…—]")
_ONES = "baako mmienu mmiɛnsa ɛnan enum nsia nson nwɔtwe nkron".split()
_TENS = "_ du aduonu aduasa aduanan aduonum aduosia aduɔson aduɔwɔtwe aduɔkron".split()
MAX_NUMBER = 100


def twi_sounds(text: str, *, british: bool, english: Callable[[str], str] | None = None) -> str:
    """Sounds of Twi text with its pauses. Words with letters that Twi does not have go to `english`, where it is given.

    >>> twi_sounds("Akwaaba!", british=False)
    'ɑkwˈɑbɑ!'
    """
    said = ""
    for piece in _PIECES.findall(unicodedata.normalize("NFC", text)):
        if not piece[0].isalnum():
            said += piece
            continue
        for word in number_words(int(piece)) if piece.isdecimal() and len(piece) < 4 else (piece,):
            foreign = (piece.isdecimal() and word == piece) or _FOREIGN & set(word.lower())
            said += " " + (english(word) if foreign and english else word_sounds(word, british=british))
    return said.strip()


def number_words(number: int) -> tuple[str, ...]:
    """>>> number_words(12), number_words(35), number_words(140)
    (('dumienu',), ('aduasa', 'enum'), ('140',))
    """
    if number > MAX_NUMBER or number == 0:
        return ("hwee",) if number == 0 else (str(number),)
    if number == MAX_NUMBER:
        return ("ɔha",)
    tens, ones = divmod(number, 10)
    if tens == 1 and ones:
        return ("du" + re.sub("^mm", "m", _ONES[ones - 1]),)
    return tuple(word for word in (_TENS[tens] if tens else "", _ONES[ones - 1] if ones else "") if word)


def word_sounds(word: str, *, british: bool) -> str:
    """Sounds of one word, the vowel before the last one stressed; letters that are none of Twi are left out.

    >>> word_sounds("Nkrumah", british=False), word_sounds("gyata", british=False)
    ('əŋkɹˈumɑ', 'ʤˈɑtɑ')
    """
    letters = unicodedata.normalize("NFD", word.lower().replace("ε", "ɛ"))
    vowels = _BRITISH if british else _AMERICAN
    said, at = "", 0
    while at < len(letters):
        one, two = letters[at], letters[at : at + 2]
        if one in _VOWELS:
            if letters[at - 1 : at] != one or at == 0:
                said += "ɛ" if one == "e" and _closed(letters[at + 1 :]) else vowels[one]
            if letters[at + 1 : at + 2] == _NASAL and letters[at + 2 : at + 3] not in ("n", "m"):
                said += "n"
            at += 1
        elif len(two) == 2 and two in _CONSONANTS and not _syllabic(letters, at):
            front = letters[at + 2 : at + 3] in _FRONT
            said += _BEFORE_FRONT[two] if front and two in _BEFORE_FRONT else _CONSONANTS[two]
            at += 2
        else:
            said += _one_consonant(letters, at, said)
            at += 1
    for closed, diphthong in _DIPHTHONGS:
        said = closed.sub(diphthong, said)
    return stressed(said)


def _syllabic(letters: str, at: int) -> bool:
    """ "ng" at the start of a word is a nasal of its own before another consonant, "nw" and "ny" are one sound."""
    return at == 0 and letters[:2] == "ng" and letters[2:3] not in ("", *_VOWELS)


def _closed(rest: str) -> bool:
    """Whether a nasal closes the syllable before `rest`: "men" and "Mensah", not "mene"."""
    return rest[:1] in ("m", "n", "ŋ") and rest[1:2] not in _VOWELS | {"w", "y"}


def _one_consonant(letters: str, at: int, said: str) -> str:
    one, follows = letters[at], letters[at + 1 : at + 2]
    if one not in _CONSONANTS or (one == "h" and not follows and said):
        return ""
    if one in "nm" and follows in _CONSONANTS:
        if follows == one:
            return "" if at else "ə"
        nasal = _PLACE.get(follows, one) if one == "n" else one
        return nasal if at else f"ə{nasal}"
    return _CONSONANTS[one]
