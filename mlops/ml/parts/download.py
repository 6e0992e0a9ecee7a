"""Bytes over HTTP into a file: resumed where an earlier try broke off, limited, hashed."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import MLError
from mlops.ml.outbound import large, transport

TIMEOUT_S = 20.0
CHUNK = 256 * 1024
MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Of an index page: popular packages have thousands of files."""
OnBytes = Callable[[int], None]
"""Called with how many bytes came since the last call; may raise Cancelled."""


class FetchFailed(MLError):
    """Something could not be had: `code` says what, `is_transient` whether another try may help."""

    def __init__(self, code: str, message: str, *, is_transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_transient = is_transient


def download(url: str, target: Path, *, size: int, sha256: str, on_bytes: OnBytes) -> None:
    """Write `url` to `target`, which is whole and checked, or absent. What broke off lies beside it as `.partial`.

    Raises FetchFailed: `unreachable`, `refused`, `wrong_size`, `wrong_hash`, `disk_full`; what `on_bytes` raises.
    """
    if target.exists() and target.stat().st_size == size and sha256_of(target) == sha256:
        on_bytes(size)
        return
    partial = target.with_name(f"{target.name}.partial")
    digest, at = _begun(partial, size)
    name = target.name
    with large(), _stream(url, {"Range": f"bytes={at}-"} if at else {}) as response:
        if at and response.status_code != 206:  # a server that does not resume
            digest, at = hashlib.sha256(), 0
        if at and not str(response.headers.get("content-range", "")).startswith(f"bytes {at}-"):
            raise FetchFailed("refused", f"{_host(url)} sent another part of {name} than was asked for.")
        on_bytes(at)
        try:
            with partial.open("r+b" if at else "wb") as out:
                out.seek(at)
                for chunk in response.iter_raw():
                    at += len(chunk)
                    if at > size:
                        break
                    digest.update(chunk)
                    out.write(chunk)
                    on_bytes(len(chunk))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise FetchFailed("disk_full", f"{name} could not be written: {error.strerror}.") from error
    if at < size:
        raise FetchFailed("wrong_size", f"{name} broke off after {at:,} of {size:,} bytes.", is_transient=True)
    if at > size or digest.hexdigest() != sha256:
        partial.unlink(missing_ok=True)
        what = "is longer" if at > size else "has another SHA-256"
        code = "wrong_size" if at > size else "wrong_hash"
        raise FetchFailed(code, f"{name} from {_host(url)} {what} than the catalogue states, and was refused.")
    os.replace(partial, target)


def read_page(url: str, accept: str = "*/*") -> tuple[str, bytes]:
    """(content type, body) of a small page. Raises FetchFailed."""
    body = b""
    with _stream(url, {"Accept": accept}) as response:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_PAGE_BYTES:
                raise FetchFailed("refused", f"The answer of {_host(url)} is too long.")
        return str(response.headers.get("content-type", "")), body


def _begun(partial: Path, size: int) -> tuple[Any, int]:
    """The digest and length of what an earlier try left."""
    digest, at = hashlib.sha256(), 0
    try:
        if partial.stat().st_size >= size:
            partial.unlink()
            return digest, 0
        with partial.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
                at += len(piece)
    except OSError:
        return hashlib.sha256(), 0
    return digest, at


@contextmanager
def _stream(url: str, headers: dict[str, str]) -> Iterator[Any]:
    import httpx2

    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchFailed("refused", f"{url[:80]} is no web address.")
    try:
        timed = transport(TIMEOUT_S, _proxy(url))
        with (
            httpx2.Client(transport=timed, follow_redirects=True, max_redirects=5, timeout=TIMEOUT_S) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity", **headers}) as response,
        ):
            if response.status_code >= 400:
                code, status = response.status_code, f"HTTP {response.status_code}"
                is_transient = code == 429 or code >= 500
                raise FetchFailed("refused", f"{_host(url)} answered {status}.", is_transient=is_transient)
            yield response
    except httpx2.HTTPError as error:
        words = (
            f"{_host(url)} cannot be reached from this server, or the connection broke off. "
            "Check its connection, or name an offline copy in FITBALANCE_PARTS_FROM."
        )
        raise FetchFailed("unreachable", words, is_transient=True) from error


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY; NO_PROXY)."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:60]
