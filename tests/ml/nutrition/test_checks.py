"""Data that lies is caught."""

import pytest

from mlops.ml.nutrition.foods.checks import checked, from_serving, per_serving_taken_for_100_g

EGG = {"energy_kcal": 143.0, "protein_g": 12.6, "carbohydrate_g": 0.7, "fat_g": 9.5}


def test_an_egg_is_believed():
    assert checked(EGG).flags == []
    assert checked(EGG).figures == EGG


def test_kilojoules_in_the_field_of_kilocalories():
    found = checked({**EGG, "energy_kcal": 598.0})
    assert found.flags == ["energy_in_kj"]
    assert found.figures["energy_kcal"] == pytest.approx(143, abs=1)


def test_energy_that_fits_nothing_stays_and_is_doubted():
    found = checked({**EGG, "energy_kcal": 20.0})
    assert found.flags == ["energy_differs"]
    assert found.figures["energy_kcal"] == 20


def test_fibre_may_be_part_of_carbohydrate_or_not():
    bran = {"protein_g": 16.0, "carbohydrate_g": 65.0, "fat_g": 4.0, "fibre_g": 43.0}
    assert checked({**bran, "energy_kcal": 216.0}).flags == []  # as the USDA counts it
    assert checked({**bran, "carbohydrate_g": 22.0, "energy_kcal": 275.0}).flags == []  # as a label of the EU does


def test_alcohol_has_energy_too():
    spirit = {"energy_kcal": 231.0, "protein_g": 0, "carbohydrate_g": 0, "fat_g": 0, "alcohol_g": 33.4}
    assert checked(spirit).flags == []


def test_what_cannot_be_is_left_out():
    found = checked({**EGG, "fat_g": 950.0, "energy_kcal": -4.0})
    assert "impossible" in found.flags
    assert not {"fat_g", "energy_kcal"} & set(found.figures)
    assert "too_much" in checked({**EGG, "protein_g": 60.0, "fat_g": 60.0}).flags


def test_servings_become_100_g_only_where_their_weight_is_known():
    assert from_serving({"protein_g": 6.3}, 50).figures == pytest.approx({"protein_g": 12.6})
    assert (from_serving({"protein_g": 0.0}, 0.5).figures, from_serving({}, 0.5).flags) == ({}, ["tiny_serving"])
    assert (from_serving({"protein_g": 6.0}, None).figures, from_serving({}, None).flags) == ({}, ["per_serving"])


def test_figures_of_a_serving_are_known_for_what_they_are():
    serving = {"protein_g": 6.3, "fat_g": 4.8, "energy_kcal": 72.0}
    assert per_serving_taken_for_100_g(serving, serving, 50)
    assert not per_serving_taken_for_100_g({**EGG}, serving, 50)
    assert not per_serving_taken_for_100_g(serving, serving, 100)
