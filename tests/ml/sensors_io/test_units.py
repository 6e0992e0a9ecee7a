"""Units are told by the file or found by physics and shown, or asked; never believed, never by position."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.sensors.layouts import BUILT_IN, FLEXTAIL, IMU6
from mlops.ml.sensors.readers import ChoiceNeeded, channel_units, plan_for_layout, preview
from tests.ml.sensors_io.motion import DEG, G, movement, read, table

AXES = "xyz"


def six(acc: str, gyr: str) -> str:
    return ",".join(["t", *(acc.format(a) for a in AXES), *(gyr.format(a) for a in AXES)])


def written(path, header, acc_factor=1.0, gyr_factor=1.0):
    t, x = movement()
    path.write_text(table(header, [t, *(x[:, :3] * acc_factor).T, *(x[:, 3:] * gyr_factor).T]))
    return path


@pytest.mark.parametrize(
    ("acc", "gyr", "acc_factor", "gyr_factor"),
    [
        ("acc_{} (g)", "gyr_{} (deg/s)", 1 / G, 1 / DEG),
        ("Acc{} [mg]", "Gyro{} [dps]", 1000 / G, 1 / DEG),
        ("accel_{}_mg", "gyro_{}_dps", 1000 / G, 1 / DEG),
        ("Beschleunigung {} (m/s^2)", "Gyroskop {} (rad/s)", 1, 1),
        ("Accélération {} (m/s²)", "Gyroscope {} (°/s)", 1, 1 / DEG),
        ("Aceleración {} (m/s2)", "Giroscopio {} (rad/s)", 1, 1),
        ("Ускорение {} (м/с²)", "Гироскоп {} (рад/с)", 1, 1),
        ("加速度 {} (m/s^2)", "角速度 {} (rad/s)", 1, 1),
        ("Przyspieszenie {} (m/s^2)", "Żyroskop {} (rad/s)", 1, 1),
        ("{}-axis (g)", "{}-axis (deg/s)", 1 / G, 1 / DEG),
        ("acc_{} (cm/s²)", "gyr_{} (mdps)", 100, 1000 / DEG),
        ("accel{}(G)", "gyro{}(rad/s)", 1 / G, 1),
    ],
)
def test_units_and_sensors_of_headings_in_many_hands(tmp_path, acc, gyr, acc_factor, gyr_factor):
    path = written(tmp_path / "a.csv", six(acc, gyr), acc_factor, gyr_factor)
    _, _, x, log = read(path, "imu6")
    np.testing.assert_allclose(x, movement()[1], atol=2e-3)
    assert log.total == 0


def test_own_names_in_g_are_found_by_gravity_and_their_turning_rate_is_asked(tmp_path):
    path = written(tmp_path / "a.csv", six("acc_{}", "gyr_{}"), 1 / G, 1 / DEG)
    shown = preview(path)
    assert shown.suggested_scale == {f"acc_{axis}": pytest.approx(G) for axis in AXES}
    with pytest.raises(ChoiceNeeded) as caught:
        plan_for_layout(shown, IMU6)
    assert (caught.value.about, caught.value.likely) == ("gyr", "°/s")
    assert caught.value.channels == ("gyr_x", "gyr_y", "gyr_z")
    _, _, x, _ = read(path, "imu6", units={"gyr": "deg/s"})
    np.testing.assert_allclose(x, movement()[1], atol=2e-3)


def test_slow_turning_beside_gravity_in_g_is_asked_too(tmp_path):
    path = written(tmp_path / "a.csv", six("acc_{}", "gyr_{}"), 1 / G, 0.2 / DEG)
    with pytest.raises(ChoiceNeeded):
        plan_for_layout(preview(path), IMU6)


def test_other_names_without_a_unit_are_asked(tmp_path):
    path = written(tmp_path / "a.csv", six("Acc_{}", "Gyr_{}"))
    units = channel_units(preview(path), IMU6, preview(path).suggested_mapping)
    assert {unit.channel for unit in units.values() if not unit.sure} == {"gyr_x", "gyr_y", "gyr_z"}
    assert "gravity" in units["acc_x"].why


def test_a_heading_that_gravity_contradicts_is_asked(tmp_path):
    path = written(tmp_path / "a.csv", six("acc_{} (m/s²)", "gyr_{} (rad/s)"), 1 / G)
    with pytest.raises(ChoiceNeeded, match="length at rest is 1") as caught:
        plan_for_layout(preview(path), IMU6)
    assert (caught.value.about, caught.value.likely) == ("acc", "g")


def test_an_answer_or_a_factor_is_a_persons_word(tmp_path):
    path = written(tmp_path / "a.csv", six("Acc_{}", "Gyr_{}"), 1, 1 / DEG)
    plan = plan_for_layout(preview(path), IMU6, scale={f"gyr_{axis}": 0.5 for axis in AXES})
    assert plan.scale == (1.0, 1.0, 1.0, 0.5, 0.5, 0.5)
    plan = plan_for_layout(preview(path), IMU6, units={"gyr_x": "mdps", "gyr": "dps"})
    assert plan.scale[3:] == pytest.approx((DEG / 1000, DEG, DEG))
    with pytest.raises(BadValue, match="cannot be made from"):
        plan_for_layout(preview(path), IMU6, units={"gyr": "m/s²"})


@pytest.mark.parametrize(
    "row", ["s,g,g,g,deg/s,deg/s,deg/s", "s,G,G,G,dps,dps,dps", "[s],[g],[g],[g],[°/s],[°/s],[°/s]"]
)
def test_a_row_of_units(tmp_path, row):
    path = written(tmp_path / "a.csv", six("Accel_{}", "Gyro_{}") + "\n" + row, 1 / G, 1 / DEG)
    shown, _, x, log = read(path, "imu6")
    np.testing.assert_allclose(x, movement()[1], atol=2e-3)
    assert (len(x), log.total, shown.time_unit) == (300, 0, "s")


def test_three_number_columns_are_not_filled_by_position(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(table("t,c1,c2,c3", [t, *x[:, :3].T]))
    shown = preview(path)
    assert (shown.suggested_layout, shown.suggested_mapping) == (None, {})
    with pytest.raises(BadValue, match="no column"):
        plan_for_layout(shown, BUILT_IN["acc3"])


def test_bare_axes_in_any_order_are_mapped_by_their_letter_and_gravity(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(table("t,z,y,x", [t, x[:, 2], x[:, 1], x[:, 0]]))
    _, _, got, _ = read(path, "acc3")
    np.testing.assert_allclose(got, x[:, :3], atol=1e-4)
    path.write_text(table("t,z,y,x", [t, x[:, 5], x[:, 4], x[:, 3]]))  # no gravity, so nothing says what it is
    assert preview(path).layout_mappings == {}
    shown = preview(path, "run_Gyroscope.csv")
    assert list(shown.layout_mappings) == ["gyr3"]
    with pytest.raises(ChoiceNeeded):
        plan_for_layout(shown, BUILT_IN["gyr3"])


NO_GRAVITY = (
    "Linear Acceleration {} (m/s^2)", "Lineare Beschleunigung {} (m/s^2)", "userAcceleration{}(G)", "FreeAcc_{}",
    "Gravity {} (m/s²)", "Quat_{}",
)  # fmt: skip


@pytest.mark.parametrize("name", NO_GRAVITY)
def test_what_is_no_acceleration_with_gravity_is_not_called_so(tmp_path, name):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(table(",".join(["t", *(name.format(axis) for axis in AXES)]), [t, *(x[:, :3] - [0, 0, G]).T]))
    assert preview(path).layout_mappings == {}


def test_a_file_of_impossible_values_is_refused(tmp_path):
    t, x = movement()
    header = "time,lumbarAngle,sagittal,lateral,twist,acceleration"
    angles = [np.full(len(t), 1.5e12), *x[:, 3:6].T, np.ones(len(t))]
    path = tmp_path / "a.csv"
    path.write_text(table(header, [t, *angles]))
    with pytest.raises(ChoiceNeeded):
        plan_for_layout(preview(path), FLEXTAIL)
    with pytest.raises(UnreadableInput) as caught:
        read(path, "flextail", scale={name: 1.0 for name in FLEXTAIL.channel_names})
    assert caught.value.code == "out_of_range"


def test_a_glitch_is_left_out_and_named(tmp_path):
    t, x = movement()
    x[100, 3] = 4000.0
    path = tmp_path / "a.csv"
    path.write_text(table("t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", [t, *x.T]))
    _, got_t, _, log = read(path, "imu6")
    assert len(got_t) == 299
    assert [issue.row for issue in log.issues] == [102]


def test_five_columns_are_not_a_flextail(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    header = "epoc (ms),timestamp (+0100),elapsed (s),x-axis (deg/s),y-axis (deg/s),z-axis (deg/s)"
    path.write_text(table(header, [1.772e12 + 1000 * t, 1.772e12 + 1000 * t, t, *(x[:, 3:] / DEG).T], fmt="{:.3f}"))
    assert list(preview(path).layout_mappings) == ["gyr3"]
    _, _, got, _ = read(path, "gyr3")
    np.testing.assert_allclose(got, x[:, 3:], atol=1e-4)
