"""One place turns amounts into grams and grams into nutrients."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.nutrition.foods.amounts import AmountUnknown, Measures, grams_of, nutrients_of, per_100_g, totals

AMOUNTS = st.floats(0, 1000)
FIGURES = st.dictionaries(st.sampled_from(["energy_kcal", "protein_g", "fat_g"]), st.floats(0, 900))
SLICE = Measures(density_g_ml=1.03, portions={"1 slice": 29.0})


@given(AMOUNTS, AMOUNTS)
def test_amounts_add_up_in_every_unit(a, b):
    for unit in ("g", "ml", "1 slice"):
        assert grams_of(a + b, unit, SLICE) == pytest.approx(grams_of(a, unit, SLICE) + grams_of(b, unit, SLICE))


@given(FIGURES, AMOUNTS, st.floats(0.1, 20))
def test_a_factor_is_applied_once(figures, grams, factor):
    once, scaled = nutrients_of(figures, grams), nutrients_of(figures, grams * factor)
    assert scaled == pytest.approx({name: value * factor for name, value in once.items()})
    assert nutrients_of(figures, 100) == pytest.approx(figures)


@given(FIGURES, st.floats(1, 500))
def test_a_portion_is_its_weight(figures, grams):
    by_name = grams_of(2, "1 plate", Measures(portions={"1 plate": grams}))
    assert nutrients_of(figures, by_name) == pytest.approx(nutrients_of(figures, grams_of(2 * grams, "g", Measures())))


def test_a_millilitre_is_no_gram():
    assert grams_of(100, "ml", Measures(density_g_ml=0.92)) == pytest.approx(92)
    with pytest.raises(AmountUnknown):
        grams_of(100, "ml", Measures())


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_an_amount_is_a_number_that_can_be(amount):
    with pytest.raises(AmountUnknown):
        grams_of(amount, "g", Measures())


def test_what_is_unknown_is_counted_and_not_taken_as_zero():
    found = totals([({"protein_g": 10.0}, 200), ({"protein_g": None}, 50), ({}, 0)], ["protein_g", "fat_g"])
    assert (found["protein_g"].value, found["protein_g"].n_unknown) == (20, 1)
    assert (found["fat_g"].value, found["fat_g"].n_unknown) == (0, 2)


def test_a_dish_is_what_went_in_over_what_it_weighs():
    rice, water = {"energy_kcal": 365.0, "protein_g": 7.0}, {"energy_kcal": 0.0}
    found = per_100_g([(rice, 100), (water, 200)], 290)
    assert found == pytest.approx({"energy_kcal": 36500 / 290})  # nobody knows water's protein
    with pytest.raises(AmountUnknown):
        per_100_g([(rice, 100)], 0)
