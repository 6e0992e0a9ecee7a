"""Requests of programs to a served model: read by the kind, answered through the door, written as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from mlops.kinds.questions import Payload
from mlops.serving.services.door import Budget, Reply, answer, served_for
from mlops.serving.services.versions import ServedVersion, answered_by, scorer_of
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for

MAX_ASKED = 32
"""Questions in one request."""


def task_predict(
    *, task: Task, payloads: Sequence[Payload], user: Any, top_k: int = 0, why: bool = False
) -> list[dict[str, Any]]:
    """Answer each payload; one version answers the whole of it, named beside the answers.

    top_k  how many labels of each answer are given; 0 for all
    why    say with each answer what made it, where the kind can
    Raises ValidationError, Http404 for rows that `user` may not see, and what the door refuses.
    """
    if not 1 <= len(payloads) <= MAX_ASKED:
        raise ValidationError({"batch": f"Send 1 to {MAX_ASKED} questions at once."}, code="bad_shape")
    kind = kind_for(task)
    questions = [kind.read_question(task, payload, user) for payload in payloads]
    replies = answer(
        task=task,
        questions=questions,
        log_share=settings.PREDICTION_API_SHARE,
        admit=lambda n: Budget.take(user.pk, n),
    )
    return [_written(task, reply, top_k, why) for reply in replies]


def served_describe(*, task: Task) -> dict[str, Any]:
    """What answers now: names, labels, window and channels. Problem 409 `no_champion`."""
    served = served_for(task)
    manifest = served.manifest
    return {
        **_named(served),
        "estimator": manifest.get("estimator", ""),
        "accepts": list(kind_for(task).accepts),
        "labels": manifest.get("labels", []),
        "layout": manifest.get("layout"),
        "generated": bool(manifest.get("generated") or manifest.get("demo")),
    }


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


def _written(task: Task, reply: Reply, top_k: int, why: bool) -> dict[str, Any]:
    kind, manifest = kind_for(task), reply.served.manifest
    predictions = []
    for number, said in enumerate(reply.answers):
        logged = reply.logged.get(number)
        entry = {
            **({"scores": said.value[: top_k or None]} if isinstance(said.value, list) else {"answer": said.value}),
            "headline": said.headline.to_json(),
            "abstained": said.headline.abstained,
            "reason": said.headline.reason,
            "prediction": str(logged) if logged else None,
            **reply.inputs.at(number).to_json(),
        }
        if why and not reply.fallback:
            found = kind.why(scorer_of(reply.served), reply.inputs.values[number : number + 1], manifest)
            entry["why"] = [{"name": one.name, "effect": one.mean} for one in found]
        predictions.append(entry)
    source = {"source": "fallback"} if reply.fallback else answered_by(reply.served)
    return {**_named(reply.served), **source, "predictions": predictions}


def payloads_of(body: Mapping[str, Any], files: Mapping[str, Any]) -> tuple[list[Payload], bool]:
    """The questions of a request body, and whether they came as a batch. Raises ValidationError."""
    is_batch = isinstance(body.get("batch"), list) and len(body) == 1
    questions = body["batch"] if is_batch else [body]
    if not all(isinstance(one, Mapping) for one in questions):
        raise ValidationError("Each question is a JSON object.", code="bad_shape")
    return [Payload(one, {} if is_batch else files) for one in questions], is_batch
