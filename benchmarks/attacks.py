"""What hostile files and bodies cost: peak memory and processor time of the process that gets them.

    python -m benchmarks.attacks [--only NAME] [--json FILE]

Each attack runs in a process of its own that stands for the web process or a worker: it is given the file in the way
that the site reads it. `grew_mib` is how much that process' peak memory (VmHWM) grew, `child_mib` the peak of the
children it started, `cpu_s` the processor time of both. An attack fails, which is well, with the words of `outcome`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import attack_files as files

ROOT = Path(__file__).resolve().parents[1]
MAX_S = 180


def parquet(folder: Path) -> Any:
    from sessions.services.imports import entries

    path = files.parquet_bomb(folder / "a.parquet")
    entries.upload_open_path = lambda upload: upload.path  # type: ignore[attr-defined,assignment]
    upload = SimpleNamespace(pk="1", sha256="", filename="a.parquet", path=path)
    began()
    (shown,) = entries.preview_entries([upload], entries.entries_of([upload]))
    return shown.error or "previewed"


def nested_xml(folder: Path) -> Any:
    return _apple(files.nested_xml(folder / "export.xml"))


def many_names(folder: Path) -> Any:
    return _apple(files.many_names_xml(folder / "export.xml"))


def _apple(path: Path) -> Any:
    from burnout.services.imports import apple

    began()
    if not hasattr(apple, "reading_limits"):  # as it was before
        return apple.apple_days(path).n_records
    from mlops.ml.limited import in_child

    return in_child(apple.apple_read, apple.reading_limits(path.stat().st_size))(path).n_records


def lying_zip(folder: Path) -> Any:
    from web.services.archives import archive_members

    path = files.lying_zip(folder / "a.zip")
    began()
    return len(archive_members(path))


def onnx_import(folder: Path) -> Any:
    from mlops.ml.foreign import Wanted, probe

    path = folder / "a.onnx"
    path.write_bytes(files.sized_by_its_input())
    began()
    probe(path, folder / "model.onnx", "onnx", Wanted(6, 2, 3))
    return "accepted"


def onnx_serving(folder: Path) -> Any:
    import numpy as np

    from mlops.ml.scoring import open_session

    (folder / "model.onnx").write_bytes(files.sized_by_its_input())
    began()
    session = open_session(folder, {"files": {"model.onnx": {}}, "origin": "import:a.onnx"})
    return list(session.run(["probabilities"], {"input": np.full((1, 6, 2), 450, np.float32)})[0].shape)


def labels(folder: Path) -> Any:
    from sessions.services import label_files

    data = files.wide_labels()
    began()
    return len(list(label_files._parse(data)))


def json_keys(folder: Path) -> Any:
    from web.api.parsers import loads

    body = files.twice_at_the_end()
    began()
    return len(loads(body))


def schema(folder: Path) -> Any:
    from django.test import Client

    client = Client()
    client.get("/api/schema/", HTTP_ACCEPT="application/json", HTTP_HOST="localhost")
    began()
    for _ in range(10):
        answer = client.get("/api/schema/", HTTP_ACCEPT="application/json", HTTP_HOST="localhost")
    return f"{len(answer.content):,} bytes, ten times"


ATTACKS: dict[str, Callable[[Path], Any]] = {
    "Parquet of 64 kB with a lying footer, previewed": parquet,
    "Apple XML, 8 million levels deep": nested_xml,
    "Apple XML, 3 million names": many_names,
    "ZIP of a million entries, end record tells of one": lying_zip,
    "ONNX sized by its input, imported": onnx_import,
    "ONNX sized by its input, served": onnx_serving,
    "label file of 4,000 columns, 47 kB": labels,
    "JSON of 125 kB, its last key twice": json_keys,
    "the API's schema, asked for ten times": schema,
}
_at: dict[str, float] = {}


def began() -> None:
    """The attack's file is there, what reads it is imported: count from here."""
    with open("/proc/self/clear_refs", "w") as file:  # the peak starts anew
        file.write("5")
    _at.update(cpu_s=_cpu_s(), mib=_peak_mib(), wall=time.monotonic())


def run_here(name: str) -> dict[str, Any]:
    """One attack in this process."""
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as made:
        try:
            outcome = str(ATTACKS[name](Path(made)))
        except Exception as error:  # the refusals of the site
            outcome = f"{getattr(error, 'code', type(error).__name__)}: {error}"
        grew = _peak_mib() - _at["mib"]
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        cpu, wall = _cpu_s() - _at["cpu_s"], time.monotonic() - _at["wall"]
    facts = {"grew_mib": round(max(0.0, grew)), "child_mib": round(child), "cpu_s": round(cpu, 2)}
    return {"attack": name, **facts, "wall_s": round(wall, 2), "outcome": outcome[:100]}


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mib() -> float:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="attacks whose name holds this")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(run_here(options.here)))
        return
    rows = []
    print(f"{'attack':52}{'grew MiB':>10}{'child MiB':>10}{'cpu s':>8}  outcome")
    for name in ATTACKS:
        if options.only and options.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="attacks-") as var:
            environment = {**os.environ, "FITBALANCE_VAR": var, "DJANGO_SETTINGS_MODULE": "fitbalance.settings"}
            command = [sys.executable, "-m", "benchmarks.attacks", "--here", name]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=MAX_S, check=False
                )
                row = json.loads(done.stdout.splitlines()[-1])
            except (subprocess.TimeoutExpired, IndexError, ValueError):
                row = {"attack": name, "grew_mib": -1, "child_mib": -1, "cpu_s": -1, "outcome": "no answer: it died"}
        rows.append(row)
        print(f"{name:52}{row['grew_mib']:10}{row['child_mib']:10}{row['cpu_s']:8}  {row['outcome']}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
