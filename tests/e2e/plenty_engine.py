"""The engine's part of a full life: a training, a search, answers, alerts, drift, reviews, all fates of versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

TASK = "exercise"
PATIENCE_S = 300


def begin() -> dict[str, Any]:
    """Let the site's workers build a dataset of the task; `finish` goes on from there."""
    from mlops.datasets.services.datasets import dataset_create
    from mlops.models import Task

    task = Task.objects.get(name=TASK)
    return {"task": task, "dataset": dataset_create(task=task, owner=None, parameters={"split": "subjects"})}


def finish(waiting: dict[str, Any]) -> list[str]:
    """A small training and a search of two trials; returns the pages of all of them."""
    from mlops.models import Run
    from mlops.training.services.runs import run_create
    from mlops.training.services.studies import study_create

    task, dataset = waiting["task"], waiting["dataset"]
    _wait(lambda: dataset.refresh_from_db() or dataset.status != "building")
    quick = {"task": task, "dataset": dataset, "owner": None}
    run = run_create(**quick, estimator="cnn", config={"epochs": 2})
    study = study_create(
        **quick, estimator="random_forest", n_trials=2, config={"max_depth": 4},
        space={"n_estimators": {"low": 10, "high": 20, "log": False}},
    )  # fmt: skip
    jobs = [run.job, study.job]
    _wait(lambda: [job.refresh_from_db() for job in jobs] and all(job.is_ended for job in jobs))
    wrong = [f"{job}: {job.failure_reason}" for job in jobs if job.status != "succeeded"]
    assert not wrong, wrong
    winner = Run.objects.get(study=study, trial=None)
    return [
        f"/ml/datasets/{dataset.pk}/", *(f"/ml/runs/{one.pk}/" for one in (run, winner)),
        f"/ml/versions/{winner.version.pk}/", f"/ml/studies/{study.pk}/",
        f"/ml/runs/compare/?run={run.pk}&run={winner.pk}", f"/ml/tasks/{TASK}/",
        *(f"/ml/tasks/{TASK}/train/?estimator={name}" for name in ("cnn", "random_forest")),
    ]  # fmt: skip


def rows() -> list[str]:
    """What a served model leaves behind; returns the pages that show it."""
    from accounts.models import User
    from mlops.models import Alert, AlertKind, LoggedRun, ModelAlias, Task
    from mlops.monitoring.services.alerts import alert_acknowledge

    task, staff = Task.objects.get(name=TASK), User.objects.get(username="staff")
    champion = ModelAlias.objects.get(task=task, name="champion").version
    _answers(task, [champion], staff)
    _drift(task, champion)
    _queue(task, champion, staff)
    Alert.objects.create(task=task, version=champion, kind=AlertKind.DRIFT, text="It is asked other things: twist.")
    right = Alert.objects.create(task=task, version=champion, kind=AlertKind.ACCURACY, text="Right in 61 of 100.")
    alert_acknowledge(alert=right, by=staff)
    logged = LoggedRun.objects.create(
        task=task, name="Grid search, night 3", source="a notebook", params={"layers": 2, "learning_rate": 0.01},
        metrics={"accuracy": 0.93}, by=staff, curve=[{"epoch": n, "train_loss": 1 / n} for n in range(1, 9)],
    )  # fmt: skip
    spare = _other_versions(task, champion, staff)
    names = Task.objects.values_list("name", flat=True)
    return [
        *(f"/ml/versions/{pk}/" for pk in (champion.pk, *spare)), f"/ml/exchange/runs/{logged.pk}/",
        *(f"/ml/drift/?task={name}" for name in names), *(f"/ml/tasks/{name}/" for name in names),
        "/ml/queue/", f"/ml/queue/?task={TASK}", "/ml/samples/?show=proposed", f"/ml/minutes/?task={TASK}",
        f"/ml/tasks/{TASK}/search/?estimator=cnn",
    ]  # fmt: skip


def _answers(task: Any, versions: list[Any], staff: Any) -> None:
    """Eight weeks of answers of champion (and challenger) to every demo athlete; some were reviewed, some corrected."""
    from django.utils import timezone

    from accounts.models import Athlete
    from mlops.models import Feedback, Prediction

    now = timezone.now()
    for n, athlete in enumerate(Athlete.objects.filter(user__is_demo=True)):
        arm = n % len(versions)
        version = versions[arm]
        for week in range(8):
            answers = [
                Prediction(
                    task=task, version=version, athlete=athlete, origin="live", label=label, abstained=part == 4,
                    confidence=0.5 + part / 12, at=now - timedelta(days=7 * week, minutes=part + n),
                    arm=("champion", "challenger")[arm],
                )
                for part, label in enumerate(("squat", "row", "plank", "pushup", "squat"))
            ]  # fmt: skip
            Prediction.objects.bulk_create(answers)
            Feedback.objects.bulk_create(
                Feedback(
                    task=task, version=version, prediction=one, athlete=athlete, origin="review", answered=one.label,
                    label="deadlift" if part == 1 else one.label, is_audit=part != 1, confidence=one.confidence,
                    by=staff, at=one.at,
                )
                for part, one in enumerate(answers[:3])
            )  # fmt: skip


def _drift(task: Any, version: Any) -> None:
    """A report without a shift and a newer one with one; an earlier alert that is over."""
    from django.utils import timezone

    from mlops.models import Alert, AlertKind, DriftReport

    now = timezone.now()
    shift = {
        "psi": 0.4, "ks": 0.3, "p_value": 0.001, "shifted": True, "edges": [n / 10 for n in range(1, 10)],
        "reference": [0.1] * 10, "served": [0.02 * n for n in range(10)],
    }  # fmt: skip
    calm = {**shift, "psi": 0.02, "ks": 0.04, "p_value": 0.7, "shifted": False}
    period = {"period_from": now - timedelta(days=7), "period_to": now, "n_athletes": 24, "n_examples": 4800}
    for verdict, first in (("calm", calm), ("drift", shift)):
        DriftReport.objects.create(
            task=task, version=version, verdict=verdict, **period,
            facts={
                "features": [{"name": "lumbarAngle mean", **first}, {"name": "twist pace", **calm}], "n_features": 25,
                "answers": [{"name": "confidence", **first}], "labels": ["squat", "row"], "n_reference": 20,
                "notes": ["Confidence is compared on five people only."],
            },
        )  # fmt: skip
    Alert.objects.create(task=task, version=version, kind=AlertKind.DRIFT, text="It was a wrong clock.", closed_at=now)


def _queue(task: Any, version: Any, staff: Any) -> None:
    """Stretches of every reason, some decided by two people."""
    from accounts.models import Athlete, Role, User
    from mlops.models import Review, ReviewItem, ReviewReason
    from sessions.models import Recording

    second = User.objects.create_user("second-labeller", "second@example.org", role=Role.ML_STAFF)
    athlete = Athlete.objects.get(user__username="athlete")
    recording = Recording.objects.filter(session__athlete=athlete, layout__key="flextail").first()
    scores = [{"label": "squat", "score": 0.41}, {"label": "row", "score": 0.38}, {"label": "plank", "score": 0.21}]
    for n, reason in enumerate(ReviewReason.values * 2):
        item = ReviewItem.objects.create(
            task=task, version=version, athlete=athlete, reason=reason, source=recording.pk, start_s=4.0 * n,
            end_s=4.0 * n + 3, label="squat", scores=scores, urgency=n, n_wanted=2, state="done" if n % 2 else "open",
        )  # fmt: skip
        if item.state == "done":
            for who, label in ((staff, "squat"), (second, "squat" if n > 3 else "row")):
                Review.objects.create(item=item, by=who, action="confirm", label=label)


def _other_versions(task: Any, champion: Any, staff: Any) -> list[Any]:
    """A retired one, one that should be trained anew, one from elsewhere that was published, a damaged one.

    The challenger belongs to a task that no live stream asks: stories that stream expect the champion.
    """
    from django.utils import timezone

    from mlops.models import HubPush, ModelAlias, ModelVersion, PromotionEvent
    from mlops.registry.services.retirement import number_next

    now = timezone.now()
    same = {
        "task": task, "estimator": champion.estimator, "artifact_dir": champion.artifact_dir,
        "artifact_hash": champion.artifact_hash, "metrics": champion.metrics, "gates": champion.gates,
    }  # fmt: skip
    fates = [
        {"retired_at": now},
        {"retrain_due_at": now},
        {"origin": "hub:someone/exercise@0123456789", "metrics": {**champion.metrics, "claimed": {"accuracy": 0.99}}},
        {"gates": {"accuracy": {"least": 0.99, "value": 0.96, "passed": False}}, "artifact_hash": "0" * 64},
    ]
    made = [ModelVersion.objects.create(number=number_next(task), **{**same, **fate}) for fate in fates]
    phases = ModelAlias.objects.select_related("task", "version").get(task__name="movement-phase", name="champion")
    second = ModelVersion.objects.create(
        number=number_next(phases.task), **{name: getattr(phases.version, name) for name in same}
    )
    ModelAlias.objects.create(task=phases.task, name="challenger", version=second, traffic_share=0.25)
    PromotionEvent.objects.create(
        task=phases.task, action="challenge", alias="challenger", to_version=second, share=0.25, reason="A quarter"
    )
    _answers(phases.task, [phases.version, second], staff)
    HubPush.objects.create(
        version=made[2], title="exercise v4", repository="someone/exercise", endpoint="https://hub.example",
        licence="mit", commit="0123456789abcdef", data_erased_at=now,
    )  # fmt: skip
    return [version.pk for version in (*made, second)]


def _wait(is_so: Callable[[], Any]) -> None:
    """Ask twice a second; the site's workers do the work meanwhile."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "the workers of the site took too long"
        time.sleep(0.5)
