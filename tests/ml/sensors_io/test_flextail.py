"""The raw FlexTail strip: the real table, RSF version 1, and the formulas of its channels."""

import numpy as np
import pytest

from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.readers import IssueLog, plan_for_layout, preview, read_chunks
from mlops.ml.sensors.readers.flextail import channels_from_raw
from tests.ml.sensors_io.files import raw_rows, text_lines, write_rsf


def read_all(path):
    log = IssueLog()
    chunks = list(read_chunks(path, plan_for_layout(preview(path), FLEXTAIL), log))
    t_s, samples, rows = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return t_s, samples, rows, log


def test_upright_and_still_gives_zero_angles_and_one_g():
    raw = np.zeros((1, 44))
    raw[0, 36] = -2048
    np.testing.assert_allclose(channels_from_raw(raw), [[0, 0, 0, 0, 1]], atol=1e-12)


def test_channels_follow_their_formulas():
    raw = np.zeros((1, 44))
    raw[0, 36:39] = [-2048 * np.cos(0.3), 0, 2048 * np.sin(0.3)]  # pitched forward by 0.3 rad
    raw[0, 1:9] = 2  # left, sensors 2–9
    raw[0, 19:27] = 1  # right, sensors 2–9
    raw[0, 0] = 5  # sensor 1 bends nothing but twists
    unit = np.deg2rad(0.25)
    lumbar, sagittal, lateral, twist, acceleration = channels_from_raw(raw)[0]
    assert lumbar == pytest.approx(24 * unit)
    assert sagittal == pytest.approx(0.3 + 0.2 * 24 * unit)
    assert lateral == pytest.approx(0, abs=1e-12)
    assert twist == pytest.approx((8 + 5) * unit)
    assert acceleration == pytest.approx(1)
    raw[0, 36:39] = [-2048 * np.cos(0.2), 2048 * np.sin(0.2), 0]
    assert channels_from_raw(raw)[0, 2] == pytest.approx(-0.2)


def test_the_real_table(flextail_csv):
    shown = preview(flextail_csv, "measurements.csv")
    assert shown.format == "flextail_csv"
    assert shown.suggested_layout == "flextail"
    assert not shown.needs_rate
    assert "Uneven" in shown.rate_note
    t_s, samples, rows, log = read_all(flextail_csv)
    assert samples.shape == (2585, 5)
    assert log.total == 0
    assert rows[-1] == 2585
    assert t_s[0] == pytest.approx(1675244863.793)
    raw = np.loadtxt(flextail_csv, delimiter=",")
    np.testing.assert_allclose(samples, channels_from_raw(raw), rtol=1e-5, atol=1e-6)
    assert 0.9 < np.median(samples[:, 4]) < 1.1


@pytest.mark.parametrize("as_list", [False, True])
def test_rsf_gives_the_true_uneven_time(tmp_path, as_list):
    rows = raw_rows(20_000)
    path = write_rsf(tmp_path / "a.rsf", text_lines(rows), as_list=as_list)
    shown = preview(path, "a.rsf")
    assert (shown.format, shown.time_unit) == ("rsf", "ms")
    assert shown.n_rows_seen > 500
    t_s, samples, numbers, log = read_all(path)
    np.testing.assert_allclose(t_s, rows[:, 43] / 1000, rtol=0, atol=1e-6)
    np.testing.assert_allclose(samples, channels_from_raw(rows), rtol=1e-5, atol=1e-6)
    assert numbers.tolist() == list(range(1, 20_001))
    assert log.total == 0


def test_rsf_made_of_the_real_table(flextail_csv, tmp_path):
    path = write_rsf(tmp_path / "a.rsf", flextail_csv.read_text().splitlines())
    for ours, theirs in zip(read_all(path)[:3], read_all(flextail_csv)[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_bad_rsf_line_is_an_issue(tmp_path):
    lines = text_lines(raw_rows(300))
    lines[6] = "1, 2, 3"
    lines[9] = lines[9].replace(", ", ", x", 1)
    path = write_rsf(tmp_path / "a.rsf", lines)
    t_s, _, numbers, log = read_all(path)
    assert [i.row for i in log.issues] == [7, 10]
    assert len(t_s) == 298
