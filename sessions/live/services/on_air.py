"""One live stream as boards and watchers see it: what it said last, and what a board shows of its workout."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from sessions.live.services.frames import Frame

HEART_RATE = "heart_rate"
SILENT_AFTER_S = 4.0
"""Without a frame for so long, a board says that nothing comes."""
HEART_FRESH_S = 12.0
MAX_SENTENCES = 3
MAX_EVENTS, MAX_SAMPLES = 80, 40
"""Kept for those who watch until the next publication."""
_KEPT = frozenset({"repetitions", "rest", "sensor_check"})
"""Events whose newest data somebody who begins to watch is told at once."""
_PASSED_ON = _KEPT | {"classification_result", "model"}


@dataclass(eq=False, slots=True)
class OnAir:
    """One stream as the hub sees it."""

    session: UUID
    athlete: int
    hello: dict[str, Any]
    """Layout, channels, model: what somebody who begins to watch must know first."""
    begin_s: float | None = None
    """The stream's first time stamp, on the sender's clock."""
    since_at: float = field(default_factory=time.time)
    """When it went live, in Unix seconds."""
    is_generated: bool = False
    """Shown to the board as generated: the sample, or demo athletes."""
    answer: dict[str, Any] | None = None
    latest: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The newest `repetitions`, `rest` and `sensor_check`."""
    heart_bpm: float | None = None
    heard_at: float = field(default_factory=time.monotonic)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    samples: list[tuple[list[float], list[list[float]]]] = field(default_factory=list)
    """The newest of both since the last publication, while somebody watches."""
    watched_until: float = 0.0
    published_at: float = 0.0
    is_new: bool = True

    @property
    def is_watched(self) -> bool:
        return time.monotonic() < self.watched_until

    @property
    def is_heart(self) -> bool:
        return self.hello.get("layout") == HEART_RATE

    def said(self, event: str, data: dict[str, Any]) -> None:
        """The feed told its sender something; boards and watchers hear it with the next publication."""
        if event not in _PASSED_ON:
            return
        if event == "classification_result":
            self.answer = data
        elif event in _KEPT:
            self.latest[event] = data
        self.is_new = True
        if self.is_watched:
            self._keep_event(event, data)

    def took(self, frame: Frame) -> None:
        """A frame came in."""
        self.heard_at = time.monotonic()
        if self.begin_s is None:
            self.begin_s = float(frame.t[0])
        if self.is_heart:
            self.heart_bpm, self.is_new = round(float(frame.values[-1, 0]), 1), True

    def corrected(self, correction: dict[str, Any]) -> None:
        """Somebody said what a window should have been."""
        if self.is_watched:
            self._keep_event("corrected", correction)

    def _keep_event(self, event: str, data: dict[str, Any]) -> None:
        self.events.append((event, data))
        del self.events[:-MAX_EVENTS]

    def sampled(self, envelope: tuple[list[float], list[list[float]]]) -> None:
        """Samples for those who watch."""
        self.samples.append(envelope)
        del self.samples[:-MAX_SAMPLES]


def board_update(session: list[OnAir], *, is_live: bool = True) -> dict[str, Any]:
    """What a board shows of one workout: its sensor's newest answer, and the heart rate of its strap."""
    now = time.monotonic()
    main = max(session, key=lambda one: (not one.is_heart, one.answer is not None, one.heard_at))
    hearts = [one.heart_bpm for one in session if one.heart_bpm is not None and now - one.heard_at < HEART_FRESH_S]
    answer, check = main.answer or {}, main.latest.get("sensor_check", {})
    announced = answer.get("announced", None if answer.get("abstained") else answer.get("exercise"))
    silent_s = now - main.heard_at
    sentences = [one["text"] for one in check.get("checks", ()) if one.get("severity") != "note"][:MAX_SENTENCES]
    quality = check.get("quality", "good" if main.answer else "")
    if silent_s > SILENT_AFTER_S:
        quality, sentences = "silent", [_("No data for %(n)s s.") % {"n": f"{silent_s:.0f}"}]
    return {
        "athlete": main.athlete, "session": str(main.session), "live": is_live,
        "since_at": round(min(one.since_at for one in session), 1),
        "generated": any(one.is_generated for one in session),
        "exercise": answer.get("exercise"), "confidence": answer.get("confidence"),
        "abstained": answer.get("abstained", False), "announced": announced,
        "rest": answer.get("rest", False), "rest_s": answer.get("rest_s", 0),
        "repetitions": main.latest.get("repetitions"), "quality": quality, "checks": sentences,
        "heart_bpm": hearts[0] if hearts else None,
    }
