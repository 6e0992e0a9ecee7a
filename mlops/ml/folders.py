"""Folders in which models travel: what may lie in one, and any artifact as such a folder.

    manifest.json   what the artifact says about itself, with size and SHA-256 of every file, sealed
    README.md       the card; its owner may edit it, so no hash covers it
    the rest        the estimator's own files, as it saved them

Nothing in such a folder is code, and only plain names with the suffixes below are ever read.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mlops.ml.artifact import MANIFEST, read_manifest, sha256_of, write_manifest
from mlops.ml.contract import CONFIG_FILE, BadArtifact, BadValue, MLError, UnsafeFormat
from mlops.ml.remote import REMOTE_FILE

CARD = "README.md"
UNSAFE_SUFFIXES = frozenset(".pkl .pickle .joblib .pt .pth .bin .ckpt .h5 .hdf5 .keras .npz .dill .msgpack".split())
CODE_SUFFIXES = frozenset({".py", ".pyc", ".so", ".dll", ".dylib", ".sh", ".ipynb"})
SUFFIXES = frozenset({".json", ".safetensors", ".skops", ".txt", ".onnx", ".png", ".md"})
"""All that is read of a folder that holds an artifact; `mlops.ml.folder_probe` checks each of them."""
MAX_JSON_BYTES = 2 * 1024 * 1024
MAX_FILES, MAX_DEPTH, MAX_FIGURES = 200, 4, 40
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_STAYS = frozenset({MANIFEST, CARD, REMOTE_FILE, "metrics.json"})
"""Files that are written anew for a model from elsewhere, or must not come from there."""
_OURS = frozenset({"origin", "claimed", "stated", "demo", "remote"})
"""What a manifest says about the site that it lies on."""


class CodeNotAllowed(MLError):
    """A folder or repository brings code, or asks for code to be run when it is loaded."""

    code = "code_not_allowed"


@dataclass(frozen=True)
class FolderRules:
    """Which files of a folder, a ZIP or a repository are read.

    needs          one of these names must be there
    names          all that is read; empty: every plain name with one of `SUFFIXES`
    unsafe_beside  pickles are passed over where a safe model lies beside them, as many repositories have it
    """

    needs: tuple[str, ...]
    names: frozenset[str] = frozenset()
    unsafe_beside: bool = False

    def wants(self, name: str) -> bool:
        """True for a file that is read; `name` is its path inside the folder, with slashes."""
        if self.names:
            return name in self.names
        parts = name.split("/")
        plain = len(parts) <= MAX_DEPTH and all(_PART.fullmatch(part) for part in parts)
        return plain and PurePosixPath(name).suffix in SUFFIXES

    def check(self, names: Iterable[str]) -> None:
        """Refuse a listing that brings code, or that holds a model in unsafe files.

        Raises CodeNotAllowed, UnsafeFormat, BadArtifact (no model at all, too many files).
        """
        names = list(names)
        for name in names:
            if PurePosixPath(name).suffix.lower() in CODE_SUFFIXES:
                raise CodeNotAllowed(f"it contains code ({name[:80]}), and code from elsewhere is never run here")
        has_model = bool(set(self.needs) & set(names))
        for name in names:
            if PurePosixPath(name).suffix.lower() in UNSAFE_SUFFIXES and not (has_model and self.unsafe_beside):
                raise UnsafeFormat(f"{name[:80]} could run code when it is read; publish safetensors or ONNX instead")
        if not has_model:
            raise BadArtifact(f"there is no {' and no '.join(self.needs)} in it")
        if sum(map(self.wants, names)) > MAX_FILES:
            raise BadArtifact(f"it contains more than {MAX_FILES} files")


ARTIFACT = FolderRules(needs=(MANIFEST,))


def write_artifact_folder(artifact: Path, out: Path, facts: Mapping[str, Any]) -> None:
    """Fill the existing, empty directory `out` with a verified artifact, but for its card.

    facts  entries of its manifest that are set or replaced. Raises BadArtifact, UnsafeFormat.
    """
    manifest = read_manifest(artifact)
    for name in manifest["files"]:
        if name in _STAYS:
            continue
        if not ARTIFACT.wants(name):
            raise UnsafeFormat(f"{name[:80]} is a file type that is not allowed")
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(artifact / name, out / name)
    write_manifest(out, {name: value for name, value in manifest.items() if name not in _OURS} | dict(facts))


def read_artifact_folder(folder: Path) -> dict[str, Any]:
    """The manifest of a folder that `write_artifact_folder` wrote; every file it names is verified, nothing is run.

    Files that it does not name are passed over. Raises CodeNotAllowed, UnsafeFormat, BadArtifact.
    """
    folder = Path(folder)
    ARTIFACT.check(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    read_json(folder / MANIFEST)  # its size, before it is read as ours
    try:
        manifest = read_manifest(folder, verify=False)
    except (BadValue, RecursionError, AttributeError) as error:
        raise BadArtifact(f"{MANIFEST} cannot be used") from error
    files = manifest["files"]
    if not isinstance(files, dict) or not 1 <= len(files) <= MAX_FILES:
        raise BadArtifact(f"{MANIFEST} names no files, or too many")
    ARTIFACT.check([*files, MANIFEST])
    for name, facts in files.items():
        path = folder / name
        if not ARTIFACT.wants(name):
            raise BadArtifact(f"{name[:80]} is not a plain model file")
        stated = (facts.get("size"), facts.get("sha256")) if isinstance(facts, dict) else None
        plain = path.is_file() and not path.is_symlink()
        if not plain or stated != (path.stat().st_size, sha256_of(path)):
            raise BadArtifact(f"{name} was altered or is missing: it is not what {MANIFEST} says")
    if (folder / CONFIG_FILE).is_file():
        check_config_file(read_json(folder / CONFIG_FILE))
    return manifest


def copy_model_files(folder: Path, manifest: Mapping[str, Any], directory: Path) -> None:
    """Copy the files of a verified folder that belong to the model itself."""
    for name in manifest["files"]:
        if name not in _STAYS:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, directory / name)


def check_config_file(config: Mapping[str, Any]) -> None:
    """Refuse a configuration that asks for code. Raises CodeNotAllowed."""
    if "auto_map" in config or "custom_pipelines" in config:
        raise CodeNotAllowed(
            f"{CONFIG_FILE} asks for code to be run (auto_map), and code from elsewhere is never run here"
        )


def check_safetensors(path: Path) -> None:
    """Refuse a file that is cut short or whose header does not fit it. A changed weight shows only by its hash."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as tensors:
            for name in tensors.keys():
                tensors.get_slice(name).get_shape()
    except (SafetensorError, OSError, ValueError) as error:
        raise BadArtifact(f"{path.name} is damaged or incomplete") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of at most 2 MiB. Raises BadArtifact."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise BadArtifact(f"{path.name} is too large")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadArtifact(f"{path.name} is missing or cannot be read") from error
    if not isinstance(found, dict):
        raise BadArtifact(f"{path.name} cannot be used")
    return found


def figures_of(metrics: Any) -> dict[str, float]:
    """The plain finite numbers among the metrics that a maker states, at most 40."""
    found = {}
    for name, value in metrics.items() if isinstance(metrics, Mapping) else ():
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            found[str(name)[:40]] = float(value)
    return dict(list(found.items())[:MAX_FIGURES])
