"""Drift, the review queue and travelling, for kinds of any shape."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest

from mlops.datasets.services.files import dataset_path
from mlops.kinds.batches import largest_gap
from mlops.kinds.questions import Inputs, Question
from mlops.ml.artifact import read_manifest
from mlops.models import DriftReport, Feedback, ModelVersion, ReviewItem
from mlops.registry.services.artifacts import artifact_path
from mlops.serving.services.door import answer
from mlops.serving.services.versions import scorer_of, version_served
from tests.kinds.houses import HOUSES, athlete_who_teaches
from tests.kinds.life import Life, life_of, succeeded
from tests.kinds.worlds import TOYS
from web.services.uploads import upload_complete, upload_create, upload_write_part

pytestmark = pytest.mark.django_db
N_ASKING = 14


@pytest.fixture
def life(request, browse, api, monkeypatch) -> Life:
    return life_of(request.param, browse, api, monkeypatch)


@pytest.mark.parametrize("life", TOYS, indirect=True)
def test_drift_is_told_of_any_inputs(life):
    kind = life.house.kind
    life.make()
    version = life.train()
    life.promote(version)
    met = [values for _, _, values in kind.reference(dataset_path(version.run.dataset))]
    people = [athlete_who_teaches(f"asks{i}", kind.learning_scope) for i in range(N_ASKING)]

    def measured(change: Any) -> DriftReport:
        for number, athlete in enumerate(people):
            values = change(met[number % len(met)])
            question = Question(lambda manifest, given=values: Inputs(given), athlete.pk, athlete.pseudonym)
            answer(task=life.task, questions=[question])
        life.logged()
        assert life.api.post(f"/api/v1/tasks/{life.name}/drift/").status_code == 202
        succeeded()
        return DriftReport.objects.order_by("-created_at").first()

    calm = measured(lambda values: values)
    assert (calm.verdict, calm.n_athletes) == ("calm", N_ASKING), calm.facts
    assert calm.n_examples == sum(len(met[number % len(met)]) for number in range(N_ASKING))
    life.task.predictions.all().delete()
    drifted = measured(_changed)
    assert drifted.verdict == "drift", drifted.facts
    named = {one["name"] for one in drifted.facts["features"] if one["shifted"]}
    assert named & set(kind.statistic_names(read_manifest(artifact_path(version))))
    shown = life.page.get(f"/ml/drift/?task={life.name}").content.decode()
    assert next(iter(named)) in shown


@pytest.mark.parametrize("life", [name for name in HOUSES if name not in ("toy_recovery",)], indirect=True)
def test_the_queue_takes_any_kind_that_offers_something(life, api):
    house = life.house
    life.make()
    if house.kind.review is None:
        assert life.api.post(f"/api/v1/tasks/{life.name}/review/").status_code == 409
        return
    life.promote(life.train())
    if hasattr(house.kind.review, "athlete_ids"):
        house.kind.review.athlete_ids[:] = [athlete.pk for athlete in house.people[:3]]
    assert life.api.post(f"/api/v1/tasks/{life.name}/review/").status_code == 202
    succeeded()
    assert life.page.get(f"/ml/queue/?task={life.name}").status_code == 200
    item = ReviewItem.objects.filter(task=life.task).order_by("-urgency").first()
    if house.kind.name != "toy_photo":
        return
    assert item is not None
    ReviewItem.objects.update(n_wanted=1, claimed_by=None, claimed_until=None)
    taken = life.api.post("/api/v1/review-items/next/", {"task": life.name}, format="json").json()
    said = life.api.post(
        f"/api/v1/review-items/{taken['id']}/decide/", {"action": "correct", "label": "soup"}, format="json"
    )
    assert said.status_code == 200, said.content
    assert house.kind.review.decided == [("correct", "soup")]
    assert Feedback.objects.get().label == "soup"
    assert "A photo of a plate" in life.page.get(f"/ml/queue/?task={life.name}").content.decode()


@pytest.mark.parametrize(
    "life", [*TOYS, "toy_recovery", "sensor_classification", "outcome_risk", "video_task"], indirect=True
)
def test_a_version_leaves_as_a_folder_and_comes_back(life):
    house = life.house
    life.make()
    version = life.train()
    answer = life.api.get(f"/api/v1/versions/{version.pk}/folder/")
    assert answer.status_code == 200, answer.content
    packed = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert any(name.endswith("README.md") for name in zipfile.ZipFile(io.BytesIO(packed)).namelist())
    upload = upload_create(owner=life.staff, filename="model.zip", size=len(packed))
    upload_write_part(upload=upload, number=0, stream=io.BytesIO(packed))
    upload_complete(upload=upload)
    body = {"task": life.name, "upload": str(upload.pk)}
    came = life.api.post("/api/v1/versions/import/", body, format="json")
    assert came.status_code == 202, came.content
    succeeded()
    back = ModelVersion.objects.get(number=2)
    primary = house.kind.primary.name
    assert back.metrics[primary] == pytest.approx(version.metrics[primary], abs=1e-3), "it was judged here again"
    one = house.kind.example_input(read_manifest(artifact_path(version)))
    ours, theirs = (scorer_of(version_served(row)).answer(one) for row in (version, back))
    assert largest_gap(ours, theirs) <= house.kind.tolerance
    life.promote(back)
    assert life.page.get(f"/ml/versions/{back.pk}/").status_code == 200


def _changed(values: Any) -> Any:
    """The same examples from another world."""
    if isinstance(values, np.ndarray):
        return values + 5
    return [one // 3 if one.dtype == np.uint8 else (0.3 * one + 0.2).astype(one.dtype) for one in values]
