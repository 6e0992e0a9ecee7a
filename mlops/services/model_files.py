"""A model file that somebody brings: a published folder as ZIP, ONNX, or LightGBM text."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlops.job_kinds import JobContext, JobFailed
from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput
from mlops.ml.foreign import Wanted, probe, sniff
from mlops.ml.published import ALLOWED, ONNX, Published, check_names, numbers, read_folder
from mlops.ml.windows import Scaler, WindowSpec
from mlops.models import Job, LoggedRun, Task
from mlops.services.artifacts import dataset_path
from mlops.services.hub import outcomes, refusals
from mlops.services.incoming import (
    Incoming,
    check_labels,
    check_task,
    dataset_to_judge_on,
    incoming_from_folder,
    incoming_register,
    scratch,
)
from mlops.services.jobs import job_create
from mlops.task_kinds import task_kind
from web.models import Upload
from web.refusals import Problem
from web.services.archives import archive_extract_member, archive_members
from web.services.uploads import upload_delete, upload_open_path

IMPORT = "version.import"
MAX_FOLDER_BYTES = 600 * 1024 * 1024
LOOKED_INTO_AT_ONCE = 64 * 1024 * 1024
"""A folder up to this size is checked within the request; a larger one by the job only."""


@dataclass(frozen=True)
class Declared:
    """What the maker of an ONNX or LightGBM file says about it; what is left empty is taken from the task.

    labels       in the order of the answer
    channels     in the order of the input's last axis
    window_spec  {"rate_hz", "length", "stride", "normalisation"}
    scaler       {"mean", "std"} for the normalisation "dataset"
    metrics      figures as claimed
    output       "probabilities" or "logits"
    features     LightGBM: "flatten" or "stats"
    """

    labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    window_spec: dict[str, Any] | None = None
    scaler: dict[str, Any] | None = None
    metrics: dict[str, float] | None = None
    output: str = "probabilities"
    features: str = "flatten"
    name: str = ""


def import_start(*, task: Task, upload: Upload, declared: Declared, by: Any, logged: LoggedRun | None = None) -> Job:
    """Look at an uploaded model file and queue its checks, its judgement and its registration.

    Raises Problem 400 `unsafe_format`, `unknown_format`, `bad_declaration`, 422 `code_not_allowed`, `bad_artifact`,
    409 `not_ready`; QuotaExceeded.
    """
    check_task(task)
    path = upload_open_path(upload)
    with refusals():
        try:
            form = sniff(path, upload.filename)
            if form == "folder":
                if sum(member.size for member in archive_members(path)) <= LOOKED_INTO_AT_ONCE:
                    with scratch() as made:
                        _unpack(path, Path(made))
                else:
                    _look_into(path)
            else:
                facts_of(task, declared)
        except UnreadableInput as error:
            raise Problem(400, error.code, f"{error}"[:1].upper() + f"{error}"[1:] + ".") from error
    return job_create(
        kind=IMPORT,
        title=f"Import {upload.filename[:60]} for {task.title}",
        owner=by,
        parameters={
            "task": str(task.pk),
            "upload": str(upload.pk),
            "form": form,
            "declared": {**asdict(declared), "labels": list(declared.labels), "channels": list(declared.channels)},
            "logged": str(logged.pk) if logged else "",
        },
        is_engine=True,
        dedupe_key=f"{IMPORT}:{upload.pk}",
    )


def import_run(*, context: JobContext, task: Task, upload: Upload, form: str, declared: Declared) -> None:
    """Check the file again where it lies, make a version of it, let go of the upload."""
    source = upload_open_path(upload)
    with scratch() as made, outcomes():
        if form == "folder":
            incoming = incoming_from_folder(_unpack(source, Path(made)), f"import:{upload.filename}")
        else:
            incoming = _single_file(task, source, form, declared, upload.filename)
        version = incoming_register(context=context, task=task, incoming=incoming)
    if context.parameters.get("logged"):
        LoggedRun.objects.filter(pk=context.parameters["logged"]).update(version=version)
    upload_delete(upload=upload)


def facts_of(task: Task, declared: Declared) -> dict[str, Any]:
    """labels, window_spec, layout, scaler of a single file. Raises Problem 400 `bad_declaration`."""
    dataset = dataset_to_judge_on(task)
    own = task_kind(task.kind).manifest(dataset_path(dataset)) if dataset else {}
    labels = list(declared.labels) or (task.label_set.names if task.label_set else list(own.get("labels", [])))
    layout = dict(own.get("layout") or {"name": str(task.input.get("layout", "")), "channels": []})
    if declared.channels:
        layout["channels"] = list(declared.channels)
    spec = declared.window_spec or task.input.get("window_spec") or own.get("window_spec")
    try:
        if not layout["channels"]:
            raise BadValue("name the channels, because there is no dataset of this task yet to take them from")
        if not spec:
            raise BadValue("give the window_spec")
        checked = WindowSpec.from_json(spec)
        scaler = declared.scaler or (own.get("scaler") if not declared.window_spec else None)
        if checked.normalisation == "dataset" and scaler is None:
            raise BadValue("the normalisation dataset needs a scaler")
        scaler = Scaler.from_json(scaler).to_json() if scaler else None
        if scaler and len(scaler["mean"]) != len(layout["channels"]):
            raise BadValue("the scaler has another number of channels")
        Wanted(checked.length, len(layout["channels"]), len(labels), declared.output, declared.features)
        check_labels(task, labels)
    except BadValue as error:
        raise Problem(400, "bad_declaration", f"{error}"[:1].upper() + f"{error}"[1:] + ".") from error
    except JobFailed as error:
        raise Problem(400, error.code, error.message) from error
    layout.setdefault("rate_hz", checked.rate_hz)
    return {"labels": labels, "window_spec": checked.to_json(), "layout": layout, "scaler": scaler}


def _single_file(task: Task, source: Path, form: str, declared: Declared, filename: str) -> Incoming:
    facts = facts_of(task, declared)
    wanted = Wanted(
        facts["window_spec"]["length"],
        len(facts["layout"]["channels"]),
        len(facts["labels"]),
        declared.output,
        declared.features,
    )
    return Incoming(
        estimator="onnx" if form == "onnx" else "lightgbm_text",
        config={},
        manifest=facts,
        fill=lambda directory: _probe(source, directory / ONNX, form, wanted),
        origin=f"import:{filename}",
        claimed=numbers(declared.metrics or {}),
    )


def _probe(source: Path, out: Path, form: str, wanted: Wanted) -> None:
    probe(source, out, form, wanted)


def _unpack(path: Path, folder: Path) -> Published:
    """The allowed files of a ZIP in an empty folder, checked. Raises MLError, BadArchive."""
    for member in _look_into(path):
        archive_extract_member(path, member, folder / Path(member).name)
    return read_folder(folder)


def _look_into(path: Path) -> list[str]:
    """Names in a ZIP that will be read: the allowed files of its one folder. Raises MLError for code and pickles."""
    members = archive_members(path, max_total_bytes=MAX_FOLDER_BYTES)
    folders = {Path(member.name).parent for member in members}
    if len(folders) != 1:
        raise BadArtifact("the ZIP must hold the files of one folder")
    check_names(Path(member.name).name for member in members)
    return [member.name for member in members if Path(member.name).name in ALLOWED]


