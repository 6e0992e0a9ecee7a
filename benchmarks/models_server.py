"""One call through the models server against the same model called directly, in the same run.

The model is a torch network whose size is chosen so that one answer takes about 100 ms here (`--model-ms`). A real
server process is started; one process asks it over local HTTP. Calls to the bare model, in this process with as many
threads, and calls through the server alternate, so that both see the same machine. Then the same number of callers at
once (`--callers`): all together through the server, and one after another on the bare model. Last, a model that does
nothing shows the fixed cost of a call, by size of the body. Medians.

    python -m benchmarks.models_server [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

N_FEATURES = 512
THREADS = 1
REQUIRED_RATIO = 1.05
BODIES = (1, 100, 1000)
"""KB in one call that measure the fixed cost."""
SIZE = "BENCHMARK_LAYERS"


class Network:
    """Layers of 512 × 512 with ReLU between, one window of 512 steps an input: (n, 512, 512) → (n, 512)."""

    n_bytes = 64 * 1024 * 1024
    max_batch = 16

    def __init__(self, n_layers: int) -> None:
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(THREADS)
        layers = [torch.nn.Linear(N_FEATURES, N_FEATURES) for _ in range(8)]
        self.torch = torch
        self.layers = [layers[n % 8] for n in range(n_layers)]

    def answer(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            x = self.torch.from_numpy(inputs)
            for layer in self.layers:
                x = self.torch.relu(layer(x))
            return x.mean(dim=1).numpy()


class Nothing:
    """Answers one number an input: what is left is the cost of the call."""

    n_bytes = 0
    max_batch = 16

    def answer(self, inputs: Any) -> Any:
        return np.zeros(len(inputs), np.float32)


def serve(port: int) -> None:
    """Be the server process, with the two models of this benchmark."""
    import django

    django.setup()
    from django.core.management import call_command

    from mlops.ml.hosting.registry import register_loader

    register_loader("network", lambda name, where: Network(int(os.environ[SIZE])))
    register_loader("nothing", lambda name, where: Nothing())
    call_command("serve_models", port=port)


def median_ms(work: Callable[[], Any], repeats: int) -> float:
    """Median wall time in milliseconds."""
    return 1000 * statistics.median(_timed(work) for _ in range(repeats))


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fit_size(model_ms: float) -> int:
    """How many layers take about so long on this machine."""
    x = np.ones((1, N_FEATURES, N_FEATURES), np.float32)
    probe = Network(16)
    probe.answer(x)
    return max(1, round(16 * model_ms / median_ms(lambda: probe.answer(x), 9)))


def measure(model_ms: float, repeats: int, callers: int) -> dict[str, Any]:
    """All figures; starts and stops the server."""
    import subprocess

    from mlops.ml.hosting.client import ModelsClient
    from tests.e2e.site import free_port

    n_layers, port = fit_size(model_ms), free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FITBALANCE_VAR": folder, SIZE: str(n_layers), "MODELS_THREADS": str(THREADS)}
        environment["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.models_server", "--serve", str(port)], env=environment
        )
        try:
            client = ModelsClient([f"http://127.0.0.1:{port}"], n_failures=10**6)
            return _measure(client, Network(n_layers), repeats, callers) | {"n_layers": n_layers}
        finally:
            process.terminate()
            process.wait()


def _measure(client: Any, bare: Network, repeats: int, callers: int) -> dict[str, Any]:
    from mlops.ml.hosting.errors import ModelUnavailable

    while True:
        try:
            client.answer("nothing:a", [1], 30)
            break
        except ModelUnavailable:
            time.sleep(0.1)
    x = np.random.default_rng(0).normal(size=(1, N_FEATURES, N_FEATURES)).astype(np.float32)
    assert np.allclose(client.answer("network:a", x, 60), bare.answer(x), atol=1e-5)
    pairs = [
        (_timed(lambda: bare.answer(x)), _timed(lambda: client.answer("network:a", x, 60))) for _ in range(repeats)
    ]
    found: dict[str, Any] = {
        "bare_ms": 1000 * statistics.median(pair[0] for pair in pairs),
        "server_ms": 1000 * statistics.median(pair[1] for pair in pairs),
    }
    found["ratio"] = found["server_ms"] / found["bare_ms"]
    found["quickest_ms"] = [1000 * min(pair[n] for pair in pairs) for n in (0, 1)]

    def together() -> None:
        list(pool.map(lambda _: client.answer("network:a", x, 120), range(callers)))

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda _: client.answer("nothing:a", [1], 60), range(callers)))
        rounds = [(_timed(lambda: [bare.answer(x) for _ in range(callers)]), _timed(together)) for _ in range(5)]
    found["callers"] = callers
    found["in_turn_ms"] = 1000 * statistics.median(one[0] for one in rounds)
    found["together_ms"] = 1000 * statistics.median(one[1] for one in rounds)
    found["together_ratio"] = found["together_ms"] / found["in_turn_ms"]
    for kilobytes in BODIES:
        body = np.zeros((1, kilobytes * 250), np.float32)
        found[f"fixed_ms_{kilobytes}_kb"] = median_ms(lambda body=body: client.answer("nothing:a", body, 60), 100)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-ms", type=float, default=100.0)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    found = measure(options.model_ms, options.repeats, options.callers)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {THREADS} thread a model, {found['n_layers']} layers")
    print(
        f"one call      bare {found['bare_ms']:8.1f} ms   server {found['server_ms']:8.1f} ms   × {found['ratio']:.3f}"
    )
    print(
        f"{found['callers']} callers    in turn {found['in_turn_ms']:8.1f} ms   server {found['together_ms']:8.1f} ms"
        f"   × {found['together_ratio']:.3f}"
    )
    for kilobytes in BODIES:
        print(f"a call of {kilobytes:5d} KB to a model that does nothing {found[f'fixed_ms_{kilobytes}_kb']:6.2f} ms")
    bare_ms, server_ms = found["quickest_ms"]
    print(f"the quickest  bare {bare_ms:8.1f} ms   server {server_ms:8.1f} ms   × {server_ms / bare_ms:.3f}")
    print(f"required: at most × {REQUIRED_RATIO} for one call")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
