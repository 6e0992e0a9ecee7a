"""What the engine does where kinds differ most: names of groups, batches, busy models, examples that are no array."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mlops.kinds.answers import Answer, Headline
from mlops.kinds.batches import largest_gap, outputs_of
from mlops.kinds.shards import Source
from mlops.ml.bases.items import ArrayItems, JoinedItems
from mlops.models import DatasetSubject, Job
from mlops.serving.services.batching import MicroBatcher
from mlops.serving.services.door import answer
from mlops.serving.services.versions import scorer_of, version_served
from mlops.training.services.evaluation import estimator_make, examples_join
from tests.kinds.life import Life, life_of
from tests.kinds.suite.case import again
from web.refusals import Problem


@pytest.fixture
def life(browse, api, monkeypatch) -> Life:
    made = life_of("toy_day", browse, api, monkeypatch)
    made.make()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["..", "two words", "a" * 33, "-dash"])
def test_a_group_that_cannot_name_a_folder_is_refused(life, name):
    life.house.kind.shelf = (*life.house.kind.shelf, Source(name, "somebody"))
    life.api.post("/api/v1/datasets/", {"task": life.name}, format="json")
    from tests.mlops.test_studies import work

    work()
    job = Job.objects.get(kind="dataset.build")
    assert (job.status, "is not a valid group name" in job.failure_reason) == ("failed", True)
    assert not DatasetSubject.objects.exists()


def _question(life: Life) -> Any:
    return life.house.kind.read_question(life.task, again(life.house.payloads[1]), life.house.people[0].user)


@pytest.mark.django_db
def test_a_busy_model_is_answered_for_by_the_kind(life, monkeypatch):
    life.promote(life.train())

    def busy(*_: Any) -> None:
        raise Problem(503, "busy", "Too many requests at once.")

    monkeypatch.setattr(MicroBatcher, "submit", busy)
    with pytest.raises(Problem, match="Too many"):
        answer(task=life.task, questions=[_question(life)])
    usual = Answer({"value": 60.0}, Headline(number=60.0))
    monkeypatch.setattr(life.house.kind, "fallback", lambda task, inputs, error: [usual] * len(inputs), raising=False)
    (reply,) = answer(task=life.task, questions=[_question(life)])
    assert (reply.fallback, reply.answers) == (True, [usual, usual])
    assert not life.logged(), "what no version said is no answer of a version"


@pytest.mark.django_db
def test_a_kind_says_how_many_are_scored_at_once(life, monkeypatch):
    version = life.train()
    life.promote(version)
    scorer = scorer_of(version_served(version))
    sizes, real = [], scorer.answer
    monkeypatch.setattr(scorer, "answer", lambda values: (sizes.append(len(values)), real(values))[1])
    monkeypatch.setattr(life.house.kind, "max_batch", lambda manifest: 1, raising=False)
    (reply,) = answer(task=life.task, questions=[_question(life)])
    assert (len(reply.answers), sizes) == (2, [1, 1])


def test_items_are_joined_without_being_read():
    first, second = ArrayItems([np.zeros(2), np.ones(3)]), ArrayItems([np.full(4, 2.0)])
    both = JoinedItems([first, second])
    assert (len(both), both.load(2).tolist()) == (3, [2.0] * 4)
    assert [len(both.take(np.array([2, 0])).load(i)) for i in range(2)] == [4, 2]
    with pytest.raises(IndexError):
        both.load(3)


@dataclass(frozen=True)
class Notes:
    texts: list[str]
    y: dict[str, np.ndarray]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, which: np.ndarray) -> "Notes":
        places = np.arange(len(self))[which]
        return Notes([self.texts[i] for i in places], {"tone": self.y["tone"][places]}, self.labels)


def test_examples_of_any_shape_are_joined():
    one = Notes(["a"], {"tone": np.array([0])}, ("low", "high"))
    two = Notes(["b", "c"], {"tone": np.array([1, 0])}, ("low", "high"))
    found = examples_join([one, two])
    assert found.texts == ["a", "b", "c"]
    assert found.y["tone"].tolist() == [0, 1, 0]
    assert found.labels == ("low", "high")


def test_labels_of_several_heads_are_no_labels_of_an_estimator():
    from tests.kinds.toys.clips.estimator import Postures

    heads = type("Data", (), {"labels": {"form": ("good",)}})()
    assert estimator_make(Postures, {}, heads).labels == ()


def test_outputs_are_one_for_each():
    assert outputs_of({"risk": np.array([0.1, 0.2])}).tolist() == [0.1, 0.2]
    interval = {name: np.array([float(i), 1.0]) for i, name in enumerate(("value", "low", "high"))}
    assert outputs_of(interval).tolist() == [[0, 1, 2], [1, 1, 1]]
    assert outputs_of({"text": np.array(["a"]), "score": np.array([1])}) == [{"text": "a", "score": 1}]


@pytest.mark.parametrize(
    ("a", "b", "gap"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.5]), 0.5),
        ([{"text": "a", "score": 1.0}], [{"text": "a", "score": 0.9}], 0.1),
        ([{"text": "a"}], [{"text": "b"}], float("inf")),
        (np.zeros(2), np.zeros(3), float("inf")),
        ([1, [2, 3]], [1, [2, 5]], 2),
        (np.array([np.nan]), np.array([np.nan]), 0),
        (np.array([np.nan]), np.array([1.0]), float("nan")),
    ],
)
def test_the_largest_gap(a, b, gap):
    assert largest_gap(a, b) == pytest.approx(gap, nan_ok=True)
