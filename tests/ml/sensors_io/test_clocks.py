"""Time: which column, which unit, which year; counters that wrap, shared stamps, pauses, stamps as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers import ChoiceNeeded, Told, plan_for_layout, preview
from mlops.ml.sensors.readers.stamps import date_order
from tests.ml.sensors_io.motion import EPOCH, movement, read, table

ACC = "acc_x,acc_y,acc_z"


def stamped(path, name, stamps, x=None, fmt="{:.6f}"):
    """A file of one time column and an accelerometer."""
    given = movement(len(stamps))[1][:, :3] if x is None else x
    stamps = [s if isinstance(s, str) else f"{s:.0f}" for s in stamps]
    path.write_text(table(f"{name},{ACC}", [stamps, *given.T], fmt=fmt))
    return path


@pytest.mark.parametrize(
    ("name", "unit_s", "epoch_s", "clock"),
    [
        ("time", 1e-9, 0, "1970"),
        ("timestamp", 1e-6, 0, "1970"),
        ("ts", 1e-3, 0, "1970"),
        ("timestamp_ns", 1e-9, 946_684_800, "2000"),
        ("sensor_timestamp", 1e-9, 946_684_800, "2000"),
        ("t_ms", 1e-3, 946_684_800, "2000"),
    ],
)
def test_stamps_count_from_the_year_that_makes_sense(tmp_path, name, unit_s, epoch_s, clock):
    t, _ = movement()
    whole = [int((EPOCH - epoch_s) / unit_s) + int(round(s / unit_s)) for s in t]
    shown, got, _, _ = read(stamped(tmp_path / "a.csv", name, [str(n) for n in whole]), "acc3")
    assert shown.clock == clock
    assert got[0] == pytest.approx(EPOCH, abs=1e-3)
    np.testing.assert_allclose(np.diff(got), 0.02, atol=1e-5)


def test_a_year_that_two_clocks_could_mean_is_asked(tmp_path):
    begin = 1_740_000_000 - 978_307_200  # February 2025 from 2001, February 2024 from 2000
    path = tmp_path / "a.csv"
    t, x = movement()
    path.write_text(table(f"timestamp,{ACC}", [[f"{begin + s:.3f}" for s in t], *x[:, :3].T]))
    shown = preview(path)
    assert [value for value, _ in shown.clock_choices] == ["1970", "2000", "2001", "start"]
    with pytest.raises(ChoiceNeeded, match="several years") as caught:
        plan_for_layout(shown, BUILT_IN["acc3"])
    assert caught.value.about == "clock"
    _, got, _, _ = read(path, "acc3", told=Told(clock="2001"))
    assert got[0] == pytest.approx(1_740_000_000)
    shown, got, _, _ = read(path, "acc3", told=Told(clock="start"))
    assert (shown.clock, got[0]) == ("start", pytest.approx(begin))


@pytest.mark.parametrize(("bits", "step"), [(32, 20_000), (16, 20), (24, 640), (8, 1)])
def test_a_counter_that_wraps_goes_on(tmp_path, bits, step):
    size = 2**bits
    stamps = (size - 100 * step + step * np.arange(300)) % size
    name = {32: "timestamp_us", 16: "time_ms", 24: "time_us", 8: "PacketCounter"}[bits]
    path = stamped(tmp_path / "a.csv", name, stamps)
    _, got, _, log = read(path, "acc3", rate_hz=50)
    assert len(got) == 300
    unit = {32: 1e-6, 16: 1e-3, 24: 1e-6, 8: 1 / 50}[bits]
    np.testing.assert_allclose(np.diff(got), step * unit, rtol=1e-9)
    assert any("began again" in note for note in log.notes)


def test_a_counter_that_wraps_behind_the_preview(tmp_path):
    n = 30_000
    stamps = (2**32 - 20_000 * 20_000 + 20_000 * np.arange(n)) % 2**32
    path = stamped(tmp_path / "a.csv", "SampleTimeFine", stamps)
    _, got, _, _ = read(path, "acc3")
    assert len(got) == n
    np.testing.assert_allclose(np.diff(got), 0.02, rtol=1e-6)


@pytest.mark.parametrize("share", [4, 7])
def test_samples_under_one_stamp_are_spread(tmp_path, share):
    t, x = movement(560)
    stamps = 1000 * EPOCH + 1000 * t[np.arange(560) // share * share]
    shown, got, got_x, log = read(stamped(tmp_path / "a.csv", "timestamp_ms", stamps, x[:, :3]), "acc3")
    assert shown.rate_hz == pytest.approx(50, rel=0.01)
    assert (len(got), log.total) == (560, 0)
    np.testing.assert_allclose(got - got[0], t, atol=1e-3)
    np.testing.assert_allclose(got_x, x[:, :3], atol=1e-4)


def test_whole_seconds_with_many_rows_each(tmp_path):
    t, x = movement(500)
    begin = datetime.fromtimestamp(EPOCH, UTC)
    stamps = [(begin + timedelta(seconds=int(s + 0.5))).strftime("%Y-%m-%d %H:%M:%S") for s in t]
    shown, got, _, _ = read(stamped(tmp_path / "a.csv", "time", stamps, x[:, :3]), "acc3")
    assert shown.rate_hz == pytest.approx(50)
    np.testing.assert_allclose(np.diff(got), 0.02, atol=1e-6)


def test_a_pause_is_not_closed_up_where_stamps_are_shared(tmp_path):
    t, x = movement(400)
    stamps = 1000 * EPOCH + 1000 * (t[np.arange(400) // 4 * 4] + 30 * (np.arange(400) >= 200))
    _, got, _, _ = read(stamped(tmp_path / "a.csv", "timestamp_ms", stamps, x[:, :3]), "acc3")
    steps = np.diff(got)
    assert steps.max() == pytest.approx(30.02, abs=0.03)
    assert np.sort(steps)[-2] < 0.04


def test_doubled_lines_are_not_spread(tmp_path):
    t, x = movement(100)
    twice = np.repeat(np.arange(100), 2)
    shown = preview(stamped(tmp_path / "a.csv", "timestamp_ms", 1000 * EPOCH + 1000 * t[twice], x[twice, :3]))
    assert not shown.spread
    assert shown.rate_hz == pytest.approx(50)


def test_dated_stamps_go_before_a_count_beside_them(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(
        table(f"seconds_elapsed,time,{ACC}", [t, [f"{EPOCH * 1000 + 1000 * s:.0f}" for s in t], *x[:, :3].T])
    )
    shown, got, _, _ = read(path, "acc3")
    assert (shown.time_column, got[0]) == ("time", pytest.approx(EPOCH))


def test_a_coarse_date_beside_a_fine_count_gives_only_the_date(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(table(f"timestamp,elapsed (s),{ACC}", [[f"{int(EPOCH + s)}" for s in t], t, *x[:, :3].T]))
    shown, got, _, _ = read(path, "acc3")
    assert shown.time_column == "elapsed (s)"
    assert got[0] == pytest.approx(EPOCH, abs=1)
    np.testing.assert_allclose(np.diff(got), 0.02, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("timestamp (+0100)", "%Y-%m-%dT%H:%M:%S.%f"),
        ("local time", "%Y-%m-%d %H:%M:%S.%f"),
        ("Zeit (+01:00)", "%d.%m.%Y %H:%M:%S.%f"),
    ],
)
def test_a_local_clock_beside_an_epoch_does_not_count(tmp_path, name, local):
    t, x = movement()
    wall = [datetime.fromtimestamp(EPOCH + 3600 + s, UTC).strftime(local) for s in t]
    epoch = [f"{1000 * (EPOCH + s):.0f}" for s in t]
    path = tmp_path / "a.csv"
    path.write_text(table(f"{name},epoch,{ACC}", [wall, epoch, *x[:, :3].T]))
    shown, got, _, _ = read(path, "acc3")
    assert (shown.time_column, got[0]) == ("epoch", pytest.approx(EPOCH, abs=1e-3))
    if "+" in name:
        path.write_text(table(f"{name},{ACC}", [wall, *x[:, :3].T]))
        assert read(path, "acc3")[1][0] == pytest.approx(EPOCH, abs=1e-3)


@pytest.mark.parametrize(
    ("form", "unit"),
    [
        ("%d.%m.%Y %H:%M:%S.%f", "dmy"),
        ("%d/%m/%Y %H:%M:%S.%f", "dmy"),
        ("%m/%d/%Y %H:%M:%S.%f", "mdy"),
        ("%m/%d/%Y %I:%M:%S.%f %p", "mdy"),
        ("%Y/%m/%d %H:%M:%S.%f", "ymd"),
        ("%Y-%m-%d_%H-%M-%S_%f", "ymd"),
        ("%Y-%m-%d %H:%M:%S,%f", "iso"),
    ],
)
def test_dates_in_other_orders(tmp_path, form, unit):
    t, x = movement()
    stamps = ['"' + datetime.fromtimestamp(EPOCH + s, UTC).strftime(form) + '"' for s in t]
    shown, got, _, log = read(stamped(tmp_path / "a.csv", "time", stamps, x[:, :3]), "acc3")
    assert (shown.time_unit, log.total) == (unit, 0)
    assert got[0] == pytest.approx(EPOCH, abs=1e-3)
    np.testing.assert_allclose(np.diff(got), 0.02, atol=1e-5)


@pytest.mark.parametrize("day", ["02/03/2026", "3-4-2026"])
def test_days_that_could_be_months_give_no_date(day):
    assert date_order([day]) is None
    assert date_order(["02.03.2026"]) == "dmy"


def test_a_day_and_a_time_of_day_in_two_columns(tmp_path):
    t, x = movement()
    moments = [datetime.fromtimestamp(EPOCH + s, UTC) for s in t]
    days, times = [m.strftime("%d.%m.%Y") for m in moments], [m.strftime("%H:%M:%S.%f") for m in moments]
    path = tmp_path / "a.csv"
    path.write_text(table(f"Datum,Uhrzeit,{ACC}", [days, times, *x[:, :3].T]))
    shown, got, _, log = read(path, "acc3")
    assert (shown.date_column, got[0], log.total) == ("Datum", pytest.approx(EPOCH), 0)
    path.write_text(table(f"date,time,{ACC}", [["02/03/2026"] * 300, times, *x[:, :3].T]))
    shown, got, _, _ = read(path, "acc3")
    assert (shown.clock, shown.date_column) == ("start", None)
    assert any("day from month" in note for note in shown.notes)


@pytest.mark.parametrize(
    "form",
    ["0 days 00:00:{:09.6f}", "00:00:{:06.3f}", "0:00:{:05.2f}", "00:{:06.3f}", "PT{:.3f}S", "0 days 00:00:{:012.9f}"],
)
@pytest.mark.parametrize("name", ["", "time", "Unnamed: 0"])
def test_durations_as_index(tmp_path, form, name):
    t, x = movement()
    _, got, _, log = read(stamped(tmp_path / "a.csv", name, [form.format(s) for s in t], x[:, :3]), "acc3")
    assert log.total == 0
    np.testing.assert_allclose(got, t, atol=1e-6)


def test_midnight_is_no_way_back(tmp_path):
    t, x = movement(200)
    seconds = 86_398 + t
    stamps = [f"{int(s % 86400) // 3600:02d}:{int(s % 3600) // 60:02d}:{s % 60:06.3f}" for s in seconds]
    _, got, _, _ = read(stamped(tmp_path / "a.csv", "time", stamps, x[:, :3]), "acc3")
    np.testing.assert_allclose(np.diff(got), 0.02, atol=1e-6)


def test_a_clock_since_boot_is_no_date(tmp_path):
    t, x = movement()
    stamps = 45_147_364_669_817 + (t * 1e9).round()
    shown, got, _, _ = read(stamped(tmp_path / "a.csv", "timestamp", stamps, x[:, :3]), "acc3")
    assert (shown.clock, shown.starts_at, shown.time_unit) == ("start", "", "ns")
    assert got[0] == pytest.approx(45147.364669817)


def test_a_person_may_name_the_time_column(tmp_path):
    t, x = movement()
    path = tmp_path / "a.csv"
    path.write_text(table(f"elapsed,when_ms,{ACC}", [t, 1000 * EPOCH + 1000 * t, *x[:, :3].T]))
    shown, got, _, _ = read(path, "acc3", told=Told(time_column="elapsed"))
    assert (shown.time_column, got[0]) == ("elapsed", 0.0)
    assert preview(path, "", Told(time_column="")).needs_rate


@pytest.mark.parametrize(
    ("name", "stamp", "unit"),
    [
        ("time", lambda s: f"{25_569 + (EPOCH + s) / 86_400:.12f}", "d"),
        ("timestamp", lambda s: f"{719_529 + (EPOCH + s) / 86_400:.10f}", "d"),
        ("timestamp", lambda s: str(int((EPOCH + 11_644_473_600 + s) * 1e7)), "100ns"),
        ("ticks", lambda s: str(int((EPOCH + 62_135_596_800 + s) * 1e7)), "100ns"),
        ("gps_time", lambda s: f"{EPOCH - 315_964_782 + s:.3f}", "s"),
    ],
)
def test_other_calendars(tmp_path, name, stamp, unit):
    t, x = movement()
    shown, got, _, _ = read(stamped(tmp_path / "a.csv", name, [stamp(s) for s in t], x[:, :3]), "acc3")
    assert shown.time_unit == unit
    assert got[0] == pytest.approx(EPOCH, abs=1e-3)
    np.testing.assert_allclose(np.diff(got), 0.02, atol=2e-5)


def test_a_column_of_an_unknown_language_is_time_by_its_unit(tmp_path):
    t, x = movement()
    for name in ("Χρόνος (s)", "Idő [ms]", "foo_us"):
        factor = {"s": 1, "m": 1e3, "u": 1e6}[name.rstrip("])s")[-1] if not name.endswith("(s)") else "s"]
        shown, got, _, _ = read(stamped(tmp_path / "a.csv", name, [f"{s * factor:.3f}" for s in t], x[:, :3]), "acc3")
        assert shown.time_column == name
        np.testing.assert_allclose(got, t, atol=1e-5)


def test_steps_that_no_sensor_takes_are_no_time(tmp_path):
    t, x = movement()
    assert preview(stamped(tmp_path / "a.csv", "time", [f"{s * 1e-5:.9f}" for s in t], x[:, :3])).needs_rate
