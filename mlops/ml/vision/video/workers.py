"""Segments in limited children, several at a time; progress in the caller's thread."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops.ml.contract import Cancelled, UnreadableInput
from mlops.ml.limited import LimitExceeded, Limits, Numbered, ParserFailed, each_in_child
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.frames import Stretch
from mlops.ml.vision.video.networks import Networks
from mlops.ml.vision.video.rows import Rows, joined
from mlops.ml.vision.video.segment import Segment, read_segments
from mlops.ml.vision.video.work import Work

CHILD = Limits(memory_mib=3072, cpu_s=120, wall_s=300, file_mib=1, n_files=256)
FRAME_CPU_S, FRAME_WALL_S = 1.0, 4.0
"""Added to the limits for every frame."""
TOLD_EVERY_S = 0.2


@dataclass(frozen=True)
class Progress:
    """done, total: frames; rate_hz: frames a second; left_s: seconds left at that rate, None while it is unknown."""

    done: int
    total: int
    rate_hz: float
    left_s: float | None


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """Nobody wants to know."""


def run_segments(
    work: Work,
    segments: Sequence[Segment],
    n_workers: int,
    video: Path,
    facts: VideoFacts,
    networks: Networks,
    on_progress: OnProgress,
) -> None:
    """Put every missing segment into `work`. Raises what reading raises, and what `on_progress` raises."""
    missing = [number for number in range(len(segments)) if not work.has(number)]
    total = sum(segment.n_rows for segment in segments)
    done = total - sum(segments[number].n_rows for number in missing)
    news: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
    stopped = threading.Event()
    shares = [share for n in range(n_workers) if (share := missing[n::n_workers])]

    def follow(share: list[int]) -> None:
        try:
            _run(work, [segments[number] for number in share], share, video, facts, networks, news.put, stopped)
            news.put(None)
        except BaseException as error:  # raised again in the caller's thread
            news.put(error)

    threads = [threading.Thread(target=follow, args=(share,), daemon=True) for share in shares]
    for thread in threads:
        thread.start()
    begun, told, n_ended, n_new = time.monotonic(), 0.0, 0, 0
    try:
        while n_ended < len(threads):
            item = news.get()
            if isinstance(item, BaseException):
                raise item
            n_ended += item is None
            n_new += item or 0
            if time.monotonic() - told >= TOLD_EVERY_S or item is None:
                told = time.monotonic()
                on_progress(_progress(done + n_new, total, n_new / max(1e-6, told - begun)))
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _progress(done: int, total: int, rate_hz: float) -> Progress:
    return Progress(done, total, rate_hz, (total - done) / rate_hz if rate_hz > 0 else None)


def _run(
    work: Work,
    segments: list[Segment],
    numbers: list[int],
    video: Path,
    facts: VideoFacts,
    networks: Networks,
    on_frames: Callable[[int], None],
    stopped: threading.Event,
) -> None:
    """One worker's segments, one after the other."""
    parts: dict[int, list[Rows]] = {place: [] for place in range(len(segments))}

    def on_rows(place: int, rows: Rows) -> None:
        if stopped.is_set():
            raise Cancelled("stopped")
        _check(rows, segments[place], parts[place])
        parts[place].append(rows)
        on_frames(len(rows.number))

    def on_each(place: int, answer: tuple[str, ...] | UnreadableInput) -> None:
        notes: list[str] = []
        if isinstance(answer, UnreadableInput):
            notes, answer = [_broken(answer, segments[place], facts)], ()
        work.put(numbers[place], joined(parts.pop(place)), {"labels": list(answer), "notes": notes})

    n_frames = sum(len(Stretch(one.warm_up, one.last, one.every).numbers) for one in segments)
    limits = Limits(
        CHILD.memory_mib,
        CHILD.cpu_s + int(FRAME_CPU_S * n_frames),
        CHILD.wall_s + FRAME_WALL_S * n_frames,
        CHILD.file_mib,
        CHILD.n_files,
    )
    given = {"path": video, "facts": facts, "networks": networks, "on_rows": Numbered(on_rows)}
    each_in_child(read_segments, limits, segments, on_each, **given)


def _check(rows: Rows, segment: Segment, before: list[Rows]) -> None:
    """Raises UnreadableInput for rows that are not the segment's next ones."""
    rows.check()
    allowed = Stretch(segment.first, segment.last, segment.every).numbers
    from_here = [int(one) for one in rows.number]
    behind = int(before[-1].number[-1]) if before else -1
    if not from_here or from_here[0] <= behind or any(one not in allowed for one in from_here):
        raise ParserFailed("it is damaged: reading it broke off", code="damaged")


def _broken(error: UnreadableInput, segment: Segment, facts: VideoFacts) -> str:
    """What is told of a segment that ended its child; raised instead where waiting helps."""
    if not isinstance(error, LimitExceeded | ParserFailed) or error.code == "busy":
        raise error
    a, b = facts.t_s[segment.first], facts.t_s[segment.last - 1]
    return f"Reading broke off between {a:.1f} s and {b:.1f} s ({error}); what came before it was kept."
