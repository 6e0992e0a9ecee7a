"""Artifacts in an S3-compatible store, over HTTP against a local server that speaks its API."""

import shutil

import pytest
from botocore.config import Config

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.storage import artifact_forget, artifact_store, storage_check
from tests.s3_server import S3Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(settings):
    with S3Server() as server:
        options = {
            "bucket_name": "models", "location": "site", "endpoint_url": server.endpoint, "region_name": "eu-1",
            "access_key": "a", "secret_key": "b", "file_overwrite": True,
            "client_config": Config(
                retries={"total_max_attempts": 1}, request_checksum_calculation="when_required",
                response_checksum_validation="when_required", s3={"addressing_style": "path"},
            ),
        }  # fmt: skip
        settings.STORAGES = {
            **settings.STORAGES,
            "artifacts": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
        }
        settings.ARTIFACTS_REMOTE = True
        yield server


def test_a_version_is_fetched_once_and_verified(store, train):
    version = train()
    path = artifact_path(version)
    assert f"models/site/models/{path.name}/manifest.json" in store.objects
    shutil.rmtree(path)
    again = artifact_path(version)
    assert again == path
    assert (again / "model.onnx").is_file()
    store.is_down = True
    assert artifact_path(version).is_dir()


def test_an_altered_object_is_refused(store, train):
    version = train()
    path = artifact_path(version)
    name = f"models/site/models/{path.name}/model.onnx"
    store.objects[name] = store.objects[name][:-1] + b"x"
    shutil.rmtree(path)
    with pytest.raises(BadArtifact):
        read_manifest(artifact_path(version))
    assert not path.exists()
    assert not list(path.parent.glob(".fetch-*"))


def test_a_store_that_is_away(store, train, build, task, staff):
    from mlops.jobs.services.execution import job_execute_here
    from mlops.models import Job, ModelVersion
    from mlops.training.services.runs import run_create

    dataset = build()
    store.is_down = True
    run = run_create(task=task, dataset=dataset, estimator="tiny_linear", owner=staff)
    job_execute_here(pk=run.job_id)
    assert Job.objects.get(pk=run.job_id).status == "queued", "it is tried again"
    assert not ModelVersion.objects.exists()


def test_forgetting(store, train):
    path = artifact_path(train())
    artifact_store(path)  # again: harmless
    artifact_forget(path.name)
    assert not store.objects
    storage_check()
    assert not store.objects
