"""A component through a real serve_models process against the same component called here, alternating; medians.

Used by the benchmarks of parts; not a benchmark by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mlops.ml.parts.store import store

N_CALLERS = 8
DEADLINE_S = 120
_COLD = """
import json, sys, time
def peak_kb():  # getrusage tells of the process that started this one
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
began, before = time.perf_counter(), peak_kb()
from mlops.ml.parts.serving import component_class
made = component_class(sys.argv[1])(sys.argv[1], "cpu")
made.load()
loaded_s = time.perf_counter() - began
given = sys.argv[2]
made.answer([open(given[1:], "rb").read() if given.startswith("@") else given])
cold_s = time.perf_counter() - began
print(json.dumps({"cold_load_s": loaded_s, "cold_s": cold_s, "memory_mb": (peak_kb() - before) / 1024}))
"""


def timed(work: Callable[[], Any]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_s(work: Callable[[], Any], repeats: int) -> float:
    return statistics.median(timed(work) for _ in range(repeats))


def ratio(bare: Callable[[], Any], ours: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Both in turn, so that they see the same machine: {"bare_s", "ours_s", "ratio"}, medians; "quickest" is the
    ratio of the quickest calls, which other work on the machine touches least."""
    bare(), ours()
    pairs = [(timed(bare), timed(ours)) for _ in range(repeats)]
    return {
        "bare_s": statistics.median(pair[0] for pair in pairs),
        "ours_s": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(pair[1] / pair[0] for pair in pairs),
        "quickest": min(pair[1] for pair in pairs) / min(pair[0] for pair in pairs),
    }


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used (Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


def processor_ratio(bare: Callable[[], Any], ours: Callable[[], Any], pid: int, repeats: int) -> float:
    """Processor time of calls through the server, both processes together, over that of the bare calls: other work on
    the machine hardly touches it, while a wall clock says more about that work than about the call."""
    own = server = alone = 0.0
    for _ in range(repeats):
        began = time.process_time()
        bare()
        alone += time.process_time() - began
        began, there = time.process_time(), processor_s(pid)
        ours()
        own, server = own + time.process_time() - began, server + processor_s(pid) - there
    return (own + server) / alone


def cold(name: str, given: str) -> dict[str, float]:
    """A new process until it is loaded and until its first answer, imports included, and the memory that it takes.

    given: a text, or "@" and the path of a file whose bytes are the input
    """
    environment = {**os.environ, "FITBALANCE_PARTS_DIR": str(store().root)}
    done = subprocess.run(
        [sys.executable, "-c", _COLD, name, given], capture_output=True, check=True, env=environment, text=True
    )
    return dict(json.loads(done.stdout))


@contextlib.contextmanager
def serving() -> Iterator[Any]:
    """A client of a server process of ours, with the parts of this machine."""
    from mlops.ml.hosting.client import ModelsClient
    from tests.e2e.site import free_port

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FITBALANCE_VAR": folder, "FITBALANCE_PARTS_DIR": str(store().root)}
        environment |= {"DJANGO_SETTINGS_MODULE": "fitbalance.settings", "MODELS_THREADS": "1"}
        process = subprocess.Popen([sys.executable, "manage.py", "serve_models", "--port", str(port)], env=environment)
        try:
            client = ModelsClient([f"http://127.0.0.1:{port}"], n_failures=10**6)
            client.pid = process.pid  # type: ignore[attr-defined]
            yield client
        finally:
            process.terminate()
            process.wait()


def served(client: Any, component: Any, given: Any, repeats: int) -> dict[str, float]:
    """One call, and N_CALLERS at once, each over the same calls in this process, one after another."""
    from mlops.ml.hosting.errors import ModelUnavailable

    key = f"part:{component.model_id}"
    while True:
        try:
            client.answer(key, [given], DEADLINE_S)
            break
        except ModelUnavailable:
            time.sleep(0.2)
    one = ratio(lambda: component.answer([given]), lambda: client.answer(key, [given], DEADLINE_S), repeats)
    with ThreadPoolExecutor(N_CALLERS) as pool:
        many = ratio(
            lambda: [component.answer([given]) for _ in range(N_CALLERS)],
            lambda: list(pool.map(lambda _: client.answer(key, [given], DEADLINE_S), range(N_CALLERS))),
            max(3, repeats // 4),
        )
    processor = processor_ratio(
        lambda: component.answer([given]), lambda: client.answer(key, [given], DEADLINE_S), client.pid, repeats
    )
    added_ms = 1000 * (one["ours_s"] - one["bare_s"])
    return {
        "one": one["ratio"], "quickest": one["quickest"], "processor": processor, "added_ms": added_ms,
        "callers": many["ratio"], "load": os.getloadavg()[0],
    }  # fmt: skip
