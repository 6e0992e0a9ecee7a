"""A model that answers at a web address, over HTTP against a local server: limits, breaker, fallback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from mlops.exchange.services.connections import connect_start
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.windows import WindowScorer
from mlops.ml import remote
from mlops.ml.contract import BadValue
from mlops.ml.remote import Breaker, Policy, RemoteFailed, check_address, configure, read_answer
from mlops.models import Job, ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import version_promote
from mlops.serving.services.versions import answered_by, champion, scorer_of
from web.refusals import Problem

pytestmark = pytest.mark.django_db


class Endpoint:
    """Answers by the mean of the window; `fault`: "", "500", "garbage", "slow" or "labels"."""

    def __init__(self):
        self.fault, self.n_asked, self.tokens = "", 0, []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                return

            def do_POST(self):
                window = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"]
                outer.n_asked += 1
                outer.tokens.append(self.headers.get("Authorization"))
                if outer.fault == "slow":
                    outer.released.wait(60)
                share = float(np.clip(np.mean(window) / 3, 0.05, 0.95))
                names = ("still", "jump") if outer.fault == "labels" else ("still", "swing")
                scores = [{"label": names[1], "score": share}, {"label": names[0], "score": 1 - share}]
                body = b"<html>" if outer.fault == "garbage" else json.dumps(scores).encode()
                self.send_response(500 if outer.fault == "500" else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/models/x"


def policy(timeout_s):
    return Policy(("127.0.0.1",), allow_private=True, timeout_s=timeout_s)


@pytest.fixture
def endpoint(monkeypatch):
    running = Endpoint()
    threading.Thread(target=running.server.serve_forever, args=(0.02,), daemon=True).start()
    before = remote._policy
    configure(policy(timeout_s=30.0))
    monkeypatch.setenv("HF_API_TOKEN", "hf_secret")
    yield running
    configure(before)
    running.released.set()
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def registered(endpoint, staff, train, task):
    local = train()
    version_promote(version=local, by=staff)
    job = connect_start(task=task, url=endpoint.url, by=staff)
    job_execute_here(pk=job.pk)
    job = Job.objects.get(pk=job.pk)
    assert job.status == "succeeded", job.failure_reason
    return ModelVersion.objects.get(pk=job.result["version"])


def test_it_is_evaluated_here_and_answers(endpoint, registered, staff):
    assert registered.origin == f"remote:{endpoint.url}"
    assert registered.metrics["accuracy"] > 0.9
    assert set(endpoint.tokens) == {"Bearer hf_secret"}
    version_promote(version=registered, by=staff)
    served = champion("tiny-task")
    answer = scorer_of(served).answer(np.full((2, 20, 1), 3.0, np.float32))
    np.testing.assert_allclose(answer, [[0.05, 0.95]] * 2, atol=1e-6)
    assert answered_by(served) == {"answered_by": "remote"}
    endpoint.fault = "500"
    answer = scorer_of(served).answer(np.full((1, 20, 1), 3.0, np.float32))
    assert answer.shape == (1, 2)
    assert "tiny-task v1, because the remote model is away" in answered_by(served)["answered_by"]


@pytest.mark.parametrize("fault", ["500", "garbage", "slow", "labels"])
def test_the_local_model_answers_meanwhile_and_the_breaker_opens(endpoint, registered, fault):
    if fault == "slow":
        configure(policy(timeout_s=0.3))
    scorer = WindowScorer(artifact_path(registered))
    session, x = scorer.onnx.remote, np.full((1, 20, 1), 3.0, np.float32)
    local = session.fallback.run(["probabilities"], {"input": x})[0]
    now = [0.0]
    session.breaker = Breaker(clock=lambda: now[0])
    endpoint.fault, endpoint.n_asked = fault, 0
    for _ in range(7):
        np.testing.assert_allclose(scorer.answer(x), local)
    assert session.source == "fallback"
    assert endpoint.n_asked == 5, "then the breaker is open"
    now[0] = 31.0
    scorer.answer(x)
    scorer.answer(x)
    assert endpoint.n_asked == 6, "one try after 30 s"
    endpoint.fault = ""
    endpoint.released.set()
    now[0] = 62.0
    assert scorer.answer(x)[0, 1] == pytest.approx(0.95)
    assert session.source == "remote"
    assert not session.breaker.is_open


def test_a_failing_address_is_not_registered(endpoint, staff, train, task):
    version_promote(version=train(), by=staff)
    endpoint.fault = "500"
    job = connect_start(task=task, url=endpoint.url, by=staff)
    job_execute_here(pk=job.pk)
    assert Job.objects.get(pk=job.pk).status == "queued", "tried again"
    assert ModelVersion.objects.count() == 1


def test_addresses_that_may_not_be_asked(monkeypatch):
    configure(Policy(("*.endpoints.huggingface.cloud", "localhost", "10.0.0.1")))
    monkeypatch.setattr(remote.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("10.1.2.3", 443))])
    for url in (
        "http://x.endpoints.huggingface.cloud/", "https://evil.example/", "https://localhost/", "https://10.0.0.1/",
        "https://x.endpoints.huggingface.cloud/", "https://a:b@x.endpoints.huggingface.cloud/", "file:///etc/passwd",
        "https://x.endpoints.huggingface.cloud:22/", "https://x.endpoints.huggingface.cloud@evil.example/", "nonsense",
    ):  # fmt: skip
        with pytest.raises(BadValue):
            check_address(url)
    monkeypatch.setattr(remote.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("93.184.216.34", 443))])
    assert check_address("https://x.endpoints.huggingface.cloud/a")
    configure(Policy())


def test_refusals_of_the_request(staff, task, train, endpoint):
    with pytest.raises(Problem) as caught:
        connect_start(task=task, url="https://evil.example/", by=staff)
    assert (caught.value.status, caught.value.code) == (400, "bad_address")
    with pytest.raises(Problem) as caught:
        connect_start(task=task, url=endpoint.url, by=staff)
    assert caught.value.code == "no_champion"


@pytest.mark.parametrize(
    "raw", [b"[]", b"{}", b"[1]", b'[{"label": "a", "score": NaN}]', b'[{"label": "z", "score": 1}]']
)
def test_answers_that_are_none(raw):
    with pytest.raises(RemoteFailed):
        read_answer(raw, ("a", "b"))
    assert read_answer(b'[[{"label": "b", "score": 0.999}]]', ("a", "b")) == [0.0, 1.0]
