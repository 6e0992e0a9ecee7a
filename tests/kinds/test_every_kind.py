"""Every kind, toy or real, lives the whole life of a model by every door, and the engine knows none of them."""

import io
import re
import zipfile
from typing import Any

import pytest

from accounts.models import Athlete
from accounts.services.erase import erase_account
from mlops.datasets.services.files import dataset_path
from mlops.kinds.options import options_of
from mlops.ml.artifact import read_manifest
from mlops.models import Dataset, EvaluatedSubject, Feedback, Job, ModelAlias, ModelVersion, Run, Task
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.redaction import subject_redact
from mlops.serving.services import versions as serving
from mlops.serving.services.door import answer
from mlops.serving.services.versions import ab_bucket, serving_forget
from mlops.training.services.evaluation import examples_join
from tests.kinds import houses
from tests.kinds.life import Life, life_of, succeeded
from tests.kinds.published import departures
from tests.kinds.suite.case import again
from tests.people import make_user

pytestmark = pytest.mark.django_db
HOUSES = houses.HOUSES
PREDICT = "tasks/{name}/predict/"


def pytest_generate_tests(metafunc: Any) -> None:
    """Every test for every house of its module. Yours: a module with `from tests.kinds.test_every_kind import *` that
    sets `HOUSES = {name: function that makes a House}`."""
    if "life" in metafunc.fixturenames:
        found = metafunc.module.HOUSES
        metafunc.parametrize("life", list(found.values()), ids=list(found), indirect=True)


@pytest.fixture
def life(request, browse, api, monkeypatch) -> Life:
    """A house of the kind that the test is about."""
    return life_of(request.param, browse, api, monkeypatch)


def test_by_page(life, api):
    house, page = life.house, life.page
    kind = house.kind
    form = page.get(f"/ml/tasks/new/?kind={kind.name}").content.decode()
    for field in kind.input_fields():
        assert f'name="{kind.name}.{field.name}"' in form
    given = {"title": "A task", "name": life.name}
    given |= {f"{kind.name}.{name}": value for name, value in house.form.items()}
    labels = life.labels()
    if labels is not None:
        given["label_set"] = str(labels.pk)
    gate = kind.primary
    given[f"gate.{gate.name}"] = "0" if gate.higher_is_better else "1" if gate.style == "share" else "1000000"
    assert page.post(f"/ml/tasks/new/?kind={kind.name}", given).url == f"/ml/tasks/{life.name}/"
    life.task = task = Task.objects.get(name=life.name)
    shown = page.get(f"/ml/tasks/{life.name}/").content.decode()
    for option in ("split", "seed", "val_ratio", "test_ratio", *house.build):
        assert f'name="{option}"' in shown
    assert f"By {kind.example.groups} (recommended)" in shown
    built = page.post(f"/ml/tasks/{life.name}/build/", {"split": "subjects", "seed": "3", **_form(house.build)})
    succeeded()
    dataset = Dataset.objects.get(task=task)
    assert built.url == f"/ml/datasets/{dataset.pk}/"
    assert (dataset.status, dataset.parameters["seed"]) == ("ready", 3)
    shown = page.get(built.url).content.decode()
    assert kind.example.groups.capitalize() in shown
    assert page.get("/ml/datasets/").status_code == 200

    form = page.get(f"/ml/tasks/{life.name}/train/").content.decode()
    defaults = {field.name: field.initial for field in page.get(f"/ml/tasks/{life.name}/train/").context["form"]}
    options = {name: value for name, value in defaults.items() if name.startswith("option_") and value is not False}
    options |= {f"option_{name}": value for name, value in house.config.items()}
    assert all(f'name="{name}"' in form for name in options)
    page.post(f"/ml/tasks/{life.name}/train/", {"dataset": dataset.pk, "seed": "0", **options})
    succeeded()
    version = ModelVersion.objects.get(task=task)
    assert version.gates[gate.name]["passed"], version.gates
    for url in (f"/ml/runs/{version.run_id}/", f"/ml/tasks/{life.name}/", "/ml/", "/ml/versions/", "/ml/runs/"):
        assert page.get(url).status_code == 200, url
    shown = page.get(f"/ml/versions/{version.pk}/").content.decode()
    for metric in kind.metrics:
        if metric.headline:
            assert metric.title in shown
            assert metric.text(version.metrics[metric.name]) in shown
    promoted = f"/ml/versions/{version.pk}/promote/"
    if not version.gates_passed:  # its figures are good, and of few
        page.post(promoted, {"expected": "", "reason": ""})
        assert not ModelAlias.objects.filter(task=task).exists()
        assert "Evaluated on " in shown
    page.post(promoted, {"expected": "", "reason": "A small world", "override": "on"})
    assert ModelAlias.objects.get(task=task).version_id == version.pk
    serving_forget()
    asked = api(house.people[0].user)
    answered = life.ask(asked)
    assert answered.status_code == 200, answered.content
    assert answered.json()["version"] == 1
    page.post(f"/ml/tasks/{life.name}/retrain/")
    succeeded()
    second = ModelVersion.objects.get(task=task, number=2)
    assert second.run.config == version.run.config
    assert Job.objects.get(kind="task.retrain").status == "succeeded"
    compared = page.get(f"/ml/runs/compare/?run={version.run_id}&run={second.run_id}").content.decode()
    assert "Differences are against the first run" in compared
    pages = [f"/ml/tasks/{life.name}/", built.url, f"/ml/versions/{version.pk}/", f"/ml/runs/{version.run_id}/", "/ml/"]
    if kind.name.startswith("toy_"):
        _speaks_of_itself(kind, [page.get(url) for url in pages] + [page.get("/ml/datasets/")])
    archive = zipfile.ZipFile(io.BytesIO(_bytes(page.get(f"/ml/versions/{second.pk}/download/"))))
    assert any(name.endswith("manifest.json") for name in archive.namelist())
    page.post(f"/ml/versions/{version.pk}/retire/", {"end-reason": "It serves"})
    version.refresh_from_db()
    assert version.retired_at is None, "a champion cannot retire"
    page.post(f"/ml/versions/{second.pk}/retire/", {"reason": "Enough"})
    second.refresh_from_db()
    assert second.retired_at is not None
    path = artifact_path(second)
    page.post(f"/ml/versions/{second.pk}/delete/", {"reason": "Enough"})
    assert not ModelVersion.objects.filter(pk=second.pk).exists()
    assert path != artifact_path(version)


def test_by_api(life, api):
    house, client = life.house, life.api
    body = {"name": life.name, "title": "A task", "kind": house.kind.name, "input": house.form}
    labels = life.labels()
    made = client.post("/api/v1/tasks/", body | ({"label_set": str(labels.pk)} if labels else {}), format="json")
    assert made.status_code == 201, made.content
    life.task = Task.objects.get(name=life.name)
    wrong = client.post("/api/v1/datasets/", {"task": life.name, "no_such_option": 1}, format="json")
    assert (wrong.status_code, "no_such_option" in wrong.content.decode()) == (400, True)
    asked = {"task": life.name, "split": "subjects", "val_ratio": 0.2, "test_ratio": 0.2, **house.build}
    built = client.post("/api/v1/datasets/", asked, format="json")
    assert built.status_code == 202, built.content
    succeeded()
    dataset = built.json()["dataset"]
    assert client.get(f"/api/v1/datasets/{dataset}/").json()["parameters"]["test_ratio"] == 0.2
    assert set(Dataset.objects.get().subjects.values_list("part", flat=True)) >= {"train", "test"}
    run = client.post(
        "/api/v1/runs/", {"dataset": dataset, "estimator": house.estimator, "config": house.config}, format="json"
    )
    assert run.status_code == 202, run.content
    assert Job.objects.get(pk=run.json()["job"] if "job" in run.json() else Run.objects.get().job_id).queue == (
        house.kind.queue
    )
    succeeded()
    version = ModelVersion.objects.get()
    fixed = {name: value for name, value in house.config.items() if name not in house.searched}
    study = client.post(
        "/api/v1/studies/",
        {"dataset": dataset, "estimator": house.estimator, "n_trials": 2, "space": house.searched, "config": fixed},
        format="json",
    )
    if "val" in set(Dataset.objects.get().subjects.values_list("part", flat=True)):
        assert study.status_code == 202, study.content
        succeeded()
        found = client.get(f"/api/v1/studies/{study.json()['study']}/").json()
        assert (found["status"], found["metric"]) == ("succeeded", house.kind.primary.name)
        trials = Run.objects.filter(study=found["id"], trial__isnull=False, score__isnull=False)
        best = (max if house.kind.primary.higher_is_better else min)(trials, key=lambda run: run.score)
        assert best.score == Run.objects.get(pk=found["best"]).score
    else:
        assert study.status_code == 409, "a study needs somebody to choose by and somebody to judge by"
    life.promote(version)
    for what, pk in (("versions", version.pk), ("runs", version.run_id), ("datasets", dataset)):
        row = client.get(f"/api/v1/{what}/{pk}/")
        assert not departures(f"{what}/{{id}}/", "get", row.json()), f"{what} leave the published schema"
    served = client.get(f"/api/v1/tasks/{life.name}/predict/").json()
    assert served["version_id"] == str(version.pk)
    assert served["accepts"] == list(house.kind.accepts)
    retrained = client.post(f"/api/v1/tasks/{life.name}/retrain/", format="json")
    assert retrained.status_code == 202, retrained.content
    succeeded()
    newest = ModelVersion.objects.order_by("-number").first()
    share = client.post(
        f"/api/v1/versions/{newest.pk}/challenge/", {"share": 0.5, "override": True, "reason": "Try"}, format="json"
    )
    assert share.status_code in (200, 201), share.content
    serving_forget()
    for athlete in house.people[:4]:
        arms = {life.ask(api(athlete.user), house.anybodys).json()["arm"] for _ in range(2)}
        arm = "challenger" if ab_bucket(life.name, athlete.pseudonym) < 0.5 else "champion"
        assert arms == {arm}, "the same person meets the same arm"


HOWS = ("auto", "subjects", "random", "each")


def test_by_command(life):
    house = life.house
    life.make()
    (split,) = [option for option in options_of(house.kind.Build) if option.name == "split"]
    hows = sorted(set(split.choices) - (set() if house.folds else {"each"}), key=HOWS.index)
    for how in hows:
        out = life.command(
            "build_dataset", here=True, split=how, set=[f"{n}={v}".lower() for n, v in house.build.items()]
        )
        assert "Dataset" in out
        assert Dataset.objects.order_by("-created_at").first().facts["split"]["leaky"] == (how == "random")
    out = life.command(
        "train", here=True, estimator=house.estimator, set=[f"{name}={value}" for name, value in house.config.items()]
    )
    assert house.kind.primary.title in out
    version = ModelVersion.objects.get()
    n_groups = Dataset.objects.order_by("-created_at").first().n_groups
    if hows[-1] == "each":
        assert len(version.metrics["per_subject"]) == n_groups
    out = life.command("promote", newest=True, override=True, reason="A small world")
    assert "is the champion" in out
    manifest = read_manifest(artifact_path(version))
    assert manifest["data"]["n_subjects"] == n_groups
    assert (artifact_path(version) / "README.md").read_text().startswith("# A task")


def test_served_by_api_and_door_logged_corrected(life, api):
    house = life.house
    life.make()
    life.promote(life.train())
    mine = house.people[0]
    client = api(mine.user)
    assert not departures(PREDICT, "get", client.get(f"/api/v1/tasks/{life.name}/predict/").json())
    for number in range(len(house.payloads)):
        found = life.ask(client, number)
        assert found.status_code == 200, found.content
        assert not departures(PREDICT, "post", found.json()), "an answer leaves the published schema"
        predictions = found.json()["predictions"]
        for one in predictions:
            assert ("scores" in one) != ("answer" in one)
            assert one["abstained"] == (number == house.withheld) or house.withheld is None, one
    question = house.kind.read_question(life.task, again(house.payloads[0]), mine.user)
    (reply,) = answer(task=life.task, questions=[question], origin="job")
    assert (reply.served.number, reply.fallback) == (1, False)
    for said, one in zip(reply.answers, life.ask(client).json()["predictions"], strict=True):
        assert said.headline.to_json() == pytest.approx(one["headline"]), "jobs and the API answer alike"
    rows = life.logged()
    row = next(row for row in rows if row.origin == "job")
    assert {one.athlete_id for one in rows} == {mine.pk}
    assert {one.scope for one in rows} == {house.kind.learning_scope}
    n_statistics = len(house.kind.statistic_names(read_manifest(artifact_path(rows[0].version))))
    assert {len(row.statistics) for row in rows} == {n_statistics}
    for given in house.corrections:
        kept = client.post(f"/api/v1/tasks/{life.name}/feedback/", {"prediction": str(row.pk), **given}, format="json")
        assert kept.status_code == 201, kept.content
        assert not departures("tasks/{name}/feedback/", "post", kept.json(), 201)
    if house.corrections:
        word = Feedback.objects.get()
        expected = house.kind.agreement(
            row.headline.to_json(), house.kind.check_correction(life.task, next(iter(house.corrections[-1].values())))
        )
        assert word.agreement == pytest.approx(expected)
        other = api(make_user("somebody"))
        refused = other.post(
            f"/api/v1/tasks/{life.name}/feedback/", {"prediction": str(row.pk), **house.corrections[0]}, format="json"
        )
        assert refused.status_code == 404, "a word about somebody else's answer"
    if all(not payload.files for payload in house.payloads):
        batch = {"batch": [dict(payload.data) for payload in house.payloads]}
        answered = client.post(f"/api/v1/tasks/{life.name}/predict/", batch, format="json")
        assert answered.status_code == 200, answered.content
        assert not departures(PREDICT, "post", answered.json()), "a batch leaves the published schema"
    nonsense = client.post(f"/api/v1/tasks/{life.name}/predict/", {"no such field": 1}, format="json")
    assert nonsense.status_code == 400, nonsense.content


def test_erasing_takes_one_person_and_nobody_else(life, django_capture_on_commit_callbacks):
    house = life.house
    life.make()
    version = life.train()
    if house.kind.pair_values(*_judged(life, version)) is not None:
        assert EvaluatedSubject.objects.filter(version=version).exists()
    dataset = Dataset.objects.get()
    owned = dict(dataset.subjects.values_list("subject", "owner"))
    person = next(owner for owner in sorted(owned.values()) if owner)
    theirs = {group for group, owner in owned.items() if owner == person}
    athlete = Athlete.objects.filter(pseudonym=person).select_related("user").first()
    if athlete is None:
        subject_redact(person)
    else:
        with django_capture_on_commit_callbacks(execute=True):
            erase_account(user=athlete.user, by=athlete.user)
    shards = {path.name for path in (dataset_path(dataset) / "shards").iterdir()}
    assert shards == set(owned) - theirs, "the shards of one person, all of them, and nobody else's"
    dataset.refresh_from_db()
    version.refresh_from_db()
    assert (dataset.status, version.retrain_due_at is None) == ("redacted", False)
    assert not theirs & set(EvaluatedSubject.objects.values_list("subject", flat=True))
    told = f"{dataset.facts} {version.metrics} {(dataset_path(dataset) / 'manifest.json').read_text()}"
    assert person not in told
    assert not any(f"'{group}'" in told or f'"{group}"' in told for group in theirs)
    assert not house.kind.load(dataset_path(dataset), "train").groups.shape == (0,)


def _judged(life: Life, version: ModelVersion) -> tuple[Any, Any]:
    """Outputs of a version and what it was judged on."""
    kind = life.house.kind
    directory, part = dataset_path(version.run.dataset), version.metrics["measured_on"]["part"]
    groups = sorted(path.name for path in (directory / "shards").iterdir())
    data = (
        examples_join([kind.fold(directory, name)[1] for name in groups])
        if part == "each"
        else kind.load(directory, part)
    )
    found = serving.scorer_of(serving.version_served(version))
    if version.task.kind in ("sensor_classification", "movement_phase"):
        return found.answer_normalised(data.x), data
    return found.answer(kind.values(data)), data


def _speaks_of_itself(kind: Any, pages: list[Any]) -> None:
    """No page calls its examples by the words of another kind."""
    own = vars(kind.example).values()
    strange = [word for word in ("window", "recording", "person", "people") if not any(word in said for said in own)]
    for page in pages:
        main = page.content.decode().partition("<main")[2].partition("</main>")[0]
        text = re.sub(r"<[^>]+>", " ", main)
        found = [word for word in strange if re.search(rf"\b{word}s?\b", text, re.IGNORECASE)]
        where = [text[m.start() - 60 : m.end() + 40] for word in found for m in re.finditer(rf"(?i)\b{word}", text)]
        assert not found, f"{page.request['PATH_INFO']} speaks of {found}: {where}"


def _form(values: dict[str, Any]) -> dict[str, str]:
    """A browser leaves out a box that is not ticked."""
    return {name: str(value) for name, value in values.items() if value is not False}


def _bytes(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content
