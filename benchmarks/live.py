"""How many athletes one machine serves live, and how quickly: real Daphne, real sockets, real database.

    python -m benchmarks.live --athletes 300 --frame-samples 10 --model bilstm --json FILE

The latency of an answer runs from sending the frame that completes a window until the answer is read, on the sender's
clock. Skipped windows (left out because the server was behind) are counted and reported beside it. The load generator
is a process of its own on the same machine; its processor time is reported apart. In the same run the plainest handler
(one network run for each sample in a bare Channels consumer) shows how many athletes it serves within the same limit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.live_parts import site as sites
from benchmarks.live_parts.models import MODELS, cost_ms, register_model

LIMIT_MS = 250.0
FIRST = 100
WARM_S = 8.0


class Generator:
    """The load generator's process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.live_parts.load"], cwd=sites.ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self._say(json.dumps(plan))

    def ask(self, command: str) -> Any:
        self._say(command)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator died")
        return json.loads(line)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def measure_live(site: sites.Site, options: argparse.Namespace, athletes: list[list[str]]) -> dict[str, Any]:
    """Stream with a few, then with all; figures of the last seconds."""
    seconds = 2 * WARM_S + options.seconds + 600
    load = Generator({
        "port": site.port, "athletes": athletes, "frame_samples": options.frame_samples, "stride": options.stride,
        "seconds": seconds, "jitter": options.jitter,
    })
    try:
        servers = site.pids("web")
        few = min(FIRST, max(1, options.athletes // 2))
        load.ask(f"connect {few}")
        load.ask(f"measure {WARM_S}")
        before_kib = sites.rss_kib(servers)
        connect_s = load.ask(f"connect {options.athletes}")
        load.ask(f"measure {WARM_S}")
        others = site.pids("worker")
        marks = sites.cpu_s(servers), sites.cpu_of_tree_s(others), time.monotonic()
        figures = load.ask(f"measure {options.seconds}")
        passed = time.monotonic() - marks[2]
        figures |= {
            "server_cpu": round((sites.cpu_s(servers) - marks[0]) / passed, 3),
            "worker_cpu": round((sites.cpu_of_tree_s(others) - marks[1]) / passed, 3),
            "connect_s": round(connect_s, 1),
            "rss_mib": round(sites.rss_kib(servers) / 1024, 1),
            "kib_per_stream": round((sites.rss_kib(servers) - before_kib) / (options.athletes - few), 1),
            "memory_from": few,
        }
        return dict(figures)
    finally:
        load.end()


def measure_plain(model: Path, seconds: float = 6.0) -> dict[str, Any]:
    """The largest number of athletes that the plainest handler answers within the limit."""
    found: dict[str, Any] = {"baseline_athletes": 0, "baseline_p99_ms": None}
    for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20):
        port = sites.free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.live_parts.plain", str(port), str(model)], cwd=sites.ROOT
        )
        load = None
        try:
            _wait_for(port)
            load = Generator({"port": port, "athletes": [["/", "-"]] * n, "frame_samples": 1, "seconds": 60.0,
                              "kind": "plain"})
            load.ask(f"connect {n}")
            load.ask("measure 4")
            figures = load.ask(f"measure {seconds}")
        finally:
            if load is not None:
                load.end()
            server.kill()
            server.wait()
        in_time = figures["p99_ms"] is not None and figures["p99_ms"] <= LIMIT_MS
        print(f"  plainest handler, {n:2} athletes: p99 {figures['p99_ms']} ms", flush=True)
        if not in_time:
            break
        found = {"baseline_athletes": n, "baseline_p99_ms": figures["p99_ms"]}
    return found


def _wait_for(port: int) -> None:
    import socket

    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the plain server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--athletes", type=int, default=300)
    parser.add_argument("--frame-samples", type=int, default=10, help="samples in a frame, at 50 a second")
    parser.add_argument("--model", choices=MODELS, default="bilstm")
    parser.add_argument("--seconds", type=float, default=30.0, help="measured, after the warm-up")
    parser.add_argument("--servers", type=int, default=1, help="server processes behind the port")
    parser.add_argument("--stride", type=int, help="samples between answers; by default what the server chooses")
    parser.add_argument("--jitter", type=float, default=0.0,
                        help="how uneven the time stamps are: share of a step, below 0.5")
    parser.add_argument("--while-training", action="store_true", help="beside a training and a dataset build")
    parser.add_argument("--no-baseline", action="store_true", help="leave the plainest handler out")
    parser.add_argument("--keep", type=Path, help="use this folder instead of a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fitbalance-bench-") as folder:
        var, port = options.keep or Path(folder), sites.free_port()
        sites.set_up(var, servers=options.servers, port=port)
        sites.prepare(demo=options.while_training)
        from mlops.registry.services.artifacts import artifact_path

        version = register_model(options.model)
        artifact = artifact_path(version)
        result = {
            "athletes": options.athletes, "model": options.model, "frame_samples": options.frame_samples,
            "servers": options.servers, "while_training": options.while_training, "stride": options.stride,
            "jitter": options.jitter,
            "model_ms_per_window": {n: round(cost_ms(artifact, batch=n), 3) for n in (1, 32)},
        }
        if not options.no_baseline:
            result |= measure_plain(artifact / "model.onnx")
        athletes = sites.make_athletes(options.athletes)
        site = sites.Site(var, port)
        try:
            site.start("redis")
            if options.while_training:
                from benchmarks.live_parts.jobs import start_jobs

                start_jobs(site)
            site.start("web")
            site.wait_until_up()
            result |= measure_live(site, options, athletes)
        finally:
            site.stop()
        if text := site.logs():
            print(text[-int(1e4):] if "ERROR" in text or "Traceback" in text else "", end="")
    if not options.no_baseline:
        result["times_baseline"] = round(options.athletes / max(1, result["baseline_athletes"]), 1)
    result["machine"] = sites.facts()
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
