"""Sound of any common format → 16 kHz mono float32, decoded in a limited child (`mlops.ml.limited`).

wav, flac, ogg, mp3, m4a (mp4) and webm, told apart by their first bytes. The container, its codec, rate, channels and
the length by its packets are checked before anything is decoded (`mlops.ml.media_probe`); decoding stops at the limit,
and a file that gives less sound than it promises is refused as damaged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mlops.ml.contract import BadShape, BadValue, FloatArray, UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.media_probe import examine

RATE_HZ = 16_000
MAX_S = 600.0
"""Longest sound that is decoded, unless the caller says another limit."""
MAX_BYTES = 256 * 1024**2
SHORTFALL_S, SHORTFALL = 0.25, 0.05
"""A file may give so much less sound than its header promises: seconds, and a share of the whole."""
STREAMED = 0x7FFFF000
"""Sizes from here stand in the header of a WAV whose writer did not know its end."""
DECODING = Limits(memory_mib=512, cpu_s=120, wall_s=180.0, file_mib=256)


def decode(source: bytes | Path | str, *, max_s: float = MAX_S) -> FloatArray:
    """(n,) float32 within −1 … 1, 16,000 a second, channels averaged.

    source  the file's bytes, or its path
    Raises UnreadableInput; its `code` is ``empty``, ``unsupported``, ``too_large``, ``too_long``, ``rate_too_high``,
    ``codec_not_allowed``, ``wrong_type``, ``unreadable_media`` or ``damaged``.
    """
    with tempfile.TemporaryDirectory(prefix="fitbalance-sound-") as folder:
        path = Path(source) if not isinstance(source, bytes) else Path(folder, "sound")
        if isinstance(source, bytes):
            path.write_bytes(source)
        _check_size(path)
        raw = Path(folder, "samples")
        raw.touch()
        in_child(write_samples, DECODING)(path, raw, max_s)
        return np.fromfile(raw, np.float32)


def decode_together(sources: Sequence[bytes], *, max_s: float = MAX_S) -> list[FloatArray]:
    """The same for several files, in one child: starting it takes longer than decoding a spoken sentence.

    Raises UnreadableInput for the first that cannot be read; which one it was is not said.
    """
    with tempfile.TemporaryDirectory(prefix="fitbalance-sound-") as folder:
        pairs = [(Path(folder, f"sound{n}"), Path(folder, f"samples{n}")) for n in range(len(sources))]
        for data, (path, raw) in zip(sources, pairs, strict=True):
            path.write_bytes(data)
            raw.touch()
            _check_size(path)
        limits = replace(DECODING, cpu_s=DECODING.cpu_s * len(pairs), wall_s=DECODING.wall_s * len(pairs))
        in_child(write_each, limits)(pairs, max_s)
        return [np.fromfile(raw, np.float32) for _, raw in pairs]


def check_samples(audio: Any) -> FloatArray:
    """The samples of a caller as (n,) float32. Raises BadShape for another shape, BadValue for integers, NaN, none."""
    found = np.asarray(audio)
    if found.ndim != 1:
        raise BadShape(f"sound is (samples,), one channel at {RATE_HZ} Hz, not {found.shape}")
    if found.dtype.kind != "f" or not len(found) or not np.isfinite(found).all():
        raise BadValue("sound is at least one sample of float32 about −1 … 1, all finite")
    return np.ascontiguousarray(found, np.float32)


def container_of(head: bytes) -> str:
    """The container by a file's first bytes, as `media_probe` names it. Raises UnreadableInput."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "mp4"
    for start, name in ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\x1a\x45\xdf\xa3", "webm")):
        if head.startswith(start):
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # MPEG audio, layer III
        return "mp3"
    raise UnreadableInput("this is no sound in wav, flac, ogg, mp3, m4a or webm", code="unsupported")


def write_each(pairs: list[tuple[Path, Path]], max_s: float) -> None:
    """What the child does for several files: (source, target) each. Raises UnreadableInput."""
    for source, target in pairs:
        write_samples(source, target, max_s)


def write_samples(source: Path, target: Path, max_s: float) -> int:
    """What the child does: decode into a file of float32; returns how many samples. Raises UnreadableInput."""
    with source.open("rb") as file:
        head = file.read(1 << 16)
    container = container_of(head)
    facts = examine("audio", container, source)
    if "status" in facts:
        detail = str(facts["detail"])
        raise UnreadableInput(detail[:1].lower() + detail[1:].rstrip("."), code=str(facts["code"]))
    if facts["duration_s"] > max_s:
        raise _too_long(max_s)
    try:
        with target.open("wb") as out:
            n, told_s = _decode(source, container, out, max_s)
    except UnreadableInput:
        raise
    except Exception as error:  # decoders raise many unrelated types for a damaged file
        raise UnreadableInput("this sound is damaged", code="damaged") from error
    if not n:
        raise UnreadableInput("there is no sound in this file", code="empty")
    if container == "mp3" and not any(mark in head for mark in (b"Xing", b"Info", b"VBRI")):
        told_s = 0.0  # only guessed from the bit rate
    if container == "wav":
        told_s = _told_by_wav(head)
    promised_s = max(told_s, float(facts["duration_s"]))
    if n / RATE_HZ < promised_s * (1 - SHORTFALL) - SHORTFALL_S:
        raise UnreadableInput(
            f"this sound is damaged: it promises {promised_s:.1f} s and holds {n / RATE_HZ:.1f} s", code="damaged"
        )
    return n


def _decode(source: Path, container: str, out: BinaryIO, max_s: float) -> tuple[int, float]:
    """(samples written, seconds the header promises or 0)."""
    import av

    from mlops.ml.media_probe import DEMUXERS

    av.logging.set_level(av.logging.PANIC)
    demuxer = DEMUXERS[container]
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer}
    n, most = 0, int(max_s * RATE_HZ) + RATE_HZ
    with av.open(f"file:{source}", format=demuxer, options=options, metadata_errors="replace") as file:
        stream = file.streams.audio[0]
        stream.codec_context.thread_count = 1
        told_s = float((stream.duration or 0) * (stream.time_base or 0))
        # Not in planes: eight of them crash PyAV. Averaged here: what FFmpeg mixes is clipped where it is loud.
        resampler = av.AudioResampler(format="flt", rate=RATE_HZ)
        for frame in chain(file.decode(stream), [None]):  # None: what the resampler still holds
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray().reshape(piece.samples, -1).mean(axis=1)
                n += len(samples)
                if n > most:
                    raise _too_long(max_s)
                if not np.isfinite(samples).all():
                    raise UnreadableInput("this sound is damaged: it holds values that are no numbers", code="damaged")
                out.write(np.clip(samples, -1.0, 1.0).astype(np.float32).tobytes())
    return n, told_s


def _told_by_wav(head: bytes) -> float:
    """Seconds that the header of a RIFF file promises (the decoder corrects them quietly), 0 where it does not say."""
    at, rate = 12, 0
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(head[at + 16 : at + 20], "little")
        if name == b"data":
            return size / rate if rate and size < STREAMED else 0.0
        at += 8 + size + size % 2
    return 0.0


def _too_long(max_s: float) -> UnreadableInput:
    return UnreadableInput(f"this sound is longer than {max_s:.0f} s", code="too_long")


def _check_size(path: Path) -> None:
    try:
        n_bytes = path.stat().st_size
    except OSError as error:
        raise UnreadableInput("this file cannot be read", code="unsupported") from error
    if not n_bytes:
        raise UnreadableInput("this file is empty", code="empty")
    if n_bytes > MAX_BYTES:
        raise UnreadableInput(f"this file is larger than {MAX_BYTES // 2**20} MiB", code="too_large")
