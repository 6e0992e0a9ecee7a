"""What the guide promises of every kind: texts are joined, examples counted, names forgotten, gates suggested."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from mlops.kinds.answers import Correction
from mlops.kinds.base import TaskKind
from mlops.ml.bases.texts import Texts
from mlops.models import Job, ModelVersion
from mlops.registry.services.redaction import subject_redact
from mlops.training.services.evaluation import examples_join
from tests.kinds.life import Life, life_of, succeeded
from tests.kinds.suite import Case
from tests.kinds.worlds import TOYS


@pytest.fixture
def life(browse, api, monkeypatch) -> Life:
    made = life_of("toy_day", browse, api, monkeypatch)
    made.make()
    return made


def _texts(*texts: str) -> Texts:
    truth = {"tempo": np.arange(len(texts)), "bpm": np.full(len(texts), 90.0)}
    return Texts(texts, truth, np.full(len(texts), texts[0]), {"tempo": ("slow", "fast")})


def test_texts_of_several_groups_are_joined():
    joined = examples_join([_texts("a", "b"), _texts("c", "d")])
    assert (joined.texts, len(joined)) == (("a", "b", "c", "d"), 4)
    assert joined.y["tempo"].tolist() == [0, 1, 0, 1]
    assert joined.labels == {"tempo": ("slow", "fast")}, "names of labels are no examples"


@dataclass(frozen=True)
class Pairs:
    """A data class of an app: a tuple with one entry an example, and two that are the same for all."""

    left: tuple[int, ...]
    y: None
    groups: Any
    labels: tuple[str, ...] = ("a", "b")
    none: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.left)

    def take(self, which: Any) -> "Pairs":
        return Pairs(tuple(np.array(self.left)[which].tolist()), None, self.groups[which], self.labels)


def test_a_tuple_with_one_entry_an_example_is_joined():
    joined = examples_join([Pairs((1, 2), None, np.array(["a", "a"])), Pairs((3, 4), None, np.array(["b", "b"]))])
    assert (joined.left, joined.labels, joined.none) == ((1, 2, 3, 4), ("a", "b"), ())
    assert joined.groups.tolist() == ["a", "a", "b", "b"]


@pytest.mark.django_db
def test_a_build_says_how_many_examples_it_holds(life):
    built = life.api.post("/api/v1/datasets/", {"task": life.name}, format="json")
    assert built.status_code == 202
    succeeded()
    n = life.task.datasets.get().facts["n_examples"]
    assert n > 0
    assert Job.objects.get(kind="dataset.build").result["text"].startswith(f"{n:,} {life.house.kind.example.words} of ")


@pytest.mark.django_db
def test_an_imported_version_forgets_who_was_erased(life):
    version = life.train()
    told = {"measured_on": {"subjects": [*version.metrics["measured_on"]["subjects"], "somebody else"]}}
    gone = version.metrics["measured_on"]["subjects"][0]
    owner = version.run.dataset.subjects.get(subject=gone).owner or gone
    imported = ModelVersion.objects.get(pk=version.pk)
    imported.pk, imported.number, imported.run, imported.metrics = None, 99, None, told
    imported.save(force_insert=True)
    subject_redact(owner)
    imported.refresh_from_db()
    assert gone not in imported.metrics["measured_on"]["subjects"]
    assert "somebody else" in imported.metrics["measured_on"]["subjects"]
    assert imported.retrain_due_at is None, "it learned from nobody here"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"),
    [({}, {"mae": {"most": 5.0}}), ({"gates": {}}, {}), ({"gates": {"mae": 7}}, {"mae": {"most": 7.0}})],
)
def test_gates_that_nobody_names_are_those_of_the_kind(life, given, kept, monkeypatch):
    monkeypatch.setattr(life.house.kind, "gates", {"mae": 5.0}, raising=False)
    body = {"name": "gated", "title": "Gated", "kind": life.house.kind.name, "input": life.house.form, **given}
    made = life.api.post("/api/v1/tasks/", body, format="json")
    assert (made.status_code, made.json()["gates"]) == (201, kept)


@pytest.mark.django_db
def test_the_schema_takes_any_inputs(client):
    found = json.loads(client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").content)
    asked = found["paths"]["/api/v1/tasks/{name}/predict/"]["post"]["requestBody"]["content"]["application/json"]
    schema = found["components"]["schemas"][asked["schema"]["$ref"].rpartition("/")[2]]
    assert "windows" in schema["properties"]
    assert "type" not in schema["properties"]["inputs"], "an object, a list or a number: the kind says"


def test_what_is_withheld_agrees_with_no_label():
    agreement = partial(TaskKind.agreement, object())
    assert agreement({"label": "slow"}, Correction("slow")) == 1.0
    assert agreement({"label": "slow", "reason": "unsure"}, Correction("slow")) == 0.0
    assert agreement({"label": "slow", "reason": "unsure"}, Correction("other")) == 1.0, "nothing was there"
    assert agreement({"number": 3.0}, Correction(value=3.0)) == 1.0
    assert agreement({"number": 3.0, "reason": "unsure"}, Correction(value=3.0)) == 0.0


def test_a_balanced_build_is_learned_from_evenly(tmp_path):
    case = Case(*TOYS["toy_photo"](None, object()), tmp_path)
    uneven = case.kind.read_shards

    def read(folders, known):
        data = uneven(folders, known)
        return data.take(np.flatnonzero((data.y > 0) | (np.arange(len(data)) % 4 == 0)))

    case.kind.read_shards = read
    for how in ("subjects", "each"):
        directory = case.build(split=how, balance="upsample")[1]
        parts = {part: case.part(part, directory) for part in ("train", "test")}
        assert len(set(np.bincount(parts["train"].y))) == 1, how
        if parts["test"] is not None:
            assert len(set(np.bincount(parts["test"].y))) == 2, "nobody is judged more often than they are"
    known, held_out = case.kind.fold(directory, "public")
    assert len(set(np.bincount(known.y))) == 1
    assert len(set(np.bincount(held_out.y))) == 2
