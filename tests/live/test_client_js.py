"""The client in JavaScript outside a browser: numbered, cut once, caught up with in larger frames, nothing twice."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from tests.e2e.site import ROOT

MODULES = ("live_client", "live_start", "live_line", "live_frames", "live_box", "live_outbox")


def test_a_cut_line_loses_nothing_and_doubles_nothing(tmp_path: Path):
    for name in MODULES:
        (tmp_path / f"{name}.js").write_text((ROOT / "static" / "sessions" / f"{name}.js").read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    node = compute_driver_executable()[0]
    done = subprocess.run(
        [node, ROOT / "tests" / "live" / "client_in_node.mjs", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["states"] == ["connecting", "open", "lost", "open", "closed"]
    assert told["connections"] == 2
    assert told["t"] == pytest.approx([n / 50 for n in range(1000)])
    assert told["frames"] < 60, "what piled up goes in larger frames"
