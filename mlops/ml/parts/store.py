"""The folder in which parts lie, one folder each, whole or absent."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import BadArtifact, MLError
from mlops.ml.parts.catalogue import catalogue, part_of

FACTS = "part.json"
HUB_PREFIX = "hub--"
"""Begins the folder of a repository that the catalogue does not name."""
OWN = "own"
"""In own/<name>/ people put by hand what cannot be fetched; nothing of it can be checked."""


class PartMissing(MLError):
    """A part that is needed is not here. part: its name; n_bytes: what it costs to have it, `is_confirmed` whether
    anybody checked that; remedy: one sentence."""

    code = "part_missing"

    def __init__(self, part: str, n_bytes: int = 0, remedy: str = "", *, is_confirmed: bool = True) -> None:
        self.part, self.n_bytes = part, n_bytes
        self.remedy = remedy or f"Run manage.py fetch_parts {part}."
        told = f"{n_bytes / 1e6:.0f} MB" if is_confirmed else f"about {n_bytes / 1e6:.0f} MB, not confirmed"
        size = f" ({told})" if n_bytes else ""
        super().__init__(f"The part {part}{size} is not installed. {self.remedy}")


@dataclass(frozen=True)
class Installed:
    """A part as it lies here: what it takes on disk, and where each file came from."""

    name: str
    folder: Path
    n_bytes: int
    facts: Mapping[str, Any]


class PartStore:
    """Parts below one folder. Safe for several processes: a folder appears complete, by one rename."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._checked: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def find(self, name: str) -> Path | None:
        """The folder of an installed part with all its files at their sizes, else None. Cheap: reads no contents."""
        found = self.installed(name)
        return None if found is None else found.folder

    def installed(self, name: str) -> Installed | None:
        """What lies here under a name, if that is complete and what the catalogue means by it today."""
        folder = self.root / name
        facts = facts_of(folder)
        if facts is None:
            return self._own(name)
        if facts.get("digest") != expected_digest(name, facts):
            return None
        n_bytes = 0
        for file, known in facts["files"].items():
            try:
                size = (folder / file).stat().st_size
            except OSError:
                return None
            if size != known["size"]:
                return None
            n_bytes += size
        return Installed(name, folder, n_bytes, facts)

    def _own(self, name: str) -> Installed | None:
        """What somebody put into own/<name>/, for a part of the catalogue that is not fetched."""
        part, folder = catalogue().get(name), self.root / OWN / name
        if part is None or part.files or part.hub or not folder.is_dir():
            return None
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        facts = {"part": name, "digest": part.digest, "origin": f"{OWN}/{name}", "files": {}}
        return Installed(name, folder, sum(sizes), facts) if sizes else None

    def require(self, name: str) -> Path:
        """The folder of a part; its hashes are checked once in a process.

        Raises PartMissing, BadArtifact where a file was altered.
        """
        found = self.installed(name)
        if found is None:
            raise missing(name)
        key = (name, str(found.facts["digest"]))
        with self._lock:
            if key not in self._checked:
                self.verify(name)
                self._checked.add(key)
        return found.folder

    def verify(self, name: str) -> None:
        """Read every file of an installed part. Raises PartMissing, BadArtifact with the file that differs."""
        found = self.installed(name)
        if found is None:
            raise missing(name)
        for file, known in found.facts["files"].items():
            if sha256_of(found.folder / file) != known["sha256"]:
                raise BadArtifact(f"{file} of the part {name} was altered. Run manage.py fetch_parts {name} --again.")

    def names(self) -> list[str]:
        """Of all installed parts, those outside the catalogue too."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.name[0] != "." and self.find(path.name))

    def put(self, name: str, made: Path, facts: Mapping[str, Any]) -> Path:
        """Let the finished folder `made` (on the same disk) take the place of a part."""
        write_facts(made, facts)
        target = self.root / name
        old = self.root / f".old-{name}-{os.getpid()}"
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            os.rename(target, old)
        os.rename(made, target)
        shutil.rmtree(old, ignore_errors=True)
        return target

    def remove(self, name: str) -> bool:
        """Delete a part; False when it was not there."""
        folder = self.root / name
        if name.startswith(".") or "/" in name or not folder.is_dir():
            return False
        shutil.rmtree(folder)
        return True


def missing(name: str) -> PartMissing:
    """The error for a part that is not here, with what it costs."""
    if name.startswith(HUB_PREFIX):
        repository = name.removeprefix(HUB_PREFIX).replace("--", "/")
        return PartMissing(repository, remedy=f"Run manage.py fetch_parts {repository}.")
    part = part_of(name)
    return PartMissing(name, part.n_bytes, part.remedy, is_confirmed=part.is_confirmed)


def expected_digest(name: str, facts: Mapping[str, Any]) -> str:
    """The digest that a complete folder of this name states."""
    if name.startswith(HUB_PREFIX):
        return str(facts.get("digest"))
    try:
        return part_of(name).digest
    except MLError:
        return ""


def facts_of(folder: Path) -> dict[str, Any] | None:
    """What a part's folder says about itself, or None."""
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        for known in facts["files"].values():
            int(known["size"]), str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return dict(facts)


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    with (folder / FACTS).open("w", encoding="utf-8") as out:
        json.dump(facts, out, indent=1)
        out.flush()
        os.fsync(out.fileno())


def file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """{name: {"size", "sha256"}} of what lies in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != FACTS:
            found[path.relative_to(folder).as_posix()] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
    return found


_store: PartStore | None = None


def store() -> PartStore:
    """The store of this process: what `use` named, else FITBALANCE_PARTS_DIR, else a folder at home."""
    global _store
    if _store is None:
        _store = PartStore(os.environ.get("FITBALANCE_PARTS_DIR") or Path.home() / ".cache" / "fitbalance" / "parts")
    return _store


def use(root: Path | str) -> PartStore:
    """Let this process keep its parts in another folder."""
    global _store
    _store = PartStore(root)
    return _store


def hub_name(repository: str) -> str:
    """The folder name of a repository of a hub."""
    return HUB_PREFIX + repository.replace("/", "--")
