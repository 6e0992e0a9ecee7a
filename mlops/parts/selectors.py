"""What is here of the catalogue, what is missing, what is on its way."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlops.jobs.models import Job, JobStatus
from mlops.ml.parts.catalogue import Part, catalogue
from mlops.ml.parts.store import HUB_PREFIX, Installed, facts_of, store

FETCH = "part.fetch"
"""The job kind that fetches one part; its dedupe key is fetch_key(name)."""


@dataclass(frozen=True)
class PartState:
    """One line of the list: a part, how it lies here (None: missing), the job that fetches it now, if any, and
    the one that failed last, while the part is missing."""

    part: Part
    installed: Installed | None
    job: Job | None = None
    failed: Job | None = None

    @property
    def is_fetchable(self) -> bool:
        return bool(self.part.files or self.part.hub)

    @property
    def remedy(self) -> str:
        return self.part.remedy or f"manage.py fetch_parts {self.part.name}"


def fetch_key(name: str) -> str:
    return f"{FETCH}:{name}"


def part_states(names: Iterable[str] | None = None) -> list[PartState]:
    """Every part of the catalogue (or those named) in its order. One question to the database."""
    wanted = set(names) if names is not None else None
    last = {job.dedupe_key: job for job in Job.objects.filter(kind=FETCH).order_by("created_at")}
    return [
        _state(part, last.get(fetch_key(part.name)))
        for part in catalogue().values()
        if wanted is None or part.name in wanted
    ]


def _state(part: Part, last: Job | None) -> PartState:
    installed = store().installed(part.name)
    is_open = last is not None and not last.is_ended
    is_failed = installed is None and last is not None and last.status in (JobStatus.FAILED, JobStatus.ERRORED)
    return PartState(part, installed, last if is_open else None, last if is_failed else None)


def part_state(name: str) -> PartState | None:
    """One line of the list; None for a name that the catalogue does not have."""
    return next(iter(part_states([name])), None)


def repositories() -> list[Installed]:
    """Hub repositories that were fetched without being in the catalogue."""
    here = store()
    found = (here.installed(name) for name in here.names() if name.startswith(HUB_PREFIX))
    return [one for one in found if one is not None]


def browser_file(name: str, digest: str, file: str) -> tuple[Path, str] | None:
    """(path, SHA-256) of a file that pages may load, at exactly this digest of its part; None for anything else."""
    part = catalogue().get(name)
    if part is None or file not in part.browser or part.digest != digest:
        return None
    folder = store().find(name)
    if folder is None:
        return None
    facts = facts_of(folder) or {}
    return folder / file, str(facts["files"][file]["sha256"])
