"""Registering the trained models that ship with the repository."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from mlops.ml.artifact import read_manifest
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import SHIPPED
from mlops.registry.services.registering import version_register

Say = Callable[[str], None]


def champions_register(say: Say = lambda line: None) -> int:
    """Register every folder CHAMPIONS_DIR/<task>/<name>/ whose content is not registered yet; returns how many.

    A folder with new content (the site was updated) becomes a new version, and the one that lay there retires.

    Creates the task and its shared label set where they are missing, and makes the version champion when
    the task has none. Repeating it changes nothing. Raises BadArtifact for a damaged folder.
    """
    n_new = 0
    for manifest_path in sorted(Path(settings.CHAMPIONS_DIR).glob("*/*/manifest.json")):
        folder = manifest_path.parent
        artifact_dir = f"{SHIPPED}{folder.parent.name}/{folder.name}"
        manifest = read_manifest(folder)
        if ModelVersion.objects.filter(artifact_dir=artifact_dir, artifact_hash=manifest["content_hash"]).exists():
            continue
        version = version_register(task_name=folder.parent.name, artifact_dir=artifact_dir, manifest=manifest)
        n_new += 1
        say(f"{version}: {version.metric.title.lower()} {version.score_text}")
    return n_new
