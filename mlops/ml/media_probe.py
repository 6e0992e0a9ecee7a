"""Looking at a stranger's video, picture or sound; to be called in a limited child (`mlops.ml.limited`).

The container is never guessed here: a playlist or a session description is not opened as one, whatever its name, and
no protocol but `file` is known. Sizes are read from headers before anything is decoded, and durations from the packets,
because headers lie.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

MAX_PIXELS = 25_000_000
MAX_FRAMES = 2000
"""Of a moving picture."""
MAX_S = {"video": 2 * 3600.0, "audio": 3600.0}
MAX_FPS = 480.0
MAX_RATE_HZ = 192_000
MAX_CHANNELS = 8
DEMUXERS = {
    "mp4": "mov", "webm": "matroska", "avi": "avi", "gif": "gif",
    "wav": "wav", "mp3": "mp3", "flac": "flac", "ogg": "ogg",
}  # fmt: skip
VIDEO_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "gif"})
AUDIO_CODECS = frozenset(
    {"aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "flac", "alac"}
    | {f"pcm_{sample}" for sample in ("u8", "s16le", "s24le", "s32le", "f32le", "f64le")}
)
UNREADABLE = "This file is damaged, empty or not complete: nothing in it can be played."


class Refused(Exception):
    """An HTTP status, a code and a sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.answer = {"status": status, "code": code, "detail": detail}


def examine(kind: str, container: str, path: Path) -> dict[str, Any]:
    """What a file holds, or {"status", "code", "detail"} of a refusal.

    kind       "video", "image" or "audio"
    container  what the file's first bytes told: "mp4", "png", …
    """
    try:
        return probe(kind, container, path)
    except Refused as refused:
        return refused.answer
    except (Exception, MemoryError):  # decoders raise many unrelated types for a damaged file
        return Refused(422, "unreadable_media", UNREADABLE).answer


def probe(kind: str, container: str, path: Path) -> dict[str, Any]:
    """What a file holds. Raises Refused, and whatever its decoder raises."""
    if kind == "image":
        return picture(container, path)
    import av

    av.logging.set_level(av.logging.PANIC)
    options = {"protocol_whitelist": "file", "format_whitelist": DEMUXERS[container]}
    with av.open(f"file:{path}", format=DEMUXERS[container], options=options, metadata_errors="replace") as file:
        facts = {"kind": kind, "container": container}
        if kind == "video":
            facts |= _moving(file)
        if file.streams.audio:
            facts |= _sound(file)
        elif kind == "audio":
            raise Refused(415, "wrong_type", "There is no sound in this file.")
        return facts | {"duration_s": _duration(file, kind)}


def picture(container: str, path: Path) -> dict[str, Any]:
    """Size by its header, then, if that is small enough, decoded once."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image = Image.open(path, formats=[container.upper()])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_many_pixels()
        if getattr(image, "n_frames", 1) > MAX_FRAMES:
            raise Refused(413, "too_long", f"A moving picture may have at most {MAX_FRAMES} frames.")
        image.load()
        return {"kind": "image", "container": container, "width": image.width, "height": image.height}


def _moving(file: Any) -> dict[str, Any]:
    if not file.streams.video:
        raise Refused(415, "wrong_type", "There are no pictures in this file.")
    stream = file.streams.video[0]
    context = stream.codec_context
    if context.name not in VIDEO_CODECS:
        raise Refused(415, "codec_not_allowed", f"Video in {context.name[:20]} is not supported. Use H.264.")
    if context.width * context.height > MAX_PIXELS:
        raise _too_many_pixels()
    if context.width < 1 or context.height < 1:
        raise Refused(422, "unreadable_media", UNREADABLE)
    rate = float(stream.average_rate or 0)
    if rate > MAX_FPS:
        raise Refused(422, "rate_too_high", f"A video may have at most {MAX_FPS:.0f} frames a second.")
    context.options = {"max_pixels": str(MAX_PIXELS)}
    context.thread_count = 1
    frame = next(iter(file.decode(stream)))
    file.seek(0)
    return {"width": frame.width, "height": frame.height, "rate_hz": rate, "codec": context.name}


def _sound(file: Any) -> dict[str, Any]:
    stream = file.streams.audio[0]
    context = stream.codec_context
    if context.name not in AUDIO_CODECS:
        raise Refused(415, "codec_not_allowed", f"Sound in {context.name[:20]} is not supported. Use WAV.")
    if not 1 <= context.sample_rate <= MAX_RATE_HZ or not 1 <= context.channels <= MAX_CHANNELS:
        text = f"Sound may have at most {MAX_RATE_HZ // 1000} kHz and {MAX_CHANNELS} channels."
        raise Refused(422, "rate_too_high", text)
    context.thread_count = 1
    next(iter(file.decode(stream)))
    file.seek(0)
    return {"audio_rate_hz": context.sample_rate, "audio_codec": context.name}


def _duration(file: Any, kind: str) -> float:
    """Seconds from the first packet to the end of the last, of the stream that matters; stops beyond the limit."""
    stream = file.streams.video[0] if kind == "video" else file.streams.audio[0]
    base, most = float(stream.time_base), MAX_S[kind]
    _not_longer(float(stream.duration or 0) * base, most)
    first: float | None = None
    last = 0.0
    for packet in file.demux(stream):
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None or not packet.size:
            continue
        first = at * base if first is None else min(first, at * base)
        last = max(last, (at + (packet.duration or 0)) * base)
        _not_longer(last - first, most)
    if first is None:
        raise Refused(422, "unreadable_media", UNREADABLE)
    return round(last - first, 3)


def _not_longer(duration_s: float, most_s: float) -> None:
    if duration_s > most_s:
        raise Refused(413, "too_long", f"This is longer than {most_s / 3600:.0f} h.")


def _too_many_pixels() -> Refused:
    return Refused(413, "too_many_pixels", f"A picture may have at most {MAX_PIXELS // 1_000_000} million pixels.")
