"""Models out to a hub and in from elsewhere, by mouse and by program, over HTTP against a local hub."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlops.exchange.services.evaluation import evaluate_start
from mlops.exchange.services.hub_imports import hub_import_start
from mlops.exchange.services.publishing import folder_write
from mlops.exchange.services.pushes import push_start
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds.exchange import Unfit
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import Windows
from mlops.models import HubPush, Job, LoggedRun, ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import version_promote
from tests.hub_server import HubServer
from web.models import Upload
from web.refusals import Problem
from web.services.uploads import upload_complete, upload_create, upload_write_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub(settings):
    with HubServer() as server:
        settings.HUB_ENDPOINT, settings.HF_TOKEN, settings.HUB_TIMEOUT_S = server.endpoint, "hf_write", 2.0
        yield server


def post(client, path, body):
    return client.post(path, json.dumps(body), content_type="application/json")


def run(pk) -> Job:
    job_execute_here(pk=pk)
    return Job.objects.get(pk=pk)


def uploaded(owner, name: str, data: bytes) -> Upload:
    upload = upload_create(owner=owner, filename=name, size=len(data))
    upload_write_part(upload=upload, number=0, stream=io.BytesIO(data))
    return upload_complete(upload=upload)


def published(version: ModelVersion, tmp_path: Path) -> dict[str, bytes]:
    out = tmp_path / "published"
    out.mkdir()
    folder_write(version=version, out=out, licence="mit")
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_a_version_travels_to_the_hub_and_back(staff, train, hub, task):
    version = train()
    row = push_start(version=version, repository="me/tiny", private=True, licence="mit", by=staff)
    assert push_start(version=version, repository="me/tiny", private=True, licence="mit", by=staff).pk == row.pk
    job = run(row.job_id)
    assert job.status == "succeeded", job.failure_reason
    row.refresh_from_db()
    assert hub.repositories["me/tiny"].private
    assert row.commit in hub.repositories["me/tiny"].commits
    card = hub.repositories["me/tiny"].commits[row.commit]["README.md"].decode()
    for words in ('license: "mit"', "exercise-classification", "time-series", "sensor-data", "## Usage", "accuracy"):
        assert words in card

    job = run(hub_import_start(task=task, repository="me/tiny", revision="", by=staff).pk)
    assert job.status == "succeeded", job.failure_reason
    pulled = ModelVersion.objects.get(pk=job.result["version"])
    assert pulled.origin == f"hub:me/tiny@{row.commit}"
    assert pulled.metrics["claimed"]["accuracy"] == pytest.approx(version.metrics["accuracy"])
    assert pulled.metrics["accuracy"] == pytest.approx(version.metrics["accuracy"])
    assert "made elsewhere" in pulled.metrics["measured_on"]["text"]
    assert pulled.gates_passed
    version_promote(version=pulled, by=staff)


def test_what_was_not_evaluated_here_cannot_be_promoted(staff, train, hub, task, tmp_path):
    version = train()
    hub.add("me/tiny", published(version, tmp_path))
    task.datasets.all().update(status="redacted")
    task.gates = {}
    task.save()
    job = run(hub_import_start(task=task, repository="me/tiny", revision="main", by=staff).pk)
    pulled = ModelVersion.objects.get(pk=job.result["version"])
    with pytest.raises(Problem) as caught:
        version_promote(version=pulled, by=staff, override=True, reason="I trust it")
    assert caught.value.code == "not_judged"
    task.datasets.all().update(status="ready")
    job = run(evaluate_start(version=pulled, by=staff).pk)
    assert job.status == "succeeded", job.failure_reason
    pulled.refresh_from_db()
    assert pulled.metrics["accuracy"] > 0.8
    assert pulled.score == pulled.metrics["accuracy"]
    version_promote(version=pulled, by=staff)


def test_pulling_refuses_at_once_what_it_can_see(staff, client, train, hub, task, tmp_path):
    files = published(train(), tmp_path)
    hub.add("me/code", {**files, "modeling.py": b"import os"})
    hub.add("me/auto", {**files, "config.json": b'{"auto_map": {"AutoModel": "x.Y"}}'})
    hub.add("me/old", {"pytorch_model.bin": b"\x80\x02"})
    client.force_login(staff)
    cases = [
        ("https://hub.example/me/x", 400, "bad_repository"),
        ("../etc", 400, "bad_repository"),
        ("a/b/c", 400, "bad_repository"),
        ("a" * 97, 400, "bad_repository"),
        ("me/nothing", 404, "repository_unknown"),
        ("me/code", 422, "code_not_allowed"),
        ("me/auto", 422, "code_not_allowed"),
        ("me/old", 400, "unsafe_format"),
    ]
    for repository, status, code in cases:
        answer = post(client, "/api/v1/hub/pulls/", {"task": task.name, "repository": repository})
        assert (answer.status_code, answer.json()["code"]) == (status, code), repository
    hub.fault = "429"
    answer = post(client, "/api/v1/hub/pulls/", {"task": task.name, "repository": "me/code"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert not Job.objects.filter(kind="hub.pull").exists()


def test_a_hub_that_fails_later_is_tried_again(staff, train, hub, task, tmp_path):
    hub.add("me/tiny", published(train(), tmp_path))
    job = hub_import_start(task=task, repository="me/tiny", revision="main", by=staff)
    hub.fault = "500"
    assert run(job.pk).status == "queued"
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_damaged_folders_are_refused_and_the_champion_stays(staff, client, train, task, tmp_path, damage):
    version = train()
    version_promote(version=version, by=staff)
    files = published(version, tmp_path)
    data = bytearray(files["model.onnx"])
    if damage == "truncated":
        del data[-10:]
    else:
        data[len(data) // 2] ^= 1
    files["model.onnx"] = bytes(data)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"folder/{name}", content)
    upload = uploaded(staff, "model.zip", packed.getvalue())
    client.force_login(staff)
    answer = post(client, "/api/v1/versions/import/", {"task": task.name, "upload": str(upload.pk)})
    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_artifact"
    assert ModelVersion.objects.count() == 1
    assert task.aliases.get().version == version


def test_importing_onnx_with_claims(staff, client, train, task):
    version = train()
    data = (artifact_path(version) / "model.onnx").read_bytes()
    client.force_login(staff)
    logged = post(
        client,
        "/api/v1/runs/log/",
        {
            "task": task.name, "name": "On my laptop", "source": "notebook 7", "params": {"depth": 3, "kind": "mlp"},
            "metrics": {"accuracy": 0.99}, "curve": [{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.4}],
        },
    )  # fmt: skip
    assert logged.status_code == 201, logged.json()
    body = {
        "task": task.name, "upload": str(uploaded(staff, "m.onnx", data).pk), "labels": ["still", "swing"],
        "metrics": {"accuracy": 0.99}, "run": logged.json()["id"],
    }  # fmt: skip
    answer = post(client, "/api/v1/versions/import/", body)
    assert answer.status_code == 202, answer.json()
    job = run(answer.json()["job"])
    assert job.status == "succeeded", job.failure_reason
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert made.metrics["claimed"] == {"accuracy": 0.99}
    assert made.metrics["accuracy"] == pytest.approx(version.metrics["accuracy"])
    assert LoggedRun.objects.get().version == made
    assert not Upload.objects.exists()
    page = client.get(f"/ml/versions/{made.pk}/").content.decode()
    assert "Imported model" in page
    assert "On my laptop" in client.get("/ml/exchange/").content.decode()
    assert "notebook 7" in client.get(f"/ml/exchange/runs/{logged.json()['id']}/").content.decode()


def test_what_cannot_come_in(staff, client, train, task):
    train()
    client.force_login(staff)
    onnx = b"\x08" + b"\xff" * 100
    cases = [
        ("m.pkl", pickle.dumps({}), {}, 400, "unsafe_format"),
        ("m.joblib", pickle.dumps({}), {}, 400, "unsafe_format"),
        ("m.pt", b"PK\x03\x04", {}, 400, "unsafe_format"),
        ("renamed.onnx", pickle.dumps({}), {}, 400, "unsafe_format"),
        ("notes.txt", b"hello", {}, 400, "unknown_format"),
        ("m.onnx", onnx, {"labels": ["still", "jump"]}, 400, "labels_differ"),
        ("m.onnx", onnx, {"window_spec": {"rate_hz": -1}}, 400, "bad_declaration"),
    ]
    for name, data, more, status, code in cases:
        body = {"task": task.name, "upload": str(uploaded(staff, name, data).pk), **more}
        answer = post(client, "/api/v1/versions/import/", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), name
    body = {"task": task.name, "upload": str(uploaded(staff, "m.onnx", onnx).pk)}
    answer = post(client, "/api/v1/versions/import/", body)
    job = run(answer.json()["job"])
    assert (job.status, job.failure_code) == ("failed", "bad_artifact")
    assert ModelVersion.objects.count() == 1


def test_a_folder_of_another_kind_is_named(staff, client, task):
    client.force_login(staff)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("folder/manifest.json", json.dumps({"kind": "movement_phase"}))
    body = {"task": task.name, "upload": str(uploaded(staff, "phases.zip", archive.getvalue()).pk)}
    answer = post(client, "/api/v1/versions/import/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "kind_differs")
    assert "This folder is a model of Movement phase (every sample), not of Tiny signals." in answer.content.decode()


def test_an_imported_version_says_only_what_is_known(staff, client, train, task, hub, tmp_path):
    hub.add("me/tiny", published(train(), tmp_path))
    job = run(hub_import_start(task=task, repository="me/tiny", revision="main", by=staff).pk)
    pulled = ModelVersion.objects.get(pk=job.result["version"])
    card = (artifact_path(pulled) / "README.md").read_text("utf-8")
    assert "seed None" not in card
    assert "dataset ``" not in card
    assert "recorded data only" not in card
    assert "## Evaluation" not in card, "it was written before the evaluation"
    client.force_login(staff)
    page = client.get(f"/ml/versions/{pulled.pk}/").content.decode()
    assert ", imported " in page
    assert "shipped, registered" not in page


def test_a_folder_that_version_0_1_0_published_still_comes_in(staff, client, build, hub, task):
    """A CNN of 8 channels as that version's `write_folder` wrote it; from a ZIP and from a hub."""
    build()
    data = Path(__file__).with_name("published_0_1_0.zip").read_bytes()
    client.force_login(staff)
    body = {"task": task.name, "upload": str(uploaded(staff, "old.zip", data).pk)}
    answer = post(client, "/api/v1/versions/import/", body)
    assert answer.status_code == 202, answer.json()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        hub.add("me/old", {Path(name).name: archive.read(name) for name in archive.namelist()})
    for job in (answer.json()["job"], hub_import_start(task=task, repository="me/old", revision="", by=staff).pk):
        job = run(job)
        assert job.status == "succeeded", job.failure_reason
        made = ModelVersion.objects.get(pk=job.result["version"])
        assert (made.estimator, made.metrics["claimed"]) == ("cnn", {"accuracy": 0.875})
        assert made.metrics["accuracy"] == 1.0
        assert made.dataset_hash == "d" * 64


def test_the_page_asks_what_the_kind_asks(staff, client, train, task):
    version = train()
    client.force_login(staff)
    page = client.get("/ml/exchange/").content.decode()
    assert "A single file for Tiny task" in page
    for name in ("labels", "output", "features", "channels", "window_spec", "scaler"):
        assert f'name="WindowFacts.{name}"' in page
    data = (artifact_path(version) / "model.onnx").read_bytes()
    body = {"task": task.pk, "upload": uploaded(staff, "m.onnx", data).pk, "metrics": '{"accuracy": 0.5}'}
    for wrong, words in (
        ({"WindowFacts.labels": "still, jump"}, "ts labels differ from the task"),
        ({"WindowFacts.window_spec": "[1]"}, "Enter a JSON object"),
        ({"WindowFacts.window_spec": "{"}, "This is not valid JSON"),
        ({"WindowFacts.output": "votes"}, "votes"),
    ):
        answer = client.post("/ml/exchange/import/", {**body, **wrong})
        assert answer.status_code == 400
        assert words in answer.content.decode()
    answer = client.post("/ml/exchange/import/", {**body, "WindowFacts.labels": "swing, still"})
    assert answer.status_code == 302
    job = run(Job.objects.get(kind="version.import").pk)
    assert job.status == "succeeded", job.failure_reason
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert read_manifest(artifact_path(made))["labels"] == ["swing", "still"]
    assert made.metrics["claimed"] == {"accuracy": 0.5}
    assert made.metrics["accuracy"] < 0.2, "the labels were stated the wrong way round, and ours tell"


def test_the_schema_shows_what_kinds_ask(staff, client, kind):
    client.force_login(staff)
    schemas = client.get("/api/schema/", HTTP_ACCEPT="application/json").json()["components"]["schemas"]
    fields = next(one["properties"] for name, one in schemas.items() if name.startswith("ModelImport"))
    assert {"task", "upload", "metrics", "run", "labels", "window_spec", "scaler", "output", "features"} <= set(fields)


def test_reports_are_checked(staff, client, task):
    client.force_login(staff)
    for bad in ({"metrics": {"a": "high"}}, {"params": {"a": []}}, {"curve": [{"a": None}]}, {"params": {"": 1}}):
        answer = post(client, "/api/v1/runs/log/", {"task": task.name, "name": "x", **bad})
        assert answer.status_code == 400, bad


def test_the_published_folder_to_take_away(staff, client, train):
    version = train()
    client.force_login(staff)
    answer = client.get(f"/api/v1/versions/{version.pk}/folder/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert names == {"config.json", "model.onnx", "label_map.json", "fitbalance.json", "README.md"}
    assert client.get(f"/ml/versions/{version.pk}/folder/").status_code == 200


def test_by_mouse(staff, client, train, hub, task):
    version = train()
    client.force_login(staff)
    body = {"repository": "me/tiny", "licence": "mit", "private": "on"}
    answer = client.post(f"/ml/versions/{version.pk}/push/", body)
    assert run(HubPush.objects.get().job_id).status == "succeeded"
    assert answer.url.startswith("/jobs/")
    answer = client.post("/ml/exchange/pull/", {"task": task.pk, "repository": "me/tiny"})
    job = Job.objects.get(kind="hub.pull")
    assert answer.url == f"/jobs/{job.pk}/"
    assert run(job.pk).status == "succeeded"
    text = client.get("/ml/exchange/").content.decode()
    assert "me/tiny" in text
    answer = client.post("/ml/exchange/pull/", {"task": task.pk, "repository": "a/b/c"})
    assert answer.status_code == 400
    assert "owner/name" in answer.content.decode()


def test_erased_data_marks_what_was_published(staff, train, hub, task):
    from mlops.registry.services.redaction import subject_redact

    version = train()
    run(push_start(version=version, repository="me/tiny", private=True, licence="mit", by=staff).job_id)
    subject_redact("pa")
    assert HubPush.objects.get().data_erased_at is not None
    with pytest.raises(Problem, match="withdrew data"):
        push_start(
            version=ModelVersion.objects.get(pk=version.pk), repository="me/b", private=True, licence="mit", by=staff
        )


def test_windows_reach_a_model_as_measured_in_its_channel_order(kind):
    raw = np.random.default_rng(0).normal(2, 3, size=(4, 5, 2)).astype(np.float32)
    data = Windows(raw, None, np.array(["p"] * 4), ("still", "swing"))
    spec = {"rate_hz": 10.0, "length": 5, "stride": 5, "normalisation": "window"}
    own = {"window_spec": spec, "layout": {"channels": [{"name": "a"}, {"name": "b"}]}}
    model = {"window_spec": {**spec, "normalisation": "dataset"}, "layout": {"channels": ["b", "a"]}}
    np.testing.assert_array_equal(kind.exchange.values(kind, data, own, model), raw[:, :, ::-1])
    for other, code in (
        ({**model, "window_spec": {**spec, "length": 6}}, "window_differs"),
        ({**model, "layout": {"channels": ["b", "z"]}}, "channels_differ"),
    ):
        with pytest.raises(Unfit) as caught:
            kind.exchange.values(kind, data, own, other)
        assert caught.value.code == code
    answers = np.array([[0.9, 0.1]])
    np.testing.assert_array_equal(
        kind.exchange.arrange(answers, data, {"labels": ["swing", "still"]}), answers[:, ::-1]
    )


def test_a_manifest_names_the_origin(staff, train, hub, task, tmp_path):
    hub.add("me/tiny", published(train(), tmp_path))
    job = run(hub_import_start(task=task, repository="me/tiny", revision="main", by=staff).pk)
    manifest = read_manifest(artifact_path(ModelVersion.objects.get(pk=job.result["version"])))
    assert manifest["origin"].startswith("hub:me/tiny@")
    assert manifest["stated"]["dataset_hash"]


def test_by_command(staff, train, hub, task, capsys):
    from django.core.management import call_command
    from django.core.management.base import CommandError

    version_promote(version=train(), by=staff)
    call_command("hub_push", "me/cli", "--task", task.name, "--licence", "mit", "--here")
    assert "Pushed to me/cli" in capsys.readouterr().out
    call_command("hub_pull", "me/cli", "--task", task.name, "--here")
    assert "evaluated on our data" in capsys.readouterr().out
    assert ModelVersion.objects.filter(origin__startswith="hub:me/cli@").exists()
    with pytest.raises(CommandError, match="owner/name"):
        call_command("hub_pull", "a/b/c", "--task", task.name)
