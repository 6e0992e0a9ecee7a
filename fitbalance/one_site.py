"""One site per folder: everything that runs from it holds one lock, and dies with the supervisor.

The supervisor takes `var/site.lock` alone while it prepares, then shares it with every program that it starts. So the
lock can be had alone only when nothing of an earlier site is left: no old Redis on the same file, no old code on a new
database. Programs are started through `python -m fitbalance.one_site LOCK COMMAND …`, which takes its share, asks the
kernel to be killed with its parent, and becomes the command.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import time
from pathlib import Path

from mlops.ml.parent import die_with_parent

LOCK = "site.lock"
LEFTOVERS_S = 20.0
"""How long a start waits for the last processes of a site whose supervisor has gone."""
PORT_S = 3.0
"""A process that was killed holds its port until the last of its threads has ended."""
_LOOK_EVERY_S = 0.2


class Refused(Exception):
    """The site cannot start here now; the message says why and what to do."""


class SiteLock:
    """The lock of one folder, held as long as this object lives. Take it with `take`."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    def share(self) -> None:
        """From now on programs may hold it, too. Raises Refused when another start came between."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise Refused(_running(self.path)) from None

    def release(self) -> None:
        os.close(self._handle)


def take(var: Path, *, wait_s: float = LEFTOVERS_S) -> SiteLock:
    """The lock of a folder, alone. Raises Refused while a site runs from it.

    When only programs of a site are left whose supervisor has gone, waits for them up to `wait_s` seconds.
    """
    path = var / LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_s
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if _supervisor(path) in holders(path) or time.monotonic() > deadline:
                os.close(handle)
                raise Refused(_running(path)) from None
        if not told:
            told = True
            print("  Waiting for the last processes of the site that ran here …", flush=True)
        time.sleep(_LOOK_EVERY_S)
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return SiteLock(path, handle)


def refuse_taken_port(host: str, port: int, name: str, *, wait_s: float = PORT_S) -> None:
    """Raises Refused when somebody listens there. `name`: the variable that chooses another port."""
    deadline = time.monotonic() + wait_s
    while _is_taken(host, port):
        if time.monotonic() > deadline:
            raise Refused(
                f"Port {port} is in use by another program: perhaps another FitBalance. "
                f"Stop that one, or choose another port: {name}={port + 10} make up"
            )
        time.sleep(_LOOK_EVERY_S)


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def refuse_served_socket(path: Path) -> None:
    """Raises Refused when a server still answers on a unix socket of the folder: two would write to one file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
        except OSError:
            return
    raise Refused(
        f"A Redis server of an earlier start still answers on {path}. End it first, for example with: "
        "pkill -u $USER redis-server"
    )


def wrapped(var: Path, python: str) -> list[str]:
    """What stands before a program's command, so that it holds the lock and dies with its supervisor."""
    return [python, "-S", "-E", "-m", "fitbalance.one_site", str(var / LOCK)]


def holders(path: Path) -> list[int]:
    """Ids of the processes that have the lock's file open, as far as this user may see them (Linux)."""
    found = set()
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(handle) == str(path):
                found.add(int(handle.parts[2]))
        except OSError:
            continue  # ended meanwhile, or another user's
    return sorted(found - {os.getpid()})


def _supervisor(path: Path) -> int:
    """The process that took the lock last; 0 when nobody has said."""
    text = path.read_text("ascii", "replace").strip()
    return int(text) if text.isdigit() else 0


def _running(path: Path) -> str:
    running = holders(path)
    first = _supervisor(path)
    if first in running or not running:
        who, how = (f" (process {first})", f", or: kill {first}") if first in running else ("", "")
        return (
            f"FitBalance is already running from {path.parent}{who}. Stop it first (Ctrl-C where it was started{how}), "
            "or start this one beside it with a folder and a port of its own: "
            "FITBALANCE_VAR=/another/folder PORT=8010 make up"
        )
    ids = " ".join(map(str, running))
    return f"Processes of a FitBalance that has ended still run from {path.parent}: {ids}. End them first: kill {ids}"


def main(arguments: list[str]) -> int:
    """Become a program of the site: `LOCK COMMAND …`."""
    parent = os.getppid()
    die_with_parent(parent)
    handle = os.open(arguments[0], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        print("Another start holds this folder.", file=sys.stderr)
        return 1
    os.set_inheritable(handle, True)
    os.execvp(arguments[1], arguments[1:])  # noqa: S606  the supervisor's own command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
