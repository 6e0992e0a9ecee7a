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

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mlops.ml.abstention import Guard
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact, BadValue, MLError, UnsafeFormat
from mlops.ml.registry import estimator_class
from mlops.ml.windows import Scaler, WindowSpec

CONFIG, WEIGHTS, ONNX = "config.json", "model.safetensors", "model.onnx"
LABELS, OWN, CARD = "label_map.json", "fitbalance.json", "README.md"
ALLOWED = (CONFIG, WEIGHTS, ONNX, LABELS, OWN, CARD)
"""The only files that are ever downloaded or read."""
FORMAT = 1
MODEL_TYPE = "fitbalance_sensor"
PREFIX = "network."
UNSAFE_SUFFIXES = frozenset(
    ".pkl .pickle .joblib .pt .pth .bin .ckpt .h5 .hdf5 .keras .npz .dill .msgpack".split()
)
CODE_SUFFIXES = frozenset({".py", ".pyc", ".so", ".dll", ".dylib", ".sh", ".ipynb"})
MAX_JSON_BYTES = 2 * 1024 * 1024
_FACTS = (
    "estimator", "labels", "window_spec", "layout", "scaler", "abstain_below", "guard", "seed", "dataset_hash",
    "code_version", "libraries",
)  # fmt: skip


class CodeNotAllowed(MLError):
    """A folder or repository brings code, or asks for code to be run when it is loaded."""

    code = "code_not_allowed"


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
    settings = _json(artifact / CONFIG).get("config", {}) if CONFIG in manifest["files"] else {}
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
    own |= {"format": FORMAT, "settings": settings, "metrics": numbers(manifest.get("metrics", {}))}
    own["files"] = {path.name: _sha256(path) for path in sorted(out.iterdir())}
    _write(out / OWN, own)
    return is_network


def check_names(names: Iterable[str]) -> None:
    """Refuse a listing that brings code, or that holds a model in unsafe files only.

    Raises CodeNotAllowed, UnsafeFormat, BadArtifact (no model at all).
    """
    names = list(names)
    for name in names:
        if PurePosixPath(name).suffix.lower() in CODE_SUFFIXES:
            raise CodeNotAllowed(f"it brings code ({name[:80]}), and code from elsewhere is never run here")
    if not {WEIGHTS, ONNX} & set(names):
        for name in names:
            if PurePosixPath(name).suffix.lower() in UNSAFE_SUFFIXES:
                raise UnsafeFormat(f"{name[:80]} could run code when it is read; publish safetensors or ONNX instead")
        raise BadArtifact(f"there is neither {WEIGHTS} nor {ONNX} in it")


def read_folder(folder: Path) -> Published:
    """Check a published folder and say what is in it. Nothing in it is run.

    Files other than `ALLOWED` are ignored once `check_names` let them pass. Raises CodeNotAllowed, UnsafeFormat,
    BadArtifact.
    """
    folder = Path(folder)
    check_names(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    config = _json(folder / CONFIG)
    if "auto_map" in config or "custom_pipelines" in config:
        raise CodeNotAllowed(f"{CONFIG} asks for code to be run (auto_map), and code from elsewhere is never run here")
    own = _json(folder / OWN) if (folder / OWN).is_file() else {}
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
            folder, labels, channels, spec, layout, scaler,
            estimator=str(config.get("estimator", "bilstm"))[:64] if weights is not None else "onnx",
            settings=dict(config.get("estimator_config") or {}), weights=weights, onnx=onnx,
            claimed=numbers(own.get("metrics") or {}), abstain=_abstain(own),
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


def check_safetensors(path: Path) -> None:
    """Refuse a file that is cut short or whose header does not fit it. A changed weight shows only by its hash."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as tensors:
            for name in tensors.keys():
                tensors.get_slice(name).get_shape()
    except (SafetensorError, OSError, ValueError) as error:
        raise BadArtifact(f"{path.name} is damaged or incomplete") from error


def channel_names(layout: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a layout's channels, in order."""
    return tuple(str(one["name"]) if isinstance(one, Mapping) else str(one) for one in layout["channels"])


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The plain finite numbers among metrics."""
    found = {}
    for name, value in metrics.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            found[str(name)[:40]] = float(value)
    return dict(list(found.items())[:40])


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
        raise BadValue("abstain_below must lie between 0 and 1")
    if own.get("guard"):
        found["guard"] = Guard.from_json(own["guard"]).to_json()
    return found


def _check_hashes(folder: Path, own: Mapping[str, Any]) -> None:
    files = own.get("files", {})
    if not isinstance(files, dict):
        raise BadArtifact(f"{OWN} cannot be used")
    for name in (CONFIG, WEIGHTS, ONNX, LABELS):
        if name in files and (not (folder / name).is_file() or _sha256(folder / name) != files[name]):
            raise BadArtifact(f"{name} was altered or is missing: its hash is not the one in {OWN}")


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise BadArtifact(f"{path.name} is too large")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadArtifact(f"{path.name} is missing or cannot be read") from error
    if not isinstance(found, dict):
        raise BadArtifact(f"{path.name} cannot be used")
    return found


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
