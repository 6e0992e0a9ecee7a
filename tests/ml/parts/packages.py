"""Packages made for tests: wheels, tarballs, and hostile ones."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any

from mlops.ml.parts.catalogue import Archive, Part, PartFile, Piece


def wheel(files: Mapping[str, bytes], *, compress: bool = True) -> bytes:
    """A ZIP with a RECORD that states wrong hashes: nobody reads it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("x-1.0.dist-info/RECORD", "".join(f"{name},sha256=lies,{1}\n" for name in files))
    return made.getvalue()


def tarball(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def archive_of(data: bytes, file: str = "some_part-1.0-py3-none-any.whl", package: str = "some-part") -> Archive:
    registry = "npm" if file.endswith(".tgz") else "pypi"
    return Archive(registry, package, "1.0", file, len(data), sha(data))


def part_with(files: Mapping[str, tuple[bytes, list[str]]], archives: Mapping[str, Archive], **more: Any) -> Part:
    """A part: file name → (its bytes, ["archive:member", …])."""
    return Part(
        name=more.pop("name", "some-part"),
        title="Some part",
        purpose="tests",
        licence=more.pop("licence", "MIT"),
        original="nobody",
        archives=dict(archives),
        files=tuple(
            PartFile(name, len(data), sha(data), tuple(Piece(*one.split(":", 1)) for one in members))
            for name, (data, members) in files.items()
        ),
        **more,
    )
