"""The first message of a live stream: what will be sent, and what the server makes of it."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mlops.ml.sensors.baseline import Baseline
from sessions.live.selectors.streams import (
    labels_for,
    layout_for_stream,
    live_task_for,
    n_sending,
    replayable_get,
    task_refusal,
)
from sessions.live.services.segments import segment_start
from sessions.live.services.streams import OpenedStream, stream_open, stream_resume
from sessions.models import StreamSource, WorkoutSession
from sessions.services.baselines import baseline_find
from web.api.parsers import is_clean_text
from web.consumers import codes
from web.refusals import Problem
from web.services.space import account_require

MAX_RATE_HZ = 1000.0
"""Declared samples a second; twice as many are the absolute limit."""
DEFAULT_LAYOUT = "flextail"
MAX_CREDIT = 10_000
MAX_STREAMS = 8
"""Of one person at a time: several sensors, a strap and a replay beside them."""
MAX_AGE_S = 7 * 24 * 3600.0
"""How long ago a stream that had no connection may have begun."""


class HelloRefused(Exception):
    """`code` for programs, `detail` one sentence, `close` the close code that follows."""

    def __init__(self, code: str, detail: str, close: int = codes.BAD_INPUT) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.close = close


@dataclass(frozen=True)
class Hello:
    """What the sender declares; everything has a default, so that a bare FlexTail needs no hello at all."""

    layout: str = DEFAULT_LAYOUT
    task: str = ""
    rate_hz: float | None = None
    stream: str = ""
    source: str = StreamSource.SENSOR
    recording: str = ""
    stride: int | None = None
    credit: int | None = None
    age_s: float = 0.0
    is_declared: bool = False


def read_hello(body: Any) -> Hello:
    """Check a hello's fields. Raises HelloRefused."""
    if not isinstance(body, dict):
        raise HelloRefused("bad_hello", "The data of hello must be an object.")
    known = {"layout", "task", "rate_hz", "stream", "source", "recording", "stride", "credit", "age_s"}
    if unknown := set(body) - known:
        raise HelloRefused("unknown_field", f"hello has no field {sorted(map(str, unknown))[0][:40]}.")
    given = {name: value for name, value in body.items() if value is not None}
    for name in ("layout", "task", "stream", "source", "recording"):
        text = given.get(name, "")
        if not isinstance(text, str) or len(text) > 64 or not is_clean_text(text):
            raise HelloRefused("bad_hello", f"{name} must be a short text.")
    rate = given.get("rate_hz")
    is_rate = isinstance(rate, int | float) and not isinstance(rate, bool) and 0.1 <= rate <= MAX_RATE_HZ
    if rate is not None and not is_rate:
        raise HelloRefused("bad_rate", f"rate_hz must be between 0.1 and {MAX_RATE_HZ:g}.")
    for name, most in (("stride", 100_000), ("credit", MAX_CREDIT)):
        number = given.get(name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most):
            raise HelloRefused("bad_hello", f"{name} must be a whole number from 1 to {most}.")
    age = given.get("age_s", 0.0)
    if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= MAX_AGE_S:
        raise HelloRefused("bad_hello", f"age_s must be between 0 and {MAX_AGE_S:g} seconds.")
    if given.get("source", StreamSource.SENSOR) not in StreamSource.values:
        raise HelloRefused("bad_hello", f"source must be one of {', '.join(StreamSource.values)}.")
    return Hello(**given, is_declared=True)


@dataclass(frozen=True)
class Opening:
    """Everything that the database knows about a stream just opened or resumed.

    answer     the answer to the hello, but for the model, the sets and the limits
    segment_s  where the unbroken stretch began that a resumed stream goes on in
    baseline   how the athlete's sensor usually looks; None for what is played again
    """

    opened: OpenedStream
    answer: dict[str, Any]
    segment_s: float | None
    baseline: Baseline | None


def _require_room(user: Any) -> None:
    """A person over their limit is told at once; what was taken waits on the device."""
    try:
        account_require(user)
    except Problem as refused:
        raise HelloRefused(refused.code, refused.detail, codes.BUSY) from refused


def hello_open(*, user: Any, session: WorkoutSession, hello: Hello) -> Opening:
    """Open or resume the stream, in one trip to the database's thread. Raises HelloRefused."""
    if n_sending(athlete_id=session.athlete_id, but=_uuid(hello.stream)) >= MAX_STREAMS:
        detail = _("You can run at most %(n)s streams at once.") % {"n": MAX_STREAMS}
        raise HelloRefused("too_many", detail, codes.TOO_FAST)
    if hello.stream:
        opened = stream_resume(session=session, pk=hello.stream)
        if opened is None:
            raise HelloRefused("unknown_stream", _("This stream is not part of this workout."), codes.NOT_FOUND)
        known_as = opened.stream.task_name
        task = live_task_for(layout_key=opened.stream.layout.key, name=known_as) if known_as else None
    else:
        layout = layout_for_stream(user=user, key=hello.layout)
        if layout is None:
            raise HelloRefused("unknown_layout", _("This sensor layout does not exist."))
        task = live_task_for(layout_key=layout.key, name=hello.task)
        if hello.task and task is None:
            raise HelloRefused("unknown_task", task_refusal(layout=layout, name=hello.task))
        replay_of = None
        if hello.recording:
            replay_of = replayable_get(session=session, pk=_uuid(hello.recording))
            if replay_of is None or replay_of.layout_id != layout.pk:
                raise HelloRefused("unknown_recording", _("This recording is not part of this workout."))
        if replay_of is None:
            _require_room(user)
        opened = stream_open(
            session=session, layout=layout, task_name=task.name if task else "",
            rate_hz=hello.rate_hz or layout.rate_hz, source=hello.source, replay_of=replay_of,
            age_s=hello.age_s,
        )
    stream = opened.stream
    stream.layout.channels = shared(stream.layout.channels)
    answer = {
        "stream": str(stream.pk),
        "continues": str(stream.continues_id) if stream.continues_id else None,
        "layout": stream.layout.key,
        "channels": stream.layout.channels,
        "rate_hz": stream.rate_hz,
        "task": {"name": task.name, "title": task.title} if task else None,
        "labels": shared(labels_for(task)),
        "last_seq": opened.last_seq,
        "corrections": [
            {"start_s": one["start_s"], "end_s": one["end_s"], "label": one["label"]} for one in stream.corrections
        ],
    }
    is_sensor = stream.source == StreamSource.SENSOR
    return Opening(
        opened, answer,
        segment_start(stream.pk) if hello.stream else None,
        baseline_find(athlete_id=session.athlete_id, layout_id=stream.layout_id) if is_sensor else None,
    )


def shared(value: Any) -> Any:
    """The same object for equal values: a thousand streams keep one list of channels. Not to be changed."""
    return _shared(json.dumps(value))


@lru_cache(256)
def _shared(text: str) -> Any:
    return json.loads(text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
