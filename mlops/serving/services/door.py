"""The one door to served models: champion or challenger, scored with others, decided, logged.

Pages, the API and jobs come through `answer`; live streams bring their own batches (docs/serving.md) and take the same
decision (`kind.decide`'s rules) and the same log.
"""

import math
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.kinds.answers import Answer
from mlops.kinds.base import TaskKind
from mlops.kinds.questions import Inputs, Question
from mlops.ml.contract import BadArtifact, BadShape, BadValue
from mlops.ml.hosting.errors import ModelBusy, ModelError, ModelFailed
from mlops.serving.models import AnswerOrigin
from mlops.serving.services.batching import MicroBatcher
from mlops.serving.services.log import LoggedAnswer, log_answer
from mlops.serving.services.versions import ServedVersion, ab_bucket, arms, scorer_of
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.refusals import Problem

MAX_LOGGED = 60
"""Answers to one question that are logged at most, spread evenly over it."""
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Reply:
    """The answers to one question, one an example, and the one version that gave them all.

    logged    number of the example → id of the kept answer
    fallback  the kind answered by other means, because the model was busy or away
    """

    served: ServedVersion
    inputs: Inputs
    answers: list[Answer]
    logged: Mapping[int, uuid.UUID] = field(default_factory=dict)
    fallback: bool = False


def answer(
    *,
    task: Task,
    questions: Sequence[Question],
    origin: str = AnswerOrigin.API,
    log_share: float = 1.0,
    admit: Callable[[int], None] | None = None,
) -> list[Reply]:
    """Answer each question by the version that answers its athlete; never raises for a withheld answer.

    log_share  the share of the questions whose answers are kept
    admit      told how many examples there are before any is scored; may refuse
    Raises ValidationError, Problem 409 `no_champion`, `not_served`; 503 `busy`, `model_away`, `model_unavailable`.
    """
    kind = kind_for(task)
    ready = [_prepare(task, one) for one in questions]
    if admit is not None:
        admit(sum(len(inputs) for _, inputs in ready))
    replies = []
    outcomes = _score(kind, ready)
    for question, (served, inputs), outputs in zip(questions, ready, outcomes, strict=True):
        if isinstance(outputs, Exception):
            said = kind.fallback(task, inputs, outputs)
            if said is None:
                raise outputs
            replies.append(Reply(served, inputs, said, fallback=True))
            continue
        said = kind.decide(outputs, inputs, served.manifest)
        keep = question.athlete_id is not None and random.random() < log_share  # noqa: S311  a sample, not a secret
        logged = _log(kind, question, served, inputs, said, origin) if keep else {}
        replies.append(Reply(served, inputs, said, logged))
    return replies


def served_for(task: Task, who: str = "") -> ServedVersion:
    """The version that answers somebody; the champion for nobody in particular. Raises Problem as `answer` does."""
    try:
        served = arms(task.name).at(ab_bucket(task.name, who) if who else 1.0)
    except BadArtifact as error:
        raise _unavailable() from error
    if served is None:
        raise Problem(409, "no_champion", _("This task has no champion. Promote a version first."))
    return served


def _prepare(task: Task, question: Question) -> tuple[ServedVersion, Inputs]:
    served = served_for(task, question.who)
    return served, question.inputs(served.manifest)


def _score(kind: TaskKind, ready: Sequence[tuple[ServedVersion, Inputs]]) -> list[Any]:
    """Outputs, or the Problem that stands for a model which is busy or away.

    Small models share batches: everything is handed over before anything is waited for. Large ones batch in
    serve_models, and no other model waits for them here.
    """
    asks = [_or_problem(partial(_submit, kind, served, inputs)) for served, inputs in ready]
    return [ask if isinstance(ask, Problem) else _or_problem(ask) for ask in asks]


def _submit(kind: TaskKind, served: ServedVersion, inputs: Inputs) -> Callable[[], Any]:
    """Hand over examples; what it gives waits for the outputs."""
    scorer = scorer_of(served)
    if kind.runs_in == "models":
        return partial(scorer.answer, inputs.values)
    future = MicroBatcher.here().submit(scorer, inputs.values, kind.max_batch(served.manifest))
    return partial(future.result, PATIENCE_S)


def _or_problem(step: Callable[[], Any]) -> Any:
    """What a step gives, or the Problem of a model that is busy or away; what the caller did wrong is raised."""
    try:
        return step()
    except NotInTime:
        return _busy(2.0)
    except ModelBusy as error:
        return _busy(error.retry_after_s)
    except BadArtifact:
        return _unavailable()
    except NotImplementedError:
        raise Problem(409, "not_served", "Models of this kind are not available through the API.") from None
    except (BadShape, BadValue, ModelFailed) as error:
        raise ValidationError(f"The model cannot read this: {error}.", code="bad_value") from error
    except ModelError as error:
        return Problem(503, "model_away", f"The model is not available: {error.detail}.", headers={"Retry-After": "5"})
    except Problem as problem:
        if problem.status == 503:
            return problem
        raise


def _busy(retry_after_s: float) -> Problem:
    wait = {"Retry-After": str(math.ceil(retry_after_s))}
    return Problem(503, "busy", "The model is busy. Try again in a moment.", headers=wait)


def _unavailable() -> Problem:
    return Problem(503, "model_unavailable", _("The model's files are damaged. ML staff must promote another version."))


def _log(
    kind: TaskKind, question: Question, served: ServedVersion, inputs: Inputs, answers: Sequence[Answer], origin: str
) -> dict[int, uuid.UUID]:
    assert question.athlete_id is not None
    n = len(answers)
    kept = {}
    for number in np.linspace(0, n - 1, min(n, MAX_LOGGED)).round().astype(int).tolist() if n else []:
        said = answers[number]
        logged = LoggedAnswer(
            version_id=served.version_id,
            athlete_id=question.athlete_id,
            headline=said.headline,
            value=said.value,
            origin=origin,
            arm=served.arm,
            example=inputs.values[number],
            kind=kind.name,
            manifest=served.manifest,
            source=question.source,
            locator=inputs.at(number),
            scope=kind.learning_scope,
        )
        log_answer(logged)
        kept[number] = logged.pk
    return kept


class Budget:
    """Examples that each person asked in this minute, in this process."""

    _lock = threading.Lock()
    _minute = 0
    _used: dict[Any, int] = {}

    @classmethod
    def take(cls, who: Any, n: int) -> None:
        """Count n examples. Raises Problem 429 `too_many` with Retry-After."""
        now = time.monotonic()
        with cls._lock:
            if int(now // 60) != cls._minute:
                cls._minute, cls._used = int(now // 60), {}
            used = cls._used.get(who, 0)
            if used and used + n > settings.PREDICT_WINDOWS_PER_MINUTE:
                wait = {"Retry-After": str(60 - int(now % 60))}
                raise Problem(429, "too_many", "You have reached the limit of predictions a minute.", headers=wait)
            cls._used[who] = used + n
