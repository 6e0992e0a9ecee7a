"""Versions that answer at a web address, with a local model that answers while the address is away."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from mlops.job_kinds import JobContext, JobFailed, TransientError
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.remote import REMOTE_FILE, Policy, RemoteFailed, check_address, configure
from mlops.ml.scoring import MODEL_FILE
from mlops.models import Job, Task
from mlops.selectors.engine import champion_of
from mlops.services.artifacts import artifact_path
from mlops.services.incoming import Incoming, check_task, incoming_register
from mlops.services.jobs import job_create
from mlops.services.serving import ServedVersion, scorer_of
from web.refusals import Problem

REMOTE = "version.remote"
KEPT = ("labels", "window_spec", "layout", "scaler", "abstain_below", "guard")


def policy_apply() -> None:
    """Give the library this site's rules for remote addresses. Called once from AppConfig.ready()."""
    configure(
        Policy(
            tuple(settings.REMOTE_MODEL_HOSTS), settings.REMOTE_MODEL_ALLOW_PRIVATE, settings.REMOTE_MODEL_TIMEOUT_S
        )
    )


def remote_start(*, task: Task, url: str, by: Any) -> Job:
    """Queue the registration of an address. Raises Problem 400 `bad_address`, 409 `no_champion`; QuotaExceeded."""
    check_task(task)
    try:
        url = check_address(url)
    except BadValue as error:
        raise Problem(400, "bad_address", f"{error}"[:1].upper() + f"{error}"[1:] + ".") from error
    if champion_of(task) is None:
        raise Problem(409, "no_champion", "Promote a local model first: it answers while the address is away.")
    return job_create(
        kind=REMOTE,
        title=f"Register a remote model for {task.title}",
        owner=by,
        parameters={"task": str(task.pk), "url": url},
        is_engine=True,
        dedupe_key=f"{REMOTE}:{task.pk}:{url}"[:128],
    )


def remote_run(*, context: JobContext, task: Task, url: str) -> None:
    """Judge the address on our held-out people and register it beside a copy of the champion."""
    champion = champion_of(task)
    if champion is None:
        raise JobFailed("no_champion", "Promote a local model first: it answers while the address is away.")
    source = artifact_path(champion)
    try:
        known = read_manifest(source)
    except BadArtifact as error:
        raise JobFailed("bad_artifact", f"The champion's files cannot be trusted: {error}.") from error

    def fill(directory: Path) -> None:
        shutil.copyfile(source / MODEL_FILE, directory / MODEL_FILE)
        (directory / REMOTE_FILE).write_text(json.dumps({"url": url, "fallback": str(champion)}, indent=1))

    manifest = {name: known[name] for name in KEPT if name in known}
    manifest["remote"] = {"url": url, "fallback": str(champion)}
    incoming = Incoming("remote", {}, manifest, fill, f"remote:{url}")
    try:
        incoming_register(context=context, task=task, incoming=incoming)
    except RemoteFailed as error:
        raise TransientError(f"{error}") from error


def answered_by(served: ServedVersion) -> dict[str, str]:
    """{"answered_by": …} for a remote version: "remote", or the local model that answered in its place."""
    facts = served.manifest.get("remote")
    if not facts:
        return {}
    remote = getattr(getattr(scorer_of(served), "onnx", None), "remote", None)
    if remote is None or remote.source == "remote":
        return {"answered_by": "remote"}
    return {"answered_by": f"{facts.get('fallback', 'a local model')}, because the remote model is away"}


