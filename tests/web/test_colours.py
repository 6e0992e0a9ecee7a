"""One colour for each exercise, in templates and in scripts."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mlops.ml.sensors.simulate import EXERCISES, OTHER
from web.templatetags.look import exercise_colour

ROOT = Path(__file__).resolve().parents[2]
NAMES = [*EXERCISES, OTHER, "Kniebeuge", "kɔ akyi", "🏋️ jerk", ""]


def test_the_default_exercises_are_told_apart() -> None:
    assert len({exercise_colour(name) for name in EXERCISES}) == len(EXERCISES)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_scripts_do_the_same_sum() -> None:
    script = (ROOT / "static/web/chart-theme.js").read_text()
    start = script.index("export function labelToken")
    code = script[start : script.index("\n}\n", start) + 2].removeprefix("export ")
    code = f"const seriesToken = (n) => `series-${{(n % 8) + 1}}`;{code};"
    code += f"console.log(JSON.stringify({json.dumps(NAMES)}.map(labelToken)))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [exercise_colour(name) for name in NAMES]
