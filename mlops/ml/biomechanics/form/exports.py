"""Files for other programs: CSV of the angles, OpenSim TRC (points, metres) and MOT (angles, degrees), COCO keypoints.

TRC: X to the right of the picture, Y up, Z away from the camera as the network estimates it; the origin is between the
feet in the first frame with a body. MOT: flexion is positive (as in the Rajagopal model), names end in _l and _r.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.form.measures import ANKLE
from mlops.ml.biomechanics.form.report import FormReport
from mlops.ml.biomechanics.form.size import m_per_unit
from mlops.ml.vision.coco_keypoints import coco_of_landmarks, coco_text
from mlops.ml.vision.pose import LANDMARKS

Floats = npt.NDArray[np.float64]
USUAL_HEIGHT_M = 1.7
"""Taken where the height is not known: a TRC file has to be in metres."""
MOT_NAMES = {"knee": "knee_angle", "hip": "hip_flexion", "ankle": "ankle_angle", "elbow": "elbow_flex",
             "shoulder": "arm_flex"}  # fmt: skip


def angles_csv(report: FormReport) -> str:
    """time, repetition, phase and every angle in degrees; empty where an angle is not known."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["time_s", "repetition", "phase", *(f"{name}_deg" for name in report.angles)])
    for n, t in enumerate(report.times_s):
        at = next((one for one in report.phases if one["start_s"] <= t <= one["end_s"]), None)
        values = ["" if (one := angles[n]) is None else f"{one:.2f}" for angles in report.angles.values()]
        table.writerow([f"{t:.4f}", at["repetition"] if at else "", at["phase"] if at else "", *values])
    return out.getvalue()


def mot(report: FormReport, name: str = "angles") -> str:
    """OpenSim motion in degrees. A frame in which an angle is not known is left out: MOT has no empty cells."""
    known = {key: values for key, values in report.angles.items() if any(one is not None for one in values)}
    columns = {_mot_name(key): values for key, values in known.items()}
    rows = [
        [t, *(values[n] for values in columns.values())]
        for n, t in enumerate(report.times_s)
        if all(values[n] is not None for values in columns.values())
    ]
    size = [f"nRows={len(rows)}", f"nColumns={len(columns) + 1}"]
    head = [_line(name), "version=1", *size, "inDegrees=yes", "endheader"]
    lines = ["\t".join(f"{value:.6f}" for value in row if value is not None) for row in rows]
    return "\n".join([*head, "\t".join(["time", *columns]), *lines, ""])


def trc(
    landmarks: npt.ArrayLike,
    times: Sequence[float],
    aspect: float,
    height_m: float | None = None,
    name: str = "form.trc",
) -> str:
    """Points in metres; those not seen in a frame are empty. Without a height, 1.7 m are assumed."""
    points = np.asarray(landmarks, float)
    scale = m_per_unit(points, aspect, height_m or USUAL_HEIGHT_M) or 1.0
    metres = points[:, :, :3] * (aspect, -1.0, aspect) * scale
    feet = metres[:, [ANKLE, ANKLE + 1]].mean(1)
    known = np.flatnonzero(np.isfinite(feet).all(1))
    metres = metres - (feet[known[0]] if len(known) else 0.0) * np.array([1.0, 1.0, 0.0])
    rate = f"{(len(times) - 1) / (times[-1] - times[0]):.2f}" if len(times) > 1 else "1.00"
    n, m = len(times), len(LANDMARKS)
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{_line(name)}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{n}\t{m}\tm\t{rate}\t1\t{n}",
        "Frame#\tTime\t" + "\t\t\t".join(LANDMARKS) + "\t\t",
        "\t\t" + "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, m + 1)),
        "",
    ]
    rows = []
    for k, (t, row) in enumerate(zip(times, metres, strict=True), 1):
        cells = [f"{value:.5f}" if np.isfinite(value) else "" for value in row.ravel()]
        rows.append("\t".join([str(k), f"{t:.5f}", *cells]))
    return "\n".join([*head, *rows, ""])


def coco(landmarks: npt.ArrayLike, times: Sequence[float], size: tuple[int, int], name: str = "form") -> str:
    """COCO keypoints of all frames; size in pixels."""
    points = np.asarray(landmarks, float)
    rows: list[tuple[int, float, list[list[float]] | None]] = [
        (n, t, one.tolist() if np.isfinite(one).all() else None)
        for n, (t, one) in enumerate(zip(times, points[:, :, :4], strict=True))
    ]
    document: dict[str, Any] = coco_of_landmarks(rows, width=size[0], height=size[1], name=name)
    return coco_text(document)


def _mot_name(key: str) -> str:
    joint, _, side = key.partition("_")
    return f"{MOT_NAMES.get(joint, joint)}_{side[0]}" if side in ("left", "right") else key


def _line(name: str) -> str:
    return " ".join(name.split())
