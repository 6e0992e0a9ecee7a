"""What a video holds: its frames and their times from the packets, because headers lie. Called in a limited child."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.media_probe import DEMUXERS, MAX_FPS, MAX_PIXELS, MAX_S, VIDEO_CODECS
from mlops.ml.vision.video.container import container_of
from mlops.ml.vision.video.stamps import rising

DECODER_THREADS = 2
MAX_FRAMES = 1_000_000
_DAMAGED = "This video is damaged or not complete: nothing in it can be shown. Copy it again from the camera."
_STEP_SPREAD = 0.1
"""Share of the usual distance by which distances differ in a video of variable rate."""
_FIRST_YEAR = 2000
_HIDDEN_FRAMES = frozenset({"vp8"})
"""Codecs with packets that show nothing."""


@dataclass(frozen=True)
class VideoFacts:
    """A video as it is shown.

    width, height  pixels of the upright picture with square pixels
    rotation       degrees by which stored frames are turned clockwise to stand upright
    rate_hz        by the usual (median) distance of two frames; average_rate_hz: frames by duration
    t_s            (n,) seconds from the first frame, strictly rising
    stamps         (n,) the stream's own presentation stamps, rising; empty where frames can only be counted
    start_s        the first frame's own stamp in seconds
    filmed_at      when the camera says it began, in UTC; None where it does not say
    """

    container: str
    codec: str
    width: int
    height: int
    rotation: int
    rate_hz: float
    average_rate_hz: float
    is_variable: bool
    has_sound: bool
    start_s: float
    t_s: npt.NDArray[np.float64]
    stamps: npt.NDArray[np.int64]
    notes: tuple[str, ...]
    filmed_at: datetime | None = None


def read_facts(path: Path) -> VideoFacts:
    """Raises UnreadableInput with a code: `wrong_type`, `codec_not_allowed`, `too_many_pixels`, `too_long`,
    `rate_too_high`, `unreadable_media`."""
    with opened(path) as (file, stream):
        codec = stream.codec_context.name
        first = _first_frame(file, stream)
        notes = []
        width, height = upright_size(stream, first)
        stamps, ended = _of_packets(file, stream)
        promised = stream.frames
        has_sound = bool(file.streams.audio)
        base = float(stream.time_base)
        average = float(stream.average_rate or 0)
        container = container_of(path)
        filmed_at = _told_time({**file.metadata, **stream.metadata}.get("creation_time", ""))
    if None in stamps or len(set(stamps)) < len(stamps) or codec in _HIDDEN_FRAMES:
        with opened(path) as (file, stream):
            stamps, ended = _of_frames(file, stream)
    if not stamps:
        raise UnreadableInput(_DAMAGED, code="unreadable_media")
    if ended or (container != "gif" and len(stamps) < 0.98 * promised):
        of = f" of {promised}" if promised > len(stamps) else ""
        notes.append(f"The file is not complete: {len(stamps)}{of} frames could be read.")
    known = np.array([one for one in stamps if one is not None], np.int64)
    usual = _usual_step(known, base, average)
    times = rising([None if one is None else one * base for one in stamps], usual)
    unique = len(known) == len(stamps) and bool((np.diff(known) > 0).all())
    length_s = float(times.t_s[-1]) + usual
    if length_s > MAX_S["video"]:
        raise UnreadableInput(f"A video may last at most {MAX_S['video'] / 3600:.0f} h.", code="too_long")
    if len(stamps) / length_s > MAX_FPS:
        raise UnreadableInput(f"A video may have at most {MAX_FPS:.0f} frames a second.", code="rate_too_high")
    steps = np.diff(times.t_s)
    return VideoFacts(
        container=container,
        codec=codec,
        width=width,
        height=height,
        rotation=-first.rotation % 360,
        rate_hz=round(1 / usual, 4),
        average_rate_hz=round(len(stamps) / length_s, 4),
        is_variable=bool(len(steps) and (np.abs(steps - usual) > _STEP_SPREAD * usual + base).any()),
        has_sound=has_sound,
        start_s=float(known[0]) * base if len(known) else 0.0,
        t_s=times.t_s,
        stamps=known if unique else np.zeros(0, np.int64),
        notes=(*notes, *times.notes),
        filmed_at=filmed_at,
    )


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The file and its first stream of pictures; opened as what its bytes say, and as nothing else. Raises as above."""
    import av

    av.logging.restore_default_callback()  # Python's would be called from the decoder's own threads: a deadlock
    av.logging.set_libav_level(av.logging.PANIC)
    demuxer = DEMUXERS[container_of(path)]
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer}
    try:
        file = av.open(f"file:{path}", format=demuxer, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise UnreadableInput(_DAMAGED, code="unreadable_media") from error
    with file:
        if not len(file.streams):
            raise UnreadableInput(_DAMAGED, code="unreadable_media")
        if not file.streams.video:
            raise UnreadableInput("There are no pictures in this file.", code="wrong_type")
        stream = file.streams.video[0]
        context = stream.codec_context
        if context is None or context.name not in VIDEO_CODECS:
            named = "this codec" if context is None else context.name[:20]
            raise UnreadableInput(f"Video in {named} is not supported. Use H.264.", code="codec_not_allowed")
        if context.width * context.height > MAX_PIXELS:
            raise UnreadableInput(
                f"A picture may have at most {MAX_PIXELS // 1_000_000} million pixels.", code="too_many_pixels"
            )
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_count = DECODER_THREADS
        context.thread_type = "AUTO"
        yield file, stream


def readable(items: Iterator[Any]) -> Iterator[Any]:
    """What can be read of a stream that may break off; the last item is an error of FFmpeg where it did."""
    import av

    while True:
        try:
            yield next(items)
        except StopIteration:
            return
        except (av.FFmpegError, ValueError) as error:
            yield error
            return


def upright_size(stream: Any, frame: Any) -> tuple[int, int]:
    """Width and height in square pixels after turning."""
    aspect = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1) or 1.0
    if not 0.1 < aspect < 10:
        aspect = 1.0
    width, height = max(1, round(frame.width * aspect)), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def _told_time(text: str) -> datetime | None:
    """A creation time as containers write it; cameras without a clock say 1904 or 1970."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found if found.year >= _FIRST_YEAR else None


def _first_frame(file: Any, stream: Any) -> Any:
    found: Any = next(readable(iter(file.decode(stream))), None)
    if not hasattr(found, "width") or found.width < 1 or found.height < 1:
        raise UnreadableInput(_DAMAGED, code="unreadable_media")
    file.seek(0)
    return found


def _of_packets(file: Any, stream: Any) -> tuple[list[int | None], bool]:
    """Presentation stamps in their order, and whether the file broke off."""
    found: list[int | None] = []
    for packet in itertools.islice(readable(file.demux(stream)), MAX_FRAMES):
        if isinstance(packet, Exception):
            return _sorted(found), True
        if packet.size and not packet.is_discard and not packet.is_corrupt:
            found.append(packet.pts)
    return _sorted(found), False


def _of_frames(file: Any, stream: Any) -> tuple[list[int | None], bool]:
    """The same by decoding, for streams whose packets do not tell."""
    found: list[int | None] = []
    for frame in itertools.islice(readable(file.decode(stream)), MAX_FRAMES):
        if isinstance(frame, Exception):
            return found, True
        found.append(frame.pts)
    return found, False


def _sorted(stamps: list[int | None]) -> list[int | None]:
    return stamps if None in stamps else sorted(stamps)  # type: ignore[type-var]


def _usual_step(stamps: npt.NDArray[np.int64], base: float, average_hz: float) -> float:
    steps = np.diff(stamps)
    steps = steps[steps > 0]
    if len(steps):
        return float(np.median(steps)) * base
    return 1 / average_hz if average_hz > 0 else 1 / 30
