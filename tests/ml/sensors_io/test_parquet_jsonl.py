"""Parquet judged by its footer, and JSON lines."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6
from mlops.ml.sensors.readers import IssueLog, ReadPlan, plan_for_layout, preview, read_chunks

N = 300


def samples(n_channels=6):
    return np.random.default_rng(0).normal(size=(N, n_channels)).astype(np.float32)


def read_all(path, plan):
    log = IssueLog()
    chunks = list(read_chunks(path, plan, log))
    return *(np.concatenate(parts) for parts in zip(*chunks, strict=True)), log


@pytest.mark.parametrize("stamps", ["s", "ms", "us", "ns", "float"])
def test_parquet_with_any_time_column(tmp_path, stamps):
    seconds = np.arange(N) / 50
    if stamps == "float":
        time = pa.array(seconds)
    else:
        scale = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[stamps]
        whole = np.arange(N) if stamps == "s" else (seconds * scale).round()
        time = pa.array((1_700_000_000 * scale + whole).astype(np.int64)).cast(pa.timestamp(stamps, "UTC"))
    columns = {"time": time, **{c: samples()[:, i] for i, c in enumerate(IMU6.channel_names)}, "note": ["x"] * N}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    shown = preview(tmp_path / "a.parquet", "a.parquet")
    assert shown.format == "parquet"
    assert {c.name: c.kind for c in shown.columns}["note"] == "text"
    assert shown.rate_hz == pytest.approx(1 if stamps == "s" else 50)
    t_s, x, rows, log = read_all(tmp_path / "a.parquet", plan_for_layout(shown, IMU6))
    np.testing.assert_array_equal(x, samples())
    np.testing.assert_allclose(np.diff(t_s), 1 if stamps == "s" else 0.02, atol=1e-6)
    assert (rows[0], rows[-1], log.total) == (1, N, 0)


def test_null_and_nan_are_issues_with_their_row(tmp_path):
    values = samples(1)[:, 0].astype(float).tolist()
    values[4], values[8] = None, float("nan")
    pq.write_table(pa.table({"a": pa.array(values)}), tmp_path / "a.parquet")
    t_s, x, rows, log = read_all(tmp_path / "a.parquet", ReadPlan("parquet", ("a",), rate_hz=10))
    assert [i.row for i in log.issues] == [5, 9]
    assert len(x) == N - 2
    assert t_s[4] == pytest.approx(0.5)  # the row left out leaves its time free


def test_a_small_file_that_expands_is_refused_by_its_footer(tmp_path, monkeypatch):
    path = tmp_path / "bomb.parquet"
    n = 8_000_000
    schema = pa.schema([("a", pa.float64())])
    constant = pa.table({"a": np.zeros(n)}, schema=schema)
    options = {"compression": "zstd", "write_statistics": False, "data_page_size": 1 << 30}
    with pq.ParquetWriter(path, schema, **options) as writer:
        for _ in range(9):
            writer.write_table(constant, row_group_size=n)
    assert path.stat().st_size * 1000 < 9 * n * 8
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *a, **k: pytest.fail("data was read"))
    for attempt in (preview, lambda p: list(read_chunks(p, ReadPlan("parquet", ("a",), rate_hz=50)))):
        with pytest.raises(UnreadableInput) as caught:
            attempt(path)
        assert caught.value.code == "too_large"


def test_too_many_columns_and_text_columns(tmp_path):
    pq.write_table(pa.table({f"c{i}": [1.0] for i in range(2001)}), tmp_path / "a.parquet")
    with pytest.raises(UnreadableInput) as caught:
        preview(tmp_path / "a.parquet")
    assert caught.value.code == "too_many_columns"
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "b.parquet")
    with pytest.raises(UnreadableInput) as caught:
        list(read_chunks(tmp_path / "b.parquet", ReadPlan("parquet", ("a",), rate_hz=1)))
    assert caught.value.code == "wrong_type"


def test_a_damaged_page_is_told(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": np.random.default_rng(0).normal(size=5_000)}), path)
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    with pytest.raises(UnreadableInput) as caught:
        list(read_chunks(path, ReadPlan("parquet", ("a",), rate_hz=1)))
    assert caught.value.code == "damaged"


def test_json_lines_of_live_frames(tmp_path):
    names = FLEXTAIL.channel_names
    lines = [
        json.dumps({"event": "sensor_data", "t": i * 20, "data": dict(zip(names, map(float, row), strict=True))})
        for i, row in enumerate(samples(5))
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n")
    shown = preview(path, "a.jsonl")
    assert (shown.format, shown.suggested_layout, shown.time_column, shown.time_unit) == (
        "jsonl",
        "flextail",
        "t",
        "ms",
    )
    assert shown.suggested_mapping["lumbarAngle"] == "data.lumbarAngle"
    t_s, x, _, log = read_all(path, plan_for_layout(shown, FLEXTAIL))
    np.testing.assert_allclose(x, samples(5), rtol=1e-6)
    np.testing.assert_allclose(t_s, np.arange(N) / 50)
    assert log.total == 0


def test_json_lists_and_date_times(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"at": "2024-05-01T10:00:{i:02d}+02:00", "acc": [{i}, 2, 3.5]}}\n' for i in range(30)))
    shown = preview(path)
    assert (shown.time_column, shown.time_unit, shown.rate_hz) == ("at", "iso", 1.0)
    t_s, x, _, _ = read_all(path, ReadPlan("jsonl", ("acc.2", "acc.0"), "at", "iso"))
    assert x[5].tolist() == [3.5, 5]
    assert t_s[0] == 1714550400


@pytest.mark.parametrize(
    "line",
    ["[1]", "{", '{"a": NaN}', '{"a": 1e400}', '{"a": 1e300}', '{"a": null}', '{"a": "1"}', '{"a": true}',
     "[" * 5000, '{"b": 1}', '{"a": ' + "9" * 5000 + "}"],
)  # fmt: skip
def test_a_bad_json_line_is_an_issue(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(['{"a": 1}', '{"a": 2}', line, '{"a": 3}']))
    preview(path)
    _, x, rows, log = read_all(path, ReadPlan("jsonl", ("a",), rate_hz=1))
    assert x[:, 0].tolist() == [1, 2, 3]
    assert [i.row for i in log.issues] == [3]
    assert rows.tolist() == [1, 2, 4]


def test_durations_as_the_index_of_a_parquet_file(tmp_path):
    time = pa.array((np.arange(N) * 20_000_000).astype(np.int64)).cast(pa.duration("ns"))
    columns = {c: samples()[:, i] for i, c in enumerate(IMU6.channel_names)}
    pq.write_table(pa.table({**columns, "__index_level_0__": time}), tmp_path / "a.parquet")
    shown = preview(tmp_path / "a.parquet")
    assert (shown.time_column, shown.clock, shown.rate_hz) == ("__index_level_0__", "start", 50.0)
    t_s, *_ = read_all(tmp_path / "a.parquet", plan_for_layout(shown, IMU6))
    np.testing.assert_allclose(t_s, np.arange(N) / 50)


def test_two_rates_with_nulls_in_a_parquet_file(tmp_path):
    fast, slow = np.arange(N) / 50, np.arange(N // 2) / 25 + 0.004
    order = np.argsort(np.concatenate([fast, slow]), kind="stable")
    columns = {"t": np.concatenate([fast, slow])[order]}
    for i, name in enumerate(IMU6.channel_names):
        mine = fast if i < 3 else slow
        values = [float(np.sin(s + i) + 9.8 * (i == 2)) for s in mine]
        cells = [*values, *[None] * len(slow)] if i < 3 else [*[None] * len(fast), *values]
        columns[name] = pa.array([cells[n] for n in order])
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    shown = preview(tmp_path / "a.parquet")
    assert set(shown.streams) == {"acc", "gyr"}
    t_s, x, _, log = read_all(tmp_path / "a.parquet", plan_for_layout(shown, IMU6))
    assert (len(t_s), log.total) == (N, 0)
    np.testing.assert_allclose(x[2:-2, 4], np.sin(t_s + 4)[2:-2], atol=1e-3)
