"""Features of a video against a bare loop that decodes a frame and asks MediaPipe, frame by frame.

The same networks, frames and process priority; the bare loop follows one body (and looks for hands in the whole frame),
keeps nothing and knows no bystanders. Times are the wall clock's, from the call to the finished Parquet file, start of
children included; beside them processor time, which other work on the machine changes less. The clip is a minute of a
real squat where the shared recordings are here, else a drawn one.

    nice -n 15 python -m benchmarks.extraction
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.limited.child import NICE
from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.networks import bundled
from mlops.ml.vision.video.options import ExtractOptions

SQUAT = Path(__file__).resolve().parents[2] / "shared" / "data" / "videos" / "squat.mp4"
RATE_HZ = 15
REQUIRED_RATIO, REQUIRED_TWO = 1.0, {"pose": 1.7, "hands": 1.4}


def clip(path: Path, seconds: float) -> int:
    """Write so many seconds of somebody who squats; returns the number of frames."""
    import av

    n = int(seconds * RATE_HZ)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE_HZ, options={"preset": "veryfast"})
        for number, picture in enumerate(itertools.islice(pictures(), n)):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return n


def pictures() -> Iterator[np.ndarray]:
    """Every second frame of the real squat, again and again; or a drawn person."""
    import av

    from tests.drawn_person import drawn_person

    while SQUAT.is_file():
        with av.open(str(SQUAT)) as file:
            for frame in itertools.islice(file.decode(video=0), 0, None, 2):
                yield frame.to_ndarray(format="rgb24")
    for number in itertools.count():
        yield drawn_person((1 - np.cos(number / 5)) / 2)


def bare_loop(video: str, with_hands: bool) -> None:
    """Decode, ask, forget."""
    import av
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    def landmarker(name: str, **more: Any) -> Any:
        base = BaseOptions(model_asset_path=str(bundled() / name / "landmarker.task"))
        options = getattr(vision, f"{more.pop('kind')}Options")
        return options(base_options=base, running_mode=vision.RunningMode.VIDEO, **more)

    tools = [vision.PoseLandmarker.create_from_options(landmarker("pose", kind="PoseLandmarker"))]
    if with_hands:
        hands = landmarker("hands", kind="HandLandmarker", num_hands=2)
        tools.append(vision.HandLandmarker.create_from_options(hands))
    with av.open(video) as file:
        for number, frame in enumerate(file.decode(video=0)):
            pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
            image = Image(image_format=ImageFormat.SRGB, data=pixels)
            for tool in tools:
                tool.detect_for_video(image, round(1000 * number / RATE_HZ))
    for tool in tools:
        tool.close()


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Wall seconds and processor seconds of this process and its children."""
    before, begun = _processor_s(), time.perf_counter()
    work()
    return {"wall_s": time.perf_counter() - begun, "cpu_s": _processor_s() - before}


def _processor_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def measure(seconds: float) -> dict[str, Any]:
    """Seconds, ratios and peak memory of children."""
    bundled()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        video, output = Path(folder, "clip.mp4"), Path(folder, "clip.parquet")
        short = Path(folder, "short.mp4")
        found["n_frames"] = clip(video, seconds)
        clip(short, seconds / 6)
        bodies = ExtractOptions(detector="mediapipe")
        extract_features(short, output, bodies)
        found["child_peak_mib_of_a_sixth"] = _children_peak_mib()
        for name in ("pose", "hands"):
            argv = [sys.executable, "-m", "benchmarks.extraction", "--bare", name, "--video", str(video)]
            quiet = {"preexec_fn": _lower, "stderr": subprocess.DEVNULL}
            bare = timed(lambda argv=argv, quiet=quiet: subprocess.run(argv, check=True, **quiet))
            chosen = replace(bodies, with_hands=name == "hands")
            one = timed(lambda chosen=chosen: extract_features(video, output, chosen))
            two = timed(lambda chosen=chosen: extract_features(video, output, replace(chosen, workers=2)))
            found[name] = {
                "bare": bare,
                "one_worker": one,
                "two_workers": two,
                "ratio": bare["wall_s"] / one["wall_s"],
                "ratio_of_processor_time": bare["cpu_s"] / one["cpu_s"],
                "two_against_one": one["wall_s"] / two["wall_s"],
            }
        found["child_peak_mib"] = _children_peak_mib()
        found["own_peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _lower() -> None:
    os.nice(NICE)  # as our children are


def _children_peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the clip")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--bare", choices=["pose", "hands"], help=argparse.SUPPRESS)
    parser.add_argument("--video", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare_loop(options.video, options.bare == "hands")
        return
    facts = measure(options.seconds)
    for name in ("pose", "hands"):
        row, rate = facts[name], {}
        for who in ("bare", "one_worker", "two_workers"):
            rate[who] = facts["n_frames"] / row[who]["wall_s"]
        print(
            f"{name:6} bare loop {rate['bare']:5.1f} frames a second, one worker {rate['one_worker']:5.1f} "
            f"({row['ratio']:.2f}; processor time {row['ratio_of_processor_time']:.2f}; at least {REQUIRED_RATIO} "
            f"wanted), two {rate['two_workers']:5.1f} "
            f"({row['two_against_one']:.2f}; at least {REQUIRED_TWO[name]} wanted)"
        )
    print(
        f"peak memory of a child {facts['child_peak_mib']:.0f} MiB, {facts['child_peak_mib_of_a_sixth']:.0f} MiB for a "
        f"sixth of the clip; of the process that asked {facts['own_peak_mib']:.0f} MiB"
    )
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {platform.system()}"
        options.json.write_text(json.dumps({"machine": machine, **facts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
