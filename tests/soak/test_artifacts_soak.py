"""Artifacts are whole or absent: a writer is killed at any moment, a flipped byte is refused."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops.ml.artifact import artifact_names, read_manifest
from mlops.ml.contract import BadArtifact

N_KILLS = int(os.environ.get("SOAK_KILLS", "50"))
WRITER = """
import sys
from pathlib import Path
from mlops.ml.artifact import write_artifact

def fill(folder):
    for n in range(40):
        (folder / f"part{n}.npy").write_bytes(bytes([n]) * 200_000)

print("ready", flush=True)
for n in range(1000):
    write_artifact(Path(sys.argv[1]), f"a{sys.argv[2]}-{n}", fill, {"n": n})
"""


@pytest.mark.soak
def test_no_kill_leaves_a_partial_artifact(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    for number in range(N_KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.25))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    names = artifact_names(tmp_path)
    for name in names:
        assert len(read_manifest(tmp_path / name)["files"]) == 40
    print(f"\n{N_KILLS} kills while saving: {len(names)} whole artifacts, 0 partial ones visible")
    assert names
    victim = tmp_path / names[0] / "part3.npy"
    raw = bytearray(victim.read_bytes())
    raw[1234] ^= 1
    victim.write_bytes(raw)
    with pytest.raises(BadArtifact):
        read_manifest(tmp_path / names[0])
