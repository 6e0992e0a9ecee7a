"""Private files: one place decides which path may be opened, another how it is sent."""

import mimetypes
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from web.refusals import NOT_FOUND

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ ()+@=-]{0,199}")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE = 256 * 1024


def private_path(relative: str) -> Path:
    """Absolute path of `relative` below MEDIA_ROOT.

    Raises Http404 for anything but plain segments: dots, absolute, backslash, percent, NUL, long, symlink.
    The file itself need not exist (services also write with this).
    """
    segments = relative.split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments) or len(relative) > 255:
        raise Http404(NOT_FOUND)
    path = Path(settings.MEDIA_ROOT)
    for segment in segments:
        path = path / segment
        if path.is_symlink():
            raise Http404(NOT_FOUND)
    return path


def private_open(relative: str) -> BinaryIO:
    """Open a private file for reading; Http404 where there is none. Never follows a symlink."""
    try:
        descriptor = os.open(private_path(relative), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise Http404(NOT_FOUND) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Http404(NOT_FOUND)
    return os.fdopen(descriptor, "rb")


def serve_private(
    request: HttpRequest, relative: str, *, download_name: str, content_type: str = "", inline: bool = False
) -> HttpResponseBase:
    """Send a private file in small pieces: attachment, nosniff, not cached by others, one byte range.

    Access must have been decided before. `inline` is for media that our own pages play; never for HTML or SVG.
    """
    handle = private_open(relative)
    size = os.fstat(handle.fileno()).st_size
    kind = content_type or mimetypes.guess_type(download_name)[0] or "application/octet-stream"
    if kind.startswith(("text/html", "image/svg", "application/xhtml", "text/xml", "application/xml")):
        kind, inline = "application/octet-stream", False
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": _disposition(download_name, inline),
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Accept-Ranges": "bytes",
    }
    first, last, status = 0, size - 1, 200
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match and any(match.groups()):
        first, last = _range(match, size)
        if first > last:
            handle.close()
            return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    if request.method == "HEAD":
        handle.close()
        return HttpResponse(status=status, headers=headers, content_type=kind)
    handle.seek(first)
    n_bytes = last - first + 1
    # Under ASGI, Django would first collect a plain iterator in memory.
    pieces = _pieces_async(handle, n_bytes) if isinstance(request, ASGIRequest) else _pieces(handle, n_bytes)
    response = StreamingHttpResponse(pieces, status=status, headers=headers, content_type=kind)
    response._resource_closers.append(handle.close)  # type: ignore[attr-defined]
    return response


def _range(match: re.Match[str], size: int) -> tuple[int, int]:
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1
    return int(start), min(size - 1, int(end) if end else size - 1)


def _pieces(handle: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (piece := handle.read(min(_PIECE, left))):
        left -= len(piece)
        yield piece


async def _pieces_async(handle: BinaryIO, left: int) -> AsyncIterator[bytes]:
    read = sync_to_async(handle.read, thread_sensitive=False)
    while left and (piece := await read(min(_PIECE, left))):
        left -= len(piece)
        yield piece


def _disposition(name: str, inline: bool) -> str:
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:150] or "file"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:150])}"
