"""Targets by rule: within what the literature allows, never below what a body needs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.nutrition.targets import (
    PROTEIN_G_KG,
    REASONS,
    Body,
    energy_floor,
    protein_by_rule,
    resting_kcal,
    targets_by_rule,
)

BODIES = st.builds(
    Body, mass_kg=st.floats(35, 180), height_m=st.one_of(st.none(), st.floats(1.4, 2.1)),
    age=st.one_of(st.none(), st.integers(12, 90)), sex=st.sampled_from(["", "f", "m"]), is_pregnant=st.booleans(),
    minutes_a_week=st.one_of(st.none(), st.floats(0, 1500)), goal=st.sampled_from(["keep", "gain", "lose"]),
)  # fmt: skip


@given(BODIES)
def test_every_target_is_safe(body):
    found = targets_by_rule(body)
    assert found["energy_kcal"].value >= energy_floor(body) - 1e-6
    assert PROTEIN_G_KG[0] - 1e-9 <= found["protein_g"].value / body.mass_kg <= PROTEIN_G_KG[1] + 1e-9
    for target in found.values():
        assert target.low <= target.value + 1e-9
        assert target.value <= target.high + 1e-9
        assert set(target.reasons) <= set(REASONS)


@given(BODIES)
def test_what_is_aimed_at_adds_up(body):
    found = targets_by_rule(body)
    parts = 4 * found["protein_g"].value + 4 * found["carbohydrate_g"].value + 9 * found["fat_g"].value
    assert parts == pytest.approx(found["energy_kcal"].value)
    assert found["carbohydrate_g"].value > 0


@given(BODIES)
def test_nobody_young_or_pregnant_gets_a_deficit(body):
    if body.may_lose:
        return
    keep, lose = replace(body, goal="keep"), replace(body, goal="lose")
    assert energy_floor(lose) == targets_by_rule(keep)["energy_kcal"].value
    assert targets_by_rule(lose)["energy_kcal"].value == targets_by_rule(keep)["energy_kcal"].value


@given(BODIES)
def test_a_deficit_is_small(body):
    keep, lose = (targets_by_rule(replace(body, goal=goal))["energy_kcal"].value for goal in ("keep", "lose"))
    assert keep - lose <= 0.15 * keep + 1e-6
    assert keep - lose <= 0.005 * body.mass_kg * 7700 / 7 + 1e-6


def test_mifflin_and_st_jeor():
    assert resting_kcal(Body(80, 1.80, 30, "m")) == pytest.approx(10 * 80 + 6.25 * 180 - 5 * 30 + 5)
    assert resting_kcal(Body(60, 1.65, 40, "f")) == pytest.approx(10 * 60 + 6.25 * 165 - 5 * 40 - 161)


def test_more_training_more_protein():
    per_kg = [protein_by_rule(Body(70, minutes_a_week=minutes)).value / 70 for minutes in (0, 100, 200, 400)]
    assert per_kg == pytest.approx([0.83, 1.2, 1.4, 1.6])
    assert protein_by_rule(Body(70, minutes_a_week=200, goal="lose", age=30)).value == pytest.approx(1.8 * 70)
    assert "older" in protein_by_rule(Body(70, age=70)).reasons
