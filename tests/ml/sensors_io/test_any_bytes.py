"""Whatever bytes arrive: an answer or an UnreadableInput, never another error and never a sample that is not finite."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers import ReadPlan, preview, read_chunks
from tests.ml.sensors_io.files import raw_rows, text_lines


def _csv():
    return "\n".join(["t;a;b", *(f"{i / 50:.2f};{i};-{i}.5" for i in range(60))]).encode()


def _rsf():
    told = {"author": "x", "content": "\n".join(text_lines(raw_rows(60)))}
    return b"RSF1" + gzip.compress(json.dumps(told).encode(), mtime=0)


def _parquet():
    out = io.BytesIO()
    pq.write_table(pa.table({"t": np.arange(60) / 50, "a": np.arange(60.0), "b": np.arange(60)}), out)
    return out.getvalue()


def _jsonl():
    return "\n".join(json.dumps({"t": i / 50, "data": {"a": i, "b": [i, -i]}}) for i in range(60)).encode()


SEEDS = {
    "csv": _csv(),
    "utf16": _csv().decode().encode("utf-16"),
    "flextail": "\n".join(text_lines(raw_rows(60))).encode(),
    "rsf": _rsf(),
    "parquet": _parquet(),
    "jsonl": _jsonl(),
}


def read_whatever(path):
    """Preview, then read every numeric column; returns the number of samples."""
    try:
        shown = preview(path)
    except UnreadableInput:
        return 0
    columns = tuple(c.name for c in shown.columns if c.kind == "number" and c.name != shown.time_column)
    if not columns:
        return 0
    rate = 50.0 if shown.needs_rate else None
    plan = ReadPlan(shown.format, columns, shown.time_column, shown.time_unit, rate, delimiter=shown.delimiter)
    n = 0
    try:
        for chunk in read_chunks(path, plan):
            assert np.isfinite(chunk.t_s).all()
            assert np.isfinite(chunk.samples).all()
            assert len(chunk.t_s) == len(chunk.samples) == len(chunk.rows)
            n += len(chunk.t_s)
    except UnreadableInput:
        pass
    return n


@pytest.mark.parametrize("content", SEEDS.values(), ids=SEEDS)
def test_the_whole_file_is_read(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read_whatever(path) == 60


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=6), st.booleans()), max_size=4),
    cut=st.floats(0, 1),
)
def test_damaged_files(tmp_path, kind, changes, cut):
    data = bytearray(SEEDS[kind])
    for where, new, insert in changes:
        at = int(where * len(data))
        data[at : at if insert else at + len(new)] = new
    path = tmp_path / "a"
    path.write_bytes(data[: max(1, int((cut if cut < 0.5 else 1) * len(data)))])
    read_whatever(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from([b"", b"RSF1", b"PAR1", b"{", b"t,a\n", b"\xff\xfe"]), content=st.binary(max_size=300))
def test_noise(tmp_path, head, content):
    path = tmp_path / "a"
    path.write_bytes(head + content)
    read_whatever(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet='0123456789.,;|\t\n\r"#-eTZ:nai ', max_size=400))
def test_text_noise(tmp_path, text):
    path = tmp_path / "a"
    path.write_text(text, newline="")
    read_whatever(path)
