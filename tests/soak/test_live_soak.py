"""Live streams under cuts, killed servers and hostile clients, as benchmarks/live_faults.py measures them.

Minutes long, so it runs with `make soak` only. SOAK_LIVE_MINUTES (3) and SOAK_HOSTILE_MINUTES (2) set its length;
acceptance is 10 and 5.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import ROOT

pytestmark = pytest.mark.soak

MINUTES = os.environ.get("SOAK_LIVE_MINUTES", "3")
HOSTILE_MINUTES = os.environ.get("SOAK_HOSTILE_MINUTES", "2")


def measure(folder: Path, *options: str) -> dict[str, Any]:
    """Run the benchmark in a process of its own: it brings its own site and database."""
    figures = folder / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live_faults", "--json", str(figures), *options],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert figures.exists(), done.stderr
    print(f"\n{figures.read_text()}")
    return json.loads(figures.read_text())


def test_every_acknowledged_sample_is_stored_once(tmp_path: Path):
    figures = measure(tmp_path, "--minutes", MINUTES, "--hostile-minutes", "0")["resume"]
    assert figures["unsettled_samples"] == figures["lost"] == figures["doubled"] == 0
    assert figures["acknowledged_not_stored"] == figures["bad_samples"] == 0
    assert figures["stored"] == figures["sent"]
    assert figures["holds"], "everybody is back within five seconds"


def test_hostile_clients_harm_nobody(tmp_path: Path):
    figures = measure(tmp_path, "--minutes", "0", "--hostile-minutes", HOSTILE_MINUTES)["hostile"]
    assert figures["never_closed"] == figures["healthy_cut"] == 0
    assert figures["closed"]["flood"]["n"] > 0
    assert figures["closed"]["deaf"]["n"] > 0
    assert figures["holds"], "memory, the healthy ones' latency and the time to close lie within the limits"
