"""/ws/live/<session>/: samples of one's own workout in, classifications out. The protocol stands in docs/live.md."""

import asyncio
import time
from typing import Any

from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.urls import reverse

from mlops.services.serving import ab_bucket
from sessions.consumers.hello import Hello, HelloRefused, hello_open, read_hello
from sessions.consumers.singles import Singles
from sessions.models import StreamSource
from sessions.selectors.live import session_to_stream, sessions_still_owned
from sessions.services.baselines import baseline_find
from sessions.services.live_feed import LiveFeed, envelope_of
from sessions.services.live_feeders import feed_claim, feed_release
from sessions.services.live_frames import (
    BadFrame,
    Frame,
    StreamOrder,
    frame_from_bytes,
    frame_from_json,
    parse_message,
    sample_from_json,
)
from sessions.services.live_hub import LiveHub, OnAir
from sessions.services.live_models import ModelBoard
from sessions.services.live_sampling import AnswerSampler
from sessions.services.live_segments import segment_start
from sessions.services.live_sense import LiveSense, sense_of
from sessions.services.live_sets import SetsWriter
from sessions.services.live_storage import ChunkWriter, Waiting
from sessions.services.live_streams import OpenedStream, stream_correct, stream_finish
from sessions.services.sensor_checks import checks_note
from web.consumers import codes
from web.consumers.guarded import GuardedConsumer
from web.consumers.limits import Credit, SecondWindow

MAX_SAMPLES_PER_S = 2000
LEAST_SAMPLES_PER_S = 100
MAX_BAD = 100
WATCH_POINTS = 8


class LiveConsumer(GuardedConsumer):
    """One sensor (or replay) of one workout."""

    async def enter(self) -> bool:
        self.user = self.scope["user"]
        self.opened: OpenedStream | None = None
        self.on_air: OnAir | None = None
        self.sense: LiveSense | None = None
        self.n_bad = 0
        self._at_most = SecondWindow(MAX_SAMPLES_PER_S)
        self._declared: SecondWindow | None = None
        if not self.user.is_authenticated:
            return False
        pk = self.scope["url_route"]["kwargs"]["session"]
        self.session = await database_sync_to_async(session_to_stream)(user=self.user, pk=pk)
        return self.session is not None

    @classmethod
    def still_allowed(cls, consumers: list[Any]) -> set[Any]:
        owned = sessions_still_owned((c.session.pk, c.user.pk) for c in consumers)
        return {c for c in consumers if (c.session.pk, c.user.pk) in owned}

    async def received(self, text: str | None, data: bytes | None) -> None:
        try:
            if data is not None:
                await self._begun()
                self._take(frame_from_bytes(data, len(self.feed.channels)))
                return
            event, body = parse_message(text or "")
            if event in self._at_once:
                await self._begun()
                self._at_once[event](self, body)
                return
            handle = self._events.get(event)
            if handle is None:
                raise BadFrame("unknown_event")
            await handle(self, body)
        except BadFrame as bad:
            self._bad(bad)

    def received_now(self, text: bytes | None, data: bytes | None) -> bool:
        """Samples of a stream that has begun need no waiting."""
        if self.on_air is None:
            return False
        try:
            if data is not None:
                self._take(frame_from_bytes(data, len(self.feed.channels)))
                return True
            event, body = parse_message((text or b"").decode())
            if event not in self._at_once:
                return False
            self._at_once[event](self, body)
        except BadFrame as bad:
            self._bad(bad)
        return True

    async def left(self) -> None:
        if self.opened is None or self.on_air is None:
            return
        self._flush_singles()
        ModelBoard.here().leave(self.opened.stream.task_name)
        if self.sense is not None:
            SetsWriter.here().discard(self.opened.stream.pk, self.sense)
        LiveHub.here().discard(self.on_air, goes_on=self.closing == codes.REPLACED)
        feed_release(self.opened.stream.pk, self)
        del self.feed, self.sense  # they know this consumer: in a circle their memory would wait for the collector

    # -- beginning -----------------------------------------------------------------------------------

    async def _on_hello(self, body: Any) -> None:
        if self.opened is not None:
            raise BadFrame("hello_twice")
        try:
            hello = read_hello(body)
            await self._open(hello)
        except HelloRefused as refused:
            self.post("error", {"code": refused.code, "detail": refused.detail})
            self.end(refused.close)

    async def _begun(self) -> None:
        """Samples without a hello: the FlexTail's layout, and only the absolute limits."""
        if self.opened is None:
            try:
                await self._open(Hello())
            except HelloRefused as refused:
                self.post("error", {"code": refused.code, "detail": refused.detail})
                self.end(refused.close)
                raise BadFrame(refused.code) from None

    async def _open(self, hello: Hello) -> None:
        if hello.stream:  # what an older connection of this stream sent is stored before its last number is told
            await ChunkWriter.here().drained()
            await SetsWriter.here().flush()
        self.opened, answer = await database_sync_to_async(hello_open)(
            user=self.user, session=self.session, hello=hello
        )
        stream = self.opened.stream
        claimed_at = feed_claim(stream.pk, self)
        if hello.stream:
            LiveHub.here().taken(stream.pk, claimed_at)
        board = ModelBoard.here()
        bucket = ab_bucket(stream.task_name, self.session.athlete.pseudonym)
        model = await board.use(stream.task_name, bucket)
        speed = stream.rate_hz / stream.layout.rate_hz
        self.order = StreamOrder(speed=speed, now_s=time.monotonic() - self.opened.elapsed_s())
        self.feed = LiveFeed(
            stream=stream.pk, channels=stream.layout.channel_names, rate_hz=stream.layout.rate_hz, post=self._tell,
            model=lambda: board.now(stream.task_name, bucket), stride=hello.stride,
        )
        self.feed.sampler = AnswerSampler(stream=stream.pk, athlete_id=self.session.athlete_id)
        self.segment_s = await database_sync_to_async(segment_start)(stream.pk) if hello.stream else None
        baseline = await database_sync_to_async(baseline_find)(
            athlete_id=self.session.athlete_id, layout_id=stream.layout_id
        )
        self.sense = sense_of(stream, self._tell, baseline)
        if self.sense is not None:
            self.feed.observers.append(self.sense)
            SetsWriter.here().add(stream.pk, self.sense)
        self.singles = Singles(rate_hz=stream.layout.rate_hz, first_seq=0)
        limit: float = MAX_SAMPLES_PER_S
        if hello.is_declared:
            limit = min(MAX_SAMPLES_PER_S, max(2 * stream.rate_hz, LEAST_SAMPLES_PER_S))
            self._declared = SecondWindow(limit, earns_per_s=stream.rate_hz, saved_s=self._silent_s(speed))
        if hello.credit:
            self.credit = Credit(hello.credit)
        self.resumed_seq = self.opened.last_seq if self.opened.last_seq is not None else -1
        if self.opened.last_seq is not None and self.opened.first_t is not None:
            self._continue()
        usable = model is not None and model.columns(self.feed.channels) is not None
        answer["model"] = model.to_json() if model is not None and usable else None
        answer["sets"] = self.sense.sets_told() if self.sense is not None else []
        answer["limits"] = {
            "messages_per_s": self.max_messages_per_s, "samples_per_s": limit,
            "catch_up_samples": int(self._declared.saved) if self._declared is not None else 0,
            "catch_up_per_s": MAX_SAMPLES_PER_S,
        }
        self.on_air = OnAir(
            self.session.pk, self.session.athlete_id, answer, self.opened.first_t,
            since_at=stream.started_at.timestamp(), is_generated=stream.is_demo or stream.source == StreamSource.SAMPLE,
        )
        LiveHub.here().add(self.on_air)
        if hello.is_declared:
            self.post("hello", answer)

    def _tell(self, event: str, data: dict[str, Any]) -> None:
        """What the feed says goes to the sender, and to boards and watchers."""
        self.post(event, data)
        if self.on_air is not None:
            self.on_air.said(event, data)
        if event == "sensor_check" and self.opened is not None:
            checks_note(self.opened.stream.pk, data["checks"])

    def _silent_s(self, speed: float) -> float:
        """How long the sender of this stream sent nothing: so much may come faster now."""
        opened = self.opened
        assert opened is not None
        covered_s = 0.0
        if opened.first_t is not None and opened.last_t is not None:
            covered_s = (opened.last_t - opened.first_t) / max(speed, 1e-9)
        return opened.elapsed_s() - covered_s

    def _may_take(self, n: int) -> bool:
        """Within twice the declared rate and the absolute limit."""
        now = time.monotonic()
        at_most = n <= MAX_SAMPLES_PER_S and self._at_most.take(n, now)
        return at_most and (self._declared is None or self._declared.take(n, now))

    def _continue(self) -> None:
        """After a reconnect: order and windows go on from what is stored."""
        opened = self.opened
        assert opened is not None
        assert opened.first_t is not None
        assert opened.last_t is not None
        self.order.continue_from(seq=self.resumed_seq, first_t=opened.first_t, last_t=opened.last_t)
        self.singles.continue_from(seq=self.resumed_seq, last_t=opened.last_t)
        self.feed.warm(opened.last_frames, segment_s=self.segment_s)
        opened.last_frames.clear()

    # -- samples -------------------------------------------------------------------------------------

    def _on_samples(self, body: Any) -> None:
        self._take(frame_from_json(body, len(self.feed.channels)))

    def _on_sensor_data(self, body: Any) -> None:
        if not self._may_take(1):
            self.end(codes.TOO_FAST)
            return
        t, values = sample_from_json(body, self.feed.channels)
        if t is not None:
            self.order.check_future(t, t, time.monotonic())
        frame = self.singles.add(t, values, now_s=time.monotonic(), at_once=self.feed.is_collecting)
        if frame is not None:
            self._feed(frame)
            stored = self.singles.to_store()
            if stored is not None:
                self._store(stored)

    def _take(self, frame: Frame) -> None:
        """A numbered frame of the client."""
        now = time.monotonic()
        n = len(frame.t)
        if not self._may_take(n):
            self.end(codes.TOO_FAST)
            return
        if frame.seq <= self.resumed_seq:
            self.post("ack", {"seq": frame.seq})  # sent again after a reconnect: it is stored already
            return
        self.order.check(frame, now)
        self._feed(frame)
        self._store(frame, self._stored)

    def _feed(self, frame: Frame) -> None:
        assert self.on_air is not None
        self.on_air.took(frame)
        self.feed.take(frame)
        if self.on_air.is_watched:
            self.on_air.sampled(envelope_of(frame, WATCH_POINTS))

    def _store(self, frame: Frame, stored: Any = lambda seq: None) -> None:
        assert self.opened is not None
        item = Waiting(self.opened.stream.pk, frame.seq, len(frame.t), frame.payload(), stored, self._gone)
        if not ChunkWriter.here().put(item):
            self.end(codes.BUSY)

    def replaced(self) -> None:
        """A newer connection feeds the stream, here or in another process."""
        self.end(codes.REPLACED)

    def _stored(self, seq: int) -> None:
        self.post_text(f'{{"event":"ack","data":{{"seq":{seq}}}}}')

    def _gone(self) -> None:
        """The stream was closed or deleted meanwhile: a sender that comes back is told, or continues it."""
        self.end(codes.BUSY)

    def _flush_singles(self) -> None:
        rest = self.singles.flush()
        if rest is not None:
            self._store(rest)

    def _bad(self, bad: BadFrame) -> None:
        self.n_bad += 1
        self.post("bad_sample", {"seq": bad.seq, "reason": bad.reason})
        if self.n_bad > MAX_BAD:
            self.end(codes.BAD_INPUT)

    # -- people --------------------------------------------------------------------------------------

    async def _on_correction(self, body: Any) -> None:
        """"Wrong?": what an answered window should have been."""
        if self.opened is None or self.on_air is None or not isinstance(body, dict):
            raise BadFrame("no_stream")
        start_s, end_s, label = body.get("start_s"), body.get("end_s"), body.get("label")
        if not isinstance(start_s, int | float) or not isinstance(end_s, int | float):
            raise BadFrame("not_numbers")
        answered = self.feed.answer_for(start_s, end_s)
        if answered is None:
            self.post("error", {"code": "no_such_window", "detail": "No answer was given for exactly this window."})
            return
        known = {one["name"] for one in self.on_air.hello["labels"]} | set(answered["labels"])
        if not isinstance(label, str) or label not in known:
            self.post("error", {"code": "unknown_label", "detail": "This label is not one of the task's."})
            return
        try:
            await database_sync_to_async(stream_correct)(
                stream=self.opened.stream, start_s=answered["start_s"], end_s=answered["end_s"], label=label,
                answered=answered, by=self.user,
            )
        except ValidationError as refused:
            self.post("error", {"code": refused.code, "detail": refused.messages[0]})
            return
        correction = {
            "start_s": answered["start_s"], "end_s": answered["end_s"], "label": label,
            "answered": answered["exercise"],
        }
        self.on_air.corrected(correction)
        self.post("corrected", correction)

    async def _on_finish(self, body: Any) -> None:
        """Store everything, end the stream, start the job that makes the recording."""
        if self.opened is None:
            self.post("finished", {"stream": None, "job": None, "status_url": None})
            self.end(1000)
            return
        self._flush_singles()
        await ChunkWriter.here().drained()
        await SetsWriter.here().flush()
        job = await database_sync_to_async(stream_finish)(stream=self.opened.stream)
        self.post("finished", {
            "stream": str(self.opened.stream.pk), "job": str(job.pk) if job else None,
            "status_url": reverse("mlops_api:job-detail", args=[job.pk]) if job else None,
        })
        await asyncio.sleep(0)
        self.end(1000)

    async def _on_credit(self, body: Any) -> None:
        self.take_credit_message(body)

    _events = {"hello": _on_hello, "correction": _on_correction, "finish": _on_finish, "credit": _on_credit}
    _at_once = {"samples": _on_samples, "sensor_data": _on_sensor_data}
