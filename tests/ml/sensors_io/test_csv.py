"""Delimited text as people really export it."""

import numpy as np
import pytest

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6, IMU9
from mlops.ml.sensors.readers import IssueLog, ReadPlan, plan_for_layout, preview, read_chunks
from tests.ml.sensors_io.files import write_csv

HEADER = "time,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"


def table(n=400, rate=50.0, n_channels=6):
    rng = np.random.default_rng(1)
    return np.column_stack([np.arange(n) / rate, rng.normal(size=(n, n_channels)).round(4)])


def read_all(path, plan):
    log = IssueLog()
    chunks = list(read_chunks(path, plan, log))
    t_s, samples, rows = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return t_s, samples, rows, log


def test_plain_file_reads_back(tmp_path):
    path = write_csv(tmp_path / "a.csv", HEADER, table())
    shown = preview(path, "a.csv")
    assert (shown.format, shown.delimiter, shown.time_column, shown.time_unit) == ("csv", ",", "time", "s")
    assert shown.rate_hz == pytest.approx(50)
    assert shown.suggested_layout == "imu6"
    t_s, samples, rows, log = read_all(path, plan_for_layout(shown, IMU6))
    np.testing.assert_allclose(t_s, table()[:, 0])
    np.testing.assert_allclose(samples, table()[:, 1:], atol=1e-4)
    assert samples.dtype == np.float32
    assert rows[0] == 2
    assert log.total == 0


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_delimiters_and_encodings(tmp_path, delimiter, encoding):
    header = delimiter.join(["Zeit µ", *HEADER.split(",")[1:]])
    lines = [header] + [delimiter.join(f"{v:.4f}" for v in row) for row in table(60)]
    path = tmp_path / "a.txt"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    shown = preview(path)
    assert shown.delimiter == delimiter
    assert shown.columns[0].name == "Zeit µ"
    plan = ReadPlan("csv", IMU6.channel_names, "Zeit µ", "s", delimiter=delimiter)
    t_s, samples, rows, log = read_all(path, plan)
    assert len(t_s) == 60
    assert log.total == 0
    np.testing.assert_allclose(samples, table(60)[:, 1:], atol=1e-4)


def test_decimal_comma(tmp_path):
    lines = ["time;acc_x;acc_y"] + [f"{i / 10:.1f};{i}.25;-{i}.5".replace(".", ",") for i in range(40)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    shown = preview(path)
    assert (shown.delimiter, shown.rate_hz) == (";", pytest.approx(10))
    t_s, samples, _, log = read_all(path, ReadPlan("csv", ("acc_x", "acc_y"), "time", "s"))
    np.testing.assert_allclose(samples[3], [3.25, -3.5])
    assert t_s[3] == pytest.approx(0.3)
    assert log.total == 0


def test_no_header_gives_numbered_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join("0.1,0.2,0.3" for _ in range(10)))
    assert [c.name for c in preview(path).columns] == ["column_1", "column_2", "column_3"]
    t_s, samples, rows, _ = read_all(path, ReadPlan("csv", ("column_3",), rate_hz=20))
    np.testing.assert_allclose(t_s, np.arange(10) / 20)
    assert rows[0] == 1


def test_old_mac_line_ends_comments_quotes_and_blank_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'# device 7\r"t","a, b"\r0,"1.5"\r\r0.5,2.5\r# pause\r1.0,3.5\r')
    assert [c.name for c in preview(path).columns] == ["t", "a, b"]
    t_s, samples, rows, log = read_all(path, ReadPlan("csv", ("a, b",), "t", "s"))
    assert samples[:, 0].tolist() == [1.5, 2.5, 3.5]
    assert rows.tolist() == [3, 5, 7]
    assert log.total == 0


@pytest.mark.parametrize(
    ("name", "stamps", "unit", "rate"),
    [
        ("timestamp", [1_675_244_863_000 + 20 * i for i in range(50)], "ms", 50),
        ("time", [1_675_244_863 + i / 10 for i in range(50)], "s", 10),
        ("time", [1_675_244_863_000_000_000 + 10_000_000 * i for i in range(50)], "ns", 100),
        ("time_ms", [20 * i for i in range(50)], "ms", 50),
        ("Time (s)", [i / 25 for i in range(50)], "s", 25),
        ("t", [40 * i for i in range(50)], "ms", 25),
        ("t", [10_000 * i for i in range(50)], "us", 100),
        ("time index", list(range(50)), "samples", None),
        ("timestamp", [f"2024-05-01T10:00:{i // 10:02d}.{i % 10}00Z" for i in range(50)], "iso", 10),
    ],
)
def test_time_unit_and_rate_are_found(tmp_path, name, stamps, unit, rate):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([f"{name},x"] + [f"{stamp},{i % 7}.5" for i, stamp in enumerate(stamps)]))
    shown = preview(path)
    assert (shown.time_column, shown.time_unit) == (name, unit)
    assert shown.rate_hz == (pytest.approx(rate, rel=1e-3) if rate else None)
    assert shown.needs_rate is (rate is None)
    plan = ReadPlan("csv", ("x",), name, unit, rate_hz=None if rate else 25)
    t_s, *_ = read_all(path, plan)
    np.testing.assert_allclose(np.diff(t_s), 1 / (rate or 25), rtol=1e-3)


def test_units_in_column_names_are_converted(tmp_path):
    header = "t,AccX (g),AccY (g),AccZ (g),GyroX (deg/s),GyroY (deg/s),GyroZ (deg/s)"
    path = write_csv(tmp_path / "a.csv", header, np.column_stack([np.arange(20) / 50, np.ones((20, 6))]))
    shown = preview(path)
    assert shown.suggested_mapping["gyr_x"] == "GyroX (deg/s)"
    _, samples, _, _ = read_all(path, plan_for_layout(shown, IMU6))
    np.testing.assert_allclose(samples[0], [9.80665] * 3 + [np.pi / 180] * 3, rtol=1e-6)


def test_flextail_channels_by_name(tmp_path):
    path = write_csv(tmp_path / "a.csv", "t,lumbar_angle,sagittal,lateral,twist,acceleration", table(50, 50.0, 5))
    assert preview(path).suggested_layout == "flextail"
    assert plan_for_layout(preview(path), FLEXTAIL).columns[0] == "lumbar_angle"


def test_a_missing_channel_or_rate_is_told(tmp_path):
    path = write_csv(tmp_path / "a.csv", HEADER, table())
    with pytest.raises(BadValue, match="mag_x"):
        plan_for_layout(preview(path), IMU9)
    with pytest.raises(BadValue, match="enter the samples per second"):
        ReadPlan("csv", ("a",))
    with pytest.raises(BadValue, match="enter the samples per second"):
        ReadPlan("csv", ("a",), "n", "samples")


def test_a_plan_survives_json():
    plan = ReadPlan("csv", ("a", "b"), "t", "ms", scale=(1.0, 2.0), delimiter=";", unit="u2")
    assert ReadPlan.from_dict(plan.to_dict()) == plan
    with pytest.raises(BadValue):
        ReadPlan.from_dict({"format": "csv", "columns": ["a"], "rate_hz": 50, "path": "/etc/passwd"})


def test_preview_reads_little_of_a_large_file(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "a.csv", HEADER, table(20_000))
    import builtins

    read = []

    def watching(*args, **kwargs):
        file = real(*args, **kwargs)
        inner = file.read

        class Watched:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def read(self, n=-1):
                found = inner(n)
                read.append(len(found))
                return found

            def seek(self, *args):
                return file.seek(*args)

        return Watched()

    real = builtins.open
    monkeypatch.setattr(builtins, "open", watching)
    shown = preview(path)
    monkeypatch.undo()
    assert shown.n_rows_seen == 200
    assert max(read) <= 256 * 1024


@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_date_times_are_utc_where_no_zone_stands(tmp_path, zone):
    lines = [f"2024-05-01 10:{i // 60:02d}:{i % 60:02d}.250{zone},{i}" for i in range(2000)]
    lines[1234] = f"yesterday{zone},3"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["when,x", *lines]))
    t_s, samples, rows, log = read_all(path, ReadPlan("csv", ("x",), "when", "iso"))
    assert t_s[0] == 1714557600.25 - (7200 if zone == "+02:00" else 0)
    np.testing.assert_allclose(np.diff(t_s)[:1000], 1)
    assert [i.row for i in log.issues] == [1236]
    assert (len(rows), rows[-1]) == (1999, 2001)
