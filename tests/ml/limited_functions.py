"""What the tests of `mlops.ml.limited` run in children."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput


@dataclass(frozen=True)
class Found:
    day: date
    path: Path
    values: npt.NDArray[np.float64]
    counts: dict[date, dict[str, float]]
    pairs: tuple[tuple[str, int], ...] = ()
    other: str | None = None


def echo(found: Found, on_step: Callable[[int, str], None]) -> Found:
    on_step(1, "once")
    print("what a library prints is no answer")
    return found


def refuse() -> None:
    raise UnreadableInput("row 7 is odd", row=7, code="odd")


def lie() -> int:
    return "nine"  # type: ignore[return-value]


def fail() -> None:
    raise KeyError("a bug")


def crash() -> None:
    os.abort()


def take_memory(mib: int) -> int:
    return len(bytearray(mib << 20))


def spin() -> None:
    while True:
        pass


def sleep_with_a_child(path: Path) -> None:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    path.write_text(str(started.pid))
    time.sleep(60)


def write(path: Path, mib: int) -> None:
    try:
        path.write_bytes(bytes(mib << 20))
    except OSError as error:
        raise UnreadableInput(type(error).__name__, code="full") from error


def connect(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2)
    except OSError as error:
        return type(error).__name__
    return "connected"


def interfaces() -> list[str]:
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines]


def around() -> dict[str, Any]:
    return {"environment": sorted(os.environ), "modules": sorted(sys.modules), "folder": os.getcwd()}


def each(items: Sequence[str], on_each: Callable[[int, str], None]) -> None:
    for number, item in enumerate(items):
        if item == "crash":
            os.abort()
        on_each(number, item.upper())
