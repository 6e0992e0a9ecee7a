"""The loop by mouse and by program."""

import io
import json
import zipfile

import pytest

from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.kinds.examples import BuildConfig
from mlops.models import Dataset, Job, LabelSet, ModelAlias, Run, Task
from mlops.tasks.services.tasks import labels_check

pytestmark = pytest.mark.django_db


def post(client, path, body, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_the_whole_loop_by_mouse(staff, browse, kind, label_set, media, delivered):
    page = browse(staff)
    assert "No tasks yet" in page.get("/ml/").content.decode()
    made = page.post(
        "/ml/tasks/new/?kind=tiny",
        {"title": "By mouse", "name": "by-mouse", "label_set": label_set.pk, "gate.accuracy": "0.5",
         "tiny.layout": "tiny"},
    )  # fmt: skip
    assert made.url == "/ml/tasks/by-mouse/"
    assert "Build dataset" in page.get("/ml/").content.decode()
    built = page.post("/ml/tasks/by-mouse/build/", {"split": "subjects", "balance": "none", "seed": "0"})
    dataset = Dataset.objects.get()
    assert built.url == f"/ml/datasets/{dataset.pk}/"
    assert "Waiting for a free worker" in page.get(built.url).content.decode()
    job_execute_here(pk=dataset.job_id)
    text = page.get(built.url).content.decode()
    assert "Contains generated data" in text
    assert "By people (recommended)" in text
    assert "As recorded" in text
    assert dataset.parameters["include_generated"] is False
    assert "Train model" in page.get("/ml/").content.decode()

    form = page.get(f"/ml/tasks/by-mouse/train/?dataset={dataset.pk}").content.decode()
    assert "Step size" in form
    answer = page.post(
        "/ml/tasks/by-mouse/train/",
        {"dataset": dataset.pk, "seed": "0", "option_epochs": "30", "option_rate": "0.5", "option_mode": "plain",
         "option_bias": "on"},
    )  # fmt: skip
    run = Run.objects.get()
    assert answer.url == f"/ml/runs/{run.pk}/"
    job_execute_here(pk=run.job_id)
    text = page.get(answer.url).content.decode()
    assert "<polyline" in text
    assert "Open version 1" in text
    version = Run.objects.get().version
    assert "Review version" in page.get("/ml/").content.decode()
    text = page.get(f"/ml/versions/{version.pk}/").content.decode()
    for words in ("Confusion matrix", "By label", "model.onnx", "Model card", "never seen", "No champion yet"):
        assert words in text, words
    page.post(f"/ml/versions/{version.pk}/promote/", {"expected": "", "reason": "Good enough"})
    assert ModelAlias.objects.get().version == version
    text = page.get("/ml/tasks/by-mouse/").content.decode()
    assert "Good enough" in text
    assert "Everything is up to date" in page.get("/ml/").content.decode()


def test_the_whole_loop_by_program(staff, athlete, api, task, media, delivered):
    client = api(staff)
    refused = post(client, "/api/v1/datasets/", {"task": "tiny-task", "split": "odd"})
    assert refused.status_code == 400
    made = post(client, "/api/v1/datasets/", {"task": "tiny-task"}, **{"Idempotency-Key": "first"})
    assert made.status_code == 202
    again = post(client, "/api/v1/datasets/", {"task": "tiny-task"}, **{"Idempotency-Key": "first"})
    assert again.json()["job"] == made.json()["job"]
    assert Job.objects.count() == 1
    job_execute_here(pk=made.json()["job"])
    job = client.get(made.json()["status_url"]).json()
    assert (job["status"], job["result"]["dataset"]) == ("succeeded", made.json()["dataset"])

    bad = post(
        client,
        "/api/v1/runs/",
        {"dataset": made.json()["dataset"], "estimator": "tiny_linear", "config": {"epochs": 10**9}},
    )
    assert bad.status_code == 400
    assert bad.json()["errors"][0]["field"] == "epochs"
    run = post(
        client,
        "/api/v1/runs/",
        {"dataset": made.json()["dataset"], "estimator": "tiny_linear", "config": {"epochs": 40}},
    )
    assert run.status_code == 202
    job_execute_here(pk=run.json()["job"])
    told = client.get(f"/api/v1/runs/{run.json()['run']}/").json()
    version = client.get(f"/api/v1/versions/{told['version']}/").json()
    assert version["gates_passed"]
    promoted = post(client, "/api/v1/promotions/", {"version": version["id"], "expected": None})
    assert promoted.status_code == 200
    twice = post(client, "/api/v1/promotions/", {"version": version["id"], "expected": None})
    assert (twice.status_code, twice.json()["code"]) == (409, "champion_moved")
    assert client.get("/api/v1/tasks/tiny-task/").json()["champion"] == version["id"]
    offered = api(athlete).get("/api/v1/tasks/").json()["results"]
    assert [(one["name"], one["champion"]) for one in offered] == [("tiny-task", version["id"])]
    assert api(athlete).get("/api/v1/tasks/tiny-task/").status_code == 404
    back = post(client, "/api/v1/tasks/tiny-task/rollback/", {})
    assert (back.status_code, back.json()["code"]) == (409, "no_previous")
    response = client.get(f"/api/v1/versions/{version['id']}/download/")
    names = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))).namelist()
    assert {"tiny-task-v1/manifest.json", "tiny-task-v1/model.onnx"} <= set(names)


def test_a_task_by_program(staff, api, kind, label_set):
    body = {"name": "t", "title": "T", "kind": "tiny", "label_set": str(label_set.pk), "gates": {"accuracy": 0.7}}
    assert post(api(staff), "/api/v1/tasks/", body).status_code == 201
    made = post(api(staff), "/api/v1/tasks/", {**body, "name": "no-gates", "gates": {}})
    assert (made.status_code, made.json()["gates"]) == (201, {})
    suggested = {**body, "name": "suggested"}
    del suggested["gates"]
    made = post(api(staff), "/api/v1/tasks/", suggested)
    assert (made.status_code, made.json()["gates"]) == (201, {"accuracy": {"least": 0.8}})
    assert Task.objects.get(name="t").input["layout"] == "tiny"
    assert post(api(staff), "/api/v1/tasks/", body).status_code == 400
    impossible = ({"kind": "none"}, {"input": {"layout": "other"}}, {"name": "new"}, {"gates": {"accuracy": 2}})
    for wrong in (*impossible, {"label_set": None}):
        assert post(api(staff), "/api/v1/tasks/", {**body, "name": "u", **wrong}).status_code in (400, 409), wrong


def test_athletes_change_nothing(athlete, api, task):
    assert post(api(athlete), "/api/v1/datasets/", {"task": "tiny-task"}).status_code == 403
    assert api(athlete).get("/api/v1/tasks/").json()["results"] == []


def test_the_51st_job_is_429(athlete, api, settings, delivered):
    settings.JOB_MAX_QUEUED_PER_USER = 1
    job = job_create(kind="test.fail", title="A", owner=athlete, parameters={})
    job_execute_here(pk=job.pk)
    job_create(kind="test.write", title="B", owner=athlete, parameters={})
    answer = post(api(athlete), f"/api/v1/jobs/{job.pk}/retry/", {})
    assert (answer.status_code, answer.json()["code"]) == (429, "quota")
    assert answer.headers["Retry-After"]


def test_job_pages_tell_why_it_failed_and_offer_another_try(athlete, browse, new_job):
    job = new_job("test.bug")
    job_execute_here(pk=job.pk)
    page = browse(athlete)
    text = page.get(f"/jobs/{job.pk}/").content.decode()
    assert "Something went wrong on our side" in text
    assert "ZeroDivision" not in text
    assert "Try again" in text
    again = page.post(f"/jobs/{job.pk}/retry/")
    assert Job.objects.count() == 2
    assert again.url != f"/jobs/{job.pk}/"


def test_an_open_job_polls_and_can_be_cancelled(athlete, browse, new_job):
    job = new_job()
    page = browse(athlete)
    assert 'hx-trigger="every 1s"' in page.get(f"/jobs/{job.pk}/card/").content.decode()
    page.post(f"/jobs/{job.pk}/cancel/")
    text = page.get(f"/jobs/{job.pk}/card/").content.decode()
    assert "every 1s" not in text
    assert "Cancelled" in text


def test_a_result_never_leads_to_another_site(new_job):
    for url in ("https://evil.example", "//evil.example", "javascript:alert(1)", 7):
        job = new_job()
        job.result = {"url": url}
        assert job.result_url == ""


def test_label_sets_by_mouse_keep_what_is_in_use(staff, browse, build, label_set):
    build()
    page = browse(staff)
    kept = page.post(f"/ml/label-sets/{label_set.pk}/", {"name": "Tiny", "labels": "swing, Swing, s"})
    assert kept.status_code == 400
    assert "be removed: still" in kept.content.decode()
    page.post(f"/ml/label-sets/{label_set.pk}/", {"name": "Tiny", "labels": "swing, Swing it, s\nstill\njump"})
    label_set.refresh_from_db()
    assert label_set.names == ["swing", "still", "jump"]
    assert label_set.labels[0] == {"name": "swing", "title": "Swing it", "key": "s"}


def test_an_athletes_set_stays_their_own(athlete, other, browse):
    browse(athlete).post("/ml/label-sets/new/", {"name": "Mine", "labels": "jump"})
    row = LabelSet.objects.get(name="Mine")
    assert not row.is_shared
    assert browse(other).get(f"/ml/label-sets/{row.pk}/").status_code == 404
    assert "Mine" not in browse(other).get("/ml/label-sets/").content.decode()


@pytest.mark.parametrize(
    "labels",
    [
        [], "squat", [{"title": "no name"}], [{"name": "Squat"}], [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "key": "ab"}], [{"name": "a", "key": "1"}, {"name": "b", "key": "1"}],
        [{"name": "a", "colour": "red"}], [{"name": "a" * 41}],
    ],
)  # fmt: skip
def test_impossible_labels_are_refused(labels):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        labels_check(labels)


def test_the_random_split_warns(build, browse, staff, train):
    dataset = build(split="random")
    assert "too optimistic" in browse(staff).get(f"/ml/datasets/{dataset.pk}/").content.decode()
    assert "too optimistic" in BuildConfig.WORDS["split"]["random"]


def test_a_lost_redis_is_still_202(staff, api, task, settings, django_capture_on_commit_callbacks):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(api(staff), "/api/v1/datasets/", {"task": "tiny-task"})
    assert answer.status_code == 202
    job = Job.objects.get(pk=answer.json()["job"])
    assert (job.status, job.delivered_at) == ("queued", None)
