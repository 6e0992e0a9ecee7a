"""Is everything here that FitBalance needs? Each finding says what is wrong and what mends it."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

GIB = 2**30
MIN_FREE_BYTES = 1 * GIB
UNWELCOME = ("torchvision", "torchaudio", "torchcodec", "timm", "optimum", "opencv-python")
"""Packages that break the others when they are installed beside them."""
IMPORTED = ("numpy", "django", "rest_framework", "channels", "onnxruntime", "pyarrow", "safetensors", "redis", "httpx2")
PROGRAMS = (
    ("chromium", "browser tests", "apt-get install chromium"),
    ("ffmpeg", "videos", "apt-get install ffmpeg"),
    ("espeak-ng", "spoken answers", "apt-get install espeak-ng"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the report. level: "ok", "note" (works without it) or "missing" (must be mended)."""

    area: str
    name: str
    level: str
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Weights:
    """Trained weights that a kind uses. `find` returns where they lie, or None.

    needed  True when there is no documented fallback
    """

    name: str
    purpose: str
    find: Callable[[], Path | None]
    remedy: str
    needed: bool = False


_weights: dict[str, Weights] = {}


def register_weights(weights: Weights) -> None:
    """Kinds call this from AppConfig.ready(), so that `check_installation` knows their weights."""
    _weights[weights.name] = weights


def findings() -> Iterator[Finding]:
    """All checks, in the order in which one mends them."""
    yield _python()
    yield from _packages()
    yield from _programs()
    yield from _database()
    yield _redis()
    yield _storage()
    yield _disk()
    yield from _champions()
    yield from _known_weights()
    yield from _parts()
    yield from _outside()


def _python() -> Finding:
    good = (3, 11) <= sys.version_info[:2] < (3, 13)
    remedy = "" if good else "Install Python 3.11 or 3.12 and run make up again."
    return Finding("Python", platform.python_version(), "ok" if good else "missing", platform.platform(), remedy)


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    remedy = "Run make up, or: pip install -c constraints.txt -e ."
    try:
        lines = importlib.metadata.requires("fitbalance") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("Libraries", "fitbalance", "missing", "it is not installed in this environment", remedy)
        return
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding("Libraries", wanted.name, "missing", f"{wanted.specifier} is needed", remedy)
            continue
        fits = wanted.specifier.contains(found, prereleases=True)
        detail = found if fits else f"{found}, but {wanted.specifier} is needed"
        yield Finding("Libraries", wanted.name, "ok" if fits else "missing", detail, "" if fits else remedy)
    for name in IMPORTED:
        try:
            importlib.import_module(name)
        except ImportError as error:
            yield Finding("Libraries", name, "missing", f"it cannot be imported: {error}", remedy)
    for name in UNWELCOME:
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield Finding("Libraries", name, "missing", f"{found} breaks other libraries", f"pip uninstall {name}")


def _programs() -> Iterator[Finding]:
    for name, purpose, remedy in PROGRAMS:
        path = shutil.which(name)
        yield Finding("Programs", name, "ok" if path else "note", path or f"for {purpose}", "" if path else remedy)


def _database() -> Iterator[Finding]:
    from django.db.migrations.executor import MigrationExecutor

    name = f"{connection.vendor}"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding("Database", name, "missing", str(error), "Check DATABASE_URL and that the server runs.")
        return
    yield Finding("Database", name, "ok", "answers")
    if plan:
        yield Finding("Database", "migrations", "missing", f"not yet applied: {len(plan)}", "Run manage.py migrate.")


def _redis() -> Finding:
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
            version = client.info("server")["redis_version"]
    except (redis.RedisError, OSError, ValueError) as error:
        remedy = "Start the site (make up) and check again." if settings.REDIS_EMBEDDED else "Check REDIS_URL."
        return Finding("Redis", "server", "missing", f"it does not answer: {error}"[:200], remedy)
    return Finding("Redis", "server", "ok", version)


def _storage() -> Finding:
    """Private files can be written, read and removed."""
    from mlops.registry.services.storage import storage_check, storage_title

    root = Path(settings.MEDIA_ROOT)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root) as file:
            file.write(b"x")
        storage_check()
    except Exception as error:  # each storage has errors of its own
        remedy = "Check FITBALANCE_VAR and the S3 settings."
        return Finding("Storage", storage_title(), "missing", f"{error}"[:200], remedy)
    return Finding("Storage", storage_title(), "ok", "written, read and removed")


def _disk() -> Finding:
    root = Path(settings.VAR_DIR)
    free = shutil.disk_usage(root).free
    good = free >= MIN_FREE_BYTES
    remedy = "" if good else "Free some space, or move FITBALANCE_VAR to a larger disk."
    return Finding("Disk", str(root), "ok" if good else "missing", f"{free / GIB:.1f} GiB free", remedy)


def _champions() -> Iterator[Finding]:
    from mlops.ml.artifact import read_manifest
    from mlops.ml.contract import BadArtifact

    folders = sorted(path.parent for path in Path(settings.CHAMPIONS_DIR).glob("*/*/manifest.json"))
    if not folders:
        yield Finding("Weights", "shipped champions", "missing", "none", "Run manage.py make_champions.")
    for folder in folders:
        name = f"{folder.parent.name}/{folder.name}"
        try:
            read_manifest(folder)
        except BadArtifact as error:
            remedy = f"git checkout {folder}, or manage.py make_champions."
            yield Finding("Weights", name, "missing", str(error), remedy)
        else:
            yield Finding("Weights", name, "ok", str(folder))


def _known_weights() -> Iterator[Finding]:
    for weights in sorted(_weights.values(), key=lambda one: one.name):
        path = weights.find()
        if path is not None:
            yield Finding("Weights", weights.name, "ok", str(path))
        else:
            level = "missing" if weights.needed else "note"
            yield Finding("Weights", weights.name, level, f"for {weights.purpose}", weights.remedy)


def _parts() -> Iterator[Finding]:
    """Pretrained parts; the large ones of a hub only where somebody fetched them."""
    from mlops.parts.selectors import part_states

    for state in part_states():
        part = state.part
        if state.installed is not None:
            yield Finding("Parts", part.name, "ok", str(state.installed.folder))
        elif part.files:
            yield Finding("Parts", part.name, "note", f"{part.n_bytes / 1e6:.0f} MB: {part.purpose}", state.remedy)


def _outside() -> Iterator[Finding]:
    for name, purpose in (("HF_TOKEN", "private repositories of the model hub and pushing"),):
        if getattr(settings, name, "") or os.environ.get(name):
            yield Finding("Outside", name, "ok", "set")
        else:
            yield Finding("Outside", name, "note", f"not set; for {purpose}", "Set it if you need that.")


def summary(found: list[Finding]) -> dict[str, Any]:
    """Counts by level."""
    return {level: sum(one.level == level for one in found) for level in ("ok", "note", "missing")}
