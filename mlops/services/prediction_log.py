"""The log of answers: a sample of them, written in batches by a thread of its own, never on the path of an answer.

Only athletes who let their data teach models are in it, and of a window it keeps raw statistics, not samples.
"""

import logging
import os
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from accounts.models import Athlete, LearningScope
from mlops.ml.drift import window_statistics
from mlops.models import AnswerOrigin, ModelVersion, Prediction

logger = logging.getLogger(__name__)

MAX_WAITING = 5000
"""Answers that may wait to be written; the oldest give way."""
MAX_WRITTEN = 300
"""In one transaction, so that live streams never wait for it."""
FLUSH_S = 2.0
TRIM = 2000


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to be logged; `window` is (length, channels) as measured, or None for inputs without such."""

    version_id: uuid.UUID
    athlete_id: int
    label: str
    confidence: float
    origin: str = AnswerOrigin.LIVE
    arm: str = "champion"
    abstained: bool = False
    window: npt.NDArray[Any] | None = None
    rate_hz: float = 1.0
    source: uuid.UUID | None = None
    start_s: float = 0.0
    end_s: float = 0.0
    scope: str = LearningScope.SENSOR
    pk: uuid.UUID = field(default_factory=uuid.uuid4)
    at: datetime = field(default_factory=timezone.now)


_waiting: deque[Answered] = deque(maxlen=MAX_WAITING)
_starting = threading.Lock()
_writer_pid = 0


def log_answer(answered: Answered) -> None:
    """Queue one answer; returns at once. May be called from any thread or event loop."""
    _waiting.append(answered)
    if _writer_pid != os.getpid() and settings.PREDICTION_LOG_WRITER:
        _start()


def log_write(limit: int = MAX_WRITTEN) -> int:
    """Write what waits, at most `limit`; returns how many rows were stored. The writer's work, and a test's."""
    taken = [_waiting.popleft() for _ in range(min(limit, len(_waiting)))]
    if not taken:
        return 0
    tasks = dict(
        ModelVersion.objects.filter(pk__in={one.version_id for one in taken}).values_list("pk", "task_id")
    )
    athletes = {one.athlete_id for one in taken}
    learnable = {
        scope: set(Athlete.objects.learnable(scope).filter(pk__in=athletes).values_list("pk", flat=True))
        for scope in {one.scope for one in taken}
    }
    kept = [one for one in taken if one.version_id in tasks and one.athlete_id in learnable[one.scope]]
    statistics = _statistics(kept)
    rows = [
        Prediction(
            pk=one.pk, task_id=tasks[one.version_id], version_id=one.version_id, athlete_id=one.athlete_id,
            scope=one.scope, arm=one.arm, origin=one.origin, source=one.source, start_s=one.start_s, end_s=one.end_s,
            label=one.label[:64], confidence=one.confidence, abstained=one.abstained,
            statistics=statistics.get(one.pk, []), at=one.at,
        )
        for one in kept
    ]  # fmt: skip
    try:
        with transaction.atomic():
            Prediction.objects.bulk_create(rows, batch_size=100)
    except IntegrityError:
        logger.warning("somebody was erased while %d answers were written; they are left out", len(rows))
        return 0
    return len(rows)


def predictions_trim() -> None:
    """A chore: delete what is older than PREDICTION_KEEP_DAYS, and what nobody consents to any more."""
    limit = timezone.now() - timedelta(days=settings.PREDICTION_KEEP_DAYS)
    _delete_some(Prediction.objects.filter(at__lt=limit))
    for scope in LearningScope.values:
        _delete_some(
            Prediction.objects.filter(scope=scope).exclude(athlete__in=Athlete.objects.learnable(scope))
        )


def _delete_some(rows: Any) -> None:
    """A few at a time: live writes have priority."""
    while keys := list(rows.order_by().values_list("pk", flat=True)[:TRIM]):
        Prediction.objects.filter(pk__in=keys).delete()
        if len(keys) < TRIM:
            break
        time.sleep(0.05)


def _statistics(answers: Sequence[Answered]) -> dict[uuid.UUID, list[float]]:
    """Raw statistics of all windows, those of one shape and rate together."""
    alike: dict[tuple[Any, ...], list[Answered]] = defaultdict(list)
    for one in answers:
        if one.window is not None:
            alike[(one.window.shape, one.rate_hz)].append(one)
    found: dict[uuid.UUID, list[float]] = {}
    for (_, rate_hz), group in alike.items():
        values = window_statistics(np.stack([one.window for one in group if one.window is not None]), rate_hz)
        found.update(zip((one.pk for one in group), _short(values), strict=True))
    return found


def _short(values: npt.NDArray[Any]) -> Iterable[list[float]]:
    """Six digits are enough for a distribution, and half the bytes."""
    return ([float(f"{number:.6g}") for number in row] for row in values.tolist())


def _start() -> None:
    global _writer_pid
    with _starting:
        if _writer_pid != os.getpid():
            _writer_pid = os.getpid()
            threading.Thread(target=_write_for_ever, name="prediction-log", daemon=True).start()


def _write_for_ever() -> None:
    while True:
        time.sleep(FLUSH_S)
        try:
            close_old_connections()
            while log_write() == MAX_WRITTEN:
                time.sleep(0.1)
        except Exception:
            logger.exception("answers could not be logged")
            time.sleep(FLUSH_S)
