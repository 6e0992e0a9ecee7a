"""Search by words, without any model: Okapi BM25 over words and the beginnings of longer ones.

What it cannot do is find a text that says the same in other words. Source: Robertson and Zaragoza, "The probabilistic
relevance framework: BM25 and beyond", 2009; k₁ = 1.2 and b = 0.75 as there.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from mlops.ml.language.found import Found, Hit

K1, B = 1.2, 0.75
STEM = 5
"""Letters that stand for all words that begin with them: squat, squats, squatting."""
STEM_WEIGHT = 0.5
_WORD = re.compile(r"[^\W_]+")


def search_words(query: str, texts: Sequence[str], k: int = 5) -> Found:
    """The `k` texts that share most with the query; those that share nothing are left out."""
    bags = [_bag(text) for text in texts]
    n = len(bags)
    mean = sum(bag.total() for bag in bags) / n if n else 0.0
    n_with = Counter(term for bag in bags for term in bag)
    rarity = {
        term: weight * math.log(1 + (n - n_with[term] + 0.5) / (n_with[term] + 0.5))
        for term, weight in _terms(query).items()
        if term in n_with
    }
    scores = [_score(bag, rarity, mean) for bag in bags]
    best = sorted(range(n), key=lambda i: (-scores[i], i))[: max(0, k)]
    return Found(tuple(Hit(i, texts[i], scores[i]) for i in best if scores[i] > 0), "words")


def _score(bag: Counter[str], rarity: dict[str, float], mean: float) -> float:
    longer = 1 - B + B * bag.total() / mean if mean else 1.0
    return sum(
        value * bag[term] * (K1 + 1) / (bag[term] + K1 * longer) for term, value in rarity.items() if bag[term]
    )


def _words(text: str) -> list[str]:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(one for one in plain if not unicodedata.combining(one)))


def _bag(text: str) -> Counter[str]:
    words = _words(text)
    return Counter([*words, *(f"{word[:STEM]}…" for word in words if len(word) >= STEM)])


def _terms(query: str) -> dict[str, float]:
    """What is looked for, with its weight: a stem counts less than the word itself."""
    return {term: STEM_WEIGHT if term.endswith("…") else 1.0 for term in _bag(query)}
