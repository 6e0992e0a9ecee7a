"""The models server as a real process, asked over real sockets."""

import json
import os
import re
import socket
import stat
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mlops.ml.hosting import codec
from mlops.ml.hosting.errors import ModelBusy, ModelFailed, ModelTimedOut, ModelUnavailable
from mlops.ml.hosting.scorer import RemoteScorer
from mlops.serving.services.secret import secret_make, secret_read
from tests.e2e.site import ROOT
from tests.models_server.server import ModelsServer
from tests.models_server.test_codec import body_of

TYPED = {"Content_Type": codec.CONTENT_TYPE}


def models(server):
    return {one["key"]: one for one in json.loads(server.request("GET", "/v1/models")[2])["models"]}


def until_idle(server, key):
    deadline = time.monotonic() + 30
    while models(server)[key]["is_answering"]:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def until_answering(server, key):
    deadline = time.monotonic() + 30
    while not models(server).get(key, {}).get("is_answering"):
        assert time.monotonic() < deadline


def test_it_starts_without_torch_and_loads_when_asked(server):
    client = server.client()
    assert client.answer("toy:modules", ["torch", "transformers", "numpy"], 30) == [False, False, True]
    assert "toy:double.lazy" not in models(server)
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert np.array_equal(client.answer("toy:double.lazy", x, 30), x * 2)
    assert models(server)["toy:double.lazy"]["n_answered"] == 1


def test_texts_bytes_and_several_heads(server):
    found = server.client().answer("toy:told", [{"raw": b"\x00" * 5000, "text": "ɛyɛ"}, {"raw": b"", "text": "b"}], 30)
    assert found["text"] == ["ƐYƐ", "B"]
    assert found["n"].tolist() == [5000, 0]


def test_sixteen_at_once_are_few_batches(own_server):
    server = own_server()
    client, key = server.client(), "toy:counting.sixteen"
    with ThreadPoolExecutor(17) as pool:
        first = pool.submit(client.answer, key, ["first"], 60)
        until_answering(server, key)
        rest = [pool.submit(client.answer, key, ["x"], 60) for _ in range(16)]
        while models(server)[key]["n_waiting"] < 16:
            time.sleep(0.01)
        (server.folder / "sixteen").touch()
        assert first.result() == [1]
        assert [one.result() for one in rest] == [[16]] * 16
    assert models(server)[key]["n_batches"] == 2


def test_a_full_queue_is_busy_with_a_time_to_come_back(server):
    client, key = server.client(), "toy:counting.full"
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(client.answer, key, ["x"], 60)]
        until_answering(server, key)
        found += [pool.submit(client.answer, key, ["x"], 60) for _ in range(4)]
        while models(server)[key]["n_waiting"] < 4:
            time.sleep(0.01)
        with pytest.raises(ModelBusy) as busy:
            client.answer(key, ["y"], 60)
        body = codec.encode({"key": key, "inputs": ["y"]})
        status, headers, _ = server.request("POST", "/v1/answer", body, **TYPED)
        assert (status, int(headers["Retry-After"])) == (503, busy.value.retry_after_s)
        (server.folder / "full").touch()
        assert [one.result() for one in found] == [[1], *[[4]] * 4]


def test_the_budget_evicts(server):
    client = server.client()
    for name in ("a", "b", "c"):
        assert client.answer(f"toy:big.45.{name}", [1], 30) == [1]
        until_idle(server, f"toy:big.45.{name}")  # its thread may lag behind the answer, and then is not evicted
    loaded = models(server)
    assert "toy:big.45.a" not in loaded
    assert {"toy:big.45.b", "toy:big.45.c"} <= set(loaded)
    text = server.request("GET", "/metrics")[2].decode()
    assert 'fitbalance_models_evicted_total{model="toy:big.45.a"} 1\n' in text
    with pytest.raises(ModelUnavailable, match="MODELS_MEMORY_MB"):
        client.answer("toy:big.200", [1], 30)


def test_the_models_own_error_comes_with_its_code(server):
    client = server.client()
    with pytest.raises(ModelFailed, match="negative") as failed:
        client.answer("toy:picky", np.array([-1.0]), 30)
    assert failed.value.code == "bad_value"
    with pytest.raises(ModelFailed, match="ZeroDivisionError: a bug"):
        client.answer("toy:buggy", [1], 30)
    with pytest.raises(ModelUnavailable, match="the weights are not there"):
        client.answer("toy:broken", [1], 30)
    assert np.array_equal(client.answer("toy:double", np.ones(2), 30), [2.0, 2.0])


def test_a_scorer_sends_long_batches_in_pieces_and_nobody_knows_the_difference(server):
    x = np.random.default_rng(1).normal(size=(2500, 4)).astype(np.float32)
    assert np.array_equal(RemoteScorer("toy:double.long", timeout_s=30, client=server.client).answer(x), x * 2)
    assert models(server)["toy:double.long"]["n_answered"] == 3


def test_metrics_are_prometheus_text(server):
    server.client().answer("toy:double.metrics", np.ones(1), 30)
    status, headers, body = server.request("GET", "/metrics")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    types, values = {}, {}
    for line in body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
        elif not line.startswith("#"):
            name, label, value = re.fullmatch(r'([a-z_]+)(?:\{model="([^"\\]+)"\})? ([0-9.e+-]+)', line).groups()
            assert name in types
            values[name, label] = float(value)
    assert values["fitbalance_models_answered_total", "toy:double.metrics"] == 1
    assert values["fitbalance_models_memory_bytes", None] == 100 * 1024 * 1024
    assert {types[name] for name, _ in values} == {"gauge", "counter"}


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "headers"),
    [
        (404, "GET", "/", None, {}),
        (404, "POST", "/v1/answer/", b"", TYPED),
        (405, "GET", "/v1/answer", None, {}),
        (405, "POST", "/metrics", b"", {}),
        (400, "POST", "/v1/answer", b"{}", {"Content_Type": "application/json"}),
        (400, "POST", "/v1/answer", b"FBM1", TYPED),
        (400, "POST", "/v1/answer", body_of([1]), TYPED),
        (400, "POST", "/v1/answer", body_of({"key": "toy:double", "inputs": [1], "more": 1}), TYPED),
        (400, "POST", "/v1/answer", body_of({"key": 5, "inputs": [1]}), TYPED),
        (400, "POST", "/v1/answer", body_of({"key": "toy:double", "inputs": 5}), TYPED),
        (400, "POST", "/v1/answer", body_of({"key": "toy:double", "inputs": [1]}), {**TYPED, "X_Deadline_S": "nan"}),
        (400, "POST", "/v1/answer", body_of({"key": "toy:double", "inputs": [1]}), {**TYPED, "X_Deadline_S": "-1"}),
        (401, "POST", "/v1/answer", body_of({"key": "toy:double", "inputs": [1]}), {**TYPED, "Origin": "null"}),
    ],
)
def test_what_is_asked_wrongly_gets_a_typed_refusal(server, status, method, path, body, headers):
    found, answer_headers, answer = server.request(method, path, body, **headers)
    assert found == status, answer
    assert answer_headers["Content-Type"] == "application/json"
    assert json.loads(answer)["error"] in {"bad_request", "unauthorized"}


def test_five_hundred_hostile_bodies_leave_it_as_it_was(server):
    rng = np.random.default_rng(7)
    good = codec.encode({"key": "toy:double", "inputs": np.arange(8.0)})
    for _ in range(500):
        body = bytearray(good)
        for at in rng.integers(0, len(body), 3):
            body[at] = rng.integers(0, 256)
        body = bytes(body[: rng.integers(0, len(body) + 1)])
        assert server.request("POST", "/v1/answer", body, **TYPED)[0] in {200, 400, 422, 503}
    assert server.request("GET", "/healthz")[0] == 200


def test_a_body_over_the_limit_is_refused_before_it_is_sent(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.sendall(b"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_websocket_is_turned_away(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.sendall(
            b"GET /v1/answer HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 403")


def test_whoever_hangs_up_is_not_answered(own_server):
    server, key = own_server(), "toy:counting.gone"
    client = server.client()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.answer, key, ["x"], 60)
        until_answering(server, key)
        body = codec.encode({"key": key, "inputs": ["y"]})
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            head = f"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Type: {codec.CONTENT_TYPE}\r\n"
            raw.sendall(f"{head}X-Deadline-S: 60\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            while models(server)[key]["n_waiting"] < 1:
                time.sleep(0.01)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while models(server)[key]["n_waiting"]:
            time.sleep(0.01)
        (server.folder / "gone").touch()
        assert first.result() == [1]
        client.answer(key, ["z"], 60)
    assert models(server)[key]["n_answered"] == 2


def test_a_shared_secret_is_asked_of_everybody(own_server):
    server = own_server(MODELS_TOKEN="long enough to be a secret")
    assert server.request("GET", "/healthz")[0] == 200
    for path in ("/v1/models", "/metrics", "/nothing"):
        assert server.request("GET", path)[0] == 401
        assert server.request("GET", path, Authorization="Bearer wrong")[0] == 401
    with pytest.raises(ModelUnavailable) as refused:
        server.client().answer("toy:double", np.ones(1), 30)
    assert refused.value.code == "unauthorized"
    client = server.client(secret=lambda: "long enough to be a secret")
    assert client.answer("toy:double", np.ones(1), 30) == [2.0]


def test_other_machines_are_not_served_without_a_secret(tmp_path):
    server = ModelsServer(tmp_path, MODELS_HOST="0.0.0.0")
    done = subprocess.run(
        server.command, cwd=ROOT, env=server.environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert b"MODELS_TOKEN is needed" in done.stderr


def test_the_supervisors_secret_is_for_this_user_only(tmp_path, settings):
    settings.MODELS_TOKEN, settings.MODELS_TOKEN_FILE = "", tmp_path / "var" / "models.token"
    assert secret_read() == ""
    secret_make()
    made = secret_read()
    assert len(made) > 30
    assert stat.S_IMODE(os.stat(settings.MODELS_TOKEN_FILE).st_mode) == 0o600
    secret_make()
    assert secret_read() == made
    assert [path.name for path in settings.MODELS_TOKEN_FILE.parent.iterdir()] == ["models.token"]


@pytest.mark.parametrize(("name", "code"), [("hang", 70), ("hang.holding", 1)])
def test_a_hanging_model_ends_in_timeouts_then_the_process_ends_itself(own_server, name, code):
    server = own_server(MODELS_STUCK_S=4)
    client = server.client()
    assert client.answer("toy:double", np.ones(1), 30) == [2.0]
    with pytest.raises(ModelUnavailable) as late:
        client.answer(f"toy:{name}", [1], 1.0)
    if name == "hang":
        assert isinstance(late.value, ModelTimedOut)
        assert client.answer("toy:double", np.ones(1), 30) == [2.0], "the others are answered meanwhile"
    assert server.process.wait(60) == code
    log = server.log.read_text()
    assert "toys.py" in log, "where it hung stands in the log"
    server.start()
    assert server.client().answer("toy:double", np.ones(1), 30) == [2.0]


def test_it_waits_for_an_address_that_another_process_has(tmp_path):
    second = ModelsServer(tmp_path)
    with socket.create_server(("127.0.0.1", second.port)):
        process = second.launch()
        deadline = time.monotonic() + 60
        while "is taken; waiting" not in second.log.read_text():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    try:
        assert second.wait().client().answer("toy:double", np.ones(1), 60) == [2.0]
    finally:
        second.stop()
