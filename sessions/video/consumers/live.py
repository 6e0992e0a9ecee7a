"""/ws/videos/live/: poses that a browser found in; labels, captions and how long they took out. Nothing is kept."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async
from django.http import Http404
from django.utils.translation import gettext as _

from mlops.ml.contract import BadValue
from sessions.video.consumers.frames import MAX_AT_ONCE, BadPoses, parse_event, read_hello, read_poses
from sessions.video.services.live_tasks import LiveAnswers, answers_open
from sessions.video.services.task_models import TaskModel, task_model_for
from web.consumers import codes
from web.consumers.guarded import GuardedConsumer
from web.consumers.limits import Places, SecondWindow
from web.refusals import Problem

MAX_FRAMES_PER_S = 120
MAX_BAD = 100
CAMERAS = Places(3)
"""Of one person in this process."""
_executor = ThreadPoolExecutor(1, thread_name_prefix="live-poses")
"""Answers of all cameras of this process, one after the other: a page with slow answers must not take both cores."""


class LivePoseConsumer(GuardedConsumer):
    """hello {model, smoothing, width, height}, then binary frames; sends `hello`, `answer`, `caption`, `bad_frame`,
    `error`. A second hello chooses another model. Pictures are not taken."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with CAMERAS.one(getattr(scope.get("user"), "pk", None)) as is_free:
            if is_free:
                await super().__call__(scope, receive, send)
                return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": codes.TOO_FAST})

    async def enter(self) -> bool:
        self.user = self.scope["user"]
        self.answers: LiveAnswers | None = None
        self.n_bad = 0
        self._frames = SecondWindow(MAX_FRAMES_PER_S)
        return bool(self.user.is_authenticated)

    async def received(self, text: str | None, data: bytes | None) -> None:
        try:
            if data is not None:
                await self._take(data)
                return
            event, body = parse_event(text)
            if event == "hello":
                await self._on_hello(body)
            elif event == "picture":
                self._error("no_captioner", _("No captioner is installed on this site, so pictures are not taken."))
            else:
                raise BadPoses("unknown_event")
        except BadPoses as bad:
            self.n_bad += 1
            self.post("bad_frame", {"reason": bad.reason})
            if self.n_bad > MAX_BAD:
                self.end(codes.BAD_INPUT)

    async def _on_hello(self, body: Any) -> None:
        hello = read_hello(body)
        try:
            model = await database_sync_to_async(task_model_for)(user=self.user, name=hello.model)
            self.answers = await self._aside(answers_open, model, hello.smoothing, hello.size)
        except Http404:
            self._error("unknown_model", _("There is no model of this name."))
            return
        except Problem as problem:
            self._error(problem.code, problem.detail)
            return
        except BadValue:
            self._error("window_too_long", _("This model looks at too long a time at once for a live picture."))
            return
        self.post("hello", {
            "model": None if model is None else _told(model), "smoothing": hello.smoothing,
            "limits": {"frames_per_s": MAX_FRAMES_PER_S, "frames_at_once": MAX_AT_ONCE},
        })  # fmt: skip

    async def _take(self, data: bytes) -> None:
        if self.answers is None:
            raise BadPoses("no_hello")
        t_s, pose = read_poses(data)
        if not self._frames.take(len(t_s), time.monotonic()):
            self.end(codes.TOO_FAST)
            return
        for event, said in await self._aside(self.answers.take, t_s, pose):
            self.post(event, said)

    async def _aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """In the thread, so that the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(_executor, function, *arguments)

    def _error(self, code: str, detail: str) -> None:
        self.post("error", {"code": code, "detail": detail})


def _told(model: TaskModel) -> dict[str, Any]:
    spec = model.scorer.spec
    return {
        "name": model.name, "title": model.title, "labels": list(model.scorer.labels), "generated": model.is_generated,
        "window_s": round(spec.duration_s, 4), "step_s": round(spec.stride / spec.rate_hz, 4), "rate_hz": spec.rate_hz,
        "detector": model.plan.detector,
    }  # fmt: skip
