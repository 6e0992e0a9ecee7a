"""Hostile clients in a process of their own: some never read, some flood. Each comes back a second after it is closed.

    python -m benchmarks.live_parts.fault_offenders PORT SECONDS N_DEAF < athletes.json

Writes {"deaf": […], "flood": […]}: seconds until the server closed each connection.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import sys
import threading
import time
from typing import Any

FRAME_SAMPLES = 5
AGAIN_AFTER_S = 1.0
CHUNK = 64


def _frame(payload: bytes, opcode: int) -> bytes:
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def _connect(port: int, path: str, secret: str) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(30)
    line.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = [
        f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Authorization: Bearer {secret}",
    ]
    line.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = line.recv(1)
        if not more:
            raise OSError("no handshake")
        answer += more
    hello = {"event": "hello", "data": {"layout": "flextail", "rate_hz": 50}}
    line.sendall(_frame(json.dumps(hello).encode(), 1))
    return line


def _samples(seq: int) -> bytes:
    t = [(seq * FRAME_SAMPLES + n) / 50 for n in range(FRAME_SAMPLES)]
    x = [0.1] * (5 * FRAME_SAMPLES)
    return _frame(struct.pack(f"<4sIQ{len(t)}d{len(x)}f", b"FBS1", len(t), seq, *t, *x), 2)


def deaf(port: int, path: str, secret: str) -> float:
    """Send like a sensor and read nothing; seconds until it is closed."""
    line = _connect(port, path, secret)
    begin, seq = time.monotonic(), 0
    try:
        while True:
            line.sendall(_samples(seq))
            seq += 1
            time.sleep(max(0.0, begin + seq * FRAME_SAMPLES / 50 - time.monotonic()))
            if _is_closed(line):
                return time.monotonic() - begin
    except OSError:
        return time.monotonic() - begin
    finally:
        line.close()


def _is_closed(line: socket.socket) -> bool:
    """The server's end is shut: seen in the state of the connection, without reading a byte."""
    state = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state != 1  # TCP_ESTABLISHED


def flood(port: int, path: str, secret: str) -> float:
    """Send as fast as the socket takes it; seconds until it is closed."""
    line = _connect(port, path, secret)
    begin, seq = time.monotonic(), 0
    try:
        while not _is_closed(line):
            line.sendall(b"".join(_samples(n) for n in range(seq, seq + CHUNK)))
            seq += CHUNK
    except OSError:
        pass
    finally:
        line.close()
    return time.monotonic() - begin


def main() -> int:
    port, seconds, n_deaf = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    athletes = json.load(sys.stdin)
    until = time.monotonic() + seconds
    told: dict[str, Any] = {"deaf": [], "flood": [], "refused": 0}

    def torment(name: str, path: str, secret: str) -> None:
        act = deaf if name == "deaf" else flood
        while time.monotonic() < until:
            try:
                told[name].append(round(act(port, path, secret), 2))
            except OSError:
                told["refused"] += 1
            time.sleep(AGAIN_AFTER_S)

    threads = [
        threading.Thread(target=torment, args=("deaf" if n < n_deaf else "flood", path, secret), daemon=True)
        for n, (path, secret) in enumerate(athletes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until + 20 - time.monotonic()))
    told["open"] = sum(thread.is_alive() for thread in threads)
    print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
