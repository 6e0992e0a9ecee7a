"""A stream cut into any messages gives the windows of the finished recording."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.contract import BadShape
from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.online import OnlineWindower
from mlops.ml.sensors.readers import plan_for_layout, preview, read_chunks
from mlops.ml.windows import WindowSpec, resample, sliding_windows
from tests.ml.sensors_io.files import raw_rows, text_lines, write_rsf


def offline(spec, t_s, samples):
    segments = resample(t_s, samples, spec.rate_hz)
    return np.concatenate([sliding_windows(s.samples, spec.length, spec.stride) for s in segments]), [
        s.t0_s + k * spec.stride / spec.rate_hz
        for s in segments
        for k in range(len(sliding_windows(s.samples, spec.length, spec.stride)))
    ]


def online(spec, t_s, samples, cuts):
    windower = OnlineWindower(spec, samples.shape[1])
    windows = []
    for piece in np.split(np.arange(len(t_s)), sorted(cuts)):
        windows += windower.push(t_s[piece], samples[piece])
    return windows, windower


def uneven(n, seed, pause_at=()):
    rng = np.random.default_rng(seed)
    steps = rng.choice([0.031, 0.032, 0.060], n)
    for at in pause_at:
        steps[at] += 2.5
    return np.cumsum(steps), rng.normal(size=(n, 3)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 600), max_size=80),
    seed=st.integers(0, 5),
    pause_at=st.lists(st.integers(1, 599), max_size=3),
    length=st.integers(2, 90),
    stride=st.integers(1, 130),
    rate=st.sampled_from([10.0, 25.0, 50.0, 33.3]),
)
def test_any_chunking_gives_the_offline_windows(cuts, seed, pause_at, length, stride, rate):
    t_s, samples = uneven(600, seed, pause_at)
    spec = WindowSpec(rate_hz=rate, length=length, stride=stride)
    wanted, starts = offline(spec, t_s, samples)
    windows, _ = online(spec, t_s, samples, cuts)
    assert len(windows) == len(wanted)
    for window, x, start in zip(windows, wanted, starts, strict=True):
        np.testing.assert_allclose(window.x, x, rtol=1e-5, atol=1e-5)
        assert window.start_s == pytest.approx(start)
        assert window.end_s - window.start_s == pytest.approx(spec.duration_s)


def test_an_uneven_rsf_file_streamed_sample_by_sample(tmp_path):
    path = write_rsf(tmp_path / "a.rsf", text_lines(raw_rows(1500)))
    chunks = list(read_chunks(path, plan_for_layout(preview(path), FLEXTAIL)))
    t_s = np.concatenate([c.t_s for c in chunks])
    samples = np.concatenate([c.samples for c in chunks])
    spec = WindowSpec()
    wanted, _ = offline(spec, t_s, samples)
    windows, windower = online(spec, t_s, samples, range(1, 1500))
    assert len(windows) == len(wanted) > 50
    np.testing.assert_allclose(np.stack([w.x for w in windows]), wanted, rtol=1e-4, atol=1e-4)
    assert windower.n_dropped == 0


def test_doubled_late_and_broken_samples_are_left_out():
    spec = WindowSpec(rate_hz=10, length=5, stride=5)
    t_s = np.array([0.0, 0.1, 0.1, 0.05, 0.2, np.nan, 0.3, 0.4, 0.35])
    samples = np.array([[0.0], [1], [77], [77], [2], [77], [3], [4], [77]])
    windower = OnlineWindower(spec, 1)
    windows = [w for t, x in zip(t_s, samples, strict=True) for w in windower.push([t], [x])]
    windows += windower.push([0.5, 0.6], [[np.inf], [6]])
    assert windower.n_dropped == 5
    np.testing.assert_allclose(windows[0].x[:, 0], [0, 1, 2, 3, 4], atol=1e-6)


def test_collecting_counts_up_and_a_pause_starts_again():
    windower = OnlineWindower(WindowSpec(rate_hz=50, length=150, stride=50), 2)
    assert windower.filled == (0, 150)
    assert windower.push(np.arange(120) / 50, np.zeros((120, 2))) == []
    assert windower.filled == (120, 150)
    assert len(windower.push(np.arange(120, 200) / 50, np.zeros((80, 2)))) == 2
    assert windower.filled == (150, 150)
    windower.push([10.0], np.zeros((1, 2)))
    assert windower.filled == (1, 150)
    windower.reset()
    assert windower.filled == (0, 150)


def test_wrong_channel_count():
    with pytest.raises(BadShape):
        OnlineWindower(WindowSpec(), 5).push([0.0], [[1.0, 2.0]])


def test_memory_stays_at_about_one_window():
    windower = OnlineWindower(WindowSpec(), 1)
    for i in range(200):
        windower.push((i * 100 + np.arange(100)) / 50, np.zeros((100, 1)))
    assert len(windower._times) <= 2
    assert len(windower._grid) <= 3 * 150


@settings(max_examples=30, deadline=None)
@given(
    cut=st.integers(100, 500), before=st.integers(95, 300), seed=st.integers(0, 5), stride=st.integers(1, 130),
    pause=st.booleans(),
)
def test_a_stream_that_is_taken_up_again_goes_on_with_the_same_windows(cut, before, seed, stride, pause):
    t_s, samples = uneven(700, seed, [30] if pause else [])
    spec = WindowSpec(rate_hz=25.0, length=60, stride=stride)
    whole, _ = online(spec, t_s, samples, [])
    begin = max(0, cut - before)
    start_s = t_s[30] if pause and begin >= 30 else t_s[0]
    windower = OnlineWindower(spec, 3)
    windower.begin_at(float(start_s))
    again = windower.push(t_s[begin:cut], samples[begin:cut]) + windower.push(t_s[cut:], samples[cut:])
    wanted = {round(w.start_s, 6): w.x for w in whole if w.start_s >= t_s[begin]}
    assert [round(w.start_s, 6) for w in again] == sorted(wanted)
    for window in again:
        np.testing.assert_allclose(window.x, wanted[round(window.start_s, 6)], rtol=1e-5, atol=1e-5)


REAL = Path(__file__).parents[4] / "shared" / "data" / "imu_physical_therapy"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real recordings are not here")
def test_a_real_recording_streamed_in_frames_of_any_size():
    rows = np.loadtxt(REAL / "s1" / "e6" / "u2" / "test.txt", delimiter=";", skiprows=1, usecols=range(1, 7))
    t_s, samples = np.arange(len(rows)) / 25.0, rows.astype(np.float32)
    for spec in (WindowSpec(25.0, 125, 62), WindowSpec(50.0, 150, 50)):
        wanted, _ = offline(spec, t_s, samples)
        windows, _ = online(spec, t_s, samples, np.random.default_rng(0).integers(0, len(t_s), 300))
        assert len(windows) == len(wanted) > 50
        np.testing.assert_allclose(np.stack([w.x for w in windows]), wanted, rtol=1e-5, atol=1e-5)
