"""A site made by version 0.1.0 goes on under today's code: nobody and nothing is lost."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client

from accounts.models import ApiToken, Consent, Team, User
from accounts.services.tokens import TokenRefused, token_hash, token_resolve
from burnout.models import CheckIn, Outcome, RiskEstimate
from mlops.models import (
    Alert,
    Dataset,
    DatasetSubject,
    DriftReport,
    Feedback,
    HubPush,
    Job,
    LoggedRun,
    ModelAlias,
    ModelVersion,
    Prediction,
    PromotionEvent,
    ReviewItem,
    Run,
    Study,
)
from sessions.models import LiveStream, Recording, Span, StreamChunk
from tests.migrations.old_site import OldSite, old_site

GROWING = {"django_migrations", "django_content_type", "auth_permission", "workouts_sensorlayout"}
"""Lists of what the code has (Django's own, built-in layouts): they may be longer by now."""
RENAMED = {"mlops_judgedsubject": "mlops_evaluatedsubject"}
"""Tables of version 0.1 that have another name today."""
CACHE = "web_cache"
TASK = "two-moves"


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_blocker):
    with old_site(tmp_path_factory.mktemp("old"), django_db_blocker) as found:
        yield found


@pytest.fixture
def served(site):
    """The engine's parts that a migrated site is asked through, forgetting what other tests were served."""
    from mlops.serving.services.versions import scorer_of, serving_forget, version_served

    serving_forget()

    def answer(version: Any, inputs: Any) -> Any:
        scorer = scorer_of(version_served(version))
        found = getattr(scorer, "answer_normalised", scorer.answer)(inputs)  # windows were kept as they were scored
        return [one["risk"] if isinstance(one, dict) else one for one in found]  # risks were plain numbers then

    yield answer
    serving_forget()


@pytest.fixture
def browse(site):
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=name), backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return signed_in


@pytest.fixture
def run_here(site, monkeypatch):
    """Do a waiting job in this process; nothing is sent to a queue."""
    from mlops.jobs.services import delivery, jobs
    from mlops.jobs.services.execution import job_execute_here

    for module in (delivery, jobs):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)

    def run(pk) -> Job:
        job_execute_here(pk=pk)
        job = Job.objects.get(pk=pk)
        assert job.status == "succeeded", (job.failure_reason, job.log_tail)
        return job

    return run


def test_every_table_has_its_rows(site: OldSite):
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        wanted = {RENAMED.get(name, name): n for name, n in site.counts().items() if name != CACHE}
        assert set(wanted) <= there, "a table went: say here where its rows are now"
        for name, n in wanted.items():
            cursor.execute(f"select count(*) from {connection.ops.quote_name(name)}")
            found = cursor.fetchone()[0]
            assert found >= n if name in GROWING else found == n, name
    # A site that holds nothing of something would show nothing about it.
    assert {
        name for name, n in wanted.items() if name.startswith(("mlops_", "workouts_", "burnout_")) and not n
    } == set()


def test_people_sign_in_as_before(site: OldSite):
    password = site.facts["password"]
    roles = {"ama": "athlete", "kwame": "coach", "ingrid": "ml_staff", "rafael": "administrator"}
    for name, role in roles.items():  # one of each: a check of a password is slow on purpose
        user = authenticate(username=name, password=password)
        assert (user.username, user.role) == (name, role)
    assert authenticate(username="ama", password=password + "x") is None
    before = site.asked("select username, email, password, role, units, time_zone from accounts_user")
    assert set(User.objects.values_list("username", "email", "password", "role", "units", "time_zone")) == set(before)
    answer = Client().post("/accounts/login/", {"login": "ama@example.org", "password": password})
    assert answer.status_code == 302
    answer = Client().post("/accounts/login/", {"login": "efua", "password": password}, follow=True)
    assert "2fa" in answer.redirect_chain[-1][0], "her second factor is still asked for"


def test_tokens_and_consents_open_what_they_opened(site: OldSite):
    token = ApiToken.objects.get(secret_hash=token_hash(site.facts["token"]))
    assert (token.user.username, token.scopes) == ("ama", ["read", "write"])
    with pytest.raises(TokenRefused):
        token_resolve(site.facts["token"] + "x")
    kofi, yaw = User.objects.get(username="kofi"), User.objects.get(username="yaw")
    active = Consent.objects.active()
    assert set(active.filter(athlete__user=kofi).values_list("kind", flat=True)) == {"learning"}
    assert "recovery" not in active.filter(athlete__user=yaw).values_list("scope", flat=True)


def test_recordings_are_read_with_their_labels(site: OldSite):
    from sessions.selectors.recordings import recording_samples, samples_path

    for recording in Recording.objects.select_related("layout"):
        parts = list(recording_samples(recording))
        t, samples = (np.concatenate(column) for column in zip(*parts, strict=True))
        assert samples_path(recording).is_file()
        assert samples.shape == (recording.n_samples, len(recording.layout.channels))
        assert np.isfinite(t).all()
        for original in recording.originals:
            kept = Path(settings.MEDIA_ROOT, original["file"]).read_bytes()
            assert hashlib.sha256(kept).hexdigest() == original["sha256"]
    assert Recording.objects.exclude(originals=[]).count() == 1
    before = site.asked("select label, state, count(*) from workouts_span group by 1, 2")
    assert Counter(Span.objects.values_list("label", "state")) == {(label, state): n for label, state, n in before}


def test_live_streams_keep_what_was_acknowledged(site: OldSite):
    from sessions.live.services.frames import frame_from_payload

    assert Counter(LiveStream.objects.values_list("state", flat=True)) == {"open": 1, "finished": 1, "stored": 1}
    assert LiveStream.objects.get(state="stored").recording.n_samples == 300
    for chunk in StreamChunk.objects.all():
        frame = frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload))
        assert frame.t[0] == pytest.approx(chunk.seq)


def test_every_version_answers_as_it_did(site: OldSite, served):
    versions = {str(version): version for version in ModelVersion.objects.select_related("task")}
    ways = {version.origin.partition(":")[0] for version in versions.values()}
    assert {"run", "hub", "remote"} <= ways
    for name, said in site.facts["answers"].items():
        inputs = np.asarray(said["input"], dtype=np.float32)  # None becomes NaN
        np.testing.assert_allclose(served(versions[name], inputs), said["output"], atol=1e-5, err_msg=name)
    assert len(site.facts["answers"]) == ModelVersion.objects.filter(retired_at__isnull=True).count()


def test_aliases_and_their_history_stay(site: OldSite):
    before = site.asked(
        "select t.name, a.name, v.number, a.traffic_share from mlops_modelalias a "
        "join mlops_modelversion v on v.id = a.version_id join mlops_task t on t.id = a.task_id"
    )
    now = ModelAlias.objects.values_list("task__name", "name", "version__number", "traffic_share")
    assert set(now) == set(before)
    before = site.asked(
        "select t.name, e.action, e.alias, e.from_number, e.to_number, e.reason, u.username "
        "from mlops_promotionevent e join mlops_task t on t.id = e.task_id "
        "left join accounts_user u on u.id = e.by_id order by e.at, e.id"
    )
    now = PromotionEvent.objects.order_by("at", "pk").values_list(
        "task__name", "action", "alias", "from_number", "to_number", "reason", "by__username"
    )
    assert list(now) == before
    assert {event[1] for event in before} == {"promote", "rollback", "challenge", "withdraw", "retire", "delete"}


def test_shipped_models_are_registered_once(site: OldSite):
    from mlops.registry.services.champions import champions_register

    n_shipped = ModelVersion.objects.filter(artifact_dir__startswith="champions/", retired_at__isnull=True).count()
    new = champions_register()
    rows = ModelVersion.objects.filter(artifact_dir__startswith="champions/", retired_at__isnull=True)
    assert rows.count() >= n_shipped
    assert ModelVersion.objects.filter(retired_at__isnull=False).count() <= new + 1
    assert champions_register() == 0


def test_jobs_keep_their_ends(site: OldSite):
    before = site.asked("select kind, status, failure_code, failure_reason, title from mlops_job")
    now = Job.objects.values_list("kind", "status", "failure_code", "failure_reason", "title")
    assert Counter(now) == Counter(before)
    assert {job[1] for job in before} >= {"queued", "running", "cancelling", "succeeded", "failed", "errored"}
    for job in Job.objects.all():
        assert isinstance(job.sentence, str)


def test_trainings_and_searches_keep_their_curves(site: OldSite):
    runs = {str(run.pk).replace("-", ""): run for run in Run.objects.select_related("job", "dataset")}
    for pk, curve in site.asked("select id, json_array_length(curve) from mlops_run"):
        assert len(runs[pk].curve) == curve
    assert any(len(run.curve) > 1 for run in runs.values())
    assert Study.objects.get().runs.filter(trial__isnull=False).count() == 2
    assert Counter(Dataset.objects.values_list("status", flat=True)) == {"ready": 1, "redacted": 1, "building": 1}
    assert HubPush.objects.get().data_erased_at is not None
    assert LoggedRun.objects.get().params == {"layers": 2}


def test_logs_and_what_people_said_are_read(site: OldSite, browse):
    answers = Prediction.objects.select_related("version", "athlete")
    before = site.asked("select label, origin, abstained, count(*) from mlops_prediction group by 1, 2, 3")
    found = Counter((one.label, str(one.origin), one.abstained) for one in answers)
    assert found == {(label, origin, bool(abstained)): n for label, origin, abstained, n in before}
    said = site.asked("select answered, label, origin from mlops_feedback")
    assert Counter(Feedback.objects.values_list("answered", "label", "origin")) == Counter(said)
    assert Counter(DriftReport.objects.values_list("verdict", flat=True)) == {"too_few": 1, "drift": 1}
    assert Alert.objects.filter(closed_at__isnull=True).count() == 2
    assert Counter(ReviewItem.objects.values_list("state", flat=True)) == Counter(
        state for (state,) in site.asked("select state from mlops_reviewitem")
    )
    client = browse("ingrid")
    for path, model in (("answers", Prediction), ("feedback", Feedback), ("review-items", ReviewItem)):
        answer = client.get(f"/api/v1/{path}/")
        assert answer.status_code == 200, path
        assert answer.json()["results"], (path, model)


def test_what_later_versions_ask_of_a_row_is_filled(site: OldSite):
    n_windows = {
        pk: json.loads(facts).get("n_windows") for pk, facts in site.asked("select id, facts from mlops_dataset")
    }
    for dataset in Dataset.objects.all():
        assert dataset.facts.get("n_examples") == n_windows[dataset.pk.hex]
    sizes = site.asked("select subject, n_windows from mlops_datasetsubject")
    assert Counter(DatasetSubject.objects.values_list("subject", "n_examples")) == Counter(sizes)
    for row in DatasetSubject.objects.filter(redacted_at=None):
        assert row.owner == row.subject, "whose data it is, so that erasing finds it"
    for row in Feedback.objects.all():
        assert row.agreement == (row.label == row.answered)
    for item in ReviewItem.objects.exclude(scores=[]):
        assert item.said["label"] == item.scores[0]["label"]


def test_days_and_risks_are_read(site: OldSite):
    before = site.asked("select athlete_id, day, stress, sleep_hours, workload, source, note from burnout_checkin")
    now = CheckIn.objects.values_list("athlete_id", "day", "stress", "sleep_hours", "workload", "source", "note")
    assert {(who, str(day), *rest) for who, day, *rest in now} == set(before)
    risks = dict(site.asked("select id, risk from burnout_riskestimate"))
    for estimate in RiskEstimate.objects.all():
        assert estimate.risk == pytest.approx(risks[estimate.pk])
        assert estimate.curve[0][1] == pytest.approx(1.0)
        assert estimate.drivers
    assert set(Outcome.objects.values_list("kind", flat=True)) == {"injury", "illness"}


def test_pages_show_it(site: OldSite, browse):
    team = Team.objects.get(name="Morning group").pk
    ama = User.objects.get(username="ama").athlete
    version = ModelAlias.objects.get(task__name=TASK, name="champion").version
    recording = Recording.objects.filter(session__athlete=ama).first()
    rows = [*Recording.objects.filter(session__athlete=ama)[:2], *LiveStream.objects.all()]
    own = [f"/workouts/{row.session_id}/" for row in rows]
    pages = {
        "ama": ["/", "/today/", "/workouts/", f"/recordings/{recording.pk}/", "/recovery/", "/live/", "/jobs/", *own],
        "kwame": ["/", "/teams/", f"/teams/{team}/", f"/athletes/{ama.pk}/", f"/athletes/{ama.pk}/recovery/",
                  f"/teams/{team}/recovery/", f"/recordings/{recording.pk}/"],
        "ingrid": [
            "/ml/", "/ml/tasks/", "/ml/datasets/", "/ml/runs/", "/ml/versions/", "/ml/drift/", "/ml/queue/", "/jobs/",
            "/ml/exchange/", "/ml/label-sets/", "/ml/samples/",
            *(f"/ml/tasks/{name}/" for name in ModelAlias.objects.values_list("task__name", flat=True)),
            *(f"/ml/datasets/{row.pk}/" for row in Dataset.objects.all()),
            *(f"/ml/runs/{row.pk}/" for row in Run.objects.all()),
            *(f"/ml/studies/{row.pk}/" for row in Study.objects.all()),
            *(f"/ml/versions/{row.pk}/" for row in ModelVersion.objects.all()),
            *(f"/jobs/{row.pk}/" for row in Job.objects.visible_to(User.objects.get(username="ingrid"))),
            f"/ml/exchange/runs/{LoggedRun.objects.get().pk}/", f"/ml/runs/?q=task = \"{TASK}\"",
            f"/ml/versions/{version.pk}/download/",
        ],
        "rafael": ["/", "/jobs/", "/admin/"],
    }  # fmt: skip
    for name, paths in pages.items():
        client = browse(name)
        for path in paths:
            assert client.get(path).status_code == 200, (name, path)


def test_old_data_is_learned_from_again(site: OldSite, run_here, served):
    from mlops.training.services.runs import run_create

    dataset = Dataset.objects.select_related("task").get(status="ready", task__name=TASK)
    run = run_create(
        task=dataset.task, dataset=dataset, estimator="random_forest", owner=None, config={"n_estimators": 5}
    )
    run_here(run.job_id)
    version = ModelVersion.objects.get(run=run)
    said = site.facts["answers"][f"{TASK} v{ModelAlias.objects.get(task=dataset.task, name='champion').version.number}"]
    assert np.shape(served(version, np.asarray(said["input"], np.float32))) == np.shape(said["output"])
    n_past = len(
        site.asked(
            f"select v.id from mlops_modelversion v join mlops_task t on t.id = v.task_id where t.name = '{TASK}'"
        )
    )
    assert version.number == n_past + 2, "the number of the deleted version stays its own"


def test_a_retraining_that_waited_goes_on(site: OldSite, run_here):
    parent = Job.objects.get(kind="task.retrain", status="running")
    child = Job.objects.get(parent=parent, status="queued")
    run_here(child.pk)
    assert Dataset.objects.get(job=child).status == "ready"
    parent.refresh_from_db()
    assert parent.status in ("queued", "running")
    if parent.status == "queued":
        from mlops.jobs.services.execution import job_execute_here

        job_execute_here(pk=parent.pk)
    run = Run.objects.get(job__parent=parent)
    run_here(run.job_id)
    run_here(parent.pk)
    assert Job.objects.get(pk=parent.pk).result["text"]
