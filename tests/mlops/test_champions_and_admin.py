"""Shipped champions and the registry in the admin."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.models import LabelSet, ModelAlias, ModelVersion, Task
from mlops.registry.services.champions import champions_register
from mlops.registry.services.promotion import current_champion, version_promote
from mlops.registry.services.registering import version_register
from mlops.serving.services.versions import champion, serving_forget
from tests.mlops.tiny import TinyKind

pytestmark = pytest.mark.django_db
SHIPPED = sorted(Path(django_settings.CHAMPIONS_DIR).glob("*/*/manifest.json"))
ADMIN_PAGES = ["task", "dataset", "run", "modelversion", "modelalias", "promotionevent", "labelset", "job", "study"]


@pytest.fixture
def shelf(train, settings, tmp_path):
    """A folder of shipped champions with one tiny model, and an otherwise empty registry."""
    import shutil

    from mlops.registry.services.artifacts import artifact_path

    version = train()
    shutil.copytree(artifact_path(version), tmp_path / "shelf" / "tiny-shipped" / "tiny_linear")
    settings.CHAMPIONS_DIR = tmp_path / "shelf"
    return tmp_path / "shelf" / "tiny-shipped" / "tiny_linear"


def test_registering_is_repeatable(shelf):
    assert champions_register() == 1
    assert champions_register() == 0
    task = Task.objects.get(name="tiny-shipped")
    version = ModelVersion.objects.get(task=task)
    assert current_champion(task) == version.pk
    assert version.is_demo
    assert version.metrics["measured_on"]["generated"]
    assert LabelSet.objects.filter(is_shared=True).count() == 1, "the set with the same labels is used"
    serving_forget()
    assert champion("tiny-shipped").path == shelf


def test_a_kind_says_what_it_counts(shelf, monkeypatch, staff, client):
    manifest = read_manifest(shelf)
    measured = {**manifest["metrics"], "n": 211725}
    del measured["measured_on"]
    monkeypatch.setattr(TinyKind, "judged", "samples")
    version = version_register(
        task_name="tiny-shipped", artifact_dir="champions/tiny-shipped/tiny_linear",
        manifest={**manifest, "metrics": measured},
    )  # fmt: skip
    assert version.metrics["measured_on"]["text"].startswith("211,725 samples of people")
    client.force_login(staff)
    page = client.get(f"/ml/versions/{version.pk}/").content.decode()
    assert '<th scope="col" class="num">Samples</th>' in page


def test_a_new_shipped_model_never_replaces_a_persons_choice(shelf, train, staff):
    champions_register()
    task = Task.objects.get(name="tiny-shipped")
    own = train()
    ModelVersion.objects.filter(pk=own.pk).update(task=task, number=7)
    own.refresh_from_db()
    version_promote(version=own, by=staff, override=True, reason="Ours")
    import shutil

    shutil.copytree(shelf, shelf.with_name("newer"))
    assert champions_register() == 1
    assert current_champion(task) == own.pk


def test_an_updated_shelf_takes_over_and_its_old_version_retires(shelf, train):
    import shutil

    from mlops.registry.services.artifacts import artifact_path

    champions_register()
    old = ModelVersion.objects.get(task__name="tiny-shipped")
    newer = train(epochs=20)
    shutil.rmtree(shelf)
    shutil.copytree(artifact_path(newer), shelf)
    assert newer.artifact_hash != old.artifact_hash
    assert champions_register() == 1
    assert champions_register() == 0
    old.refresh_from_db()
    assert old.retired_at is not None
    serving_forget()
    assert champion("tiny-shipped").manifest["content_hash"] == newer.artifact_hash


def test_a_damaged_shelf_is_refused(shelf):
    (shelf / "weights.npy").write_bytes(b"broken")
    with pytest.raises(BadArtifact):
        champions_register()
    assert not Task.objects.filter(name="tiny-shipped").exists()


@pytest.mark.skipif(not SHIPPED, reason="no champion ships with this checkout")
def test_the_repositorys_champions_register_and_pass_their_gates():
    assert champions_register() == len(SHIPPED)
    assert all(version.gates_passed for version in ModelVersion.objects.all())
    assert ModelAlias.objects.count() == Task.objects.count()
    size = sum(path.stat().st_size for path in Path(django_settings.CHAMPIONS_DIR).rglob("*") if path.is_file())
    assert size < 30_000_000


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_the_admin_shows_the_registry_to_staff_only(page, train, administrator, coach, athlete, browse):
    version = train()
    version_promote(version=version, by=administrator)
    type(coach).objects.filter(pk=coach.pk).update(is_staff=True)
    coach.refresh_from_db()
    path = f"/admin/mlops/{page}/"
    assert browse(administrator).get(path).status_code == 200
    assert browse(administrator).get(f"{path}add/").status_code == 403
    assert browse(coach).get(path).status_code == 403
    assert browse(athlete).get(path).status_code == 302
    assert "mlops" not in browse(coach).get("/admin/").content.decode()


def test_the_admin_sorts_versions_by_accuracy_in_few_queries(
    train, build, administrator, browse, django_assert_max_num_queries
):
    dataset = build()
    for _ in range(3):
        train(dataset)
    page = browse(administrator)
    page.get("/admin/")
    with django_assert_max_num_queries(20):
        assert page.get("/admin/mlops/modelversion/?o=-5").status_code == 200
    text = page.get(f"/admin/mlops/modelversion/{ModelVersion.objects.first().pk}/change/").content.decode()
    for words in ("F1 (macro)", "passed: Accuracy", "4 people", "model.onnx, ", "## Limits"):
        assert words in text, words
    assert page.get("/admin/mlops/modelversion/?alias=none").status_code == 200
