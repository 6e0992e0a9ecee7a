"""Immutable directories: written beside, hashed, flushed, then renamed into place; checked when read.

A reader sees a whole artifact or none. `manifest.json` names every file with its size and SHA-256, and is
itself protected, so that one changed byte anywhere is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, BadValue, UnsafeFormat

MANIFEST = "manifest.json"
FORMAT = 1
SAFE_SUFFIXES = frozenset({".safetensors", ".json", ".onnx", ".txt", ".md", ".npy", ".skops", ".parquet", ".png"})
WEIGHT_SUFFIXES = (".pkl", ".pickle", ".pth", ".pt", ".h5", ".joblib")
"""Endings of single weight files; an artifact is a folder, so their stem names it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PARTIAL = ".partial"


def write_artifact(root: Path, name: str, fill: Callable[[Path], None], manifest: Mapping[str, Any]) -> Path:
    """Make the immutable directory `root/name` and return its path.

    `fill` writes the files into a hidden directory beside the final place; the manifest is completed with
    "format", "files" and "content_hash". Raises BadArtifact when the name is taken or impossible,
    UnsafeFormat for a file kind that is not allowed, and whatever `fill` raises; then nothing stays behind.
    """
    if not _NAME.fullmatch(name):
        raise BadArtifact(f"{name[:120]!r} cannot name an artifact")
    root = Path(root)
    target = root / name
    if target.exists():
        raise BadArtifact(f"the artifact {name} exists already and never changes")
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f".{name}.{uuid.uuid4().hex}{_PARTIAL}"
    partial.mkdir()
    try:
        fill(partial)
        write_manifest(partial, manifest)
        for path in sorted(partial.rglob("*"), reverse=True):
            _flush(path)
        _flush(partial)
        try:
            os.rename(partial, target)
        except OSError as error:
            raise BadArtifact(f"the artifact {name} exists already and never changes") from error
        _flush(root)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


def write_manifest(directory: Path, manifest: Mapping[str, Any], *, unhashed: Collection[str] = ()) -> None:
    """Complete and seal the manifest of a directory; the names in `unhashed` are left out of it.

    Raises UnsafeFormat for a file kind that is not allowed, BadValue for a manifest that is no plain JSON.
    """
    files = {name: facts for name, facts in file_facts(directory).items() if name not in unhashed}
    facts = {**_without_seal(manifest), "format": FORMAT, "files": files, "content_hash": _hash_of(files)}
    (directory / MANIFEST).write_bytes(_sealed(json.loads(_canonical(facts))))


def artifact_folder(output: Path) -> tuple[Path, str]:
    """Return (folder of the artifact, what to say about it); nothing to say for a plain folder name."""
    if output.suffix.lower() in WEIGHT_SUFFIXES:
        folder = output.with_suffix("")
        return folder, f"{output.name} is taken as the folder {folder.name}: models are kept as safe files, not pickles"
    return output, ""


def read_manifest(path: Path, verify: bool = True) -> dict[str, Any]:
    """Return the manifest of an artifact; with `verify` every file's size and hash is checked first.

    Raises BadArtifact when something is missing, added or altered.
    """
    path = Path(path)
    try:
        raw = (path / MANIFEST).read_bytes()
        facts = json.loads(raw)
        files = facts["files"]
        intact = facts["format"] == FORMAT and _sealed(_without_seal(facts)) == raw
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadArtifact(f"{path.name} has no readable manifest") from error
    if not intact:
        raise BadArtifact(f"the manifest of {path.name} was altered")
    if verify:
        try:
            found = file_facts(path)
        except (OSError, UnsafeFormat) as error:
            raise BadArtifact(f"{path.name} cannot be read: {error}") from error
        if found != files:
            wrong = sorted(k for k in {*found, *files} if found.get(k) != files.get(k))
            raise BadArtifact(f"{path.name} was altered or is incomplete: {', '.join(wrong[:5])}")
    return dict(facts)


def content_hash(directory: Path) -> str:
    """Return one SHA-256 over all file names and contents except the manifest."""
    return _hash_of(file_facts(Path(directory)))


def artifact_names(root: Path) -> list[str]:
    """Return the names of the complete artifacts under `root`, sorted."""
    root = Path(root)
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if _NAME.fullmatch(p.name) and (p / MANIFEST).is_file())


def sweep_partials(root: Path, *, older_than_s: float = 86_400) -> int:
    """Remove what killed writers left under `root` longer ago than `older_than_s`; return how many."""
    n_removed = 0
    for path in Path(root).glob(f".*{_PARTIAL}"):
        if time.time() - path.stat().st_mtime >= older_than_s:
            shutil.rmtree(path, ignore_errors=True)
            n_removed += 1
    return n_removed


def file_facts(directory: Path) -> dict[str, dict[str, Any]]:
    """Return ``{relative path: {"sha256", "size"}}`` of all files but the manifest.

    Raises UnsafeFormat for links and for suffixes that are not allowed.
    """
    facts: dict[str, dict[str, Any]] = {}
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise UnsafeFormat(f"{relative} is not a plain file")
        if path.is_dir() or relative == MANIFEST:
            continue
        if path.suffix not in SAFE_SUFFIXES:
            raise UnsafeFormat(f"{relative}: files of this type are not allowed")
        facts[relative] = {"sha256": sha256_of(path), "size": path.stat().st_size}
    return facts


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _hash_of(files: Mapping[str, Mapping[str, Any]]) -> str:
    lines = "".join(f"{name}\0{facts['sha256']}\n" for name, facts in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _canonical(facts: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadValue(f"a manifest holds only plain JSON: {error}") from error
    return (text + "\n").encode()


def _sealed(facts: Mapping[str, Any]) -> bytes:
    """Serialise with a hash over everything else, so that a changed manifest shows."""
    seal = hashlib.sha256(_canonical(facts)).hexdigest()
    return _canonical({**facts, "seal": seal})


def _without_seal(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != "seal"}


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
