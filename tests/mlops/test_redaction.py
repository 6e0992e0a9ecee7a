"""Erasing a person reaches shards, datasets, versions and the champion."""

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.services.athletes import athlete_for
from mlops.datasets.services.datasets import dataset_create
from mlops.datasets.services.files import dataset_path
from mlops.jobs.services.account import erase_start, export_relative, export_start, exports_expire
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.ml.artifact import read_manifest
from mlops.models import Dataset, DatasetSubject, Job, ModelVersion, PromotionEvent
from mlops.registry.services.artifacts import ORPHAN_AFTER_S, artifact_path, models_root, orphans_clean
from mlops.registry.services.promotion import current_champion, version_promote
from mlops.registry.services.redaction import subject_redact, versions_retire
from mlops.serving.services.versions import champion, serving_forget
from web.registries import consent

pytestmark = pytest.mark.django_db


def test_a_redacted_subject_leaves_no_shard(train, build):
    dataset = build()
    version, other = train(dataset), build()
    old_hash = dataset.content_hash
    assert subject_redact("pa") == 2
    assert subject_redact("pa") == 0
    for row in (dataset, other):
        row.refresh_from_db()
        assert not (dataset_path(row) / "shards" / "pa").exists()
        assert (dataset_path(row) / "shards" / "pb").exists()
        assert row.status == "redacted"
        assert "pa" not in row.facts["per_subject"]
    assert dataset.content_hash == old_hash
    assert DatasetSubject.objects.filter(subject="pa", redacted_at=None).count() == 0
    version.refresh_from_db()
    assert version.retrain_due_at is not None
    assert version.retired_at is None


def test_the_pseudonym_goes_wherever_it_named_the_person(kind, train, build, media):
    name, other = "pseudonym1", "pseudonym2"
    kind.subjects = (name, other, "pc")
    dataset = build(split="each")
    version = train(dataset)
    assert set(version.metrics["per_subject"]) == {name, other, "pc"}
    withdrawn = job_create(kind="subject.redact", title="x", owner=None, parameters={"subject": name}, is_engine=True)
    job_execute_here(pk=withdrawn.pk)
    rows = [*Dataset.objects.values_list("facts"), *DatasetSubject.objects.values_list("subject")]
    rows += [*ModelVersion.objects.values_list("metrics"), *Job.objects.values_list("parameters", "log_tail")]
    assert other in str(rows)
    assert name not in str(rows)
    files = [path for path in media.rglob("*") if path.is_file()]
    assert any(other.encode() in path.read_bytes() for path in files)
    assert not [path for path in files if name in str(path) or name.encode() in path.read_bytes()]
    assert read_manifest(artifact_path(version))["metrics"]["accuracy"] == version.metrics["accuracy"]
    assert other not in (artifact_path(version) / "manifest.json").read_text(), "artifacts travel"


def test_a_build_in_progress_is_stopped(task, staff, media, delivered):
    dataset = dataset_create(task=task, owner=staff)
    subject_redact("pa")
    dataset.job.refresh_from_db()
    assert dataset.job.status == "cancelled"


def test_due_versions_retire_after_their_days_and_step_down(train, build, staff, task, settings):
    one = train(build())
    second_data = build()
    two = train(second_data)
    version_promote(version=one, by=staff)
    version_promote(version=two, by=staff)
    ModelVersion.objects.filter(pk=two.pk).update(retrain_due_at=timezone.now())
    versions_retire()
    assert current_champion(task) == two.pk
    late = timezone.now() - timedelta(days=settings.MODEL_RETIRE_DAYS + 1)
    ModelVersion.objects.filter(pk=two.pk).update(retrain_due_at=late)
    versions_retire()
    assert current_champion(task) == one.pk
    ModelVersion.objects.filter(pk=one.pk).update(retrain_due_at=late)
    versions_retire()
    assert current_champion(task) is None
    serving_forget()
    assert champion(task.name) is None
    assert PromotionEvent.objects.filter(task=task).count() == 4


def test_withdrawing_learning_consent_starts_the_redaction(build, athlete, kind, delivered):
    pseudonym = athlete_for(athlete).pseudonym
    kind.subjects = (pseudonym, "pb", "pc", "pd")
    dataset = build()
    for hook in consent.withdrawn_hooks():
        hook(athlete, "learning", "voice")
    assert not Job.objects.filter(kind="subject.redact").exists()
    for hook in consent.withdrawn_hooks():
        hook(athlete, "learning", "sensor")
    job = Job.objects.get(kind="subject.redact")
    job_execute_here(pk=job.pk)
    assert not (dataset_path(dataset) / "shards" / pseudonym).exists()


def test_export_then_erase(athlete, build, kind, delivered, media, browse, settings):
    pseudonym = athlete_for(athlete).pseudonym
    kind.subjects = (pseudonym, "pb", "pc", "pd")
    dataset = build()
    page = browse(athlete)
    response = page.post("/settings/data/export/")
    export = Job.objects.get(kind="account.export")
    assert response.url == f"/jobs/{export.pk}/"
    assert page.get(f"/settings/data/export/{export.pk}/").status_code == 404
    job_execute_here(pk=export.pk)
    assert export_start(user=athlete).pk != export.pk
    fetched = page.get(f"/settings/data/export/{export.pk}/")
    assert fetched.status_code == 200
    assert b"".join(fetched.streaming_content)[:2] == b"PK"

    export.refresh_from_db()
    zip_path = settings.MEDIA_ROOT / export_relative(export)
    pk = athlete.pk
    erase = erase_start(user=athlete, by=athlete)
    job_execute_here(pk=erase.pk)
    erase.refresh_from_db()
    assert erase.status == "succeeded", erase.failure_reason
    assert erase.parameters == {}
    assert not type(athlete).objects.filter(pk=pk).exists()
    assert not zip_path.exists()
    assert not (dataset_path(dataset) / "shards" / pseudonym).exists()
    assert not Job.objects.filter(kind="account.export").exists()


def test_old_exports_and_orphaned_artifacts_expire(train, media, settings):
    kept = artifact_path(train())
    orphan = models_root() / "orphan-1"
    shutil.copytree(kept, orphan)
    orphans_clean()
    assert orphan.exists(), "it may belong to a training that runs"
    _age(orphan, ORPHAN_AFTER_S + 60)
    _age(kept, ORPHAN_AFTER_S + 60)
    orphans_clean()
    assert (orphan.exists(), kept.exists()) == (False, True)
    old = media / "exports" / "1" / "x.zip"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"PK")
    exports_expire()
    assert old.exists()
    _age(old, 8 * 24 * 3600)
    exports_expire()
    assert not old.exists()


def test_datasets_are_listed_without_the_erased(build, staff, browse):
    dataset = build()
    subject_redact("pb")
    page = browse(staff).get(f"/ml/datasets/{dataset.pk}/").content.decode()
    assert "erased" in page
    assert "withdrew their data" in page
    assert Dataset.objects.get().status == "redacted"


def _age(path, seconds: float) -> None:
    import os
    import time

    then = time.time() - seconds
    os.utime(path, (then, then))


def test_erasing_from_the_page_needs_name_and_password(athlete, delivered, browse):
    page = browse(athlete)
    wrong = page.post("/settings/data/erase/", {"username": athlete.username, "password": "wrong"})
    assert wrong.status_code == 400
    assert not Job.objects.exists()
    gone = page.post("/settings/data/erase/", {"username": athlete.username, "password": "a long password"})
    assert gone.url == "/goodbye/"
    assert page.get("/jobs/").status_code == 302, "signed out at once"
    job_execute_here(pk=Job.objects.get(kind="account.erase").pk)
    assert not type(athlete).objects.filter(pk=athlete.pk).exists()
