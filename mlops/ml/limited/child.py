"""The child process: shuts itself in first, then imports the function and calls it. JSON lines go out.

Limits of the system: private memory, processor time, size of a written file, open files, no core dump. A network of its
own that holds nothing, where the system lets a process have one (a namespace); else Python's own sockets are refused,
which holds off mistakes and scripts but not native code that was taken over. Either way Python opens no socket here,
so that the sockets in the file system are out of reach of scripts, too. The child dies with its parent, gives way to it
and is the first that goes where memory ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import Any

NICE = 5
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_MAPPED = 2
"""Address space that may be mapped, as a multiple of the memory: files and what libraries only reserve."""


def main() -> None:
    """argv: the request file. Writes {"call", "arguments"} … and one {"value"}, {"error"}, {"limit"} or {"bug"}."""
    with open(sys.argv[1], "rb") as file:
        request = json.load(file)
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is not our answer
    shut_in(request["limits"], request["parent"])
    try:
        _send(out, _called(request, out))
    except MemoryError:
        _send(out, {"limit": "memory"})


def shut_in(limits: Mapping[str, int], parent: int) -> None:
    """Give up, for good, what a reader of a file does not need."""
    memory = limits["memory_mib"] << 20
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, _MAPPED * memory + (2 << 30)),
        (resource.RLIMIT_FSIZE, limits["file_mib"] << 20),
        (resource.RLIMIT_NOFILE, limits["n_files"]),
    ):
        _limit(what, most, most)
    _limit(resource.RLIMIT_CPU, limits["cpu_s"], limits["cpu_s"] + 5)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:  # the user's own privileges go with it
            libc.unshare(_NEW_NETWORK)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    sys.addaudithook(_no_sockets)
    os.nice(NICE)
    if os.getppid() != parent:
        os._exit(1)


def _limit(what: int, soft: int, hard: int) -> None:
    """Never above what the parent itself may have."""
    most = resource.getrlimit(what)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    with contextlib.suppress(ValueError, OSError):  # a system that does not know this limit
        resource.setrlimit(what, (soft, hard))


def _no_sockets(event: str, _: Any) -> None:
    if event.startswith("socket."):
        raise PermissionError("no network while a foreign file is read")


def _called(request: Mapping[str, Any], out: int) -> dict[str, Any]:
    from mlops.ml.contract import MLError
    from mlops.ml.limited.wire import decode, encode, hints_of

    module, _, name = request["function"].partition(":")
    try:
        function = getattr(import_module(module), name)
        hints = hints_of(function)
        given = {n: decode(value, hints.get(n, Any)) for n, value in request["arguments"].items()}
        for n in request["callbacks"]:
            given[n] = _callback(n, out, encode)
        return {"value": encode(function(**given))}
    except MLError as error:
        state = {n: encode(value) for n, value in vars(error).items()}
        return {"error": f"{type(error).__module__}:{type(error).__qualname__}", "text": str(error), "state": state}
    except MemoryError:
        raise
    except Exception as error:  # a parser may raise anything for a damaged file
        traceback.print_exc(limit=-6)
        return {"bug": type(error).__name__}


def _callback(name: str, out: int, encode: Any) -> Any:
    def call(*arguments: Any) -> None:
        _send(out, {"call": name, "arguments": [encode(one) for one in arguments]})

    return call


def _send(out: int, message: Mapping[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]
