"""The log of answers: a sample of them, written in batches by a thread of its own, never on the path of an answer.

Only athletes who let their data teach models are in it, and of an example it keeps raw statistics, not the samples.
"""

import logging
import math
import os
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from accounts.models import Athlete, LearningScope
from mlops.kinds.answers import Headline
from mlops.kinds.base import task_kind, task_kinds
from mlops.kinds.questions import WHOLE, Locator
from mlops.registry.models import ModelVersion
from mlops.serving.models import AnswerOrigin, Prediction

logger = logging.getLogger(__name__)

MAX_WAITING = 5000
"""Answers that may wait to be written; the oldest give way."""
MAX_WRITTEN = 300
"""In one transaction, so that live streams never wait for it."""
FLUSH_S = 2.0
TRIM = 2000


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """One answer to be logged.

    example   what was asked, as measured, for its raw statistics; None where there are no such
    kind      whose statistics they are, by the version's `manifest`
    value     the whole answer, kept only where the headline does not say it all (no label and no number)
    """

    version_id: uuid.UUID
    athlete_id: int
    headline: Headline
    origin: str = AnswerOrigin.LIVE
    arm: str = "champion"
    value: Any = None
    example: Any = None
    kind: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: uuid.UUID | None = None
    locator: Locator = WHOLE
    scope: str = LearningScope.SENSOR
    pk: uuid.UUID = field(default_factory=uuid.uuid4)
    at: datetime = field(default_factory=timezone.now)


_waiting: deque[LoggedAnswer] = deque(maxlen=MAX_WAITING)
_starting = threading.Lock()
_writer_pid = 0


def log_answer(answered: LoggedAnswer) -> None:
    """Queue one answer; returns at once. May be called from any thread or event loop."""
    _waiting.append(answered)
    if _writer_pid != os.getpid() and settings.PREDICTION_LOG_WRITER:
        _start()


def log_write(limit: int = MAX_WRITTEN) -> int:
    """Write what waits, at most `limit`; returns how many rows were stored. The writer's work, and a test's."""
    taken = [_waiting.popleft() for _ in range(min(limit, len(_waiting)))]
    if not taken:
        return 0
    tasks = dict(ModelVersion.objects.filter(pk__in={one.version_id for one in taken}).values_list("pk", "task_id"))
    athletes = {one.athlete_id for one in taken}
    learnable = {
        scope: set(Athlete.objects.learnable(scope).filter(pk__in=athletes).values_list("pk", flat=True))
        for scope in {one.scope for one in taken}
    }
    kept = [one for one in taken if one.version_id in tasks and one.athlete_id in learnable[one.scope]]
    statistics = _statistics(kept)
    rows = [_row(one, tasks[one.version_id], statistics.get(one.pk, [])) for one in kept]
    try:
        with transaction.atomic():
            Prediction.objects.bulk_create(rows, batch_size=100)
    except IntegrityError:
        logger.warning("somebody was erased while %d answers were written; they are left out", len(rows))
        return 0
    return len(rows)


def predictions_trim() -> None:
    """A chore: delete what is older than PREDICTION_KEEP_DAYS, or what its kind keeps longer, and what nobody
    consents to any more."""
    now, days = timezone.now(), settings.PREDICTION_KEEP_DAYS
    longer = {kind.name: kind.log_days for kind in task_kinds() if kind.log_days > days}
    _delete_some(Prediction.objects.filter(at__lt=now - timedelta(days=days)).exclude(task__kind__in=longer))
    for kind, days in longer.items():
        _delete_some(Prediction.objects.filter(task__kind=kind, at__lt=now - timedelta(days=days)))
    for scope in LearningScope.values:
        _delete_some(Prediction.objects.filter(scope=scope).exclude(athlete__in=Athlete.objects.learnable(scope)))


def _delete_some(rows: Any) -> None:
    """A few at a time: live writes have priority."""
    while keys := list(rows.order_by().values_list("pk", flat=True)[:TRIM]):
        Prediction.objects.filter(pk__in=keys).delete()
        if len(keys) < TRIM:
            break
        time.sleep(0.05)


def _row(one: LoggedAnswer, task_id: Any, statistics: list[float | None]) -> Prediction:
    said = one.headline
    return Prediction(
        pk=one.pk, task_id=task_id, version_id=one.version_id, athlete_id=one.athlete_id, scope=one.scope,
        arm=one.arm, origin=one.origin, source=one.source, start_s=one.locator.start_s, end_s=one.locator.end_s,
        place=one.locator.place, label=said.label[:64], number=said.number, low=said.low, high=said.high,
        confidence=said.confidence, reason=said.reason[:12], abstained=said.abstained,
        value=one.value if not said.label and said.number is None else None, statistics=statistics, at=one.at,
    )  # fmt: skip


def _statistics(answers: Sequence[LoggedAnswer]) -> dict[uuid.UUID, list[float | None]]:
    """Raw statistics of all examples, those of one version and shape together."""
    alike: dict[tuple[Any, ...], list[LoggedAnswer]] = defaultdict(list)
    for one in answers:
        if one.example is not None and one.kind:
            alike[(one.version_id, np.shape(one.example) if isinstance(one.example, np.ndarray) else ())].append(one)
    found: dict[uuid.UUID, list[float | None]] = {}
    for group in alike.values():
        examples = [one.example for one in group]
        values: Any = np.stack(examples) if isinstance(examples[0], np.ndarray) else examples
        try:
            numbers = task_kind(group[0].kind).statistics(values, group[0].manifest)
        except Exception:  # a kind's own code: the answer is kept without them
            logger.exception("statistics of %s answers failed", group[0].kind)
            continue
        found.update(zip((one.pk for one in group), _short(numbers), strict=True))
    return found


def _short(values: npt.NDArray[Any]) -> Iterable[list[float | None]]:
    """Six digits are enough for a distribution, and half the bytes; unknown is null."""
    return ([float(f"{n:.6g}") if math.isfinite(n) else None for n in row] for row in values.tolist())


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
