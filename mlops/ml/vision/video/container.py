"""What a video file is, by its first bytes: text that makes a player fetch other addresses never gets to a player."""

from __future__ import annotations

from pathlib import Path

from mlops.ml.contract import UnreadableInput

_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})


def container_of(path: Path) -> str:
    """"mp4" (and MOV), "webm" (and MKV), "avi" or "gif": keys of `media_probe.DEMUXERS`.

    Raises UnreadableInput ``missing``, ``unreadable_media`` for an empty file, ``wrong_type`` for anything else.
    """
    if not path.is_file():
        raise UnreadableInput(f"{path.name} is not there.", code="missing")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise UnreadableInput("The file is empty. Copy it again from the camera.", code="unreadable_media")
    if head[4:8] in _BOXES:
        return "mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    raise UnreadableInput("This is no video of a supported type. Use MP4, MOV, WebM, AVI or GIF.", code="wrong_type")
