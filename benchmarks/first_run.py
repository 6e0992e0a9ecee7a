"""From a clean clone to the first page, and again.

python -m benchmarks.first_run [--json FILE] [--keep]

Clones this repository into a temporary folder, runs `make up`, waits for the landing page, stops it with
Ctrl-C, checks that no process is left, and starts it a second time. Prints the seconds of both starts, which
depend on the machine and on the package cache: they are reported, never asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes whose working folder or command names `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.pid != os.getpid() and (str(folder) in line or str(folder) in str(process.info["cwd"])):
            found.append(line)
    return found


def start_and_stop(clone: Path, limit_s: float) -> tuple[float, list[str]]:
    """Seconds until the landing page answers, and what is left running five seconds after Ctrl-C."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FITBALANCE", "DJANGO"))}
    environment["PORT"] = str(port)
    started = time.monotonic()
    process = subprocess.Popen(["make", "up"], cwd=clone, env=environment, start_new_session=True)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    answer.read()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"make up ended with {process.returncode}")
                if time.monotonic() - started > limit_s:
                    sys.exit(f"no page within {limit_s:.0f} s")
                time.sleep(0.2)
        seconds = time.monotonic() - started
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    time.sleep(5)
    return seconds, processes_in(clone)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", action="store_true", help="keep the clone")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fitbalance-first-run-"))
    clone = folder / "fitbalance"
    try:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first_s, left_first = start_and_stop(clone, 900)
        second_s, left_second = start_and_stop(clone, 120)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    facts = {
        "first_start_s": round(first_s, 1),
        "second_start_s": round(second_s, 1),
        "times_second": round(first_s / second_s, 1),
        "processes_left": left_first + left_second,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    print(json.dumps(facts, indent=2))
    if options.json:
        options.json.write_text(json.dumps(facts, indent=2))
    if left_first or left_second:
        sys.exit("processes were left behind")


if __name__ == "__main__":
    main()
