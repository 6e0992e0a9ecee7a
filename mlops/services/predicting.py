"""One request to a served model: read it, choose who answers, score it together with others, keep a sample."""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError

from mlops.asking import Asked, Cut
from mlops.ml.contract import BadArtifact, BadShape, BadValue
from mlops.models import AnswerOrigin, Task
from mlops.services.batching import MicroBatcher
from mlops.services.datasets import kind_for
from mlops.services.prediction_log import Answered, log_answer
from mlops.services.remote_models import answered_by
from mlops.services.serving import ServedVersion, ab_bucket, arms, scorer_of
from mlops.task_kinds import TaskKind
from web.refusals import Problem

MAX_ASKED = 32
"""Requests in one batch."""
MAX_LOGGED = 60
"""Answers of one request that are logged at most, spread evenly over it."""
PATIENCE_S = 20.0


@dataclass(frozen=True)
class _Ready:
    """A request with the version that answers it."""

    asked: Asked
    cut: Cut
    served: ServedVersion


def task_predict(*, task: Task, payloads: Sequence[Mapping[str, Any]], user: Any, top_k: int = 0) -> list[Any]:
    """Answer each payload; one version answers the whole of it, named beside the answers.

    top_k  how many labels of each answer are given; 0 for all
    Raises ValidationError, Http404 for rows that `user` may not see, Problem 409 `no_champion`, 429 `too_many`,
    503 `busy` and `model_unavailable`.
    """
    if not 1 <= len(payloads) <= MAX_ASKED:
        raise ValidationError({"batch": f"Ask 1 to {MAX_ASKED} things at once."}, code="bad_shape")
    kind = kind_for(task)
    ready = [_prepare(task, kind, payload, user) for payload in payloads]
    _Budget.take(user.pk, sum(len(one.cut.inputs) for one in ready))
    return [_write(kind, one, answers, top_k) for one, answers in zip(ready, _score(ready), strict=True)]


def served_describe(*, task: Task) -> dict[str, Any]:
    """What answers now: names, labels, window and channels. Problem 409 `no_champion`."""
    served = _champion(task)
    manifest = served.manifest
    return {
        **_named(served),
        "estimator": manifest.get("estimator", ""),
        "labels": manifest.get("labels", []),
        "layout": manifest.get("layout"),
        "generated": bool(manifest.get("generated") or manifest.get("demo")),
    }


def _prepare(task: Task, kind: TaskKind, payload: Mapping[str, Any], user: Any) -> _Ready:
    if not isinstance(payload, Mapping):
        raise ValidationError("Each question is a JSON object.", code="bad_shape")
    asked = kind.parse_input(task, payload, user)
    served = _champion(task, ab_bucket(task.name, asked.who) if asked.who else 1.0)
    return _Ready(asked, asked.cut(served.manifest), served)


def _champion(task: Task, bucket: float = 1.0) -> ServedVersion:
    try:
        served = arms(task.name).at(bucket)
    except BadArtifact as error:
        raise _unavailable() from error
    if served is None:
        raise Problem(409, "no_champion", "No version of this task is served. One must be promoted first.")
    return served


def _score(ready: Sequence[_Ready]) -> list[Any]:
    """Everything is handed over before anything is waited for, so that it can share batches."""
    batcher = MicroBatcher.here()
    try:
        futures = [batcher.submit(scorer_of(one.served), one.cut.inputs) for one in ready]
        return [future.result(PATIENCE_S) for future in futures]
    except BadArtifact as error:
        raise _unavailable() from error
    except NotImplementedError:
        raise Problem(409, "not_served", "Models of this kind are not served to programs.") from None
    except (BadShape, BadValue) as error:
        raise ValidationError(f"The model cannot read this: {error}.", code="bad_value") from error
    except NotInTime:
        raise Problem(503, "busy", "The model is busy. Try again in a moment.", headers={"Retry-After": "2"}) from None


def _unavailable() -> Problem:
    return Problem(503, "model_unavailable", "The model's files are damaged. ML staff must promote another version.")


def _named(served: ServedVersion) -> dict[str, Any]:
    manifest = served.manifest
    spec = manifest.get("window_spec")
    return {
        "model": served.task,
        "version": served.number,
        "version_id": str(served.version_id),
        "arm": str(served.arm),
        "window": spec and {"length": spec["length"], "rate_hz": spec["rate_hz"], "stride": spec["stride"]},
        "abstain_below": manifest.get("abstain_below"),
    }


def _write(kind: TaskKind, one: _Ready, answers: Any, top_k: int) -> dict[str, Any]:
    manifest, n = one.served.manifest, len(one.cut.inputs)
    logged = _log_which(n) if one.asked.athlete_id is not None else frozenset()
    least = float(manifest.get("abstain_below") or 0.0)
    predictions = []
    for number, scores in enumerate(kind.write_answers(np.asarray(answers), manifest)):
        entry: dict[str, Any] = {"scores": scores, "abstained": None, "prediction": None}
        if one.cut.times is not None:
            entry["start_s"], entry["end_s"] = one.cut.times[number]
        best = best_of(scores)
        if best is not None:
            entry["abstained"] = best["score"] < least
            if number in logged:
                entry["prediction"] = str(_log(kind, one, number, best, entry["abstained"]))
            if top_k:
                entry["scores"] = scores[:top_k]
        predictions.append(entry)
    return {**_named(one.served), **answered_by(one.served), "predictions": predictions}


def best_of(scores: Any) -> dict[str, Any] | None:
    """The first of [{"label", "score"} …]; None for answers of another form."""
    if isinstance(scores, list) and scores and isinstance(scores[0], dict) and {"label", "score"} <= set(scores[0]):
        return scores[0]
    return None


def _log_which(n: int) -> frozenset[int]:
    if random.random() >= settings.PREDICTION_API_SHARE:  # noqa: S311  a sample, not a secret
        return frozenset()
    return frozenset(np.linspace(0, n - 1, min(n, MAX_LOGGED)).round().astype(int).tolist())


def _log(kind: TaskKind, one: _Ready, number: int, best: Mapping[str, Any], abstained: bool) -> Any:
    inputs, times = one.cut.inputs, one.cut.times
    assert one.asked.athlete_id is not None
    answered = Answered(
        version_id=one.served.version_id,
        athlete_id=one.asked.athlete_id,
        label=str(best["label"]),
        confidence=float(best["score"]),
        origin=AnswerOrigin.API,
        arm=one.served.arm,
        abstained=abstained,
        window=inputs[number] if inputs.ndim == 3 else None,
        rate_hz=one.cut.rate_hz,
        source=one.asked.source,
        start_s=times[number][0] if times else 0.0,
        end_s=times[number][1] if times else 0.0,
        scope=kind.learning_scope,
    )
    log_answer(answered)
    return answered.pk


class _Budget:
    """Windows that each person asked in this minute, in this process."""

    _lock = threading.Lock()
    _minute = 0
    _used: dict[Any, int] = {}

    @classmethod
    def take(cls, who: Any, n: int) -> None:
        now = time.monotonic()
        with cls._lock:
            if int(now // 60) != cls._minute:
                cls._minute, cls._used = int(now // 60), {}
            used = cls._used.get(who, 0)
            if used and used + n > settings.PREDICT_WINDOWS_PER_MINUTE:
                wait = {"Retry-After": str(60 - int(now % 60))}
                raise Problem(429, "too_many", "You ask more than the models may answer in a minute.", headers=wait)
            cls._used[who] = used + n
