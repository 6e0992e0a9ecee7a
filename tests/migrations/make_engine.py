"""The engine's part of the fixture: data, trainings, versions and their history, answers and what people said of them.

Part of make_site.py, which see; needs `tests.hub_server` of version 0.1.0.
"""

from __future__ import annotations

import json
import threading
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

TASK = "two-moves"
LABELS = ("squat", "pushup", "other")


def fill(world: SimpleNamespace) -> dict[str, Any]:
    """Everything, in the order in which it would happen; returns what a later reader should be answered."""
    from mlops.services.tasks import label_set_create, task_create

    labels = [{"name": name, "key": str(n)} for n, name in enumerate(LABELS, 1)]
    shared = label_set_create(name="Two moves", labels=labels, owner=world.staff, is_shared=True)
    label_set_create(name="My own words", labels=labels[:2], owner=world.athletes["ama"].user)
    world.task = task_create(
        name=TASK, title="Two moves", kind="sensor_classification", owner=world.staff, label_set=shared,
        input={"layout": "flextail", "window_s": "2", "stride_s": "1"}, gates={"accuracy": 0.5},
    )  # fmt: skip
    versions(world)
    asked(world)
    watched(world)
    reviewed(world)
    jobs(world)
    return {"answers": answers()}


def versions(world: SimpleNamespace) -> None:
    """Five versions by four ways, one whose data was erased, one that was deleted; every kind of event."""
    from accounts.models import User
    from mlops.models import ModelVersion
    from mlops.services.account_jobs import erase_start
    from mlops.services.logged_runs import logged_run_create
    from mlops.services.promotion import challenger_withdraw, task_rollback, version_challenge, version_promote
    from mlops.services.registry import version_delete, version_retire
    from mlops.services.studies import study_create

    task, staff = world.task, world.staff
    said = {"by": staff, "reason": "For the fixture", "override": True}
    first = train(world, build(world), "cnn", {"epochs": 3, "width": 8})
    version_promote(version=first, **said)
    exchanged(world, first)
    erase_start(user=world.athletes.pop("jon").user, by=world.admin)
    run_all()
    assert not User.objects.filter(username="jon").exists()
    first.refresh_from_db()
    assert first.retrain_due_at is not None

    dataset = build(world)
    second = train(world, dataset, "random_forest", {"n_estimators": 12, "max_depth": 4})
    version_challenge(version=second, share=0.25, **said)
    version_promote(version=second, **said)
    task_rollback(task=task, by=staff, reason="It was better before")
    version_promote(version=second, **said)
    study_create(
        task=task, dataset=dataset, estimator="random_forest", owner=staff, n_trials=2, config={"max_depth": 3},
        space={"n_estimators": {"low": 8, "high": 12, "log": False}},
    )  # fmt: skip
    run_all()
    third = ModelVersion.objects.get(run__study__isnull=False)
    version_challenge(version=third, share=0.5, **said)
    challenger_withdraw(task=task, by=staff)
    version_challenge(version=third, share=0.1, **said)
    version_delete(version=train(world, dataset, "random_forest", {"n_estimators": 5}), by=staff, reason="A mistake")
    version_retire(version=first, by=staff, reason="Its data was taken back")
    logged_run_create(
        task=task, name="Night 3", by=staff, source="a notebook", params={"layers": 2}, metrics={"accuracy": 0.9},
        curve=[{"epoch": n, "train_loss": 1 / n} for n in range(1, 6)],
    )  # fmt: skip


def exchanged(world: SimpleNamespace, version: Any) -> None:
    """Up to a hub, back from it, and a version that answers at an address, where nobody listens any more."""
    from django.conf import settings

    from mlops.ml.remote import Policy, configure
    from mlops.models import HubPush, ModelVersion
    from mlops.services.hub import pull_start, push_start
    from mlops.services.remote_models import remote_start
    from tests.hub_server import HubServer

    with HubServer() as hub:
        settings.HUB_ENDPOINT, settings.HF_TOKEN = hub.endpoint, "hf_write"
        push_start(version=version, repository="me/two-moves", private=True, licence="mit", by=world.staff)
        run_all()
        assert HubPush.objects.get().commit
        pull_start(task=world.task, repository="me/two-moves", revision="", by=world.staff)
        run_all()
        assert ModelVersion.objects.filter(origin__startswith="hub:").count() == 1
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Remote)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configure(Policy(("127.0.0.1",), allow_private=True, timeout_s=5.0))
    remote_start(task=world.task, url=f"http://127.0.0.1:{server.server_address[1]}/two", by=world.staff)
    run_all()
    server.shutdown()
    assert ModelVersion.objects.filter(origin__startswith="remote:").count() == 1


class _Remote(BaseHTTPRequestHandler):
    """Always says squat."""

    def log_message(self, *_: Any) -> None:
        return

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        scores = [{"label": label, "score": 0.8 if label == "squat" else 0.1} for label in LABELS]
        body = json.dumps(scores).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def asked(world: SimpleNamespace) -> None:
    """Answers by the API of three tasks and live, one corrected and one found right; one asked twice with a key."""
    from rest_framework.test import APIClient

    from mlops.models import Prediction
    from mlops.services.feedback import feedback_on_prediction
    from mlops.services.prediction_log import Answered, log_answer, log_write
    from mlops.services.serving import champion

    for name, task in (("ama", TASK), ("ama", "exercise"), ("kofi", TASK), ("lena", "movement-phase")):
        client, recording = APIClient(), world.recordings[name]
        client.force_login(world.athletes[name].user)
        path = f"/api/v1/tasks/{task}/predict/"
        for _ in range(2):
            answer = client.post(path, {"recording": str(recording.pk)}, format="json", HTTP_IDEMPOTENCY_KEY=f"1{task}")
            assert answer.status_code == 200, answer.content
    served = champion("exercise")
    for n in range(5):
        live = Answered(
            served.version_id, world.athletes["ama"].pk, "squat", 0.5 + n / 10, source=world.streams[0].pk,
            start_s=float(n), end_s=n + 3.0, abstained=n == 0,
        )  # fmt: skip
        log_answer(live)
    while log_write():
        pass
    ama = world.athletes["ama"].user
    mine = Prediction.objects.filter(task=world.task, athlete__user=ama).order_by("start_s")
    for prediction, label in ((mine[0], mine[0].label), (mine[1], "other")):
        feedback_on_prediction(task=world.task, pk=prediction.pk, label=label, by=ama)


def watched(world: SimpleNamespace) -> None:
    """A report that has too little to tell, one with a shift, alerts in all states."""
    from django.utils import timezone

    from mlops.models import Alert, AlertKind, DriftReport, ModelAlias, Task
    from mlops.services.alerts import alert_acknowledge, alert_close, alert_open
    from mlops.services.drift import drift_start, drift_store

    exercise = Task.objects.get(name="exercise")
    drift_start(task=exercise, owner=world.staff)
    run_all()
    now, version = timezone.now(), ModelAlias.objects.get(task=exercise, name="champion").version
    shift = {
        "name": "twist mean", "psi": 0.4, "ks": 0.3, "p_value": 0.001, "shifted": True, "edges": [0.0, 1.0],
        "reference": [0.4, 0.2, 0.4], "served": [0.1, 0.1, 0.8],
    }  # fmt: skip
    report = DriftReport(
        task=exercise, version=version, verdict="drift", period_from=now - timedelta(days=7), period_to=now,
        n_athletes=24, n_windows=4800,
        facts={
            "features": [shift], "n_features": 25, "answers": [], "labels": ["squat"], "n_reference": 20, "notes": [],
        },
    )  # fmt: skip
    drift_store(report=report)
    alert_acknowledge(alert=Alert.objects.get(), by=world.staff)
    alert_open(task=world.task, kind=AlertKind.ACCURACY, text="Right in 61 of 100.")
    alert_open(task=world.task, kind=AlertKind.DRIFT, text="A wrong clock.")
    alert_close(task=world.task, kind=AlertKind.DRIFT)


def reviewed(world: SimpleNamespace) -> None:
    """A queue that the champion filled: one item decided, one skipped, one claimed, the rest waiting."""
    from mlops.models import ReviewItem
    from mlops.services.review import review_decide, review_next
    from mlops.services.review_fill import fill_start, proposals_queue

    fill_start(task=world.task, owner=world.staff)
    run_all()
    proposals_queue(task=world.task)
    for action, more in (("correct", {"label": "pushup"}), ("skip", {}), ("empty", {})):
        item = review_next(user=world.staff, task=world.task)
        review_decide(item=item, user=world.staff, action=action, **more)
    review_next(user=world.second, task=world.task)
    assert ReviewItem.objects.filter(state="open").count() > 3


def jobs(world: SimpleNamespace) -> None:
    """A job in every status: most come of real work, those that a worker holds are written as it would."""
    from django.utils import timezone

    from mlops.models import Job, JobStatus
    from mlops.services.account_jobs import export_start
    from mlops.services.execution import job_execute_here
    from mlops.services.jobs import job_cancel, job_create
    from mlops.services.retraining import retrain_start
    from mlops.services.review_fill import fill_start

    ama, now = world.athletes["ama"].user, timezone.now()
    export_start(user=ama)
    gone = {"kind": "dataset.build", "title": "Build what is not there", "parameters": {"dataset": str(uuid.uuid4())}}
    job_create(**gone, owner=world.staff, is_engine=True)
    run_all()
    parent = retrain_start(task=world.task, owner=world.staff)
    job_execute_here(pk=parent.pk)
    job_cancel(job=fill_start(task=world.task, owner=world.staff), by=world.staff)
    held = {"claim_token": uuid.uuid4(), "worker": "host:1", "lease_until": now, "started_at": now, "attempt": 1}
    for status, more in (
        ("running", held), ("cancelling", {**held, "cancel_requested_at": now}),
        ("errored", {"failure_code": "bug", "failure_reason": "Something went wrong on our side.", "ended_at": now}),
    ):  # fmt: skip
        Job.objects.create(kind="account.export", title="Export my account", owner=ama, status=status, **more)
    found = set(Job.objects.values_list("status", flat=True))
    assert found == set(JobStatus.values), found
    assert Job.objects.filter(status="running", waits_for__isnull=False, children__status="queued").exists()


def answers() -> dict[str, Any]:
    """What each version that still serves says to its kind's example: {"two-moves v2": {"input", "output"}}."""
    import numpy as np

    from mlops.ml.artifact import read_manifest
    from mlops.models import ModelVersion
    from mlops.production import production_of
    from mlops.services.artifacts import artifact_path
    from mlops.services.serving import scorer_of, version_served

    found = {}
    for version in ModelVersion.objects.filter(retired_at__isnull=True).select_related("task"):
        example = np.asarray(production_of(version.task.kind).example(read_manifest(artifact_path(version))))
        if example.ndim == 3:
            wave = np.sin(np.arange(example[0].size) / 7).reshape(example[0].shape).round(4)
            example = np.broadcast_to(wave, example.shape)
        output = np.asarray(scorer_of(version_served(version)).answer(example.astype(np.float32)))
        known = np.where(np.isnan(example), None, example) if np.isnan(example).any() else example
        found[str(version)] = {"input": known.tolist(), "output": output.astype(float).round(7).tolist()}
    return found


def build(world: SimpleNamespace) -> Any:
    """A dataset of what is labelled now."""
    from mlops.services.datasets import dataset_create

    dataset = dataset_create(task=world.task, owner=world.staff, parameters={"split": "subjects"})
    run_all()
    dataset.refresh_from_db()
    assert dataset.status == "ready", dataset.job.failure_reason
    return dataset


def train(world: SimpleNamespace, dataset: Any, estimator: str, config: dict[str, Any]) -> Any:
    """One version, trained in this process."""
    from mlops.services.runs import run_create

    run = run_create(task=world.task, dataset=dataset, estimator=estimator, owner=world.staff, config=config)
    run_all()
    run.refresh_from_db()
    assert run.job.status == "succeeded", run.job.failure_reason
    return run.version


def run_all() -> None:
    """Do every waiting job, and those that these start, until nothing waits."""
    from mlops.models import Job
    from mlops.services.execution import job_execute_here

    kept = ("live.store",)
    while waiting := list(Job.objects.filter(status="queued").exclude(kind__in=kept).values_list("pk", flat=True)):
        for pk in waiting:
            job_execute_here(pk=pk)
