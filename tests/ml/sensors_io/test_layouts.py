"""Layouts: the built-in ones, declared ones and their limits."""

import pytest

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import BUILT_IN, FLEXTAIL, IMU6, IMU9, parse_layout, side_by_side


def declared(**changes):
    return {"name": "wrist", "rate_hz": 100, "channels": [{"name": "acc_x", "unit": "g"}], **changes}


def test_flextail_has_its_five_channels_in_order():
    assert FLEXTAIL.channel_names == ("lumbarAngle", "sagittal", "lateral", "twist", "acceleration")
    assert FLEXTAIL.rate_hz == 50
    assert [c.unit for c in FLEXTAIL.channels] == ["rad", "rad", "rad", "rad", "g"]


@pytest.mark.parametrize("layout", BUILT_IN.values(), ids=BUILT_IN)
def test_to_dict_and_back(layout):
    assert parse_layout(layout.to_dict()) == layout


def test_side_by_side_prefixes_the_unit():
    both = side_by_side(IMU6, ("u2", "u5"))
    assert both.n_channels == 12
    assert both.channel_names[0] == "u2.acc_x"
    assert both.channel_names[-1] == "u5.gyr_z"
    assert parse_layout(both.to_dict()) == both


def test_positions_name_the_missing_channel():
    assert IMU9.positions(["mag_z", "acc_x"]) == [8, 0]
    with pytest.raises(BadValue, match="no channel nose"):
        IMU9.positions(["nose"])


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {},
        declared(name="Wrist sensor"),
        declared(name=""),
        declared(rate_hz=0),
        declared(rate_hz=float("nan")),
        declared(rate_hz=True),
        declared(rate_hz="50"),
        declared(rate_hz=2001),
        declared(channels=[]),
        declared(channels=[{"name": f"c{i}", "unit": ""} for i in range(65)]),
        declared(channels=[{"name": "a", "unit": ""}, {"name": "a", "unit": ""}]),
        declared(channels=[{"name": "1a", "unit": ""}]),
        declared(channels=[{"name": "a" * 41, "unit": ""}]),
        declared(channels=[{"name": "a\n", "unit": ""}]),
        declared(channels=[{"name": "a", "unit": "u" * 17}]),
        declared(channels=[{"name": "a", "unit": "", "extra": 1}]),
        declared(channels=["a"]),
        declared(owner=3),
        declared(title="\x00"),
    ],
)
def test_what_a_layout_must_not_be(bad):
    with pytest.raises(BadValue):
        parse_layout(bad)


def test_side_by_side_needs_two_different_units():
    for units in (("u2",), ("u2", "u2"), ("", "u5")):
        with pytest.raises(BadValue):
            side_by_side(IMU6, units)
