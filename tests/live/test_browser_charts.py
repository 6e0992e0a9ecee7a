"""The charts' own arithmetic, run in the browser: round steps, lanes that do not touch, labels over each other."""

from __future__ import annotations

import math

import pytest

CHART = "../web/chart-lanes.js"


def test_steps_between_ticks_are_round(run):
    steps = run("../web/chart-axis.js", "(module) => module.ROUND_STEPS")
    assert steps == sorted(steps)
    for step in steps:
        assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (-3.0, 9.0), (1000.0, 1001.0), (5.0, 5.0), (0.0, 0.0)])
def test_every_channel_lies_in_its_own_lane(run, ends):
    ranges = run(
        CHART,
        """({ laneScale }, [low, high]) => {
          const state = { series: [1, 2, 3, 4, 5].map((n) => ({ columns: [n] })) };
          const u = { series: [{}, ...state.series.map(() => ({ show: true }))] };
          return state.series.map((one, n) => laneScale(state, n).range(u, low, high));
        }""",
        list(ends),
    )
    for number, (low, high) in enumerate(ranges):
        for value in ends:
            part = 1 - (value - low) / (high - low)
            assert number / 5 < part < (number + 1) / 5, "from the top, lane by lane"


def test_a_channel_that_is_off_leaves_its_lane(run):
    low, high = run(
        CHART,
        """({ laneScale }) => {
          const state = { series: [1, 2, 3].map((n) => ({ columns: [n] })) };
          const u = { series: [{}, { show: false }, { show: true }, { show: true }] };
          return laneScale(state, 1).range(u, 0, 1);
        }""",
    )
    assert 0 < 1 - (1 - low) / (high - low) < 0.5


def test_labels_over_each_other_are_named(run):
    body = """({ overlapWords }, [span, spans]) => overlapWords(span, spans)"""
    mine = {"id": "m", "start_s": 10, "end_s": 20, "label": "squat", "state": "confirmed"}
    other = {"id": "o", "start_s": 19, "end_s": 30, "label": "row", "state": "confirmed"}
    said = run("span_overlaps.js", body, [mine, [mine, other]])
    assert "overlaps row (0:19.0 to 0:30.0)" in said
    assert "and 1 other label." in run("span_overlaps.js", body, [mine, [mine, other, {**other, "id": "p"}]])
    for free in ({"start_s": 20}, {"state": "rejected"}, {"end_s": 5, "start_s": 0}):
        assert run("span_overlaps.js", body, [mine, [mine, {**other, **free}]]) == ""
    assert run("span_overlaps.js", body, [{**mine, "state": "rejected"}, [mine, other]]) == ""
