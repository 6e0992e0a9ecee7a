"""The files that loggers are known to write badly, through the library: each gives its right values."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field

import numpy as np
import pytest

from mlops.ml.sensors.layouts import BUILT_IN
from mlops.ml.sensors.readers import ChoiceNeeded, IssueLog, plan_for_layout, preview, read_chunks
from tests.trouble import trouble_file

FEB_25 = 1_772_000_000.0  # 2026-02-25T06:13:20Z


@dataclass(frozen=True)
class Expected:
    """What a file holds: z accelerates about gravity by 2.5 m/s², gyr_x turns by 1.2 rad/s."""

    layout: str
    n: int
    rate_hz: float
    t0: float
    n_bad: int = 0
    asked: str = ""
    answer: dict[str, str] = field(default_factory=dict)
    said: str = ""
    mean_z: float = 10.0


FILES = {
    "01": Expected("imu6", 240, 60, 50.0, asked="gyr", answer={"gyr": "°/s"}, mean_z=10.26),
    "03": Expected("imu6", 256, 51.2, FEB_25, mean_z=9.807),
    "04": Expected("acc3", 200, 100, FEB_25, mean_z=10.156),
    "07": Expected("acc3", 200, 52, FEB_25, mean_z=10.318),
    "08": Expected("acc3", 150, 12.5, FEB_25, mean_z=9.872),
    "09": Expected("acc3", 150, 12.5, FEB_25 + 86_400, mean_z=9.872),
    "12": Expected("acc3", 200, 50, 45147.364669817, n_bad=1, mean_z=10.26),
    "17": Expected("imu6", 200, 10, FEB_25, n_bad=1, said="zero bytes", mean_z=9.807),
    "19": Expected("imu6", 200, 50, 0.0, said="200", mean_z=10.26),
    "24": Expected("imu6", 500, 50, 1000.0, n_bad=2, said="frame 7 came again", mean_z=9.87),
}


@pytest.mark.parametrize("number", FILES)
def test_a_troublesome_file_gives_its_right_values(number):
    path, want = trouble_file(number), FILES[number]
    shown = preview(path, path.name)
    layout = BUILT_IN[want.layout]
    if want.asked:
        with pytest.raises(ChoiceNeeded) as caught:
            plan_for_layout(shown, layout)
        assert caught.value.about == want.asked
        assert caught.value.likely == want.answer[want.asked]
    log = IssueLog()
    chunks = list(read_chunks(path, plan_for_layout(shown, layout, units=want.answer), log))
    t, x, _ = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    assert len(t) == want.n
    assert t[0] == pytest.approx(want.t0, abs=1e-3)
    assert np.median(np.diff(t)) == pytest.approx(1 / want.rate_hz, rel=1e-3)
    z = x[:, 2]
    assert z.mean() == pytest.approx(want.mean_z, abs=0.01)
    assert z.max() == pytest.approx(12.306, abs=0.02)
    assert np.abs(x[:, 1]).max() == pytest.approx(0.5, abs=0.01)
    if x.shape[1] > 3:
        assert np.abs(x[:, 3:]).max(axis=0) == pytest.approx([1.2, 0.1, 0.05], rel=0.02)
    assert log.total == want.n_bad, log.issues
    assert want.said in " ".join(log.notes)


def test_the_silence_of_a_locked_phone_stays_a_gap():
    path = trouble_file("24")
    log = IssueLog()
    chunks = list(read_chunks(path, plan_for_layout(preview(path), BUILT_IN["imu6"]), log))
    t = np.concatenate([chunk.t_s for chunk in chunks])
    assert np.diff(t).max() == pytest.approx(41.02, abs=0.01)
    assert [issue.message.split()[:2] for issue in log.issues] == [["frame", "16"], ["frame", "17"]]


def test_the_parts_of_a_sensor_logger_recording(tmp_path):
    with zipfile.ZipFile(trouble_file("05")) as archive:
        archive.extractall(tmp_path)
    meaning = {}
    for name in ("Accelerometer.csv", "TotalAcceleration.csv", "Gyroscope.csv", "Annotation.csv"):
        shown = preview(tmp_path / name, name)
        assert shown.logger == "Sensor Logger"
        meaning[name] = list(shown.layout_mappings)
    assert meaning == {
        "Accelerometer.csv": [],
        "TotalAcceleration.csv": ["acc3"],
        "Gyroscope.csv": ["gyr3"],
        "Annotation.csv": [],
    }
