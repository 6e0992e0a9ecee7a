"""Axes of drawings: their ticks are round, few, and cover what is drawn."""

import math
from datetime import date

import pytest

from web.axis import axis_covering, axis_within, day_marks, percent_text, tick_text, told_apart

RANGES = [
    (0.0, 1.0), (0.0, 0.4), (0.13333, 0.2666), (-3.2, 7.9), (-0.004, -0.001), (0.0, 1e7), (12.0, 13.0), (-1234.5, 0.0),
    (0.9731, 0.9734), (3e-9, 4e-9), (1e12, 1e12 + 5000),
]  # fmt: skip


def is_round(step: float) -> bool:
    """1, 2 or 5 times a power of ten."""
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    return any(lead == pytest.approx(one) for one in (1, 2, 5))


@pytest.mark.parametrize("ends", RANGES)
@pytest.mark.parametrize("most", [3, 5, 8])
def test_ticks_are_round_few_even_and_cover_the_values(ends, most):
    axis = axis_covering(ends, most=most)
    low, high = ends
    slack = 1e-8 * (high - low)
    assert is_round(axis.step)
    assert 2 <= len(axis.ticks) <= most
    assert axis.ticks[0] <= low + slack
    assert axis.ticks[-1] >= high - slack
    assert axis.ticks[1] > low, "no more of the axis is empty than a step"
    assert axis.ticks[-2] < high
    for a, b in zip(axis.ticks, axis.ticks[1:], strict=False):
        assert b - a == pytest.approx(axis.step, rel=1e-3)
    assert (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])


@pytest.mark.parametrize("ends", RANGES)
@pytest.mark.parametrize("most", [3, 6])
def test_an_axis_may_keep_its_ends_and_has_round_ticks_between_them(ends, most):
    axis = axis_within(*ends, most=most)
    slack = 1e-8 * (ends[1] - ends[0])
    assert (axis.low, axis.high) == ends
    assert is_round(axis.step)
    assert 1 <= len(axis.ticks) <= most
    assert all(ends[0] - slack <= tick <= ends[1] + slack for tick in axis.ticks)


@pytest.mark.parametrize("value", [0.0, 0.9, -7.3, 1e9, 1e-300])
def test_a_constant_has_an_axis_around_it(value):
    axis = axis_covering([value, value])
    assert axis.low <= value <= axis.high
    assert axis.low < axis.high
    assert 2 <= len(axis.ticks) <= 5
    only = axis_within(value, value, 0, 100)
    assert only.ticks == (value,)
    assert only.at(value) == 50


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf]])
def test_nothing_known_is_drawn_from_zero_to_one(values):
    assert axis_covering(values).ticks == (0, 0.5, 1)


def test_a_value_that_is_no_number_does_not_spoil_the_axis():
    assert axis_covering([1.0, math.nan, 3.0, math.inf]).ticks == (1.0, 1.5, 2.0, 2.5, 3.0)


def test_whole_numbers_have_whole_ticks():
    assert axis_within(1, 3, most=6, whole=True).ticks == (1, 2, 3)
    assert axis_within(1, 30, most=6, whole=True).ticks == (5, 10, 15, 20, 25, 30)
    assert axis_covering([0, 2], most=6, whole=True).ticks == (0, 1, 2)


def test_values_lie_between_the_ends():
    axis = axis_covering([0, 1], 220, 10)
    assert (axis.at(0), axis.at(0.5), axis.at(1)) == (220, 115, 10)
    assert axis.marks()[0] == (220, "0.0")


def test_an_axis_needs_room():
    with pytest.raises(ValueError, match="three"):
        axis_covering([0, 1], most=2)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.25, 0.05, "0.25"), (0.1, 0.1, "0.1"), (-1200, 200, "−1,200"), (2e6, 1e6, "2 M"), (0, 1e6, "0"), (5, 5, "5"),
        (3e-9, 1e-9, "3e−09"), (0, 0.2, "0.0"), (1.0, 1.0, "1"),
    ],
)  # fmt: skip
def test_a_tick_has_as_many_decimals_as_its_step(value, step, text):
    assert tick_text(value, step) == text


def test_shares_read_as_percent():
    assert [percent_text(tick, 0.05) for tick in (0.0, 0.05, 0.1)] == ["0 %", "5 %", "10 %"]
    assert percent_text(0.075, 0.005) == "7.5 %"


def test_edges_have_as_few_digits_as_keep_them_apart():
    assert told_apart([0.13333, 0.26666, 1.5]) == ["0.13", "0.27", "1.5"]
    assert told_apart([0.1333, 0.1341]) == ["0.133", "0.134"]
    assert told_apart([12345.6, 23456.7]) == ["12,346", "23,457"]
    assert told_apart([]) == []


@pytest.mark.parametrize("n", [0, 1, 4, 27, 90, 400, 5000])
def test_days_are_few_and_end_at_the_last(n):
    first = date(2026, 1, 1)
    last = date.fromordinal(first.toordinal() + n)
    marks = day_marks(first, last, axis_within(0, n), most=5)
    assert 1 <= len(marks) <= 5
    assert marks[-1][1] == f"{last:%-d %b}"
    assert len({x for x, _ in marks}) == len(marks)
