"""No message names a folder of this machine, and a probe is answered without one."""

from pathlib import Path

import pytest
from django.conf import settings as live
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory, override_settings

from mlops.jobs.kinds import JobFailed, job_kind
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.ml.contract import BadArtifact
from web.middleware import RequestIdMiddleware
from web.places import without_places

pytestmark = pytest.mark.django_db


def our_paths():
    return [
        Path(live.MEDIA_ROOT, "models/7/model.onnx"), Path(live.VAR_DIR, "files/a b.csv"),
        Path(live.BASE_DIR, "mlops/champions/x/manifest.json"), Path("/tmp/fitbalance-launch-1/rank-0.log"),
    ]  # fmt: skip


def test_a_path_becomes_its_name():
    for path in our_paths():
        text = without_places(f"[Errno 2] No such file or directory: '{path}'")
        assert str(path.parent) not in text
        assert path.name.split()[-1] in text
    assert str(live.VAR_DIR) not in without_places(f"in {live.VAR_DIR}/")
    for address in ("https://x.example/tmp/a", "See /jobs/3/ and /recordings/4/", "a/b c//d", "./tmp/x"):
        assert without_places(address) == address


@pytest.mark.parametrize("kind", ["html", "json", "problem"])
def test_no_answer_holds_one(kind):
    path = our_paths()[0]
    message = f"cannot read '{path}' now"

    def view(request):
        if kind == "html":
            return HttpResponse(f"<p>{message}</p>")
        content_type = "application/problem+json" if kind == "problem" else "application/json"
        answer = JsonResponse({"detail": message}, content_type=content_type)
        answer["Content-Length"] = str(len(answer.content))
        return answer

    answer = RequestIdMiddleware(view)(RequestFactory().get("/"))
    assert str(path.parent) not in answer.content.decode()
    assert "model.onnx" in answer.content.decode()
    assert answer.get("Content-Length", str(len(answer.content))) == str(len(answer.content))


def test_no_job_tells_one(athlete_user):
    path = our_paths()[0]

    @job_kind("test.places")
    def fail(context):
        context.step(1, 2, f"Reading {path}")
        context.log(f"from {path} and https://hub.example.org/x?token=abcdefgh")
        if context.parameters["how"] == "failed":
            raise JobFailed("bad", f"cannot read {path}")
        try:
            path.read_bytes()
        except OSError as error:
            raise BadArtifact(f"a file cannot be read: {error}") from error

    for how in ("failed", "refused"):
        job = job_create(kind="test.places", title="T", owner=athlete_user, parameters={"how": how})
        job_execute_here(pk=job.pk)
        job.refresh_from_db()
        told = job.failure_reason + job.log_tail + job.progress_note
        assert job.status == "failed"
        assert "model.onnx" in job.failure_reason
        assert str(live.MEDIA_ROOT) not in told
        assert "abcdefgh" not in told


@pytest.fixture
def production():
    changed = {
        "ENVIRONMENT": "production", "ALLOWED_HOSTS": ["fit.example.org"], "SECURE_SSL_REDIRECT": True,
    }  # fmt: skip
    with override_settings(**changed):
        yield Client


def test_a_probe_by_number_without_https_is_answered(production):
    answer = production(headers={"host": "10.1.2.3:8000"}).get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] in {"ok", "degraded"}
    assert production(headers={"host": "10.1.2.3:8000"}).get("/").status_code in {301, 400}, "only the probe"
    assert production(headers={"host": "10.1.2.3"}).head("/healthz").status_code == 200
    assert production(headers={"host": "10.1.2.3"}).post("/healthz").status_code == 405


def test_strangers_hear_whether_it_answers_and_nothing_else(production):
    local = production(REMOTE_ADDR="127.0.0.1").get("/healthz").json()
    assert set(local) == {"status", "checks"}
    for client in (
        production(REMOTE_ADDR="203.0.113.9"),
        production(REMOTE_ADDR="127.0.0.1", headers={"x-forwarded-for": "203.0.113.9"}),
        production(REMOTE_ADDR=""),
    ):
        answer = client.get("/healthz")
        assert set(answer.json()) == {"status"}
        assert live.VERSION not in answer.content.decode() + str(answer.headers)
        assert answer["X-Request-Id"]
        assert "no-store" in answer["Cache-Control"]
