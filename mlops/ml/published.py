"""Published model folders: what is pushed to and pulled from a model hub, and taken away as a ZIP.

    config.json         transformers' config with labels, window and channels (`mlops.ml.sensors.pretrained` reads it)
    model.safetensors   weights, for torch networks
    model.onnx          the same model for ONNX Runtime: ``input`` → ``probabilities``
    label_map.json      {"label_to_id", "id_to_label"}
    fitbalance.json     how FitBalance made it: layout, window, scaler, estimator, figures, and a hash of every file
    README.md           the model card

Nothing in such a folder is code, and nothing but the names above is read from one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.ml.abstention import Guard
from mlops.ml.artifact import read_manifest, sha256_of
from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.folders import CARD, FolderRules, check_config_file, check_safetensors, figures_of, read_json
from mlops.ml.registry import estimator_class
from mlops.ml.windows import Scaler, WindowSpec

CONFIG, WEIGHTS, ONNX = "config.json", "model.safetensors", "model.onnx"
LABELS, OWN = "label_map.json", "fitbalance.json"
ALLOWED = (CONFIG, WEIGHTS, ONNX, LABELS, OWN, CARD)
"""The only files that are ever downloaded or read."""
FORMAT = 1
MODEL_TYPE = "fitbalance_sensor"
PREFIX = "network."
RULES = FolderRules(needs=(WEIGHTS, ONNX), names=frozenset(ALLOWED), unsafe_beside=True)
_FACTS = (
    "estimator", "labels", "window_spec", "layout", "scaler", "abstain_below", "guard", "seed", "dataset_hash",
    "code_version", "libraries",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """A checked folder: what is needed to make an artifact of it.

    labels, channels, spec, scaler  how a signal is cut for it and what it answers
    estimator, settings             registered name and config of the network; "onnx" for any other model
    weights, onnx                   the files, None where there is none
    claimed                         figures its maker states; never taken for ours
    abstain                         {"abstain_below", "guard"}: when it should not answer, where it says so
    facts                           dataset hash, code version, libraries as its maker states them
    """

    folder: Path
    labels: tuple[str, ...]
    channels: tuple[str, ...]
    spec: WindowSpec
    layout: dict[str, Any]
    scaler: dict[str, Any] | None
    estimator: str
    settings: dict[str, Any]
    weights: Path | None
    onnx: Path | None
    claimed: dict[str, float] = field(default_factory=dict)
    abstain: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def write_folder(artifact: Path, out: Path) -> bool:
    """Fill the existing, empty directory `out` with the published form of a model artifact, but for its card.

    Returns True when transformers can load it (a torch network). Raises BadArtifact.
    """
    manifest = read_manifest(artifact)
    labels = [str(label) for label in manifest["labels"]]
    layout = dict(manifest["layout"])
    settings = read_json(artifact / CONFIG).get("config", {}) if CONFIG in manifest["files"] else {}
    if ONNX in manifest["files"]:
        shutil.copyfile(artifact / ONNX, out / ONNX)
    config: dict[str, Any] = {
        "model_type": MODEL_TYPE,
        "architectures": ["SensorClassifier"],
        "dtype": "float32",
        "estimator": manifest["estimator"],
        "estimator_config": settings,
        "input_size": len(layout["channels"]),
        "channels": channel_names(layout),
        "window_spec": manifest["window_spec"],
        "scaler": manifest.get("scaler"),
        "id2label": {str(k): label for k, label in enumerate(labels)},
        "label2id": {label: k for k, label in enumerate(labels)},
    }
    is_network = _copy_weights(artifact, manifest, out)
    if not is_network:
        config["architectures"] = []
    _write(out / CONFIG, config)
    _write(out / LABELS, {"label_to_id": config["label2id"], "id_to_label": config["id2label"]})
    own = {name: manifest.get(name) for name in _FACTS}
    own |= {"format": FORMAT, "settings": settings, "metrics": figures_of(manifest.get("metrics"))}
    own["files"] = {path.name: sha256_of(path) for path in sorted(out.iterdir())}
    _write(out / OWN, own)
    return is_network


def read_folder(folder: Path) -> Published:
    """Check a published folder and say what is in it. Nothing in it is run.

    Files other than `ALLOWED` are ignored once `RULES` let them pass. Raises CodeNotAllowed, UnsafeFormat,
    BadArtifact.
    """
    folder = Path(folder)
    RULES.check(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    config = read_json(folder / CONFIG)
    check_config_file(config)
    own = read_json(folder / OWN) if (folder / OWN).is_file() else {}
    _check_hashes(folder, own)
    weights = folder / WEIGHTS if (folder / WEIGHTS).is_file() else None
    onnx = folder / ONNX if (folder / ONNX).is_file() else None
    if weights is not None:
        check_safetensors(weights)
        if config.get("model_type") != MODEL_TYPE:
            weights = None  # another library's network: its ONNX may still serve
    if weights is None and onnx is None:
        raise BadArtifact(f"its {WEIGHTS} is of the model type {config.get('model_type')!r} and there is no {ONNX}")
    try:
        labels = _labels(config)
        layout = dict(own.get("layout") or {"name": "", "channels": list(config["channels"])})
        channels = channel_names(layout)
        spec = WindowSpec.from_json(config["window_spec"])
        scaler = config.get("scaler")
        if scaler is not None:
            scaler = Scaler.from_json(scaler).to_json()
        if len(channels) != int(config["input_size"]) or len(set(channels)) != len(channels):
            raise BadArtifact(f"{CONFIG} names {len(channels)} channels for an input of {config['input_size']}")
        layout.setdefault("rate_hz", spec.rate_hz)
        return Published(
            folder,
            labels,
            channels,
            spec,
            layout,
            scaler,
            estimator=str(config.get("estimator", "bilstm"))[:64] if weights is not None else "onnx",
            settings=dict(config.get("estimator_config") or {}),
            weights=weights,
            onnx=onnx,
            claimed=figures_of(own.get("metrics")),
            abstain=_abstain(own),
            facts={name: own.get(name) for name in ("dataset_hash", "code_version", "libraries", "seed", "estimator")},
        )
    except (KeyError, TypeError, ValueError, AttributeError, BadValue) as error:
        raise BadArtifact(f"{CONFIG} cannot be used: {error}") from error


def restore_network(published: Published, directory: Path) -> None:
    """Write the native files and ``model.onnx`` of a published torch network into `directory`.

    The ONNX file is exported anew from the weights, so that both are surely the same model. Raises BadArtifact.
    """
    from safetensors.numpy import load_file, save_file

    if published.weights is None:
        raise BadArtifact(f"there is no {WEIGHTS} to restore a network from")
    native = {
        "estimator": published.estimator,
        "config": published.settings,
        "labels": list(published.labels),
        "window_shape": [published.spec.length, len(published.channels)],
    }
    _write(directory / CONFIG, native)
    tensors = {name.removeprefix(PREFIX): value for name, value in load_file(published.weights).items()}
    save_file(tensors, directory / WEIGHTS, metadata={"format": "pt"})
    try:
        estimator = estimator_class(published.estimator).load(directory)
    except BadValue as error:
        raise BadArtifact(str(error)) from error
    estimator.export_onnx(directory / ONNX)


def channel_names(layout: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a layout's channels, in order."""
    return tuple(str(one["name"]) if isinstance(one, Mapping) else str(one) for one in layout["channels"])


def _copy_weights(artifact: Path, manifest: Mapping[str, Any], out: Path) -> bool:
    """Copy a torch network's weights under the names `SensorClassifier` gives them; False for other models."""
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    if WEIGHTS not in manifest["files"]:
        return False
    with safe_open(artifact / WEIGHTS, framework="np") as found:
        if (found.metadata() or {}).get("format") != "pt":
            return False
    tensors = {PREFIX + name: value for name, value in load_file(artifact / WEIGHTS).items()}
    save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})
    return True


def _labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    by_id = {int(k): str(label) for k, label in config["id2label"].items()}
    labels = tuple(by_id[k] for k in range(len(by_id)))
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise BadArtifact(f"{CONFIG} needs at least two different labels")
    return labels


def _abstain(own: Mapping[str, Any]) -> dict[str, Any]:
    """Its confidence threshold and guard, checked. Raises BadValue."""
    least = own.get("abstain_below")
    found: dict[str, Any] = {"abstain_below": float(least)} if least is not None else {}
    if not 0 <= found.get("abstain_below", 0.0) <= 1:
        raise BadValue("abstain_below must be between 0 and 1")
    if own.get("guard"):
        found["guard"] = Guard.from_json(own["guard"]).to_json()
    return found


def _check_hashes(folder: Path, own: Mapping[str, Any]) -> None:
    files = own.get("files", {})
    if not isinstance(files, dict):
        raise BadArtifact(f"{OWN} cannot be used")
    for name in (CONFIG, WEIGHTS, ONNX, LABELS):
        if name in files and (not (folder / name).is_file() or sha256_of(folder / name) != files[name]):
            raise BadArtifact(f"{name} was altered or is missing: its hash is not the one in {OWN}")


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", "utf-8")
