"""Words of foods' names, as search compares them; typing errors forgiven by deletions (Garbe 2012, SymSpell)."""

from __future__ import annotations

import re
import unicodedata

MAX_WORDS, MAX_LETTERS = 8, 24
FORGIVING_FROM = 4
"""Letters of a word from which on a typing error is forgiven; two from `TWICE_FROM` on."""
TWICE_FROM = 7
_OTHER_LETTERS = str.maketrans({"ß": "ss", "ɛ": "e", "ɔ": "o", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD = re.compile(r"[a-z0-9]+")


def words_of(text: str) -> list[str]:
    """Words in their order, small, without accents: "Crème brûlée" → creme, brulee."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_OTHER_LETTERS))
    return [word[:MAX_LETTERS] for word in _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))]


def hints_of(word: str) -> set[str]:
    """The word and what is left of it without one letter: two words with a hint in common are near."""
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def distance(a: str, b: str, most: int = 2) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; `most` + 1 where it is more.

    Optimal string alignment.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return min(last[-1], most + 1)


def forgiven(word: str) -> int:
    """How many typing errors are forgiven in a word."""
    return 0 if len(word) < FORGIVING_FROM else 1 if len(word) < TWICE_FROM else 2
