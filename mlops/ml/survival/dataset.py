"""Datasets of rows with a time to an event: one shard per subject, a manifest, and a hash that names the whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import content_hash
from mlops.ml.contract import BadArtifact, NotEnoughData
from mlops.ml.survival.rows import SurvivalRows

MANIFEST = "manifest.json"
FILE = "rows.npy"


def write_shard(directory: Path, subject: str, rows: SurvivalRows) -> None:
    """Keep one subject's rows: a float64 table of time, event and the features."""
    folder = directory / "shards" / subject
    folder.mkdir(parents=True)
    np.save(folder / FILE, np.column_stack([rows.time, rows.event, rows.x]), allow_pickle=False)


def write_manifest(
    directory: Path, *, features: tuple[str, ...], parts: Mapping[str, str], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Complete a dataset whose shards are written; returns the manifest with its content hash."""
    digest = hashlib.sha256(content_hash(directory / "shards").encode())
    digest.update(json.dumps([list(features), sorted(parts.items())]).encode())
    manifest = {
        **facts,
        "kind": "survival_rows",
        "features": list(features),
        "parts": dict(parts),
        "content_hash": digest.hexdigest(),
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False)
    (directory / MANIFEST).write_text(text + "\n", "utf-8")
    return manifest


def read_manifest(directory: Path) -> dict[str, Any]:
    """Raises BadArtifact."""
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST).read_text("utf-8"))
        if manifest["kind"] != "survival_rows":
            raise BadArtifact("this dataset contains no survival rows")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadArtifact(f"the dataset has no readable manifest: {error}") from error
    return manifest


def load_rows(directory: Path, parts: set[str]) -> SurvivalRows:
    """Rows of all subjects of these parts whose shards are still there. Raises NotEnoughData without any."""
    manifest = read_manifest(directory)
    wanted = sorted(subject for subject, part in manifest["parts"].items() if part in parts)
    return _read(directory, wanted, tuple(manifest["features"]))


def load_fold(directory: Path, subject: str) -> tuple[SurvivalRows, SurvivalRows]:
    """(all others, this subject)."""
    manifest = read_manifest(directory)
    features = tuple(manifest["features"])
    others = sorted(set(manifest["parts"]) - {subject})
    return _read(directory, others, features), _read(directory, [subject], features)


def _read(directory: Path, subjects: list[str], features: tuple[str, ...]) -> SurvivalRows:
    tables, groups = [], []
    for subject in subjects:
        path = directory / "shards" / subject / FILE
        if not path.is_file():
            continue  # taken out since
        table = np.load(path, allow_pickle=False)
        if table.ndim != 2 or table.shape[1] != len(features) + 2:
            raise BadArtifact(f"a shard of the dataset is not a table of {len(features)} features")
        tables.append(table)
        groups.append(np.full(len(table), subject))
    if not tables:
        raise NotEnoughData("no rows are left in this part of the dataset")
    table = np.concatenate(tables)
    return SurvivalRows(table[:, 2:], table[:, 0], table[:, 1] > 0, np.concatenate(groups), features)
