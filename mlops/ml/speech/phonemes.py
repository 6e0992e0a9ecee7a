"""The letters in which sounds are written for the voices, and other alphabets brought into them.

They are those of Kokoro-82M (hexgrad, Apache-2.0; https://github.com/hexgrad/misaki): the International Phonetic
Alphabet with capital letters for the diphthongs of English: A as in "may", I "my", O "go" (American), Q "go" (British),
W "now", Y "boy"; ʧ and ʤ are one letter each; ˈ stands before the vowel that is stressed.
"""

from __future__ import annotations

_PUNCTUATION = dict(zip(';:,.!?—…"()“”', (1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15), strict=True))
_SOUNDS = {" ": 16, "\u0303": 17, "A": 24, "I": 25, "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42} | {
    one: 43 + number for number, one in enumerate("abcdefghijklmnopqrstuvwxyz") if one != "g"
}
_MORE = {
    "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75, "ɔ": 76, "ɕ": 77, "ç": 78, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85,
    "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ŋ": 112, "ɲ": 114, "θ": 119, "ɹ": 123,
    "ɾ": 125, "ʃ": 131, "ʧ": 133, "ʊ": 135, "ʌ": 138, "ɣ": 139, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157, "ː": 158,
    "ᵻ": 177,
}  # fmt: skip
NUMBERS: dict[str, int] = _PUNCTUATION | _SOUNDS | _MORE
"""Number of each sign in the models' tables; signs of other languages than ours are left out. 0 stands at both ends."""
VOWELS = frozenset("AIOQWYaeiouæɑɒɐɔəɛɜɪʊʌᵻɚ")
CONSONANTS = frozenset("bdfhjklmnpstvwzðŋɡɹɾTʃʒʤʧθɲ")
STRESSES = frozenset("ˈˌ")
PAUSES = frozenset(';:,.!?—…')

_ESPEAK = (
    ("ʔˌn\u0329", "tᵊn"), ("ʔn\u0329", "tᵊn"), ("ʔn", "tᵊn"), ("ʔ", "t"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("l\u0329", "ᵊl"), ("n\u0329", "ᵊn"), ("ʲ", ""),
    ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɬ", "l"), ("\u0303", ""), ("ɾ", "T"),
)  # fmt: skip
_ESPEAK_BRITISH = (("e^ə", "ɛː"), ("i^ə", "ɪə"), ("ə^ʊ", "Q"), ("o^ʊ", "Q"))
_ESPEAK_AMERICAN = (("o^ʊ", "O"), ("ə^ʊ", "O"), ("ɜː", "ɜɹ"), ("ɪ^ə", "iə"), ("i^ə", "iə"), ("ː", ""))


def numbers_of(sounds: str) -> list[int]:
    """Numbers of the signs, a 0 at both ends; what no voice knows is left out."""
    return [0, *(NUMBERS[one] for one in sounds if one in NUMBERS), 0]


def from_espeak(ipa: str, *, british: bool) -> str:
    """What `espeak-ng --ipa --tie=^` writes, in our letters (the table of misaki's espeak.py, Apache-2.0)."""
    for old, new in (*(_ESPEAK_BRITISH if british else _ESPEAK_AMERICAN), *_ESPEAK):
        ipa = ipa.replace(old, new)
    ipa = ipa.replace("^", "").replace("e", "A" if not british else "ɛ")
    return "".join(one for one in ipa if one in NUMBERS)


def stressed(sounds: str) -> str:
    """`sounds` of one word with ˈ before the vowel before the last one; unchanged where it has a stress or no vowel.

    >>> stressed("bəŋku")
    'bˈəŋku'
    """
    vowels = [at for at, one in enumerate(sounds) if one in VOWELS]
    if not vowels or STRESSES & set(sounds):
        return sounds
    at = vowels[-2] if len(vowels) > 1 else vowels[0]
    return f"{sounds[:at]}ˈ{sounds[at:]}"


def unstressed(sounds: str) -> str:
    return "".join(one for one in sounds if one not in STRESSES)
