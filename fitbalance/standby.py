"""A web process in reserve: it has loaded everything and takes the port over as soon as the one that serves it ends.

Starting a web process costs two and a half seconds of processor time, most of it imports; live streams should be back
sooner. So the supervisor runs two of the same kind: one serves, the other waits for its port. Whichever dies is
started again and becomes the one that waits. (Several processes that share a port need no reserve.)
"""

import errno
import importlib
import socket
import time

LOOK_EVERY_S = 0.05


def wait_until_served(host: str, port: int, *, limit_s: float = 20.0) -> None:
    """Let the first process start undisturbed: return when somebody serves the port, or after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1.0).close()
            return
        except OSError:
            time.sleep(0.5)


def listen_when_free(host: str, port: int, *, backlog: int) -> socket.socket:
    """A listening socket, as soon as nobody else has one on this address. Raises OSError for other reasons."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(backlog)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise
            time.sleep(LOOK_EVERY_S)
            continue
        listener.setblocking(False)
        return listener


def warm_up() -> None:
    """Load what the first request and the first stream would load."""
    from django.conf import settings

    importlib.import_module(settings.ROOT_URLCONF)
    importlib.import_module("mlops.ml.scoring")
