"""A rehearsal of an import: every line is read, nothing is kept."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from mlops.ml.contract import MLError
from sessions.models import Recording, SensorLayout
from sessions.services.imports.plan import ImportPlan
from sessions.services.imports.run import Duplicate, Importer, Progress, explain
from web.services.archives import BadArchive
from web.services.uploads import upload_open_path

MAX_BYTES = 32 * 1024 * 1024
"""Larger imports are only checked by their first lines; the job reports every line anyway."""


@dataclass(frozen=True)
class Rehearsed:
    """What would become of one planned recording."""

    position: int
    n_samples: int = 0
    duration_s: float = 0.0
    rate_hz: float = 0.0
    issues: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    existing: Recording | None = None


def import_rehearse(
    *, athlete, layout: SensorLayout, uploads: Sequence, plan: ImportPlan
) -> dict[int, Rehearsed] | None:
    """position → what would come of it; None when the files are too large to read while somebody waits."""
    if sum(file.size for recording in plan.included for file in recording.files) > MAX_BYTES:
        return None
    importer = Importer(
        athlete=athlete,
        layout=layout,
        plan=plan.to_dict(),
        paths={str(u.pk): upload_open_path(u) for u in uploads},
        session_for=_never,
        started_at=timezone.now(),
        commit=nullcontext,
    )
    found: dict[int, Rehearsed] = {}
    for recording, planned in zip(plan.included, plan.to_dict()["recordings"], strict=True):
        folder = Path(tempfile.mkdtemp(prefix="fitbalance-rehearsal-"))
        try:
            facts, issues = importer.read(planned, folder, folder, Progress(1, _quiet), 0)
            found[recording.position] = Rehearsed(
                recording.position, facts.n_samples, facts.duration_s, facts.rate_hz, tuple(issues)
            )
        except Duplicate as error:
            found[recording.position] = Rehearsed(recording.position, existing=error.existing)
        except (MLError, BadArchive) as error:
            found[recording.position] = Rehearsed(recording.position, error=explain(error)[1])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _never(begin):
    raise AssertionError("a rehearsal stores nothing")


def _quiet(done: int, total: int, note: str) -> None:
    """Nobody watches a rehearsal."""
