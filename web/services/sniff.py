"""What a file really is: told by its bytes, never by its name or by what the sender claims."""

import struct
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext as _

from web.refusals import Problem

_HEAD_BYTES = 8192
_TAIL_BYTES = 66_000


class FileKind(StrEnum):
    """Kinds that FitBalance knows. `TEXT` is CSV, JSON lines and the like; the reader decides further."""

    MP4 = "mp4"
    WEBM = "webm"
    AVI = "avi"
    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    WEBP = "webp"
    PDF = "pdf"
    ZIP = "zip"
    GZIP = "gzip"
    PARQUET = "parquet"
    NUMPY = "numpy"
    PICKLE = "pickle"
    RSF = "rsf"
    FIT = "fit"
    HTML = "html"
    SVG = "svg"
    XML = "xml"
    PLAYLIST = "playlist"
    """HLS, ffconcat, SDP and their like: text that makes a player fetch other addresses."""
    TEXT = "text"
    UNKNOWN = "unknown"


VIDEO = frozenset({FileKind.MP4, FileKind.WEBM, FileKind.AVI})
AUDIO = frozenset({FileKind.WAV, FileKind.MP3, FileKind.FLAC, FileKind.OGG, FileKind.MP4, FileKind.WEBM})
IMAGE = frozenset({FileKind.PNG, FileKind.JPEG, FileKind.GIF, FileKind.WEBP})
MEDIA = VIDEO | AUDIO | IMAGE

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"GIF87a", FileKind.GIF),
    (b"GIF89a", FileKind.GIF),
    (b"\x1aE\xdf\xa3", FileKind.WEBM),
    (b"fLaC", FileKind.FLAC),
    (b"OggS", FileKind.OGG),
    (b"ID3", FileKind.MP3),
    (b"%PDF-", FileKind.PDF),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
    (b"\x1f\x8b", FileKind.GZIP),
    (b"PAR1", FileKind.PARQUET),
    (b"\x93NUMPY", FileKind.NUMPY),
    (b"RSF1", FileKind.RSF),
    (b"\x80\x02", FileKind.PICKLE),
    (b"\x80\x03", FileKind.PICKLE),
    (b"\x80\x04", FileKind.PICKLE),
    (b"\x80\x05", FileKind.PICKLE),
)
_RIFF = {b"WAVE": FileKind.WAV, b"AVI ": FileKind.AVI, b"WEBP": FileKind.WEBP}
_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"meta", b"uuid"})
"""Known boxes of an MP4: the last one may be cut off."""
_PLAYLISTS = (b"#extm3u", b"ffconcat", b"v=0\r\n", b"v=0\n", b"[playlist]", b"rtsptext", b"<asx", b"#ext-x-")
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<iframe", b"<body", b"<?php", b"javascript:", b"<img")


def sniff(path: Path) -> FileKind:
    """Kind of a file by its first bytes; `UNKNOWN` where nothing fits, also for an empty file."""
    with path.open("rb") as handle:
        return sniff_bytes(handle.read(_HEAD_BYTES))


def sniff_bytes(head: bytes) -> FileKind:
    """Kind of a file that begins with `head` (a few kilobytes are enough)."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp" and len(head) >= 12:
        return FileKind.MP4
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], FileKind.UNKNOWN)
    if (
        len(head) > 2
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06 == 0x02
        and head[2] & 0xF0 != 0xF0
    ):
        return FileKind.MP3
    if head[8:12] == b".FIT":
        return FileKind.FIT
    return _sniff_text(head)


def require_kind(path: Path, allowed: Collection[FileKind]) -> FileKind:
    """The file's kind, if it is one of `allowed` and nothing else at the same time.

    Raises Problem 415 `wrong_type` for other kinds, and 415 `polyglot` for media that is also a web page,
    a playlist or an archive.
    """
    kind = sniff(path)
    if kind not in allowed:
        wanted = ", ".join(sorted(allowed))
        detail = _("This file type is not supported here. Supported: %(kinds)s.") % {"kinds": wanted}
        raise Problem(415, "wrong_type", detail)
    if kind in MEDIA and _is_polyglot(path, kind):
        raise Problem(415, "polyglot", _("This file has more than one file type, which is not allowed."))
    return kind


def _sniff_text(head: bytes) -> FileKind:
    if not head or (b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return FileKind.UNKNOWN
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PLAYLISTS):
        return FileKind.PLAYLIST
    if b"<svg" in text[:2048]:
        return FileKind.SVG
    if text.startswith(_MARKUP) or b"<html" in text[:2048] or b"<script" in text:
        return FileKind.HTML
    if text.startswith((b"<?xml", b"<")):
        return FileKind.XML
    return FileKind.TEXT


def _is_polyglot(path: Path, kind: FileKind) -> bool:
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES).lower()
        size = handle.seek(0, 2)
        handle.seek(max(0, size - _TAIL_BYTES))
        tail = handle.read()
    if any(marker in head for marker in _MARKUP) or any(marker in head for marker in (b"#extm3u", b"ffconcat")):
        return True
    if b"PK\x05\x06" in tail[-65_557:] and b"PK\x01\x02" in tail:
        return True
    if any(marker in tail[-2048:].lower() for marker in _MARKUP):
        return True
    return kind is FileKind.MP4 and not _has_boxes(path, size)


def _has_boxes(path: Path, size: int) -> bool:
    """True when top-level boxes of an MP4 follow one another to the end of the file (ISO 14496-12, 4.2)."""
    at = 0
    with path.open("rb") as handle:
        for _ in range(10_000):
            handle.seek(at)
            header = handle.read(16)
            if len(header) < 8:
                return at > 0  # a few bytes of a box that was cut off: damage, and said as such when it is opened
            if not all(32 <= byte < 127 or byte == 0xA9 for byte in header[4:8]):
                return False
            length = struct.unpack(">I", header[:4])[0]
            if length == 1 and len(header) == 16:
                length = struct.unpack(">Q", header[8:])[0]
            if length == 0:
                return True
            if length < 8:
                return False
            at += length
            if at >= size:
                return at == size or header[4:8] in _BOXES
    return False
