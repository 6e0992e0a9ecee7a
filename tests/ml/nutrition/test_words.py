"""Words of names, and typing errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.nutrition.foods.words import distance, forgiven, hints_of, words_of

WORDS = st.text("abcde", min_size=1, max_size=8)


def test_words():
    assert words_of("Crème brûlée, 20% Süß ɛkwan") == ["creme", "brulee", "20", "suss", "ekwan"]
    assert words_of("  …  ") == []


@pytest.mark.parametrize(
    ("a", "b", "far"), [("banku", "banku", 0), ("bannana", "banana", 1), ("chikcen", "chicken", 1),
                        ("brest", "breast", 1), ("yogurt", "yoghurt", 1), ("rice", "beans", 3)],
)  # fmt: skip
def test_distance(a, b, far):
    assert distance(a, b) == far


@given(WORDS, WORDS)
def test_distance_is_the_same_from_both_sides(a, b):
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)


@given(WORDS, WORDS)
def test_words_one_error_apart_share_a_hint(a, b):
    if distance(a, b) == 1:
        assert hints_of(a) & hints_of(b)


def test_short_words_must_be_right():
    assert [forgiven(word) for word in ("egg", "rice", "chicken")] == [0, 1, 2]
