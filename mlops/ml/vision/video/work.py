"""The folder beside the output in which segments lie until all are there: work that broke off goes on from it."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops.ml.contract import MLError
from mlops.ml.vision.video import rows as rows_of
from mlops.ml.vision.video.rows import Rows

PLAN = "plan.json"


class Busy(MLError):
    """Somebody else is writing the same file."""

    code = "busy"


class Work:
    """Finished segments of one plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Keep what an earlier run found by the same plan, and nothing else."""
        known = self.folder / PLAN
        if known.is_file() and json.loads(known.read_text("utf-8")) == plan:
            return
        for path in self.folder.glob("segment-*"):
            path.unlink()
        known.write_text(json.dumps(plan), "utf-8")

    def has(self, number: int) -> bool:
        return self._path(number).is_file()

    def put(self, number: int, rows: Rows, facts: Mapping[str, Any]) -> None:
        """A segment, whole: its facts first, so that rows are never without them."""
        self._path(number).with_suffix(".json").write_text(json.dumps(facts), "utf-8")
        rows_of.save(rows, self._path(number))

    def get(self, number: int) -> tuple[Rows, dict[str, Any]]:
        facts = json.loads(self._path(number).with_suffix(".json").read_text("utf-8"))
        return rows_of.load(self._path(number)), facts

    def _path(self, number: int) -> Path:
        return self.folder / f"segment-{number:05d}.npz"


@contextmanager
def work_for(output: Path) -> Iterator[Work]:
    """The folder for an output, for one process at a time; removed when the block ends well. Raises Busy."""
    folder = output.with_name(f".{output.name}.work")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another process is writing {output.name}; wait until it has finished") from error
        yield Work(folder)
        shutil.rmtree(folder)
