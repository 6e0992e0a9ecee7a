"""Judging a model that was made elsewhere on our own held-out people."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.job_kinds import JobContext, JobFailed
from mlops.ml.artifact import read_manifest
from mlops.ml.windows import EPSILON, Scaler, WindowSpec, normalise
from mlops.models import Dataset, Task
from mlops.services.artifacts import dataset_path
from mlops.services.judging import Judgement, judge, part_load
from mlops.task_kinds import TaskKind, task_kind
from mlops.window_kind import channel_names

BATCH = 256
MOST_ASKED = 400
"""Examples that a remote model is judged on, spread evenly over the held-out ones."""
CAVEAT = " It was made elsewhere: whether it learned from the same people is not known."


def outside_judge(*, context: JobContext, task: Task, path: Path, dataset: Dataset) -> Judgement:
    """Answers of an artifact to the dataset's held-out people, as metrics like those of our own trainings.

    A dataset that splits by each person in turn is judged on everybody: the model has seen nobody of it.
    Raises JobFailed `window_differs`, `channels_differ`, `labels_differ`, `nothing_to_judge_on`.
    """
    kind, folder = task_kind(task.kind), dataset_path(dataset)
    model, own = read_manifest(path), kind.manifest(folder)
    part, data = _held_out(kind, folder, dataset)
    order = _label_order(list(model["labels"]), list(data.labels))
    scorer = kind.scorer(path)
    remote = getattr(getattr(scorer, "onnx", None), "remote", None)
    if remote is not None:
        remote.strict = True  # what the fallback would answer is not its figure
        data = data.take(np.linspace(0, len(data) - 1, min(len(data), MOST_ASKED)).round().astype(int))
    pieces = []
    for at in range(0, len(data), BATCH):
        context.step(at, len(data), "Judging")
        pieces.append(np.asarray(scorer.answer(_as_model_wants(data.x[at : at + BATCH], own, model)))[:, order])
    train = part_load(kind, folder, "train")
    baseline = kind.baseline(train, data) if train is not None else {}
    judged = judge(kind, dataset, np.concatenate(pieces), data, part, baseline)
    measured = judged.metrics["measured_on"]
    if part == "each":
        measured["text"] = f"{len(data):,} {kind.example_word} of {len(measured.get('subjects', []))} people."
    return replace(judged, metrics={**judged.metrics, "measured_on": {**measured, "text": measured["text"] + CAVEAT}})


def _held_out(kind: TaskKind, folder: Path, dataset: Dataset) -> tuple[str, Any]:
    if dataset.facts.get("split", {}).get("how") == "each":
        data = part_load(kind, folder, "train")
        return "each", data if data is not None else _nobody()
    for part in ("test", "val"):
        data = part_load(kind, folder, part)
        if data is not None:
            return part, data
    return _nobody()


def _nobody() -> Any:
    raise JobFailed("nothing_to_judge_on", "The dataset keeps nobody aside, so the model cannot be judged.")


def _label_order(model: list[str], wanted: list[str]) -> list[int]:
    """Where each of the dataset's labels stands in the model's answer."""
    missing = [label for label in wanted if label not in model]
    if missing or len(model) != len(wanted):
        raise JobFailed("labels_differ", f"The model and the dataset have different labels ({', '.join(missing[:8])}).")
    return [model.index(label) for label in wanted]


def _as_model_wants(x: npt.NDArray[Any], own: dict[str, Any], model: dict[str, Any]) -> npt.NDArray[Any]:
    """Windows of our dataset in the model's channel order and normalisation."""
    ours, its = WindowSpec.from_json(own["window_spec"]), WindowSpec.from_json(model["window_spec"])
    if (ours.length, ours.rate_hz) != (its.length, its.rate_hz):
        raise JobFailed(
            "window_differs",
            f"It answers windows of {its.length} samples at {its.rate_hz:g} Hz; "
            f"the dataset has {ours.length} at {ours.rate_hz:g} Hz.",
        )
    have, need = channel_names(own), channel_names(model)
    if not set(need) <= set(have):
        text = f"It needs the channels {', '.join(need)}; the dataset has {', '.join(have)}."
        raise JobFailed("channels_differ", text)
    columns = [have.index(name) for name in need]
    if ours.normalisation == its.normalisation and its.normalisation != "dataset":
        return np.ascontiguousarray(x[:, :, columns])
    if ours.normalisation == "window":
        raise JobFailed("window_differs", "It wants another normalisation than the dataset's, which cannot be undone.")
    raw = x
    if ours.normalisation == "dataset":
        scaler = Scaler.from_json(own["scaler"])
        raw = x * (scaler.std + EPSILON) + scaler.mean
    scaler_of_model = None if model.get("scaler") is None else Scaler.from_json(model["scaler"])
    return normalise(raw[:, :, columns], its, scaler_of_model)
