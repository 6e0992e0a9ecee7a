"""The pictures of an artifact: written with it, told in `pictures.json`, shown on the version's page."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlops.kinds.base import Picture, TaskKind
from mlops.ml.contract import BadArtifact

FILE = "pictures.json"
MAX_PICTURES, MAX_TABLE_ROWS, MAX_BYTES = 12, 200, 5 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.png")
_PNG = b"\x89PNG\r\n\x1a\n"


def pictures_write(kind: TaskKind, estimator: Any, directory: Path) -> list[Picture]:
    """Let the kind draw into an artifact that is being written, and tell what is there."""
    found = kind.draw(estimator, directory)
    if found:
        (directory / FILE).write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")
    return found


def pictures_read(path: Path, manifest: dict[str, Any]) -> list[Picture]:
    """The pictures of a verified artifact; what another maker wrote wrongly is left out."""
    files = manifest.get("files", {})
    if FILE not in files or files[FILE]["size"] > MAX_BYTES:
        return []
    try:
        told = json.loads((path / FILE).read_text("utf-8"))
        found = [_picture(one) for one in told[:MAX_PICTURES]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [one for one in found if _NAME.fullmatch(one.file) and one.file in files]


def picture_bytes(path: Path, manifest: dict[str, Any], name: str) -> bytes:
    """The PNG of that name. Raises BadArtifact when the artifact has no such picture."""
    if name not in {one.file for one in pictures_read(path, manifest)} or manifest["files"][name]["size"] > MAX_BYTES:
        raise BadArtifact(f"there is no picture {name[:80]}")
    data = (path / name).read_bytes()
    if not data.startswith(_PNG):
        raise BadArtifact(f"{name[:80]} is not a PNG file")
    return data


def _picture(told: dict[str, Any]) -> Picture:
    columns = [str(column)[:80] for column in told["columns"]][:20]
    rows = [[str(cell)[:80] for cell in row] for row in told["rows"][:MAX_TABLE_ROWS]]
    return Picture(
        str(told["file"]),
        str(told["title"])[:120],
        str(told["summary"])[:1000],
        columns,
        [row for row in rows if len(row) == len(columns)],
    )
