"""Heart rates that were recorded beside a sensor: what a workout's page says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sessions.models import Recording
from sessions.selectors.recordings import recording_samples
from web.refusals import Problem

HEART_RATE = "heart_rate"
MINUTE_S = 60.0
MAX_MINUTES = 600


@dataclass(frozen=True)
class HeartSummary:
    """One recorded strap. `minutes`: (minute, mean, highest) for the table beside the chart."""

    recording: Recording
    mean_bpm: float
    low_bpm: float
    high_bpm: float
    n_beats: int
    minutes: list[tuple[int, float, float]]


def heart_summaries(recordings: Sequence[Recording]) -> list[HeartSummary]:
    """Those of a workout's recordings that are heart rates. A damaged file is left out: its own page says so."""
    found = []
    for row in recordings:
        if row.layout.key != HEART_RATE:
            continue
        try:
            summary = _summary(row)
        except Problem:
            continue
        if summary is not None:
            found.append(summary)
    return found


def _summary(row: Recording) -> HeartSummary | None:
    parts = [(t, values) for t, values in recording_samples(row)]
    if not parts:
        return None
    t = np.concatenate([part for part, _ in parts])
    values = np.concatenate([part for _, part in parts])
    bpm = values[:, row.layout.channel_names.index("bpm")].astype(np.float64)
    # the mean over time, not over beats: fast beats come more often
    weights = np.clip(np.diff(t, append=t[-1] + 1.0), 0.0, 5.0)
    minute = (t // MINUTE_S).astype(int)
    minutes = [
        (int(n) + 1, float(bpm[minute == n].mean()), float(bpm[minute == n].max()))
        for n in np.unique(minute)[:MAX_MINUTES]
    ]
    rr = values[:, row.layout.channel_names.index("rr")]
    return HeartSummary(
        row, float(np.average(bpm, weights=weights)), float(bpm.min()), float(bpm.max()), int((rr > 0).sum()), minutes
    )
