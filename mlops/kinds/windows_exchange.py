"""How models of windows travel: transformers' folders, ONNX and LightGBM files, Inference endpoints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from mlops.kinds.exchange import ExchangeHooks, HubCard, Imported, Unfit, check_labels, stated_of
from mlops.kinds.options import names_option, object_option
from mlops.ml.contract import BadArtifact, BadValue, option
from mlops.ml.foreign import FEATURES, NETWORK, OUTPUTS, Wanted, model_in_child, probe
from mlops.ml.published import ONNX, RULES, Published, channel_names, read_folder, restore_network, write_folder
from mlops.ml.remote import REMOTE_FILE
from mlops.ml.windows import Scaler, WindowSpec
from web.refusals import Problem

if TYPE_CHECKING:
    from mlops.kinds.base import TaskKind

KEPT = ("labels", "window_spec", "layout", "scaler", "abstain_below", "guard")
"""What a remote model takes from the champion that answers in its place."""
TAGS = ("exercise-classification", "time-series", "sensor-data", "fitbalance")


@dataclass(frozen=True)
class WindowFacts:
    """What the maker of an ONNX or LightGBM file says about it; what is left empty is taken from the task."""

    labels: tuple[str, ...] = names_option("In the order of the model's output, separated by commas.")
    output: str = option("probabilities", "What the model returns.", choices=OUTPUTS)
    features: str = option("flatten", "What a LightGBM model was trained on.", choices=FEATURES)
    channels: tuple[str, ...] = names_option("In the order of the model's input, separated by commas.")
    window_spec: Mapping[str, Any] | None = object_option('{"rate_hz", "length", "stride", "normalisation"}')
    scaler: Mapping[str, Any] | None = object_option('{"mean": [], "std": []}, for the normalisation “dataset”.')

    WORDS = {
        "output": dict(zip(OUTPUTS, ("Probabilities", "Logits: add a softmax"), strict=True)),
        "features": dict(zip(FEATURES, ("Every sample (flatten)", "Mean, std, min, max of each channel"), strict=True)),
    }


class WindowArtifacts(ExchangeHooks):
    """Whole artifacts, evaluated on windows cut as ours are; for windows that are answered sample by sample."""

    def check_task(self, kind: TaskKind, task: Any) -> None:
        """Raises Problem 409 `no_windows` for a task that does not say how windows are cut."""
        if "window_spec" not in task.input:
            raise Problem(409, "no_windows", _("You can only import models for tasks that define windows."))

    def values(self, kind: TaskKind, data: Any, own: Mapping[str, Any], model: Mapping[str, Any]) -> Any:
        """Windows as measured, in the model's channel order; the model normalises them itself."""
        ours, its = WindowSpec.from_json(own["window_spec"]), WindowSpec.from_json(model["window_spec"])
        if (ours.length, ours.rate_hz) != (its.length, its.rate_hz):
            text = f"it expects windows of {its.length} samples at {its.rate_hz:g} Hz"
            raise Unfit("window_differs", f"{text}; the dataset has {ours.length} at {ours.rate_hz:g} Hz")
        have, need = channel_names(own["layout"]), channel_names(model["layout"])
        if not set(need) <= set(have):
            text = f"it needs the channels {', '.join(need)}; the dataset has {', '.join(have)}"
            raise Unfit("channels_differ", text)
        return np.ascontiguousarray(data.x[:, :, [have.index(name) for name in need]])


class WindowExchange(WindowArtifacts):
    """Folders as `mlops.ml.published` writes them, single files, and addresses that name one label a window."""

    Declared = WindowFacts
    rules = RULES
    single_files = ("onnx", "lightgbm")

    def read_folder(self, kind: TaskKind, task: Any, folder: Path) -> Imported:
        """A network is rebuilt from its weights and exported anew; anything else is its ONNX after the checks."""
        published = model_in_child(read_folder)(folder)
        check_labels(task, list(published.labels))
        if published.weights is not None and published.estimator not in kind.estimators:
            raise BadArtifact(f"its estimator {published.estimator!r} is not available for {kind.title} here")
        manifest = {
            "labels": list(published.labels),
            "window_spec": published.spec.to_json(),
            "layout": published.layout,
            "scaler": published.scaler,
            **published.abstain,
        }
        return Imported(
            published.estimator,
            published.settings,
            manifest,
            partial(_fill, published),
            published.claimed,
            stated_of(published.facts),
        )

    def declared_facts(
        self, kind: TaskKind, task: Any, declared: WindowFacts, own: Mapping[str, Any]
    ) -> dict[str, Any]:
        """labels, window_spec, layout, scaler. Raises Unfit `labels_differ`, BadValue."""
        labels = list(declared.labels) or (task.label_set.names if task.label_set else list(own.get("labels", [])))
        layout = dict(own.get("layout") or {"name": str(task.input.get("layout", "")), "channels": []})
        if declared.channels:
            layout["channels"] = list(declared.channels)
        if not layout["channels"]:
            raise BadValue("enter the channels: this task has no dataset yet to take them from")
        spec = WindowSpec.from_json(declared.window_spec or task.input["window_spec"])
        scaler = declared.scaler or (own.get("scaler") if not declared.window_spec else None)
        if spec.normalisation == "dataset" and scaler is None:
            raise BadValue("the normalisation “dataset” needs a scaler")
        scaler = Scaler.from_json(scaler).to_json() if scaler else None
        if scaler and len(scaler["mean"]) != len(layout["channels"]):
            raise BadValue("the scaler has a different number of channels")
        check_labels(task, labels)
        layout.setdefault("rate_hz", spec.rate_hz)
        return {"labels": labels, "window_spec": spec.to_json(), "layout": layout, "scaler": scaler}

    def read_file(
        self, kind: TaskKind, task: Any, path: Path, form: str, declared: WindowFacts, facts: Mapping[str, Any]
    ) -> Imported:
        wanted = Wanted(
            facts["window_spec"]["length"],
            len(facts["layout"]["channels"]),
            len(facts["labels"]),
            declared.output,
            declared.features,
        )
        name = "onnx" if form == "onnx" else "lightgbm_text"
        return Imported(name, {}, dict(facts), partial(_probed, path, form, wanted))

    def write_folder(self, kind: TaskKind, artifact: Path, out: Path) -> HubCard:
        network = write_folder(artifact, out)
        config = json.loads((out / "config.json").read_text("utf-8"))
        shape = f"(n, {config['window_spec']['length']}, {config['input_size']})"
        return HubCard(
            tags=TAGS,
            library="transformers" if network else "onnx",
            question="time-series-classification",
            figures={"accuracy": "accuracy", "f1": "f1_macro"},
            usage=_network_usage(shape) if network else _onnx_usage(shape),
        )

    def check_remote(self, kind: TaskKind, task: Any) -> None:
        self.check_task(kind, task)

    def connect(self, kind: TaskKind, url: str, title: str, champion: Path, known: Mapping[str, Any]) -> Imported:
        facts = {"url": url, "fallback": title}

        def fill(directory: Path) -> None:
            shutil.copyfile(champion / ONNX, directory / ONNX)
            (directory / REMOTE_FILE).write_text(json.dumps(facts, indent=1), "utf-8")

        kept = {name: known[name] for name in KEPT if name in known}
        return Imported("remote", {}, {**kept, "remote": facts}, fill)


def _fill(published: Published, directory: Path) -> None:
    if published.weights is not None:
        model_in_child(restore_network, NETWORK)(published, directory)
        return
    assert published.onnx is not None
    wanted = Wanted(published.spec.length, len(published.channels), len(published.labels))
    _probed(published.onnx, "onnx", wanted, directory)


def _probed(path: Path, form: str, wanted: Wanted, directory: Path) -> None:
    probe(path, directory / ONNX, form, wanted)


def _network_usage(shape: str) -> list[str]:
    return [
        "import mlops.ml.sensors.pretrained  # registers the model type; no remote code",
        "from transformers import AutoModel",
        "",
        'model = AutoModel.from_pretrained("this folder or repository")',
        f"model.classify(windows)  # {shape} as measured -> [[{{'label', 'score'}}, ...], ...]",
    ]


def _onnx_usage(shape: str) -> list[str]:
    return [
        "import onnxruntime",
        "",
        'session = onnxruntime.InferenceSession("model.onnx")',
        f'session.run(["probabilities"], {{"input": windows}})  # {shape} float32, normalised as config.json says',
    ]
