"""Artifacts in an object store, so that any number of machines share them.

Writing goes to this machine's disk first and then, whole, to the store, the manifest last. Reading takes the folder on
this disk, or fetches it once, checks every file against the manifest and the manifest against the registered hash, and
renames it into place. Without a store nothing here does anything.
"""

import json
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

from mlops.jobs.kinds import TransientError
from mlops.ml.artifact import MANIFEST, read_manifest
from mlops.ml.contract import BadArtifact

FOLDER = "models"
CHUNK = 1024 * 1024


def remote() -> Any:
    """The store for artifacts, None when they stay on this disk."""
    return storages["artifacts"] if settings.ARTIFACTS_REMOTE else None


def artifact_store(path: Path) -> None:
    """Copy a finished artifact to the store. Raises TransientError when the store is away; may be repeated."""
    store = remote()
    if store is None:
        return
    names = [*read_manifest(path)["files"], MANIFEST]  # last: without it nobody takes the rest for an artifact
    try:
        for name in names:
            with (path / name).open("rb") as handle:
                store.save(f"{FOLDER}/{path.name}/{name}", File(handle))
    except Exception as error:  # every backend has errors of its own
        raise TransientError(f"The artifact store cannot be reached: {type(error).__name__}.") from error


def artifact_fetch(target: Path, expected_hash: str) -> None:
    """Bring an artifact from the store to `target`, whole and verified, unless it is there. Raises BadArtifact."""
    store = remote()
    if store is None or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".fetch-", suffix=".partial", dir=target.parent))
    try:
        _copy(store, f"{FOLDER}/{target.name}/{MANIFEST}", partial / MANIFEST)
        for name in json.loads((partial / MANIFEST).read_bytes())["files"]:
            if name.startswith("/") or ".." in Path(name).parts:
                raise BadArtifact("its manifest refers to files outside its folder")
            _copy(store, f"{FOLDER}/{target.name}/{name}", partial / name)
        if read_manifest(partial)["content_hash"] != expected_hash:
            raise BadArtifact("the artifact store has a different model under this name")
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another process was quicker
                raise
    except BadArtifact:
        raise
    except Exception as error:  # every backend has errors of its own
        raise BadArtifact(f"it is not on this machine and could not be fetched ({type(error).__name__})") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def artifact_forget(name: str) -> None:
    """Remove an artifact from the store, the manifest first."""
    store = remote()
    if store is None:
        return
    root = f"{FOLDER}/{name}"
    store.delete(f"{root}/{MANIFEST}")
    _, files = store.listdir(root)
    for file in files:
        store.delete(f"{root}/{file}")


def storage_title() -> str:
    """What `check_installation` calls it."""
    return f"S3 bucket {settings.S3_BUCKET}" if settings.ARTIFACTS_REMOTE else "local disk"


def storage_check() -> None:
    """Write, read and remove a small object; raises what the store raises."""
    store = remote()
    if store is None:
        return
    name = store.save(f"checks/{uuid.uuid4().hex}", ContentFile(b"fitbalance"))
    try:
        with store.open(name) as handle:
            if handle.read() != b"fitbalance":
                raise OSError("the store gives back something else than was written")
    finally:
        store.delete(name)


def _copy(store: Any, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open(name) as source, target.open("wb") as out:
        while piece := source.read(CHUNK):
            out.write(piece)
