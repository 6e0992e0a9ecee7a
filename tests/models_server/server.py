"""A real models server on a temporary folder, which a test may kill, and servers that behave badly on purpose."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from mlops.ml.hosting.client import ModelsClient
from tests.e2e.site import ROOT, free_port
from tests.models_server.toys import FOLDER

LIMIT_S = 120


class ModelsServer:
    """`.start()`, `.kill()`, `.client()`; settings are environment variables."""

    def __init__(self, folder: Path, **settings: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "models.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FITBALANCE", "MODELS"))}
        self.environment = kept | {
            "FITBALANCE_ENV": "development",
            "FITBALANCE_VAR": str(folder / "var"),
            FOLDER: str(folder),
            "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
            **{name: str(value) for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.models_server.process", "serve_models", "--port", str(self.port)]

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        return self.process

    def start(self) -> ModelsServer:
        """Start it and wait until it answers."""
        self.launch()
        return self.wait()

    def wait(self) -> ModelsServer:
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/healthz", timeout=2).close()
                return self
            except OSError:
                assert time.monotonic() < deadline, self.log.read_text()
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)

    def client(self, **options: object) -> ModelsClient:
        return ModelsClient([self.address], **options)  # type: ignore[arg-type]

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One plain HTTP request; underscores in names of headers are dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): one for name, one in headers.items()})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()


@contextlib.contextmanager
def rude_server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """An address at which each connection is handled by `behave`, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def handle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
