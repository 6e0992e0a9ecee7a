"""Recordings: written whole or not at all, read by range, drawn by envelope, merged side by side."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from mlops.ml.contract import BadArtifact, BadShape, BadValue, NotEnoughData, UnreadableInput
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6, Layout, parse_layout
from mlops.ml.sensors.readers import plan_for_layout, preview, read_chunks
from mlops.ml.sensors.recording_file import (
    envelope,
    iter_range,
    merge_side_by_side,
    read_info,
    read_range,
    write_recording,
)

ONE: Layout = parse_layout({"name": "one", "rate_hz": 50, "channels": [{"name": "a", "unit": ""}]})


def chunks_of(t_s, samples, size):
    return [(t_s[i : i + size], samples[i : i + size]) for i in range(0, len(t_s), size)]


def write_one(path, t_s, values, size=1000):
    samples = np.asarray(values, np.float32).reshape(-1, 1)
    return write_recording(path, ONE, chunks_of(np.asarray(t_s, float), samples, size))


def test_round_trip_and_facts(tmp_path):
    rng = np.random.default_rng(0)
    n = 200_000
    t_s = 1_700_000_000 + np.arange(n) / 50
    samples = rng.normal(size=(n, 5)).astype(np.float32)
    facts = write_recording(tmp_path / "a.parquet", FLEXTAIL, chunks_of(t_s, samples, 7_777))
    assert (facts.n_samples, facts.n_gaps, facts.n_dropped) == (n, 0, 0)
    assert facts.rate_hz == pytest.approx(50, rel=1e-4)
    assert facts.t0 == 1_700_000_000
    assert facts.duration_s == pytest.approx((n - 1) / 50)
    assert len(facts.sha256) == 64
    metadata = pq.ParquetFile(tmp_path / "a.parquet").metadata
    assert [metadata.row_group(i).num_rows for i in range(4)] == [65_536, 65_536, 65_536, n - 3 * 65_536]
    info = read_info(tmp_path / "a.parquet")
    assert (info.layout, info.n_samples, info.t0) == (FLEXTAIL, n, 1_700_000_000)
    t, x = read_range(tmp_path / "a.parquet")
    np.testing.assert_array_equal(x, samples)
    np.testing.assert_allclose(t, np.arange(n) / 50, atol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_the_same_samples_give_the_same_bytes(tmp_path):
    t_s, values = np.arange(3000) / 50, np.sin(np.arange(3000))
    first = write_one(tmp_path / "a.parquet", t_s, values, size=100)
    assert write_one(tmp_path / "b.parquet", t_s, values, size=999).sha256 == first.sha256


def test_gaps_doubled_and_late_samples(tmp_path):
    t_s = [0.0, 0.1, 0.3, 0.2, 0.2, 5.0, 5.1, np.nan, 5.2]
    facts = write_one(tmp_path / "a.parquet", t_s, [0, 1, 3, 2, 22, 50, 51, 7, 52])
    assert facts.gaps == ((pytest.approx(0.3), pytest.approx(5.0)),)
    assert (facts.n_gaps, facts.n_dropped) == (1, 2)
    t, x = read_range(tmp_path / "a.parquet")
    assert x[:, 0].tolist() == [0, 1, 22, 3, 50, 51, 52]
    late = write_one(tmp_path / "b.parquet", [0, 1, 2, 1.5, 3], [0, 1, 2, 9, 3], size=3)
    assert (late.n_samples, late.n_dropped) == (4, 1)


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    def failing():
        yield np.arange(70_000) / 50, np.zeros((70_000, 1), np.float32)
        raise UnreadableInput("bad", row=7)

    with pytest.raises(UnreadableInput):
        write_recording(tmp_path / "a.parquet", ONE, failing())
    with pytest.raises(UnreadableInput) as caught:
        write_recording(tmp_path / "a.parquet", ONE, [])
    assert caught.value.code == "no_samples"
    with pytest.raises(UnreadableInput) as caught:
        write_one(tmp_path / "a.parquet", [5, 4, 3, 2, 1], np.zeros(5), size=1)
    assert caught.value.code == "time_not_increasing"
    with pytest.raises(BadShape):
        write_recording(tmp_path / "a.parquet", FLEXTAIL, [(np.zeros(3), np.zeros((3, 4)))])
    assert list(tmp_path.iterdir()) == []
    write_one(tmp_path / "a.parquet", [0, 1], [0, 1])
    with pytest.raises(FileExistsError):
        write_one(tmp_path / "a.parquet", [0, 1], [0, 1])


def test_read_range_is_half_open_and_loads_only_its_row_groups(tmp_path, monkeypatch):
    n = 200_000
    write_one(tmp_path / "a.parquet", np.arange(n) / 50, np.arange(n))
    loaded = []
    real = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda s, i, **k: loaded.append(i) or real(s, i, **k))
    t, x = read_range(tmp_path / "a.parquet", 2700.0, 2701.0)
    assert (x[0, 0], len(x)) == (135_000, 50)
    assert loaded == [2]
    assert read_range(tmp_path / "a.parquet", 9000)[1].shape == (0, 1)
    assert sum(len(t) for t, _ in iter_range(tmp_path / "a.parquet", 10, 20)) == 500
    with pytest.raises(BadValue):
        read_range(tmp_path / "a.parquet", channels=["nose"])


def test_envelope_keeps_every_peak(tmp_path):
    n = 150_000
    rng = np.random.default_rng(3)
    values = rng.normal(size=n)
    values[77_777], values[100] = 99, -99
    write_one(tmp_path / "a.parquet", np.arange(n) / 50, values)
    t, low, high = envelope(tmp_path / "a.parquet", max_points=500)
    assert len(t) == len(low) == len(high) == 500
    assert (high.max(), low.min()) == (99, -99)
    bucket = (np.arange(n) / 50 / ((n - 1) / 50) * 500).astype(int).clip(0, 499)
    for b in (0, 17, 499):
        assert low[b, 0] == pytest.approx(values[bucket == b].min(), rel=1e-6)
        assert high[b, 0] == pytest.approx(values[bucket == b].max(), rel=1e-6)
    t, low, high = envelope(tmp_path / "a.parquet", 100, 102, 500)
    assert len(t) == 100
    np.testing.assert_array_equal(low, high)
    assert envelope(tmp_path / "a.parquet", 1e6, 2e6)[0].shape == (0,)


def test_envelope_marks_pauses(tmp_path):
    t_s = np.concatenate([np.arange(500) / 50, 100 + np.arange(500) / 50])
    write_one(tmp_path / "a.parquet", t_s, np.ones(1000))
    for max_points in (2000, 100):
        t, low, _ = envelope(tmp_path / "a.parquet", max_points=max_points, gap_s=1.0)
        assert np.isnan(low[:, 0]).sum() == 1
        assert (np.diff(t) > 0).all()


def test_not_a_recording(tmp_path):
    with pytest.raises(BadArtifact):
        read_info(tmp_path / "missing.parquet")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(BadArtifact):
        read_range(tmp_path / "a.parquet")
    import pyarrow as pa

    pq.write_table(pa.table({"t": [0.0]}), tmp_path / "b.parquet")
    with pytest.raises(BadArtifact):
        read_info(tmp_path / "b.parquet")


def test_one_flipped_byte_is_refused_and_never_read_as_samples(tmp_path):
    rng = np.random.default_rng(2)
    whole = tmp_path / "a.parquet"
    write_one(whole, np.arange(3000) / 50, rng.normal(size=3000))
    data = whole.read_bytes()
    samples_end = len(data) - int.from_bytes(data[-8:-4], "little") - 8
    damaged = tmp_path / "b.parquet"
    n_refused = 0
    for at in np.linspace(4, samples_end - 1, 50).astype(int):
        damaged.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            t_s, samples = read_range(damaged)
        except BadArtifact:
            n_refused += 1
        else:  # a statistic in the head of a page, which nobody reads
            np.testing.assert_array_equal(t_s, read_range(whole)[0])
            np.testing.assert_array_equal(samples, read_range(whole)[1])
    assert n_refused > 40


@pytest.mark.parametrize("n_lost", [1, 9, 5000])
def test_a_cut_off_recording_is_refused(tmp_path, n_lost):
    whole = tmp_path / "a.parquet"
    write_one(whole, np.arange(3000) / 50, np.arange(3000))
    whole.write_bytes(whole.read_bytes()[:-n_lost])
    with pytest.raises(BadArtifact):
        read_range(whole)


def test_two_real_units_become_twelve_channels(physical_therapy, tmp_path):
    files, parts = {}, {}
    for unit in ("u2", "u5"):
        source = physical_therapy / unit / "test.txt"
        shown = preview(source, "test.txt")
        assert (shown.delimiter, shown.time_column, shown.time_unit) == (";", "time index", "samples")
        assert shown.needs_rate
        files[unit] = tmp_path / f"{unit}.parquet"
        facts = write_recording(
            files[unit], IMU6, read_chunks(source, plan_for_layout(shown, IMU6, rate_hz=25, unit=unit))
        )
        assert facts.rate_hz == pytest.approx(25)
        parts[unit] = np.loadtxt(source, delimiter=";", skiprows=1)[:, 1:7]
    facts = merge_side_by_side(tmp_path / "both.parquet", files)
    assert facts.n_samples == len(parts["u2"])
    t, x = read_range(tmp_path / "both.parquet")
    assert read_info(tmp_path / "both.parquet").layout.channel_names[6] == "u5.acc_x"
    np.testing.assert_allclose(x, np.concatenate([parts["u2"], parts["u5"]], axis=1), rtol=1e-4, atol=1e-5)
    assert facts.duration_s == pytest.approx((len(t) - 1) / 25)


def test_merging_interpolates_and_leaves_pauses_out(tmp_path):
    a, b = np.arange(0, 100, 0.02), np.concatenate([np.arange(10, 40, 0.031), np.arange(50, 90, 0.031)])
    write_one(tmp_path / "a.parquet", a, a)
    write_one(tmp_path / "b.parquet", b, 2 * b)
    facts = merge_side_by_side(
        tmp_path / "c.parquet", {"left": tmp_path / "a.parquet", "right": tmp_path / "b.parquet"}
    )
    t, x = read_range(tmp_path / "c.parquet")
    np.testing.assert_allclose(x[:, 1], 2 * x[:, 0], rtol=1e-4)
    assert facts.t0 == pytest.approx(10)
    assert facts.n_gaps == 1
    assert x[-1, 0] == pytest.approx(b[-1], abs=0.03)


def test_recordings_that_do_not_meet_are_aligned_by_start_or_refused(tmp_path):
    write_one(tmp_path / "a.parquet", np.arange(100) / 50, np.arange(100))
    write_one(tmp_path / "b.parquet", 1000 + np.arange(100) / 50, np.arange(100))
    files = {"left": tmp_path / "a.parquet", "right": tmp_path / "b.parquet"}
    with pytest.raises(NotEnoughData):
        merge_side_by_side(tmp_path / "c.parquet", files)
    merge_side_by_side(tmp_path / "c.parquet", files, align="start")
    x = read_range(tmp_path / "c.parquet")[1]
    np.testing.assert_allclose(x[:, 0], x[:, 1], atol=1e-4)
    with pytest.raises(BadValue):
        merge_side_by_side(tmp_path / "d.parquet", {"left": tmp_path / "a.parquet"})
