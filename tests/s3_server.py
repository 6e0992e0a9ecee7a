"""A tiny server that speaks enough of the S3 API: put, get, head, delete, list. Signatures are not checked."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from xml.sax.saxutils import escape


class S3Server:
    """Objects by "bucket/key"; `is_down` answers 503 to everything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_down = False
        store = self

        class Handler(_Handler):
            s3 = store

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "S3Server":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    s3: S3Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._down():
            return
        self.s3.objects[self._key()] = body
        self._send(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})  # noqa: S324  as S3 does

    def do_GET(self) -> None:
        if self._down():
            return
        query = parse_qs(urlparse(self.path).query)
        if "list-type" in query or "prefix" in query:
            return self._list(query)
        data = self.s3.objects.get(self._key())
        if data is None:
            return self._missing()
        given = self.headers.get("Range", "")
        if given.startswith("bytes="):
            first, _, last = given.removeprefix("bytes=").partition("-")
            part = data[int(first) : int(last or len(data)) + 1]
            return self._send(206, part, {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"})
        self._send(200, data)

    def do_HEAD(self) -> None:
        if self._down():
            return
        data = self.s3.objects.get(self._key())
        if data is None:
            return self._missing()
        self._send(200, data, is_head=True)

    def do_DELETE(self) -> None:
        if self._down():
            return
        self.s3.objects.pop(self._key(), None)
        self._send(204, b"")

    def _list(self, query: dict[str, list[str]]) -> None:
        bucket, prefix = self._key().strip("/"), query.get("prefix", [""])[0]
        keys = [name.removeprefix(f"{bucket}/") for name in sorted(self.s3.objects)]
        rows = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys if key.startswith(prefix))
        xml = f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>'
        self._send(200, xml.encode(), {"Content-Type": "application/xml"})

    def _key(self) -> str:
        return unquote(urlparse(self.path).path).lstrip("/")

    def _down(self) -> bool:
        if self.s3.is_down:
            self._send(503, b"")
        return self.s3.is_down

    def _missing(self) -> None:
        self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, is_head: bool = False) -> None:
        self.send_response(status)
        for name, value in {"ETag": '"x"', "Last-Modified": "Sat, 01 Jan 2022 00:00:00 GMT", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not is_head and self.command != "HEAD":
            self.wfile.write(body)
