"""Pictures: what the features are good for, where people are found, what is read, and what it all takes.

    python -m benchmarks.parts_vision [--only foods people speed server] [--parts pose-full …] [--repeats 20]
        [--json FILE]

foods   ../shared/data/food_photos, 340 photos of 17 classes: accuracy of a logistic regression on the features of
        efficientnet-lite0 and on the colour histogram, five folds (three seeds), and thirds in the order in which the
        photos of a product were taken (the data does not say in which shop)
people  share of frames with a pose: a drawn person, real videos, pictures of nothing
speed   cold (a new process until the first answer) with its memory, warm load, and the time of a component over
        that of the bare library with the same pixels in the same run
server  one call to serve_models against the same call in this process, alternating; then four callers at once

Parts are those that are installed here (manage.py fetch_parts). One thread a model, as far as a library can be told.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.parts.serving import component_class
from mlops.ml.parts.store import store
from tests.drawn_person import drawn_person

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
PARTS = ("efficientnet-lite0", "pose-lite", "pose-full", "pose-heavy", "hands", "pp-ocrv6")
SIZES = PARTS[1:4]
VIDEOS = ("squat.mp4", "bicep_curl.gif", "walk_beam_cam01.mp4", "several_people.mp4", "walk_through.mp4")
N_CALLERS = 4
EVERY = 10
"""Of a real video, each so many-th frame."""
FIRST_ANSWER = """
import sys, time, numpy, psutil
from pathlib import Path
before, began = psutil.Process().memory_info().rss, time.perf_counter()
from mlops.ml.parts.serving import component_class
component_class(sys.argv[1])(sys.argv[1]).answer([Path(sys.argv[2]).read_bytes()])
print(time.perf_counter() - began, (psutil.Process().memory_info().rss - before) / 1e6)
"""
"""Seconds until a new process has answered, and megabytes that it took for that, libraries included."""


def foods() -> dict[str, Any]:
    """Accuracy by kind of features and split."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, StratifiedKFold, cross_val_score

    from mlops.ml.vision.image_features import HISTOGRAM, described

    root = DATA / "food_photos" / "train"
    files = sorted(root.rglob("*.jpg"))
    names = np.array(["/".join(file.relative_to(root).parts[:2]) for file in files])
    thirds = _thirds(files)
    found = {}
    for by in ("efficientnet-lite0", HISTOGRAM):
        features = described(files, by=by).features
        model = LogisticRegression(C=1.0 if by != HISTOGRAM else 100.0, max_iter=5000)
        seeds = [
            float(cross_val_score(model, features, names, cv=StratifiedKFold(5, shuffle=True, random_state=s)).mean())
            for s in range(3)
        ]
        in_order = float(cross_val_score(model, features, names, cv=PredefinedSplit(thirds)).mean())
        found[by] = {"five_folds": seeds, "thirds": in_order}
        print(f"{by:20} five folds {', '.join(f'{one:.3f}' for one in seeds)}   thirds in order {in_order:.3f}")
    return found


def _thirds(files: list[Path]) -> np.ndarray:
    """0, 1 or 2 by a photo's number among those of its product."""
    thirds = np.zeros(len(files), int)
    folders = np.array([str(file.parent) for file in files])
    numbers = np.array([int(re.findall(r"\d+", file.stem)[-1]) for file in files])
    for folder in set(folders):
        which = np.flatnonzero(folders == folder)
        for third, part in enumerate(np.array_split(which[np.argsort(numbers[which])], 3)):
            thirds[part] = third
    return thirds


def people() -> dict[str, Any]:
    """Share of frames in which somebody is found, single pictures and as a stream."""
    rng = np.random.default_rng(0)
    drawn = [drawn_person((1 - np.cos(2 * np.pi * n / 30)) / 2) for n in range(60)]
    nothing = [np.full((480, 640, 3), shade, np.uint8) for shade in (0, 90, 208, 255)]
    nothing += [rng.integers(0, 256, (480, 640, 3), dtype=np.uint8) for _ in range(6)]
    photos = sorted((DATA / "food_photos").rglob("*.jpg"))
    given: dict[str, Any] = {"drawn": drawn, "nothing": nothing, "food photos": photos}
    given |= {name: list(_frames(DATA / "videos" / name)) for name in VIDEOS}
    found: dict[str, Any] = {}
    for size in SIZES:
        pose = component_class(size)(size)
        for name, frames in given.items():
            n = sum(one is not None for one in pose.find(frames))
            row = found.setdefault(size, {})[name] = {"frames": len(frames), "found": n}
            if name in VIDEOS or name == "drawn":
                with pose.stream() as stream:
                    row["in_stream"] = sum(stream.find(f, n / 10) is not None for n, f in enumerate(frames))
            print(f"{size:11} {name:22} {n:3} of {len(frames):3}   as a stream {row.get('in_stream', '–')}")
    return found


def _frames(path: Path) -> Iterator[np.ndarray]:
    import av

    with av.open(str(path)) as video:
        for number, frame in enumerate(video.decode(video=0)):
            if number % EVERY == 0:
                yield np.ascontiguousarray(frame.to_ndarray(format="rgb24"))


def speed(parts: Sequence[str], repeats: int) -> dict[str, Any]:
    """Loads, memory, and the ratio to the bare library."""
    found: dict[str, Any] = {}
    pixels = drawn_person()
    with tempfile.NamedTemporaryFile(suffix=".jpg") as photo:
        photo.write(_jpeg(pixels))
        photo.flush()
        for name in parts:
            command = [sys.executable, "-c", FIRST_ANSWER, name, photo.name]
            printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            cold_s, memory_mb = (float(one) for one in printed.split()[-2:])
            component = component_class(name)(name)
            load_s = _timed(component.load)
            bare, again = _bare(name, component, pixels), lambda c=component: c.answer([pixels])
            bare(), again()
            pairs = [(_timed(bare), _timed(again)) for _ in range(repeats)]
            bare_s, ours_s = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
            found[name] = one = {
                "cold_s": cold_s, "warm_load_s": load_s, "memory_mb": memory_mb,
                "bare_ms": 1000 * bare_s, "ms": 1000 * ours_s, "ratio": ours_s / bare_s,
            }  # fmt: skip
            print(
                f"{name:19} cold {cold_s:5.2f} s   load {load_s:5.2f} s   {memory_mb:4.0f} MB   bare "
                f"{one['bare_ms']:6.1f} ms   ours {one['ms']:6.1f} ms   × {one['ratio']:.3f}"
            )
    found["photos"] = _photos(repeats)
    return found


def _bare(name: str, component: Any, pixels: np.ndarray) -> Callable[[], Any]:
    """The same work with the library alone; of the reader, which is ours, the three networks on the same inputs."""
    if name == "efficientnet-lite0":
        from PIL import Image

        def features() -> Any:
            image, side = Image.fromarray(pixels), min(pixels.shape[:2]) * 224 / 256
            left, top = (pixels.shape[1] - side) / 2, (pixels.shape[0] - side) / 2
            crop = image.resize((224, 224), Image.Resampling.BICUBIC, (left, top, left + side, top + side), 3.0)
            return component._session.run(None, {"image": np.asarray(crop)[None]})

        return features
    if name == "pp-ocrv6":
        calls: list[tuple[Any, Any]] = []
        names = ("_detector", "_turn", "_recognizer")
        sessions = [getattr(component, one) for one in names]
        for one, session in zip(names, sessions, strict=True):
            setattr(component, one, _Listening(session, calls))
        component.answer([pixels])
        for one, session in zip(names, sessions, strict=True):
            setattr(component, one, session)
        return lambda: [session.run(None, inputs) for session, inputs in calls]
    import mediapipe

    landmarker = component._made("IMAGE")
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))
    return lambda: landmarker.detect(image)


class _Listening:
    """A session that notes what it is asked."""

    def __init__(self, session: Any, calls: list[tuple[Any, Any]]) -> None:
        self.session, self.calls = session, calls

    def run(self, outputs: Any, inputs: Any) -> Any:
        self.calls.append((self.session, inputs))
        return self.session.run(outputs, inputs)


def _photos(repeats: int) -> dict[str, float]:
    """Seconds to read photos of 12 megapixels in the limited child: one, and sixteen together."""
    from mlops.ml.vision.photos import crops_of

    small = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    large, rounds = _jpeg(small.repeat(10, 0).repeat(10, 1)), range(max(3, repeats // 4))
    one_s, many_s = (statistics.median(_timed(lambda n=n: crops_of([large] * n)) for _ in rounds) for n in (1, 16))
    print(f"a photo of 12 megapixels is read in {one_s:.2f} s, sixteen in {many_s:.2f} s (a limited child each time)")
    return {"one_s": one_s, "sixteen_s": many_s}


def server(parts: Sequence[str], repeats: int) -> dict[str, Any]:
    """One call and several at once through a server process of ours."""
    from mlops.ml.hosting.client import ModelsClient
    from mlops.ml.hosting.errors import ModelUnavailable
    from tests.e2e.site import free_port

    found: dict[str, Any] = {}
    port, photo = free_port(), _jpeg(drawn_person())
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FITBALANCE_VAR": folder, "FITBALANCE_PARTS_DIR": str(store().root)}
        environment |= {"DJANGO_SETTINGS_MODULE": "fitbalance.settings", "MODELS_THREADS": "1"}
        process = subprocess.Popen([sys.executable, "manage.py", "serve_models", "--port", str(port)], env=environment)
        client = ModelsClient([f"http://127.0.0.1:{port}"], n_failures=10**6)
        try:
            for name in parts:
                while True:
                    try:
                        client.answer(f"part:{name}", [photo], 60)
                        break
                    except ModelUnavailable:
                        time.sleep(0.2)
                found[name] = one = _served(client, name, photo, repeats)
                print(
                    f"{name:19} one call × {one['ratio']:.3f} ({one['added_ms']:+.1f} ms)   {N_CALLERS} callers "
                    f"× {one['together_ratio']:.3f} of the same calls in turn here"
                )
        finally:
            process.terminate()
            process.wait()
    return found


def _served(client: Any, name: str, photo: bytes, repeats: int) -> dict[str, float]:
    component, key = component_class(name)(name), f"part:{name}"
    component.answer([photo])
    pairs = [
        (_timed(lambda: component.answer([photo])), _timed(lambda: client.answer(key, [photo], 60)))
        for _ in range(repeats)
    ]
    with ThreadPoolExecutor(N_CALLERS) as pool:

        def together() -> None:
            list(pool.map(lambda _: client.answer(key, [photo], 120), range(N_CALLERS)))

        def in_turn() -> None:
            for _ in range(N_CALLERS):
                component.answer([photo])

        together()
        rounds = [(_timed(in_turn), _timed(together)) for _ in range(3)]
    bare_s, served_s = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
    turn_s, together_s = (statistics.median(one[n] for one in rounds) for n in (0, 1))
    return {"ratio": served_s / bare_s, "added_ms": 1000 * (served_s - bare_s), "together_ratio": together_s / turn_s}


def _jpeg(pixels: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=["foods", "people", "speed", "server"])
    parser.add_argument("--parts", nargs="+", default=PARTS)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, 1 thread a model")
    works: dict[str, Callable[[], Any]] = {
        "foods": foods, "people": people,
        "speed": lambda: speed(options.parts, options.repeats),
        "server": lambda: server(options.parts, options.repeats),
    }  # fmt: skip
    found = {name: work() for name, work in works.items() if name in options.only}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
