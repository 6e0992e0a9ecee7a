"""How a signal is cut into windows when nobody says it: by what is in the recordings, and told in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mlops.ml.windows import WindowSpec

MOST_RATE_HZ = 100.0
"""Movement of people holds nothing above 50 Hz; more samples a second only cost time."""
LONG_S, LONGER_S = 12.0, 25.0
"""Half of all labelled stretches last as long: windows of 4 s, of 5 s."""
USUAL_S, LEAST_S = 3.0, 1.0
SAME_STRETCH_S = 0.5
"""Labels of one name with a shorter pause between them are one stretch: repetitions are labelled one by one."""
DEFAULT = WindowSpec(50.0, 150, 50, "dataset")


@dataclass(frozen=True)
class WindowChoice:
    """The cut, and why, as a sentence for a person; empty where nothing was left to choose."""

    spec: WindowSpec
    why: str = ""


def choose_window(
    rates_hz: Sequence[float],
    stretches_s: Sequence[float],
    *,
    nominal_hz: float,
    rate_hz: float | None = None,
    window_s: float | None = None,
    stride_s: float | None = None,
) -> WindowChoice:
    """Take the recordings' own rate, and a window that fits well into half of the labelled stretches.

    rates_hz     measured samples per second, one a recording; without any, `nominal_hz` of the layout counts
    stretches_s  seconds of each labelled stretch (`stretches`)
    rate_hz, window_s, stride_s  what a person chose; it stays
    Each channel is compared with the training data (`dataset`), which keeps posture. Raises BadValue.
    """
    reasons = []
    rate = rate_hz
    if rate is None:
        own = float(np.median(rates_hz)) if len(rates_hz) else nominal_hz
        rate = min(float(round(own)) if own >= 10 else round(own, 2), MOST_RATE_HZ)
        reasons.append(f"{rate:g} samples a second, " + _rate_words(own, rate, bool(len(rates_hz))))
    seconds = window_s
    if seconds is None:
        seconds, why = _length(stretches_s)
        reasons.append(f"windows of {seconds:g} s, {why}")
    length = max(2, round(seconds * rate))
    stride = max(1, round(stride_s * rate if stride_s is not None else length / 3))
    return WindowChoice(
        WindowSpec(rate, length, stride, "dataset"), f"Chosen: {'; '.join(reasons)}." if reasons else ""
    )


def stretches(spans: Iterable[tuple[float, float, str]]) -> list[float]:
    """Return the seconds of each labelled stretch of one recording from its (start_s, end_s, label)."""
    found: list[tuple[float, float, str]] = []
    for start, end, label in sorted(spans):
        if found and found[-1][2] == label and start - found[-1][1] <= SAME_STRETCH_S:
            found[-1] = (found[-1][0], max(found[-1][1], end), label)
        else:
            found.append((start, end, label))
    return [end - start for start, end, _ in found]


def _rate_words(own: float, rate: float, measured: bool) -> str:
    if not measured:
        return "from the layout"
    return "as recorded" if own <= rate + 1 else f"fewer than the {own:.0f} recorded, which tell no more of movement"


def _length(stretches_s: Sequence[float]) -> tuple[float, str]:
    if not len(stretches_s):
        return USUAL_S, "as nothing is labelled yet"
    middle = float(np.median(stretches_s))
    said = f"as half of the labelled stretches last {middle:.0f} s or longer"
    if middle >= LONGER_S:
        return 5.0, said
    if middle >= LONG_S:
        return 4.0, said
    if middle >= 2 * USUAL_S:
        return USUAL_S, said
    return max(LEAST_S, round(middle) / 2), f"as labelled stretches are short (half of them under {middle:.1f} s)"
