"""Adds up what was announced and counted in many sessions against the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.sense_parts.replay import Announcement, Played, Span
from mlops.ml.sensors.announcing import is_hold

LATE_S = 4.5
"""An announcement so soon after its exercise ended is late, not false: its window still holds most of it."""
NOTHING = ("rest", "other")


@dataclass
class Tally:
    """Sums over sessions; hours by kind of movement, false announcements by what was really done."""

    hours: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false_raw: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong_in_exercise: int = 0
    found: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    delays_s: list[float] = field(default_factory=list)
    errors: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    rest_found_s: float = 0.0

    def add(self, played: Played, spans: Sequence[Span], reps: Sequence[Span]) -> None:
        """One session: what was shown, the truth as spans, and its repetitions (start, end, exercise)."""
        for start_s, end_s, label in spans:
            if label in NOTHING:
                self.hours[label] += (end_s - start_s) / 3600
            if label == "rest":
                self.rest_found_s += sum(
                    max(0.0, min(end_s, b) - max(start_s, a)) for a, b in played.rests
                )
        for one in played.announced:
            if (kind := _false_in(one, spans)) is not None:
                if kind in NOTHING:
                    self.false[kind] += 1
                else:
                    self.wrong_in_exercise += 1
        for one in played.raw:
            if (kind := _false_in(one, spans)) in NOTHING:
                self.false_raw[str(kind)] += 1
        for start_s, end_s, label in spans:
            if label in NOTHING:
                continue
            begun = (a.at_s for a in played.announced if a.label == label and start_s <= a.at_s <= end_s + 3)
            first = next(begun, None)
            self.found[label].append(first is not None)
            if first is not None:
                self.delays_s.append(first - start_s)
            if not is_hold(label):
                done = sum(start_s - 0.1 <= begin < end_s and name == label for begin, _, name in reps)
                counted = sum(
                    len(one.times()) for one in played.sets
                    if one.exercise == label and one.start_s < end_s and one.last_s > start_s
                )
                self.errors[label].append(counted - done)

    def report(self) -> dict[str, Any]:
        """Figures, ready for JSON."""
        found = [hit for hits in self.found.values() for hit in hits]
        return {
            "hours": {kind: round(hours, 3) for kind, hours in self.hours.items()},
            "false_per_hour": {kind: round(self.false[kind] / hours, 2) for kind, hours in self.hours.items()},
            "false_per_hour_unsteadied": {
                kind: round(self.false_raw[kind] / hours, 2) for kind, hours in self.hours.items()
            },
            "wrong_name_during_an_exercise": self.wrong_in_exercise,
            "n_sets": len(found),
            "detection_rate": round(float(np.mean(found)), 4) if found else None,
            "detection_by_exercise": {name: round(float(np.mean(hits)), 3) for name, hits in self.found.items()},
            "delay_s": {
                "median": round(float(np.median(self.delays_s)), 2),
                "p90": round(float(np.quantile(self.delays_s, 0.9)), 2),
            } if self.delays_s else None,
            "rest_recognised": round(self.rest_found_s / 3600 / max(self.hours["rest"], 1e-9), 3),
            "repetitions": {name: errors_report(errors) for name, errors in self.errors.items()},
            "repetitions_all": errors_report([e for errors in self.errors.values() for e in errors]),
        }


def errors_report(errors: Sequence[int]) -> dict[str, Any]:
    """Mean absolute error a set, share counted exactly and within one."""
    gaps = np.abs(np.asarray(errors))
    return {
        "n_sets": len(gaps), "mean_absolute_error": round(float(gaps.mean()), 3),
        "exact": round(float((gaps == 0).mean()), 3), "within_one": round(float((gaps <= 1).mean()), 3),
    }


def _false_in(one: Announcement, spans: Sequence[Span]) -> str | None:
    """What was really done when something was announced wrongly; None when it was right (or only late)."""
    near = [span for span in spans if span[0] < one.at_s and span[1] > one.at_s - LATE_S]
    if not near or any(label == one.label for _, _, label in near):
        return None
    longest = max(near, key=lambda span: min(span[1], one.at_s) - max(span[0], one.at_s - LATE_S))
    return longest[2]
