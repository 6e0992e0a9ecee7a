"""A local server that speaks like PyPI's simple index and the npm registry, with faults.

    with RegistryServer() as registry:
        registry.add_pypi("some-package", "some_package-1.0-py3-none-any.whl", wheel_bytes)
        registry.add_npm("@scope/name", "name-1.0.0.tgz", tarball_bytes)
        registry.fault = "reset"  # of files: reset, half, drip, slow, longer, other, 500, 404, redirect_loop, no_range
        registry.page_fault = "garbage"      # of index pages: garbage, 500, html, empty, endless
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class RegistryServer:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.projects: dict[str, list[str]] = {}
        self.requests: list[tuple[str, str]] = []
        self.fault = self.page_fault = ""
        self.gate = threading.Event()
        server = self

        class Handler(_Handler):
            registry = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self.pypi, self.npm = f"{self.address}/simple", f"{self.address}/npm"

    def add_pypi(self, project: str, file: str, data: bytes) -> None:
        self.projects.setdefault(project, []).append(file)
        self.files[f"/packages/{file}"] = data

    def add_npm(self, package: str, file: str, data: bytes) -> None:
        self.files[f"/npm/{package}/-/{file}"] = data

    @property
    def file_requests(self) -> list[tuple[str, str]]:
        return [one for one in self.requests if not one[0].startswith("/simple")]

    def __enter__(self) -> "RegistryServer":
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    registry: RegistryServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        registry, path = self.registry, unquote(self.path)
        registry.requests.append((path, self.headers.get("Range", "")))
        if path.startswith("/simple/"):
            self._page(path.strip("/").split("/")[1])
        elif path in registry.files:
            self._file(registry.files[path])
        else:
            self._say(404, b"nothing here")

    def _page(self, project: str) -> None:
        fault = self.registry.page_fault
        files = self.registry.projects.get(project)
        if fault == "500" or files is None:
            self._say(500 if fault else 404, b"no")
        elif fault == "garbage":
            self._say(200, b"{]", "application/vnd.pypi.simple.v1+json")
        elif fault == "empty":
            self._say(200, b'{"files": []}', "application/vnd.pypi.simple.v1+json")
        elif fault == "html":
            links = "".join(f'<a href="../../packages/{file}#sha256=00">{file}</a>' for file in files)
            self._say(200, f"<html>{links}</html>".encode(), "text/html")
        elif fault == "elsewhere":
            body = {"files": [{"filename": file, "url": "file:///etc/passwd"} for file in files]}
            self._say(200, json.dumps(body).encode(), "application/vnd.pypi.simple.v1+json")
        elif fault == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True
        else:
            body = {"files": [{"filename": file, "url": f"../../packages/{file}"} for file in files]}
            self._say(200, json.dumps(body).encode(), "application/vnd.pypi.simple.v1+json")

    def _file(self, data: bytes) -> None:
        fault, given = self.registry.fault, self.headers.get("Range", "")
        if fault in ("500", "404", "429"):
            return self._say(int(fault), b"no")
        if fault == "redirect_loop":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if fault == "other":
            data = bytes(len(data))
        if fault == "longer":
            data += b"more"
        begin = int(given.removeprefix("bytes=").rstrip("-")) if given and fault != "no_range" else 0
        self.send_response(206 if begin else 200)
        if begin:
            at = 0 if fault == "wrong_range" else begin
            self.send_header("Content-Range", f"bytes {at}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        rest = data[begin:]
        if fault == "half":
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            self.close_connection = True
        elif fault == "wait":  # half, then nothing until the test goes on
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            self.registry.gate.wait(30)
            self.close_connection = True
        elif fault == "slow":  # a hundredth every tenth of a second, until the test opens the gate
            try:
                for at in range(0, len(rest), max(1, len(data) // 100)):
                    self.wfile.write(rest[at : at + max(1, len(data) // 100)])
                    self.registry.gate.wait(0.1)
            except OSError:
                self.close_connection = True
        elif fault == "drip":
            try:
                for one in rest:
                    self.wfile.write(bytes([one]))
                    self.wfile.flush()
                    time.sleep(0.05)
            except OSError:
                self.close_connection = True
        else:
            self.wfile.write(rest)

    def _say(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def no_server() -> Iterator[str]:
    """An address on which nothing answers."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
