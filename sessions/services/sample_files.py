"""Small files to try the import with: a generated squat set as CSV (motion sensor) and as RSF (FlexTail, raw)."""

import gzip
import io
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SEED = 7
_START_MS = 1_760_000_000_000


@dataclass(frozen=True)
class SampleFile:
    """A file to download: its name, its media type, what it is, and how it is made."""

    name: str
    content_type: str
    text: str | Promise
    make: Callable[[], bytes]


def squats_csv() -> bytes:
    """60 s of a 6-axis motion sensor at 50 Hz: rest, ten squats, rest. Generated, seeded."""
    rng = random.Random(_SEED)  # noqa: S311  a picture of noise, not a secret
    out = io.StringIO()
    out.write("t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n")
    for n in range(3000):
        t = n / 50
        depth, speed = _squat(t)
        lean = 0.6 * depth
        acc = (9.81 * math.sin(lean), 0.2, 9.81 * math.cos(lean) + 1.4 * speed)
        gyr = (0.05, 0.9 * speed, 0.03)
        cells = [f"{value + rng.gauss(0, 0.05):.4f}" for value in (*acc, *gyr)]
        out.write(f"{t:.2f},{','.join(cells)}\n")
    return out.getvalue().encode()


def squats_rsf() -> bytes:
    """40 s of a raw FlexTail strip as RSF version 1, unevenly sampled (31 and 60 ms) as the device does it."""
    rng = random.Random(_SEED)  # noqa: S311
    lines: list[str] = []
    t_ms = 0
    n = 0
    while t_ms < 40_000:
        depth, _ = _squat(t_ms / 1000)
        bend = [round(26 * depth * (1.0 if 2 <= i <= 9 else 0.15) + rng.gauss(0, 1)) for i in range(18)]
        pitch = 0.7 * depth
        xyz = [
            round(-2048 * math.cos(pitch) + rng.gauss(0, 12)),
            round(rng.gauss(0, 12)),
            round(2048 * math.sin(pitch)),
        ]
        cells = [*bend, *[b + rng.randint(-1, 1) for b in bend], *xyz, 0, 0, 0, 87, _START_MS + t_ms]
        lines.append(",".join(map(str, cells)))
        n += 1
        t_ms += 31 if n % 3 else 60
    document = {
        "author": "FitBalance",
        "activity": "squat",
        "comment": "generated",
        "annotations": [],
        "content": "\n".join(lines),
    }
    return b"RSF1" + gzip.compress(json.dumps(document).encode(), mtime=0)


def _squat(t: float) -> tuple[float, float]:
    """(depth 0 to 1, speed) at `t` seconds: squats of 3 s from 10 s to 40 s."""
    if not 10 <= t < 40:
        return 0.0, 0.0
    phase = 2 * math.pi * (t - 10) / 3
    return (1 - math.cos(phase)) / 2, math.sin(phase)


SAMPLE_FILES: dict[str, SampleFile] = {
    file.name: file
    for file in (
        SampleFile("squats-imu6.csv", "text/csv", _("Ten squats, motion sensor on the chest, 50 Hz"), squats_csv),
        SampleFile(
            "squats-flextail.rsf", "application/octet-stream", _("Squats, raw FlexTail data, variable rate"), squats_rsf
        ),
    )
}
