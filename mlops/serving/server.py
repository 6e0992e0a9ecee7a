"""The models server as a process: host, HTTP face and watchdog, until SIGTERM."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import signal
import socket
import threading
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mlops.ml.hosting import codec
from mlops.ml.hosting.app import ModelsApp
from mlops.ml.hosting.host import Host, Limits
from mlops.ml.hosting.http_server import HttpServer
from mlops.ml.hosting.memory import MIB
from mlops.ml.hosting.watchdog import watch
from mlops.ml.hosting.where import Where
from mlops.serving.services.secret import secret_read

log = logging.getLogger(__name__)

BODIES_AT_ONCE = 4
"""Bodies of the largest size that may be answered together."""
LOOK_EVERY_S = 1.0


def serve(host: str, port: int) -> None:
    """Answer on an address until told to stop; waits while another process has it.

    Raises ImproperlyConfigured without a shared secret on an address that other machines can reach.
    """
    secret = secret_read()
    if not secret and not _is_local(host):
        raise ImproperlyConfigured(f"MODELS_TOKEN is needed to serve models on {host}: others can reach that address")
    where = Where(settings.MODELS_DEVICE, settings.MODELS_PRECISION, settings.MODELS_THREADS)
    os.environ["OMP_NUM_THREADS"] = str(where.threads)  # torch reads it when a loader imports it
    models = Host(
        Limits(
            memory_bytes=settings.MODELS_MEMORY_MB * MIB,
            n_waiting=settings.MODELS_QUEUE,
            stuck_s=settings.MODELS_STUCK_S,
            load_s=settings.MODELS_LOAD_S,
        ),
        where,
    )
    max_body_bytes = settings.MODELS_BODY_MB * MIB + codec.MAX_HEADER_BYTES
    app = ModelsApp(models, secret=secret, max_bytes_at_once=BODIES_AT_ONCE * max_body_bytes)
    listener = _listen(host, port)
    watch(models)
    server = HttpServer(listener, app, max_body_bytes=max_body_bytes)
    ends = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.set())
    server.start()
    log.info("Models are served on %s:%s", host, port)
    ends.wait()
    server.close()
    models.close()


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, as soon as nobody else has the address: dying and being started again would help nobody."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    told = False
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise
            if not told:
                log.warning("%s:%s is taken; waiting for it (MODELS_PORT chooses another one)", host, port)
            told = True
            time.sleep(LOOK_EVERY_S)
            continue
        return listener
