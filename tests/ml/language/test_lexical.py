"""Search by words: rare words count more, case and accents do not, and other forms of a word are found."""

import pytest

from mlops.ml.language.lexical import search_words

TEXTS = ("I squatted twice today", "My knee hurts", "Rest day", "The knee and the squat", "Café with oats", "")


def best(query: str, k: int = 5) -> list[int]:
    found = search_words(query, TEXTS, k)
    assert found.method == "words"
    assert [one.text for one in found.hits] == [TEXTS[one.position] for one in found.hits]
    assert sorted((one.score for one in found.hits), reverse=True) == [one.score for one in found.hits]
    return [one.position for one in found.hits]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("KNEE hurts", [1, 3]), ("cafe", [4]), ("squatting", [3, 0]), ("rowing", []), ("", []), ("the the the", [3])],
)
def test_what_is_found(query, wanted):
    assert sorted(best(query)) == sorted(wanted)
    assert best(query)[:1] == wanted[:1]


def test_the_rarer_word_wins():
    assert search_words("today knee", ("knee one", "knee two", "today three"), 1).hits[0].position == 2


def test_how_many_and_of_how_many():
    assert len(best("knee", 1)) == 1
    assert best("knee", 0) == []
    assert search_words("knee", ()).hits == ()
