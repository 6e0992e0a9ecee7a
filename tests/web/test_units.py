"""Quantities in the reader's units: conversion, rounding, guesses, and the twin for scripts."""

import pytest
from django.template import Context, Template
from django.utils import translation

from tests.live.conftest import modules
from web import units

MASSES = [0.0, 20.0, 61.25, 79.3787, 79.45, 100.0, 1234.5]
DISTANCES = [0.0, 400.0, 1609.344, 5250.0, 42195.0]
LENGTHS = [0.5, 1.524, 1.8, 1.8034, 1.8287, 1.8288, 2.8]
ENERGIES = [0.0, 4.184, 418.4, 8995.6]


@pytest.mark.parametrize("unit", units.FACTORS)
@pytest.mark.parametrize("value", [0.0, 0.1, 5.5, 79.4, 175.0, 2150.0])
def test_there_and_back_again(unit, value):
    assert units.from_stored(units.to_stored(value, unit), unit) == pytest.approx(value, abs=1e-9)


def test_known_pairs():
    """NIST SP 811: pound and foot are exact; 1 thermochemical kcal is 4.184 kJ."""
    assert units.to_stored(175, "lb") == pytest.approx(79.3786648)
    assert units.to_stored(26.21875, "mi") == pytest.approx(42195, abs=1)
    assert units.feet_and_inches(1.8034) == (5, 11)
    assert units.from_stored(8995.6, "kcal") == pytest.approx(2150)


def test_each_is_written_in_its_unit():
    assert (units.mass_text(79.3787), units.length_text(1.8034)) == ("79.4 kg", "180 cm")
    assert (units.distance_text(5250), units.energy_text(8995.6)) == ("5.25 km", "2,150 kcal")
    with units.override(units.units_for("imperial", energy="kJ")):
        assert (units.mass_text(79.3787), units.length_text(1.8034)) == ("175 lb", "5 ft 11 in")
        assert (units.distance_text(5250), units.energy_text(8995.6)) == ("3.26 mi", "8,996 kJ")
        assert units.length_text(1.8287) == "6 ft 0 in", "never 5 ft 12 in"
    with translation.override("de"):
        assert (units.mass_text(1234.5), units.distance_text(5000)) == ("1.234,5 kg", "5 km")
    assert units.current() == units.METRIC


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("en-US,en;q=0.9", units.IMPERIAL),
        ("en-GB", units.units_for("metric", distance="mi")),
        ("en-AU;q=0.8", units.units_for("metric", energy="kJ")),
        ("de-DE,de;q=0.9,en-US;q=0.5", units.METRIC),
        ("de", units.METRIC), ("", units.METRIC), ("*", units.METRIC), ("tw-GH", units.METRIC),
    ],
)  # fmt: skip
def test_a_browser_names_its_country(asked, expected):
    assert units.units_guessed(asked) == expected


def test_templates_write_nothing_for_nothing():
    words = "{{ a|mass }} {{ a|distance }} {{ a|length_in_units }} {{ a|energy }}|{{ none|mass }}|"
    page = Template("{% load units %}" + words)
    assert page.render(Context({"a": 2, "none": None})) == "2 kg 0 km 200 cm 0 kcal||"


@pytest.fixture(scope="module", params=["en", "de"])
def speaking(request):
    """(language, run): a page in that language, whose modules are loaded afresh."""
    with modules() as run:
        run("../web/dom.js", "(module, language) => { document.documentElement.lang = language; }", request.param)
        yield request.param, run


@pytest.mark.parametrize("chosen", [units.METRIC, units.IMPERIAL, units.units_for("metric", energy="kJ")])
def test_scripts_write_the_same(speaking, chosen):
    language, run = speaking
    code = """(one, { spelled, masses, distances, lengths, energies, pounds }) => {
        document.documentElement.dataset.units = spelled;
        return [
            masses.map((x) => one.massText(x)), distances.map((x) => one.distanceText(x)),
            lengths.map(one.lengthText), energies.map(one.energyText),
            one.fromStored(one.toStored(pounds, "lb"), "lb"),
        ];
    }"""
    given = {
        "spelled": chosen.spelled, "masses": MASSES, "distances": DISTANCES, "lengths": LENGTHS,
        "energies": ENERGIES, "pounds": 175,
    }  # fmt: skip
    *written, pounds = run("../web/units.js", code, given)
    with translation.override(language), units.override(chosen):
        assert written == [
            [units.mass_text(x) for x in MASSES], [units.distance_text(x) for x in DISTANCES],
            [units.length_text(x) for x in LENGTHS], [units.energy_text(x) for x in ENERGIES],
        ]  # fmt: skip
    assert pounds == pytest.approx(175)
