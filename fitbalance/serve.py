"""The web server: Daphne, with request bodies that are counted while they arrive.

A body over UPLOAD_SINGLE_BYTES is refused with a 413 problem document, a request that drips with 408 (web/capped.py).
Run it with `python -m fitbalance.serve --port 8000`.

Several processes may serve one port (`--shared`): the kernel deals connections out evenly among them (SO_REUSEPORT).
"""

import argparse
import contextlib
import ctypes
import gc
import logging
import os
import resource
import socket
import sys
from typing import Any

import daphne.server  # first: it chooses the reactor
from daphne.endpoints import build_endpoint_description_strings

from fitbalance import standby

DIRECT = "web.direct"
"""The name that web.consumers.guarded looks for; imported late, Django must be set up first."""
ADVICE = "Send the file as an upload in parts."
SLACK_BYTES = 256 * 1024
"""Room for the wrapping of a form around a file of the largest size."""
WEBSOCKET_MAX_BYTES = 65536
PING_INTERVAL_S, PING_TIMEOUT_S = 10, 15
HANDSHAKE_TIMEOUT_S = 20
"""After a restart everybody connects at once, and who is last should not have to begin again."""
MOST_FILES = 65_536
BACKLOG = 1024
"""Connections that may wait to be accepted: a whole club comes back at once after a restart."""
SWITCH_S = 0.001
"""How soon a thread that computes gives way to the event loop (Python's default is 5 ms, for every send)."""
GC_THRESHOLDS = (20_000, 5, 50)
"""Look for cycles seldom: with a thousand streams one full look stops them all for a tenth of a second. The two
younger generations hold what connections left behind that is over, and little else: looking there costs nothing."""

log = logging.getLogger("fitbalance.access")


class Server(daphne.server.Server):
    """Daphne that tells whether it could listen, and that lets a websocket's consumer find its protocol."""

    failed = False

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            scope["extensions"] = {DIRECT: protocol}
        return super().create_application(protocol, scope)

    def listen_error(self, failure: Any) -> None:
        self.failed = True
        super().listen_error(failure)


def access_log(protocol: str, action: str, details: dict[str, Any]) -> None:
    """One line per answer, without the query: it may hold a token."""
    from web.logs import hide_secrets
    from web.services.metrics import request_count

    path = hide_secrets(details["path"].split("?", 1)[0])
    if protocol == "http":
        took_ms = 1000 * details["time_taken"]
        request_count(details["method"], path, details["status"], details["time_taken"])
        log.info("%s %s %s %s bytes %.0f ms", details["status"], details["method"], path, details["size"], took_ms)
    else:
        log.info("websocket %s %s", action, path)


def share_memory_of_threads() -> None:
    """Two pools of memory for all threads instead of eight per core: freed pieces are found again (glibc only)."""
    m_arena_max = -8
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).mallopt(m_arena_max, 2)


def allow_connections() -> None:
    """As many open files as the system lets us have: half-sent requests of some must not keep others out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST_FILES)), hard))


def listen_shared(host: str, port: int) -> socket.socket:
    """A listening socket on an address that other processes of the same user may listen on, too. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def endpoints(host: str, port: int, *, shared: bool, relay: bool = False) -> list[str]:
    """Where Twisted listens. With `relay`, waits until nobody else serves the port."""
    if relay:
        listener = standby.listen_when_free(host, port, backlog=BACKLOG)
        return list(build_endpoint_description_strings(file_descriptor=listener.detach()))
    if shared:
        return list(build_endpoint_description_strings(file_descriptor=listen_shared(host, port).detach()))
    return [f"{one}:backlog={BACKLOG}" for one in build_endpoint_description_strings(host=host, port=port)]


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM; 1 when the address is taken."""
    parser = argparse.ArgumentParser(prog="python -m fitbalance.serve", description=__doc__.splitlines()[0])
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--shared", action="store_true", help="other processes serve this port, too (Linux)")
    parser.add_argument("--relay", action="store_true", help="wait, ready, while another process serves this port")
    parser.add_argument("--second", action="store_true", help="with --relay: let another process start first")
    options = parser.parse_args(arguments)
    share_memory_of_threads()
    allow_connections()
    gc.disable()  # nothing that starting makes is garbage
    if options.second:
        standby.wait_until_served(options.host, options.port)

    from django.conf import settings

    from fitbalance.asgi import application  # sets Django up
    from web.capped import Pace, cap_bodies
    from web.consumers import transport
    from web.services.metrics import telling_start

    pace = Pace(settings.REQUEST_HEAD_S, settings.REQUEST_GRACE_S, settings.REQUEST_BYTES_PER_S)
    cap_bodies(settings.UPLOAD_SINGLE_BYTES + SLACK_BYTES, ADVICE, pace=pace)
    transport.install()
    telling_start()
    if options.relay:
        standby.warm_up()
    server = Server(
        application,
        endpoints=endpoints(options.host, options.port, shared=options.shared, relay=options.relay),
        action_logger=access_log,
        websocket_max_message_size=WEBSOCKET_MAX_BYTES,
        websocket_max_frame_size=WEBSOCKET_MAX_BYTES,
        ping_interval=PING_INTERVAL_S,
        ping_timeout=PING_TIMEOUT_S,
        websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
        request_buffer_size=64 * 1024,
        proxy_forwarded_address_header="X-Forwarded-For" if settings.SECURE_PROXY_SSL_HEADER else None,
        server_name="FitBalance",
    )
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()
    log.info("Serving on %s:%s", options.host, options.port)
    server.run()
    return 1 if server.failed else 0


if __name__ == "__main__":
    sys.exit(main())
