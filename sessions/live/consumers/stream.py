"""/ws/live/<session>/: samples of one's own workout in, classifications out. The protocol stands in docs/live.md."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.serving.services.versions import ab_bucket
from sessions.live.consumers.hello import Hello, HelloRefused, hello_open, read_hello
from sessions.live.consumers.intake import DISK_FULL, Intake
from sessions.live.selectors.streams import session_to_stream, sessions_still_owned
from sessions.live.services.answers import GivenAnswer
from sessions.live.services.corrections import stream_correct, stream_correct_undo
from sessions.live.services.feed import LiveFeed
from sessions.live.services.feeders import feed_claim, feed_release
from sessions.live.services.frames import BadFrame, parse_message
from sessions.live.services.hub import LiveHub
from sessions.live.services.model_board import ModelBoard
from sessions.live.services.on_air import OnAir
from sessions.live.services.sampling import AnswerSampler
from sessions.live.services.sense import LiveSense, sense_of
from sessions.live.services.sensor_checks import checks_note
from sessions.live.services.sets import SetsWriter
from sessions.live.services.storage import ChunkWriter, StoreFull
from sessions.live.services.streams import OpenedStream, stream_finish
from sessions.models import StreamSource
from web.consumers import codes
from web.consumers.guarded import GuardedConsumer
from web.consumers.limits import Credit
from web.full_disk import disk_is_full

MAX_BAD = 100


class LiveConsumer(GuardedConsumer):
    """One sensor (or replay) of one workout."""

    async def enter(self) -> bool:
        self.user = self.scope["user"]
        self.opened: OpenedStream | None = None
        self.on_air: OnAir | None = None
        self.sense: LiveSense | None = None
        self.n_bad = 0
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
                self.intake.take_bytes(data)
                return
            event, body = parse_message(text or "")
            if event in self._at_once:
                await self._begun()
                self._at_once[event](self.intake, body)
                return
            handle = self._events.get(event)
            if handle is None:
                raise BadFrame("unknown_event")
            await handle(self, body)
        except BadFrame as bad:
            self._bad(bad)
        except (DatabaseError, StoreFull) as error:
            if not isinstance(error, StoreFull) and not disk_is_full(error):
                raise
            self.post("error", DISK_FULL)
            self.end(codes.BUSY)  # the sender comes back later, with everything that was not acknowledged

    def received_now(self, text: bytes | None, data: bytes | None) -> bool:
        """Samples of a stream that has begun need no waiting."""
        if self.on_air is None:
            return False
        try:
            if data is not None:
                self.intake.take_bytes(data)
                return True
            event, body = parse_message((text or b"").decode())
            if event not in self._at_once:
                return False
            self._at_once[event](self.intake, body)
        except BadFrame as bad:
            self._bad(bad)
        return True

    async def left(self) -> None:
        if self.opened is None or self.on_air is None:
            return
        self.intake.flush()
        ModelBoard.here().leave(self.opened.stream.task_name)
        if self.sense is not None:
            SetsWriter.here().discard(self.opened.stream.pk, self.sense)
        LiveHub.here().discard(self.on_air, goes_on=self.closing == codes.REPLACED)
        feed_release(self.opened.stream.pk, self)
        # they know this consumer: in a circle their memory would wait for the collector
        del self.feed, self.sense, self.intake

    # -- beginning -----------------------------------------------------------------------------------

    async def _on_hello(self, body: Any) -> None:
        if self.opened is not None:
            raise BadFrame("hello_twice")
        try:
            await self._open(read_hello(body))
        except HelloRefused as refused:
            self._refuse(refused)

    async def _begun(self) -> None:
        """Samples without a hello: the FlexTail's layout, and only the absolute limits."""
        if self.opened is None:
            try:
                await self._open(Hello())
            except HelloRefused as refused:
                self._refuse(refused)
                raise BadFrame(refused.code) from None

    def _refuse(self, refused: HelloRefused) -> None:
        self.post("error", {"code": refused.code, "detail": refused.detail})
        self.end(refused.close)

    async def _open(self, hello: Hello) -> None:
        if hello.stream:  # what an older connection of this stream sent is stored before its last number is told
            await ChunkWriter.here().drained()
            await SetsWriter.here().flush()
        opening = await database_sync_to_async(hello_open)(user=self.user, session=self.session, hello=hello)
        self.opened, answer = opening.opened, opening.answer
        stream = self.opened.stream
        claimed_at = feed_claim(stream.pk, self)
        if hello.stream:
            LiveHub.here().taken(stream.pk, claimed_at)
        board = ModelBoard.here()
        bucket = ab_bucket(stream.task_name, self.session.athlete.pseudonym)
        model = await board.use(stream.task_name, bucket)
        self.feed = LiveFeed(
            stream=stream.pk, channels=stream.layout.channel_names, rate_hz=stream.layout.rate_hz, post=self._tell,
            model=lambda: board.now(stream.task_name, bucket), stride=hello.stride,
        )
        self.feed.sampler = AnswerSampler(stream=stream.pk, athlete_id=self.session.athlete_id)
        self.sense = sense_of(stream, self._tell, opening.baseline)
        if self.sense is not None:
            self.feed.observers.append(self.sense)
            SetsWriter.here().add(stream.pk, self.sense)
        on_air = OnAir(
            self.session.pk, self.session.athlete_id, answer, self.opened.first_t,
            since_at=stream.started_at.timestamp(), is_generated=stream.is_demo or stream.source == StreamSource.SAMPLE,
        )
        self.intake = Intake(self, opened=self.opened, hello=hello, feed=self.feed, on_air=on_air)
        if hello.credit:
            self.credit = Credit(hello.credit)
        self.intake.continue_from(self.opened, segment_s=opening.segment_s)
        usable = model is not None and model.columns(self.feed.channels) is not None
        answer["model"] = model.to_json() if model is not None and usable else None
        answer["sets"] = self.sense.sets_told() if self.sense is not None else []
        answer["limits"] = {"messages_per_s": self.max_messages_per_s, **self.intake.limits()}
        self.on_air = on_air
        LiveHub.here().add(on_air)
        if hello.is_declared:
            self.post("hello", answer)

    def _tell(self, event: str, data: dict[str, Any]) -> None:
        """What the feed says goes to the sender, and to boards and watchers."""
        self.post(event, data)
        if self.on_air is not None:
            self.on_air.said(event, data)
        if event == "sensor_check" and self.opened is not None:
            checks_note(self.opened.stream.pk, data["checks"])

    # -- the connection ------------------------------------------------------------------------------

    def replaced(self) -> None:
        """A newer connection feeds the stream, here or in another process."""
        self.end(codes.REPLACED)

    def _bad(self, bad: BadFrame) -> None:
        self.n_bad += 1
        self.post("bad_sample", {"seq": bad.seq, "reason": bad.reason})
        if self.n_bad > MAX_BAD:
            self.end(codes.BAD_INPUT)

    # -- people --------------------------------------------------------------------------------------

    async def _on_correction(self, body: Any) -> None:
        """"Wrong?": what an answered window should have been; a label of null takes one's own word back."""
        if self.opened is None or self.on_air is None or not isinstance(body, dict):
            raise BadFrame("no_stream")
        start_s, end_s, label = body.get("start_s"), body.get("end_s"), body.get("label")
        if not isinstance(start_s, int | float) or not isinstance(end_s, int | float):
            raise BadFrame("not_numbers")
        answered = self.feed.answer_for(start_s, end_s)
        if answered is None:
            self.post("error", {"code": "no_such_window", "detail": _("There is no result for this window.")})
            return
        if label is None:
            stream = self.opened.stream
            await database_sync_to_async(stream_correct_undo)(stream=stream, answered=answered, by=self.user)
            self._told(answered, None)
            return
        known = {one["name"] for one in self.on_air.hello["labels"]} | set(answered.labels)
        if not isinstance(label, str) or label not in known:
            self.post("error", {"code": "unknown_label", "detail": _("This label is not part of the task.")})
            return
        try:
            await database_sync_to_async(stream_correct)(
                stream=self.opened.stream, label=label, answered=answered, by=self.user
            )
        except ValidationError as refused:
            self.post("error", {"code": refused.code, "detail": refused.messages[0]})
            return
        self._told(answered, label)

    def _told(self, answered: GivenAnswer, label: str | None) -> None:
        """To the one who said it and to everybody who watches."""
        correction = {
            "start_s": answered.start_s, "end_s": answered.end_s, "label": label, "answered": answered.decision.said,
        }
        if self.on_air is not None:
            self.on_air.corrected(correction)
        self.post("corrected", correction)

    async def _on_finish(self, body: Any) -> None:
        """Store everything, end the stream, start the job that makes the recording."""
        if self.opened is None:
            self.post("finished", {"stream": None, "job": None, "status_url": None})
            self.end(1000)
            return
        self.intake.flush()
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
    _at_once = {"samples": Intake.take_samples, "sensor_data": Intake.take_single}
