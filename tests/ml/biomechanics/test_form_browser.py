"""The rules in the browser are the rules of the report: equal landmarks give equal counts, scores and reasons."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from mlops.ml.biomechanics.form import FormStream
from mlops.ml.biomechanics.form.table import PATH
from tests.e2e.site import ROOT
from tests.ml.biomechanics.people import ASPECT, MOTIONS, filmed, filmed_set, plank

MODULES = ROOT / "static" / "sessions" / "form"


def clips() -> list[dict]:
    found = []
    for n, exercise in enumerate(MOTIONS):
        for yaw, rate_hz in ((0, 30), (50, 17), (90, 60)):
            depth = 0.6 if yaw == 50 else 1.0
            landmarks, times, _ = filmed_set(
                exercise, count=3, depth=depth, yaw=yaw, rate_hz=rate_hz, jitter=0.01, seed=n
            )
            landmarks[40:55, 15:, 3] = 0.1
            found.append({"exercise": exercise, "aspect": ASPECT, "landmarks": landmarks, "times": times})
    landmarks, times, _ = filmed(lambda t: plank(0.0), seconds=6)
    found.append({"exercise": "plank", "aspect": ASPECT, "landmarks": landmarks, "times": times})
    return found


def told_by_python(clip: dict) -> list:
    stream = FormStream(clip["exercise"], clip["aspect"])
    events = [
        event
        for t, row in zip(clip["times"].tolist(), clip["landmarks"].tolist(), strict=True)
        for event in stream.push(t, row)
    ]
    return events + stream.finish()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[list, list]:
    folder = tmp_path_factory.mktemp("form")
    for path in MODULES.iterdir():
        (folder / path.name).write_text(path.read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    made = clips()
    plain = [{**one, "landmarks": one["landmarks"].tolist(), "times": one["times"].tolist()} for one in made]
    (folder / "clips.json").write_text(json.dumps(plain))
    node = compute_driver_executable()[0]
    script = Path(__file__).with_name("stream_in_node.mjs")
    done = subprocess.run(
        [node, script, folder, folder / "clips.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [told_by_python(one) for one in made], json.loads(done.stdout)


def test_counts_scores_and_cues_are_equal(both: tuple[list, list]):
    ours, theirs = both
    assert [len(one) for one in theirs] == [len(one) for one in ours]
    assert sum(len(one) for one in ours) > 40
    pairs = [pair for a, b in zip(ours, theirs, strict=True) for pair in zip(a, b, strict=True)]
    assert len({a.judgement.cue for a, _ in pairs}) > 3, "several cues were compared"
    for a, b in pairs:
        for name in ("number", "start_s", "peak_s", "end_s", "down_s", "pause_s", "up_s", "side"):
            assert b[name] == getattr(a, name), name
        assert b["range"] == pytest.approx(a.range, abs=1e-6)
        judged = b["judgement"]
        assert judged["score"] == (None if a.judgement.score is None else pytest.approx(a.judgement.score, abs=1e-6))
        assert judged["confidence"] == pytest.approx(a.judgement.confidence, abs=1e-6)
        for name in ("reason", "view", "cue"):
            assert judged[name] == getattr(a.judgement, name), name
        assert judged["unjudged"] == list(a.judgement.unjudged)
        assert [one["fault"] for one in judged["verdicts"]] == [one.fault for one in a.judgement.verdicts]


def test_the_browser_reads_the_same_table():
    assert (MODULES / "exercises.json").read_bytes() == PATH.read_bytes()
