"""Models of kinds that are no windows travel without a line of code of their own: out, in, by every door."""

import io
import json
import pickle
import stat
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from mlops.datasets.services.datasets import dataset_create
from mlops.exchange.services.evaluation import evaluate_start
from mlops.exchange.services.hub_imports import hub_import_start
from mlops.exchange.services.publishing import folder_write
from mlops.exchange.services.pushes import push_start
from mlops.jobs.services.execution import job_execute_here
from mlops.kinds import base as task_kinds
from mlops.ml import registry
from mlops.ml.artifact import _sealed, read_manifest, write_manifest
from mlops.models import Job, ModelVersion, Run
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import version_promote
from mlops.serving.services.versions import serving_forget
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.services.runs import run_create
from tests.mlops.test_exchange import hub, post, run, uploaded  # noqa: F401
from tests.mlops.toy_app.kind import Recovery
from tests.mlops.toy_app.notes import LABELS, Mood

pytestmark = pytest.mark.django_db
KINDS = {"toy_recovery": "toy_ridge", "toy_mood": "toy_words"}
CHAMPIONS = Path(django_settings.CHAMPIONS_DIR)


@pytest.fixture
def toys(monkeypatch, delivered, media):
    """What the apps' AppConfig.ready() would do."""
    monkeypatch.setattr(registry, "_ESTIMATORS", {name: dict(known) for name, known in registry._ESTIMATORS.items()})
    monkeypatch.setattr(task_kinds, "_kinds", dict(task_kinds._kinds))
    registry.register("toy", "toy_ridge", "tests.mlops.toy_app.ridge:Ridge")
    registry.register("toy", "toy_words", "tests.mlops.toy_app.words:CountedWords")
    task_kinds.register(Recovery())
    task_kinds.register(Mood())
    serving_forget()
    yield
    serving_forget()


def trained(kind: str, staff) -> ModelVersion:
    labels = [{"name": name} for name in reversed(LABELS)]
    label_set = label_set_create(name="Moods", labels=labels, owner=staff) if kind == "toy_mood" else None
    task = task_create(name="toy", title="Toy", kind=kind, owner=staff, label_set=label_set, gates={})
    dataset = dataset_create(task=task, owner=staff)
    job_execute_here(pk=dataset.job_id)
    dataset.refresh_from_db()
    made = run_create(task=task, dataset=dataset, estimator=KINDS[kind], owner=staff)
    job_execute_here(pk=made.job_id)
    made = Run.objects.select_related("job").get(pk=made.pk)
    assert made.job.status == "succeeded", f"{made.job.failure_reason} {made.job.log_tail}"
    return made.version


@pytest.fixture(params=sorted(KINDS))
def version(request, toys, staff) -> ModelVersion:
    return trained(request.param, staff)


@pytest.fixture
def number(toys, staff) -> ModelVersion:
    return trained("toy_recovery", staff)


def folder_of(version: ModelVersion, tmp_path: Path) -> Path:
    out = tmp_path / "published"
    out.mkdir()
    folder_write(version=version, out=out, licence="mit")
    return out


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def packed(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"folder/{name}", content)
    return sink.getvalue()


def resealed(folder: Path, **facts) -> dict[str, bytes]:
    """The folder with other words in its manifest, hashed and sealed anew as somebody would who means harm."""
    write_manifest(folder, {**read_manifest(folder, verify=False), **facts}, unhashed=("README.md",))
    return files_of(folder)


def same_figure(made: ModelVersion, version: ModelVersion) -> None:
    name = version.metric.name
    assert made.metrics[name] == pytest.approx(version.metrics[name])
    assert made.metrics["claimed"][name] == pytest.approx(version.metrics[name])
    assert made.estimator == version.estimator


def test_by_api(version, staff, client):
    client.force_login(staff)
    answer = client.get(f"/api/v1/versions/{version.pk}/folder/")
    data = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        card = archive.read(next(name for name in archive.namelist() if name.endswith("README.md"))).decode()
    assert {"manifest.json", "README.md"} < names
    assert version.estimator in card
    assert version.metric.name in card
    body = {"task": "toy", "upload": str(uploaded(staff, "toy.zip", data).pk)}
    answer = post(client, "/api/v1/versions/import/", body)
    assert answer.status_code == 202, answer.json()
    job = run(answer.json()["job"])
    assert job.status == "succeeded", job.failure_reason
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert made.origin == "import:toy.zip"
    assert "made elsewhere" in made.metrics["measured_on"]["text"]
    same_figure(made, version)
    kept, first = read_manifest(artifact_path(made)), read_manifest(artifact_path(version))
    own = {name for name in first["files"] if name not in ("README.md", "metrics.json")}
    assert all(kept["files"][name] == first["files"][name] for name in own)
    assert kept["stated"]["dataset_hash"] == first["dataset_hash"]
    version_promote(version=made, by=staff)
    assert run(evaluate_start(version=made, by=staff).pk).status == "succeeded"


def test_by_page(version, staff, client, tmp_path):
    client.force_login(staff)
    page = client.get("/ml/exchange/").content.decode()
    assert "A single file for" not in page, "no kind of these tasks reads one"
    data = b"".join(client.get(f"/ml/versions/{version.pk}/folder/").streaming_content)
    upload = uploaded(staff, "toy.zip", data)
    answer = client.post("/ml/exchange/import/", {"task": version.task_id, "upload": str(upload.pk)})
    job = Job.objects.get(kind="version.import")
    assert answer.url == f"/jobs/{job.pk}/"
    assert run(job.pk).status == "succeeded"
    made = ModelVersion.objects.exclude(pk=version.pk).get()
    same_figure(made, version)
    page = client.get("/ml/exchange/").content.decode()
    assert version.metric.text(version.metrics[version.metric.name]) in page


def test_by_command_over_a_hub(version, staff, hub, capsys):  # noqa: F811
    version_promote(version=version, by=staff, override=True, reason="a toy")
    call_command("hub_push", "me/toy", "--task", "toy", "--licence", "mit", "--here")
    assert "Pushed to me/toy" in capsys.readouterr().out
    call_command("hub_pull", "me/toy", "--task", "toy", "--here")
    assert "evaluated on our data" in capsys.readouterr().out
    made = ModelVersion.objects.get(origin__startswith="hub:me/toy@")
    same_figure(made, version)


def test_it_travels_twice(version, staff, hub, tmp_path):  # noqa: F811
    run(push_start(version=version, repository="me/one", private=True, licence="mit", by=staff).job_id)
    first = ModelVersion.objects.get(
        pk=run(hub_import_start(task=version.task, repository="me/one", revision="", by=staff).pk).result["version"]
    )
    manifest = json.loads(files_of(folder_of(first, tmp_path))["manifest.json"])
    assert not {"origin", "claimed", "stated", "demo"} & set(manifest), "what this site noted about it stays here"
    assert manifest["estimator"] == version.estimator


def test_labels_in_another_order_are_sorted(toys, staff, client, tmp_path):
    version = trained("toy_mood", staff)
    folder = folder_of(version, tmp_path)
    words = json.loads((folder / "vocabulary/words.json").read_text())
    assert words["labels"] == list(LABELS)
    from safetensors.numpy import load_file, save_file

    counts = load_file(folder / "counts.safetensors")["counts"]
    save_file({"counts": counts[::-1].copy()}, folder / "counts.safetensors")
    (folder / "vocabulary/words.json").write_text(json.dumps({**words, "labels": list(reversed(LABELS))}))
    files = resealed(folder, labels=list(reversed(LABELS)))
    client.force_login(staff)
    body = {"task": "toy", "upload": str(uploaded(staff, "toy.zip", packed(files)).pk)}
    job = run(post(client, "/api/v1/versions/import/", body).json()["job"])
    made = ModelVersion.objects.get(pk=job.result["version"])
    assert made.metrics["accuracy"] == pytest.approx(version.metrics["accuracy"])


HOSTILE = {
    "pickle": (lambda files: {**files, "model.pkl": pickle.dumps({})}, 400, "unsafe_format"),
    "torch": (lambda files: {**files, "weights/model.pt": b"PK\x03\x04"}, 400, "unsafe_format"),
    "code": (lambda files: {**files, "modeling.py": b"import os"}, 422, "code_not_allowed"),
    "auto_map": (
        lambda files: {**files, "config.json": b'{"auto_map": {"AutoModel": "x.Y"}}'}, 422, "code_not_allowed",
    ),
    "altered": (lambda files: {**files, "ridge.json": files["ridge.json"] + b" "}, 422, "bad_artifact"),
    "missing": (lambda files: {k: v for k, v in files.items() if k != "ridge.json"}, 422, "bad_artifact"),
    "no manifest": (lambda files: {k: v for k, v in files.items() if k != "manifest.json"}, 422, "bad_artifact"),
    "unsealed": (
        lambda files: {**files, "manifest.json": files["manifest.json"].replace(b"toy_ridge", b"toy_words")},
        422, "bad_artifact",
    ),
    "garbage": (lambda files: {**files, "manifest.json": b"[1, 2]"}, 422, "bad_artifact"),
    "deep": (lambda files: {**files, "manifest.json": b"[" * 100_000}, 422, "bad_artifact"),
    "large manifest": (lambda files: {**files, "manifest.json": b" " * 3_000_000}, 422, "bad_artifact"),
    "many": (lambda files: {**files, **{f"part{i}.json": b"{}" for i in range(201)}}, 422, "bad_artifact"),
    "bomb": (lambda files: {**files, "part.json": bytes(200_000_000)}, 400, "zip_bomb"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_hostile_folders_are_refused_at_once(what, number, staff, client, tmp_path):
    change, status, code = HOSTILE[what]
    files = files_of(folder_of(number, tmp_path))
    if what == "auto_map":
        files = {**files, **change(files)}
    client.force_login(staff)
    upload = uploaded(staff, "toy.zip", packed(change(files)))
    answer = post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert not Job.objects.filter(kind="version.import").exists()
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        ({"estimator": "risk_forest"}, 422, "bad_artifact"),
        ({"estimator": "os:system"}, 422, "bad_artifact"),
        ({"estimator": None}, 422, "bad_artifact"),
        ({"kind": "toy_mood"}, 400, "kind_differs"),
        ({"kind": None}, 400, "kind_differs"),
    ],
)
def test_a_manifest_that_lies_is_refused(facts, status, code, number, staff, client, tmp_path):
    files = resealed(folder_of(number, tmp_path), **facts)
    client.force_login(staff)
    upload = uploaded(staff, "toy.zip", packed(files))
    answer = post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()


@pytest.mark.parametrize(
    "name", ["../../ridge.json", "/etc/passwd", "vocabulary/../../x.json", "a/b/c/d/e.json", ".x.json"]
)
def test_names_that_lead_elsewhere_are_refused(name, number, staff, client, tmp_path):
    folder = folder_of(number, tmp_path)
    manifest = read_manifest(folder, verify=False)
    del manifest["seal"]
    manifest["files"] = {**manifest["files"], name: {"size": 1, "sha256": "0" * 64}}
    files = {**files_of(folder), "manifest.json": _sealed(manifest)}
    client.force_login(staff)
    upload = uploaded(staff, "toy.zip", packed(files))
    answer = post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_artifact")


def test_links_in_a_zip_are_refused(number, staff, client, tmp_path):
    sink = io.BytesIO(packed(files_of(folder_of(number, tmp_path))))
    with zipfile.ZipFile(sink, "a") as archive:
        link = zipfile.ZipInfo("folder/more.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    client.force_login(staff)
    upload = uploaded(staff, "toy.zip", sink.getvalue())
    answer = post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)})
    assert (answer.status_code, answer.json()["code"]) == (400, "zip_unsafe")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ridge.json", b"{}"),
        ("ridge.json", pickle.dumps({})),
        ("ridge.json", b'{"config": {"penalty": -5, "intercept": true}, "weights": []}'),
        ("ridge.json", b'{"config": {"penalty": 1, "intercept": true}, "weights": [1, NaN, 1, 1]}'),
        ("ridge.json", b'{"config": {"penalty": 1, "intercept": true}, "weights": [1]}'),
        ("more.safetensors", b"\xff" * 40),
        ("picture.png", b"<svg onload=alert(1)>"),
        ("notes.txt", b"\x80\x05\xff"),
        ("more.onnx", b"\x08" + b"\xff" * 50),
        ("more.skops", b"PK\x03\x04"),
    ],
)  # fmt: skip
def test_files_that_pass_their_hash_meet_the_child_process(name, content, number, staff, client, tmp_path):
    folder = folder_of(number, tmp_path)
    (folder / name).write_bytes(content)
    client.force_login(staff)
    upload = uploaded(staff, "toy.zip", packed(resealed(folder)))
    answer = post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)})
    assert answer.status_code == 202, answer.json()
    job = run(answer.json()["job"])
    assert (job.status, job.failure_code) == ("failed", "bad_artifact")
    assert ModelVersion.objects.count() == 1
    assert len([path for path in artifact_path(number).parent.iterdir() if path.is_dir()]) == 1, "nothing is left"


def test_an_address_cannot_be_smuggled_in(number, staff, client, tmp_path):
    folder = folder_of(number, tmp_path)
    (folder / "remote.json").write_text('{"url": "https://evil.example"}')
    client.force_login(staff)
    files = resealed(folder, remote={"url": "https://evil.example", "fallback": "me"}, demo=True)
    upload = uploaded(staff, "toy.zip", packed(files))
    job = run(post(client, "/api/v1/versions/import/", {"task": "toy", "upload": str(upload.pk)}).json()["job"])
    kept = read_manifest(artifact_path(ModelVersion.objects.get(pk=job.result["version"])))
    assert "remote.json" not in kept["files"]
    assert "remote" not in kept
    assert kept["demo"] is False


def test_repositories_are_looked_at_by_the_same_rules(number, staff, client, hub, tmp_path):  # noqa: F811
    files = files_of(folder_of(number, tmp_path))
    hub.add("me/code", {**files, "modeling.py": b"import os"})
    hub.add("me/old", {**files, "model.pkl": b"\x80\x02"})
    hub.add("me/auto", {**files, "config.json": b'{"auto_map": {"AutoModel": "x.Y"}}'})
    hub.add("me/nothing", {"README.md": b"hello"})
    client.force_login(staff)
    for repository, status, code in (
        ("me/code", 422, "code_not_allowed"),
        ("me/old", 400, "unsafe_format"),
        ("me/auto", 422, "code_not_allowed"),
        ("me/nothing", 422, "bad_artifact"),
        ("../etc", 400, "bad_repository"),
    ):
        answer = post(client, "/api/v1/hub/pulls/", {"task": "toy", "repository": repository})
        assert (answer.status_code, answer.json()["code"]) == (status, code), repository
    hub.add("me/altered", {**files, "ridge.json": b"{}"})
    job = run(hub_import_start(task=number.task, repository="me/altered", revision="", by=staff).pk)
    assert (job.status, job.failure_code) == ("failed", "bad_artifact")
    hub.add("me/card", {**files, "README.md": b"# In other words", ".gitattributes": b"*"})
    job = run(hub_import_start(task=number.task, repository="me/card", revision="", by=staff).pk)
    assert job.status == "succeeded", job.failure_reason
