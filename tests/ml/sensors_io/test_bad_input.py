"""Hostile and broken files: told with the row, never read into memory, never half-believed."""

import gzip
import zipfile

import numpy as np
import pytest

from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.readers import IssueLog, ReadPlan, preview, read_chunks
from mlops.ml.sensors.readers import rsf as rsf_module
from tests.ml.sensors_io.files import raw_rows, text_lines, write_rsf

PLAN = ReadPlan("csv", ("a", "b"), "t", "s")


def good_lines(n):
    return [f"{i / 50:.2f},{i % 9}.5,{i % 7}.25" for i in range(n)]


def write(path, lines):
    path.write_text("\n".join(["t,a,b", *lines]) + "\n")
    return path


def read(path, plan=PLAN):
    log = IssueLog()
    return list(read_chunks(path, plan, log)), log


def test_a_line_of_a_gigabyte_stops_at_64_kib(tmp_path):
    path = tmp_path / "a.csv"
    write(path, good_lines(20_000))
    with open(path, "r+b") as file:
        file.seek(0, 2)
        file.truncate(file.tell() + (1 << 30))  # sparse: a gigabyte without a line end
    with pytest.raises(UnreadableInput) as caught:
        read(path)
    assert (caught.value.code, caught.value.row) == ("line_too_long", 20_002)


def test_a_long_first_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1," * 500_000)
    with pytest.raises(UnreadableInput) as caught:
        preview(path)
    assert (caught.value.code, caught.value.row) == ("line_too_long", 1)


@pytest.mark.parametrize(("n", "code"), [(2_001, "too_many_columns"), (100_000, "line_too_long")])
def test_too_many_columns(tmp_path, n, code):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + ",".join("1" * 1 for _ in range(n)) + "\n")
    with pytest.raises(UnreadableInput) as caught:
        preview(path)
    assert (caught.value.code, caught.value.row) == (code, 2)


def test_ragged_rows_are_issues_with_their_row(tmp_path):
    lines = good_lines(30_000)
    lines[10] = "0.2,1"
    lines[25_000] = "0.2,1,2,3"
    chunks, log = read(write(tmp_path / "a.csv", lines))
    assert [(i.row, i.message) for i in log.issues] == [
        (12, "2 cells instead of 3"),
        (25_002, "4 cells instead of 3"),
    ]
    assert sum(len(c.t_s) for c in chunks) == 29_998


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "inf", "-Infinity", "", "abc", "1e400", "1.2.3", "0x10", "1_000", "1e300"]
)
def test_cells_that_are_no_finite_number_are_issues(tmp_path, cell):
    lines = good_lines(500)
    lines[99] = f"1.98,{cell},2"
    chunks, log = read(write(tmp_path / "a.csv", lines))
    assert [i.row for i in log.issues] == [101]
    assert "a" in log.issues[0].message
    samples = np.concatenate([c.samples for c in chunks])
    assert len(samples) == 499
    assert np.isfinite(samples).all()
    assert 101 not in np.concatenate([c.rows for c in chunks])


def test_issues_are_kept_to_a_hundred_but_counted(tmp_path):
    lines = good_lines(5_000)
    for i in range(0, 5_000, 10):
        lines[i] = "x,y,z"
    _, log = read(write(tmp_path / "a.csv", lines))
    assert (len(log.issues), log.total) == (100, 500)


def test_a_file_of_mostly_bad_rows_is_given_up_with_the_first(tmp_path):
    lines = good_lines(100) + ["0,1"] * 5_000
    with pytest.raises(UnreadableInput) as caught:
        read(write(tmp_path / "a.csv", lines))
    assert (caught.value.code, caught.value.row) == ("too_many_bad_rows", 102)


def test_wrong_encoding_tells_the_row(tmp_path):
    path = write(tmp_path / "a.csv", good_lines(50_000))
    with open(path, "ab") as file:
        file.write(b"1000.0,\xff\xfe,2\n")
    with pytest.raises(UnreadableInput) as caught:
        read(path)
    assert (caught.value.code, caught.value.row) == ("wrong_encoding", 50_002)


def test_zero_bytes_tell_the_row(tmp_path):
    path = write(tmp_path / "a.csv", good_lines(50_000))
    with open(path, "ab") as file:
        file.write(b"1000.0,\x00,2\n")
    with pytest.raises(UnreadableInput) as caught:
        read(path)
    assert (caught.value.code, caught.value.row) == ("not_text", 50_002)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n\n", "empty_file"),
        (b"# nothing\n", "empty_file"),
        (bytes(range(256)) * 10, "not_text"),
        (gzip.compress(b"hello", mtime=0), "wrong_format"),
        (b"%PDF-1.7 ...", "wrong_format"),
        (b"RSF1 not gzip at all", "damaged"),
        (b"RSF1", "no_samples"),
        (b"PAR1xxxxPAR1", "damaged"),
        (b"PAR1", "damaged"),
        (b'{"a": 1', "no_samples"),
    ],
)
def test_what_is_not_a_sensor_file(tmp_path, content, code):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(UnreadableInput) as caught:
        preview(path)
    assert caught.value.code == code


def test_a_zip_and_a_false_name_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "1,2")
    with pytest.raises(UnreadableInput, match="ZIP"):
        preview(path, "a.csv")
    write(path, good_lines(10))
    with pytest.raises(UnreadableInput, match="named .parquet"):
        preview(path, "run.PARQUET")


def test_a_missing_column_is_told(tmp_path):
    with pytest.raises(UnreadableInput, match="no column nose"):
        read(write(tmp_path / "a.csv", good_lines(10)), ReadPlan("csv", ("nose",), "t", "s"))


def test_a_truncated_rsf_is_told_after_its_whole_lines(tmp_path):
    path = write_rsf(tmp_path / "a.rsf", text_lines(raw_rows(2_000)))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(UnreadableInput) as caught:
        read(path, ReadPlan("rsf", FLEXTAIL.channel_names, "t", "ms"))
    assert caught.value.code == "truncated"


def test_an_rsf_with_a_flipped_byte_is_told(tmp_path):
    path = write_rsf(tmp_path / "a.rsf", text_lines(raw_rows(2_000)))
    data = bytearray(path.read_bytes())
    data[-6] ^= 0x40  # in the checksum
    path.write_bytes(data)
    with pytest.raises(UnreadableInput) as caught:
        read(path, ReadPlan("rsf", FLEXTAIL.channel_names, "t", "ms"))
    assert caught.value.code == "damaged"


def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rsf_module, "MAX_TEXT_BYTES", 4 << 20)
    path = tmp_path / "a.rsf"
    path.write_bytes(b"RSF1" + gzip.compress(b'{"author": "' + b"a" * (16 << 20) + b'"}'))
    with pytest.raises(UnreadableInput) as caught:
        read(path, ReadPlan("rsf", FLEXTAIL.channel_names, "t", "ms"))
    assert caught.value.code == "too_large"
    with pytest.raises(UnreadableInput) as caught:
        preview(path)
    assert caught.value.code == "no_samples"


def test_an_rsf_without_line_ends_is_refused(tmp_path):
    path = write_rsf(tmp_path / "a.rsf", ["1," * 100_000])
    with pytest.raises(UnreadableInput):
        read(path, ReadPlan("rsf", FLEXTAIL.channel_names, "t", "ms"))
