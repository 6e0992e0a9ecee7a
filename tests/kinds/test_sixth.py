"""Text → tempo, a kind written from the guide alone: the suites, and one whole life in the engine."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import Athlete, User
from accounts.services.erase import erase_account
from mlops.kinds.base import register
from mlops.kinds.questions import Payload
from mlops.ml.bases.texts import Texts
from mlops.ml.checks import check_estimator
from tests.kinds.houses import athlete_who_teaches
from tests.kinds.life import succeeded
from tests.kinds.sixth.apps import register_estimators
from tests.kinds.sixth.estimator import LABEL, NUMBER, WordBag
from tests.kinds.sixth.kind import Tempo, learners
from tests.kinds.sixth.texts import LABELS, PUBLIC, wishes_of
from tests.kinds.suite import World, check_kind

API = "/api/v1"
Client = Callable[..., Any]
CLEAR = {"text": "Really hard intervals, a furious sprint to the finish."}
CALM = {"text": "Barely soft, sleepy, gentle."}
UNCLEAR = {"text": "Xylophone?"}


def texts(seed: int) -> Texts:
    """Two dozen texts with their truth, of two groups."""
    wishes = wishes_of(f"anybody {seed}")
    truth = {
        LABEL: np.array([LABELS.index(wish.label) for wish in wishes]),
        NUMBER: np.array([wish.bpm for wish in wishes]),
    }
    return Texts(tuple(wish.text for wish in wishes), truth, np.array(["a", "b"] * 12), {LABEL: LABELS})


def test_the_estimator() -> None:
    check_estimator(WordBag, texts)


@pytest.mark.usefixtures("toys")
def test_the_kind() -> None:
    register_estimators()
    world = World(
        user=SimpleNamespace(pk=1),
        labels=LABELS,
        input={"least": "0.5"},
        payloads=[Payload({"inputs": [CLEAR, CALM, UNCLEAR]})],
        refused=[Payload({"inputs": [{"text": 3}]}), Payload({"inputs": []}), Payload({"inputs": [{"words": "x"}]})],
        corrections=["slow", "fast", ""],
        nonsense=["allegro", 7, None],
    )
    check_kind(Tempo(), world)


@pytest.fixture
def writers(db: None, toys: None, no_redis: None) -> list[Athlete]:
    """A dozen athletes whose words may teach, and the kind in its place."""
    register_estimators()
    register(Tempo(learners))
    return [athlete_who_teaches(f"writer{i:02d}", Tempo.learning_scope) for i in range(12)]


def test_each_writer_in_turn_judges(writers: list[Athlete], api: Client, staff_user: User) -> None:
    staff = api(staff_user)
    task_made(staff)
    trained(split="each")
    (version,) = listed(staff, "versions")
    assert version["metrics"]["n"] == 24 * (12 + len(PUBLIC))
    assert version["metrics"]["accuracy"] > 0.9


def test_one_life(
    writers: list[Athlete], api: Client, staff_user: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    staff, writer = api(staff_user), api(writers[0].user)
    task_made(staff)

    # Built, trained, promoted.
    trained(set=["test_ratio=0.3"])
    call_command("promote", task="tempo", newest=True, override=True, reason="Judged on writers it has not seen")
    (champion,) = listed(staff, "versions")
    assert champion["aliases"] == {"champion": 1.0}
    assert champion["metrics"]["mae"] < champion["metrics"]["baseline_mae"]

    # Asked: one answer is given, one withheld.
    answers = asked(writer, CLEAR, UNCLEAR)
    assert answers["abstain_below"] == 0.6
    given, withheld = answers["predictions"]
    assert given["answer"]["label"] == "fast"
    assert given["answer"]["bpm"] > 130
    assert withheld["reason"] == "unsure"
    assert withheld["answer"]["label"] is None

    # Corrected: by a label; what was withheld was not right. Both are logged with what is watched.
    assert not word(writer, given, "steady")["is_right"]
    assert word(writer, given, "fast")["is_right"]
    assert not word(writer, withheld, "slow")["is_right"]
    logged = {row["id"]: row["statistics"] for row in listed(staff, "answers")}
    assert logged[given["prediction"]] == [len(CLEAR["text"]), 9]

    # Learned again, taken out, and brought in.
    assert staff.post(f"{API}/tasks/tempo/retrain/", {}, format="json").status_code == 202
    succeeded()
    newest = listed(staff, "versions")[0]
    assert newest["number"] == champion["number"] + 1
    folder = staff.get(f"{API}/versions/{newest['id']}/folder/")
    upload = uploaded(staff, folder.getvalue())
    assert staff.post(f"{API}/versions/import/", {"task": "tempo", "upload": upload}, format="json").status_code == 202
    succeeded()
    imported = listed(staff, "versions")[0]
    assert imported["number"] == newest["number"] + 1
    assert imported["metrics"]["accuracy"] == newest["metrics"]["accuracy"]
    promote = {"version": imported["id"], "reason": "It came back", "override": True}
    assert staff.post(f"{API}/promotions/", promote, format="json").status_code == 200
    again = asked(api(writers[1].user), CLEAR)["predictions"][0]["answer"]
    assert again == given["answer"]

    # One person is erased, and nobody else.
    gone, others = writers[0].pseudonym, [one.pseudonym for one in writers[1:]]
    assert shards(gone)
    assert all(map(shards, others))
    with django_capture_on_commit_callbacks(execute=True):
        erase_account(user=writers[0].user, by=staff_user)
    assert not shards(gone)
    assert all(map(shards, [*others, *PUBLIC]))
    assert gone not in str([listed(staff, name) for name in ("datasets", "answers", "feedback", "versions")])
    assert asked(api(writers[1].user), CLEAR)["predictions"][0]["answer"] == given["answer"]
    trained()
    assert listed(staff, "datasets")[0]["facts"]["n_groups"] == 11 + len(PUBLIC)


def task_made(staff: Any) -> None:
    """A label set and a task, as a program makes them."""
    labels = {"name": "Tempos", "labels": [{"name": name} for name in LABELS]}
    label_set = staff.post(f"{API}/label-sets/", labels, format="json").json()["id"]
    task = {"name": "tempo", "title": "Tempo", "kind": Tempo.name, "input": {"least": 0.6}, "label_set": label_set}
    assert staff.post(f"{API}/tasks/", task, format="json").status_code == 201


def trained(**build: Any) -> None:
    """A dataset and a version, by commands."""
    call_command("build_dataset", task="tempo", here=True, **build)
    call_command("train", task="tempo", set=["epochs=80"], here=True)


def listed(staff: Any, name: str) -> list[dict[str, Any]]:
    """Newest first."""
    return list(staff.get(f"{API}/{name}/?task=tempo").json()["results"])


def asked(client: Any, *inputs: dict[str, str]) -> dict[str, Any]:
    """Answers to some texts."""
    response = client.post(f"{API}/tasks/tempo/predict/", {"inputs": inputs}, format="json")
    assert response.status_code == 200, response.content
    return dict(response.json())


def word(client: Any, answer: dict[str, Any], label: str) -> dict[str, Any]:
    """What an answer should have been."""
    body = {"prediction": answer["prediction"], "label": label}
    response = client.post(f"{API}/tasks/tempo/feedback/", body, format="json")
    assert response.status_code == 201, response.content
    return dict(response.json())


def uploaded(client: Any, content: bytes) -> str:
    """A file in one part; its id."""
    made = client.post(f"{API}/uploads/", {"filename": "tempo.zip", "size": len(content)}, format="json").json()["id"]
    client.put(f"{API}/uploads/{made}/parts/0/", content, content_type="application/octet-stream")
    assert client.post(f"{API}/uploads/{made}/complete/", {}, format="json").status_code == 200
    return str(made)


def shards(group: str) -> list[Path]:
    """Where something of a group lies."""
    return list(Path(settings.MEDIA_ROOT).rglob(f"shards/{group}"))
