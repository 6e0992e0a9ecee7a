"""A model file that somebody brings: a published folder as ZIP, or a single file in a form that the kind reads."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from mlops.datasets.services.files import dataset_path
from mlops.exchange.models import LoggedRun
from mlops.exchange.services.evaluation import newest_dataset
from mlops.exchange.services.imports import import_register, scratch
from mlops.exchange.services.refusals import outcomes, refusals
from mlops.jobs.kinds import JobContext
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.base import TaskKind, task_kind
from mlops.kinds.exchange import Imported, Unfit, kind_differs
from mlops.kinds.options import options_check, options_of
from mlops.ml.artifact import MANIFEST
from mlops.ml.folders import figures_of, read_json
from mlops.ml.foreign import sniff
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for
from web.models import Upload
from web.services.archives import archive_extract_files, archive_extract_member, archive_members
from web.services.uploads import upload_delete, upload_open_path

IMPORT = "version.import"
MAX_FOLDER_BYTES = 600 * 1024 * 1024
MAX_LOOKED_INTO = 64 * 1024 * 1024
"""A folder up to this size is checked within the request; a larger one by the job only."""


def file_import_start(
    *,
    task: Task,
    upload: Upload,
    by: Any,
    declared: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    logged: LoggedRun | None = None,
) -> Job:
    """Look at an uploaded model file and queue its checks, its evaluation and its registration.

    declared  what its maker says about a single file: fields of the kind's `exchange.Declared`
    metrics   figures its maker claims
    Raises ValidationError by field; Problem 400 `unsafe_format`, `unknown_format`, `bad_declaration`, `labels_differ`,
    422 `code_not_allowed`, `bad_artifact`, 409 `not_ready` or where no model can come in; QuotaExceeded.
    """
    kind = kind_for(task)
    kind.exchange.check_task(kind, task)
    said = declared_check(kind, declared or {})
    path = upload_open_path(upload)
    with refusals("bad_declaration"):
        form = sniff(path, upload.filename)
        if form == "folder":
            if sum(member.size for member in archive_members(path)) <= MAX_LOOKED_INTO:
                with scratch() as made:
                    kind.exchange.read_folder(kind, task, _unpack(path, Path(made), kind))
            else:
                _look_into(path, kind)
        else:
            _check_form(kind, form)
            kind.exchange.declared_facts(kind, task, said, _own(kind, task))
    return job_create(
        kind=IMPORT,
        title=_("Import %(name)s for %(task)s") % {"name": upload.filename[:60], "task": task.title},
        owner=by,
        parameters={
            "task": str(task.pk),
            "upload": str(upload.pk),
            "form": form,
            "declared": asdict(said),
            "claimed": figures_of(metrics),
            "logged": str(logged.pk) if logged else "",
        },
        is_engine=True,
        dedupe_key=f"{IMPORT}:{upload.pk}",
    )


def file_import_run(*, context: JobContext, task: Task, upload: Upload) -> None:
    """Check the file again where it lies, make a version of it, let go of the upload."""
    given, kind, source = context.parameters, task_kind(task.kind), upload_open_path(upload)
    with scratch() as made, outcomes():
        if given["form"] == "folder":
            imported = kind.exchange.read_folder(kind, task, _unpack(source, Path(made), kind))
        else:
            imported = _single_file(kind, task, source, str(given["form"]), given["declared"])
            imported = replace(imported, claimed=figures_of(given.get("claimed")))
        origin = f"import:{upload.filename}"
        version = import_register(context=context, task=task, imported=imported, origin=origin)
    if given.get("logged"):
        LoggedRun.objects.filter(pk=given["logged"]).update(version=version)
    upload_delete(upload=upload)


def declared_check(kind: TaskKind, values: Mapping[str, Any]) -> Any:
    """What a maker says, as the kind's frozen config. Raises ValidationError by field."""
    found = kind.exchange.Declared
    return found(**options_check(options_of(found), values, missing="Unknown option for models of this task."))


def _single_file(kind: TaskKind, task: Task, path: Path, form: str, declared: Mapping[str, Any]) -> Imported:
    _check_form(kind, form)
    said = declared_check(kind, declared)
    facts = kind.exchange.declared_facts(kind, task, said, _own(kind, task))
    return kind.exchange.read_file(kind, task, path, form, said, facts)


def _check_form(kind: TaskKind, form: str) -> None:
    if form not in kind.exchange.single_files:
        raise Unfit("unknown_format", (
            f"models of the kind “{kind.title}” are imported as the ZIP of a published folder"
        ))


def _own(kind: TaskKind, task: Task) -> dict[str, Any]:
    """What the dataset that it will be evaluated on says of its examples; empty without one."""
    dataset = newest_dataset(task)
    return kind.manifest(dataset_path(dataset)) if dataset else {}


def _unpack(path: Path, folder: Path, kind: TaskKind) -> Path:
    """The files of a ZIP that are read, in an empty folder. Raises MLError, BadArchive."""
    archive_extract_files(path, _look_into(path, kind), folder)
    return folder


def _look_into(path: Path, kind: TaskKind) -> dict[str, str]:
    """Member of a ZIP → its name inside the one folder that it holds, for all that is read.

    Raises MLError for code and pickles, and for a model of another kind; BadArchive.
    """
    rules = kind.exchange.rules
    members = [PurePosixPath(one.name) for one in archive_members(path, max_total_bytes=MAX_FOLDER_BYTES)]
    homes = [member.parent for member in members if member.name in rules.needs]
    if not homes and (other := _other_kind(path, members, kind)):
        raise Unfit("kind_differs", other)
    top = min(homes, key=lambda home: len(home.parts), default=PurePosixPath())
    inside = {str(member): str(member.relative_to(top)) for member in members if member.is_relative_to(top)}
    rules.check(inside.get(str(member), str(member)) for member in members)
    return {member: name for member, name in inside.items() if rules.wants(name)}


def _other_kind(path: Path, members: list[PurePosixPath], kind: TaskKind) -> str:
    """Whose model a ZIP is by the manifest in it; empty when it has none, or one of this kind."""
    found = min((one for one in members if one.name == MANIFEST), key=lambda one: len(one.parts), default=None)
    if found is None:
        return ""
    with scratch() as made:
        target = Path(made) / MANIFEST
        archive_extract_member(path, str(found), target)
        name = read_json(target).get("kind")
    return kind_differs(kind, name) if isinstance(name, str) and name != kind.name else ""
