"""Loggers that are known by name, and what else files hold besides samples: generated as each program writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers import ChoiceNeeded, Told, plan_for_layout, preview
from mlops.ml.sensors.readers.loggers import LOGGERS
from mlops.ml.sensors.readers.loggers.phyphox import read_marks
from tests.ml.sensors_io.motion import DEG, EPOCH, G, movement, read, table

T, X = movement()
NS = [f"{int(EPOCH) * 10**9 + round(s * 1e9)}" for s in T]
MS = [f"{EPOCH * 1000 + 1000 * s:.0f}" for s in T]
LOCAL = [datetime.fromtimestamp(EPOCH + 3600 + s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] for s in T]
AX, AY, AZ, GX, GY, GZ = X.T


def dot() -> str:
    lines = ["sep=,", "DeviceTag:,Chest", "FirmwareVersion:,2.0.0", "OutputRate:,60Hz", ""]
    sensors = [f"{sensor}_{axis}" for sensor in ("Euler", "FreeAcc", "Acc", "Gyr") for axis in "XYZ"]
    header = ",".join(["PacketCounter", "SampleTimeFine", *sensors, ""])
    zero = np.zeros_like(T)
    stamps = [f"{int((2**32 - 1e6 + s * 1e6) % 2**32)}" for s in T]
    columns = [
        [str(i) for i in range(len(T))],
        stamps,
        zero,
        zero,
        zero,
        AX,
        AY,
        AZ - G,
        AX,
        AY,
        AZ,
        GX / DEG,
        GY / DEG,
        GZ / DEG,
    ]
    return "\n".join(lines) + "\n" + table(header, [*columns, [""] * len(T)])


def shimmer() -> str:
    sensors = ("Accel_WR_{}_CAL", "Accel_LN_{}_RAW", "Accel_LN_{}_CAL", "Gyro_{}_CAL")
    names = ["S1_Timestamp_Unix_CAL", *(f"S1_{sensor.format(a)}" for sensor in sensors for a in "XYZ"), ""]
    units = ["ms", *["m/(s^2)"] * 3, *["no_units"] * 3, *["m/(s^2)"] * 3, *["deg/s"] * 3, ""]
    raw = np.full_like(T, 2048.0)
    columns = [MS, AX + 1, AY + 1, AZ + 1, raw, raw, raw, AX, AY, AZ, GX / DEG, GY / DEG, GZ / DEG, [""] * len(T)]
    return '"sep=\t"\r\n' + table("\t".join(names) + "\n" + "\t".join(units), columns, sep="\t").replace("\n", "\r\n")


def sensorlog() -> str:
    header = (
        "loggingTime(txt),loggingSample(N),accelerometerTimestamp_sinceReboot(s),accelerometerAccelerationX(G),"
        "accelerometerAccelerationY(G),accelerometerAccelerationZ(G),motionUserAccelerationX(G),motionUserAccelerationY(G),"
        "motionUserAccelerationZ(G),motionRotationRateX(rad/s),motionRotationRateY(rad/s),motionRotationRateZ(rad/s)"
    )
    logged = [datetime.fromtimestamp(EPOCH + s, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " +0000" for s in T]
    counted = [[str(n) for n in range(len(T))], 62_608.0 + T]
    return table(header, [logged, *counted, AX / G, AY / G, AZ / G, AX / G, AY / G, AZ / G - 1, GX, GY, GZ])


FILES = {
    "Xsens DOT": (dot(), "imu6", "D1.csv", {"gyr": "°/s"}, None),
    "Shimmer": (shimmer(), "imu6", "S1.csv", {}, EPOCH),
    "SensorLog": (sensorlog(), "imu6", "log.csv", {}, EPOCH),
    "Sensor Logger": (
        table("time,seconds_elapsed,z,y,x", [NS, T, AZ, AY, AX]), "acc3", "a/TotalAcceleration.csv", {}, EPOCH,
    ),
    "MetaWear": (
        table("epoc (ms),timestamp (-0500),elapsed (s),x-axis (g),y-axis (g),z-axis (g)",
              [MS, LOCAL, T, AX / G, AY / G, AZ / G]),
        "acc3", "x_Accelerometer_50.000Hz.csv", {}, EPOCH,
    ),
    "Polar": (
        table("Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]",
              [LOCAL, [str(int(n) - 946_684_800 * 10**9) for n in NS], *(X[:, :3].T / G * 1000)], sep=";"),
        "acc3", "Polar_Sense_ACC.txt", {}, EPOCH,
    ),
    "Physics Toolbox": (
        table("time,gFx,gFy,gFz,wx,wy,wz", [T, AX / G, AY / G, AZ / G, GX, GY, GZ]), "imu6", "p.csv", {}, None,
    ),
    "phyphox": (
        table(";".join(['"Zeit (s)"', *(f'"Beschleunigung {a} (m/s^2)"' for a in (*"xyz", "absolut"))]),
              [T, AX, AY, AZ, AZ], sep=";", fmt="{:.9E}").replace(".", ","),
        "acc3", "Rohdaten.csv", {}, None,
    ),
    "OpenLog Artemis": (
        "Logging\r\n" + table("rtcDate,rtcTime,aX,aY,aZ,gX,gY,gZ,",
              [["02/25/2026"] * len(T), [stamp[11:] for stamp in LOCAL], AX / G * 1000, AY / G * 1000, AZ / G * 1000,
               GX / DEG, GY / DEG, GZ / DEG, [""] * len(T)]),
        "imu6", "dataLog00001.TXT", {}, EPOCH + 3600,
    ),
    "Movesense": (
        table("timestamp,x,y,z", [[f"{1000 * s:.0f}" for s in T], AX, AY, AZ]),
        "acc3", "Movesense_12_acc.csv", {}, None,
    ),
    "SensorStreamer": (
        "\n".join(
            json.dumps({"accelerometer": {"timestamp": 45 * 10**12 + round(s * 1e9), "value": list(row[:3])}})
            + "\n" + json.dumps({"gyroscope": {"timestamp": 45 * 10**12 + round(s * 1e9), "value": list(row[3:])}})
            for s, row in zip(T, X, strict=True)
        ),
        None, "stream.jsonl", {}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", [logger.title for logger in LOGGERS])
def test_a_known_logger_is_read_by_its_documents(tmp_path, title):
    text, layout, name, units, begin = FILES[title]
    path = tmp_path / "file"
    path.write_text(text, newline="")
    shown = preview(path, name)
    assert shown.logger == title
    if layout is None:
        return
    if units:
        with pytest.raises(ChoiceNeeded):
            plan_for_layout(shown, BUILT_IN[layout])
    _, t, x, log = read(path, layout, name=name, units=units)
    np.testing.assert_allclose(x, X[:, : x.shape[1]], atol=5e-3)
    np.testing.assert_allclose(t - t[0], T, atol=2e-3)
    assert log.total == 0
    if begin is None:
        assert shown.clock == "start"
    else:
        assert t[0] == pytest.approx(begin, abs=1e-3)


def test_packets_of_two_sensors_are_joined_by_their_own_stamps(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = []
    for i, (s, row) in enumerate(zip(T, X, strict=True)):
        stamp = 45 * 10**12 + round(s * 1e9)
        lines.append(
            {
                "sensor": "accelerometer",
                "timestamp": str(stamp),
                "values": dict(zip("xyz", map(str, row[:3]), strict=True)),
            }
        )
        if i % 2 == 0:
            lines.append(
                {
                    "sensor": "gyroscope",
                    "timestamp": str(stamp + 3_000_000),
                    "values": dict(zip("xyz", map(str, row[3:]), strict=True)),
                }
            )
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"sensor": "acc')
    shown, t, x, log = read(path, "imu6")
    assert (shown.pivot, shown.rate_hz) == ("sensor", pytest.approx(50))
    assert (len(t), log.total) == (300, 1)
    np.testing.assert_allclose(x[:, :3], X[:, :3], atol=1e-4)
    np.testing.assert_allclose(x[2:-2, 3:], X[2:-2, 3:], atol=0.02)


def test_a_list_of_objects_and_lists_under_one_stamp(tmp_path):
    path = tmp_path / "a.json"
    records = [
        {"Sensor": "Accelerometer", "time": n, "x": f"{a:.5f}", "y": f"{b:.5f}", "z": f"{c:.5f}"}
        for n, (a, b, c) in zip(NS, X[:, :3], strict=True)
    ]
    path.write_text(json.dumps(records))
    _, t, x, _ = read(path, "acc3")
    assert t[0] == pytest.approx(EPOCH)
    np.testing.assert_allclose(x, X[:, :3], atol=1e-4)
    packets = [
        {
            "Acc": {
                "Timestamp": 1000 + 80 * k,
                "ArrayAcc": [dict(zip("xyz", row, strict=True)) for row in X[4 * k : 4 * k + 4, :3].tolist()],
            }
        }
        for k in range(75)
    ]
    path.write_text("\n".join(map(json.dumps, packets)))
    shown, t, x, _ = read(path, "acc3")
    assert (shown.logger, shown.rate_hz, len(t)) == ("Movesense", pytest.approx(50), 300)
    np.testing.assert_allclose(np.diff(t), 0.02, rtol=1e-3)
    np.testing.assert_allclose(x, X[:, :3], atol=1e-4)


def test_a_polar_clock_that_was_never_set_takes_the_phones_date(tmp_path):
    path = tmp_path / "a.txt"
    stamps = [str(599_616_000 * 10**9 + round(s * 1e9)) for s in T]
    path.write_text(
        table(
            "Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]",
            [LOCAL, stamps, *(X[:, :3].T / G * 1000)],
            sep=";",
        )
    )
    shown, t, _, _ = read(path, "acc3")
    assert t[0] == pytest.approx(EPOCH + 3600, abs=1e-3)
    assert any("Phone timestamp" in note for note in shown.notes)


def test_pauses_of_a_phyphox_measurement_are_marked():
    rows = ['"event","experiment time","system time","system time text"', '"START",0.0,1790000000.0,""']
    rows += ['"PAUSE",9.0,1790000009.0,""', '"START",9.0,1790000021.5,""']
    text = "\n".join(rows)
    assert read_marks(text) == (1_790_000_000.0, ((9.0, 12.5),))
    assert read_marks("a,b\n1,2\n") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("ending", ["", "\x00" * 3000, "1.5,0.2"])
def test_preambles_units_zeros_and_torn_lines_in_any_encoding(tmp_path, encoding, ending):
    body = table("Zeit,acc x,acc y,acc z\ns,g,g,g", [T, AX / G, AY / G, AZ / G])
    text = "Gerät: Übung\nRate: 50\n\n" + body + ending.replace("\x00", "")
    zeros = b"\x00" * ending.count("\x00")
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding) + zeros)
    shown, t, x, log = read(path, "acc3")
    assert shown.header_row == 4
    np.testing.assert_allclose(x, X[:, :3], atol=1e-4)
    assert len(t) == 300
    assert log.total == (1 if ending.startswith("1") else 0)
    assert any("zero bytes" in note for note in log.notes) is bool(zeros)


def test_a_number_cut_in_the_last_line_is_not_believed(tmp_path):
    path = tmp_path / "a.csv"
    text = table("t,acc_x,acc_y,acc_z", [T, AX, AY, AZ])
    path.write_text(text[:-5])
    _, t, _, log = read(path, "acc3")
    assert (len(t), [issue.row for issue in log.issues]) == (299, [301])
    path.write_text(text[:-1])
    assert len(read(path, "acc3")[1]) == 300


def test_a_character_cut_in_two_costs_its_line_only(tmp_path):
    path = tmp_path / "a.csv"
    text = table("t,acc_x,acc_y,acc_z,note", [T, AX, AY, AZ, ["ok"] * 300])
    path.write_bytes(text.encode() + "9.9,1,2,3,é".encode()[:-1])
    _, t, _, log = read(path, "acc3")
    assert len(t) >= 300


def test_a_person_may_choose_the_heading(tmp_path):
    path = tmp_path / "a.csv"
    body = table("a,b,c,d", [T, AX, AY, AZ])
    path.write_text("t,acc_x,acc_y,acc_z\nin s,in m,in m,in m\n" + body)
    assert preview(path).header_row == 1
    shown = preview(path, "", Told(header_row=3))
    assert [column.name for column in shown.columns] == ["a", "b", "c", "d"]
    assert shown.first_lines[2] == (3, ("a", "b", "c", "d"))
    none = preview(path, "", Told(header_row=0))
    assert none.columns[0].name == "column_1"


def test_merged_rates_with_gaps_are_not_closed_up(tmp_path):
    acc = [f"{s:.3f},{a:.5f},{b:.5f},{c:.5f},,," for s, (a, b, c) in zip(T, X[:, :3], strict=True)]
    gyr = [
        f"{s + 0.003:.3f},,,,{a:.5f},{b:.5f},{c:.5f}"
        for s, (a, b, c) in zip(T[::2], X[::2, 3:], strict=True)
        if not 2 < s < 4
    ]
    lines = sorted([*acc, *gyr], key=lambda line: float(line.split(",")[0]))
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["seconds,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", *lines]))
    _, t, x, log = read(path, "imu6")
    assert np.diff(t).max() == pytest.approx(2.0, abs=0.1)
    assert any("pause of another sensor" in note for note in log.notes)
    clear = (t < 1.9) | (t > 4.1)
    np.testing.assert_allclose(x[clear][2:-2, 3:], X[np.round(t[clear] * 50).astype(int)][2:-2, 3:], atol=0.02)


def test_empty_cells_between_lines_of_one_sensor(tmp_path):
    path = tmp_path / "a.csv"
    rows = [
        f"{s:.3f},{a:.4f},{b:.4f},{c:.4f},,,\n{s + 0.01:.3f},,,,1,2,3" for s, (a, b, c) in zip(T, X[:, :3], strict=True)
    ]
    path.write_text("\n".join(["t,acc_x,acc_y,acc_z,lat,lon,alt", *rows]))
    _, t, _, log = read(path, "acc3")
    assert (len(t), log.total) == (300, 0)


def test_zeros_inside_a_file_cost_the_torn_line_only(tmp_path):
    path = tmp_path / "a.csv"
    text = table("t,acc_x,acc_y,acc_z", [T, AX, AY, AZ]).encode()
    whole, torn = text.index(b"\n", 6000) + 1, text.index(b"\n", 6000) + 12
    path.write_bytes(text[:whole] + bytes(4096) + text[whole:])
    _, t, _, log = read(path, "acc3")
    assert (len(t), log.total) == (300, 0)
    assert log.notes == ["4096 zero bytes inside the file left out."]
    path.write_bytes(text[:torn] + bytes(4096) + text[torn:])
    _, t, _, log = read(path, "acc3")
    assert (len(t), log.total) == (299, 2)


@pytest.mark.parametrize("empty", ["", "NaN", "null", "None", "NA"])
def test_a_slower_sensor_on_the_same_lines(tmp_path, empty):
    path = tmp_path / "a.csv"
    slow = [f"{a:.5f},{b:.5f},{c:.5f}" if n % 2 == 0 else ",".join([empty] * 3) for n, (a, b, c) in enumerate(X[:, 3:])]
    path.write_text(table("t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", [T, AX, AY, AZ, slow]))
    _, t, x, log = read(path, "imu6")
    assert (len(t), log.total) == (300, 0)
    np.testing.assert_allclose(x[:-1, 3:], X[:-1, 3:], atol=0.01)


@pytest.mark.parametrize("name", ["accelerometer", "android.sensor.accelerometer", "TYPE_ACCELEROMETER"])
def test_lists_of_text_values_by_sensor(tmp_path, name):
    path = tmp_path / "a.jsonl"
    rows = [
        {"sensor": name, "t_ms": round(1000 * s), "values": [str(v) for v in row[:3]]}
        for s, row in zip(T, X, strict=True)
    ]
    rows.insert(5, {"sensor": "battery", "t_ms": 99, "level": 80})
    path.write_text("\n".join(map(json.dumps, rows)))
    _, t, x, log = read(path, "acc3")
    assert (len(t), log.total) == (300, 0)
    np.testing.assert_allclose(x, X[:, :3], atol=1e-4)


def test_quoted_decimal_commas_between_commas(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table("t,acc_x,acc_y,acc_z", [T, AX, AY, AZ], fmt='"{:.5f}"').replace(".", ","))
    _, t, x, log = read(path, "acc3")
    assert (len(t), log.total) == (300, 0)
    np.testing.assert_allclose(x, X[:, :3], atol=1e-4)
