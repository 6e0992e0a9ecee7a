"""A version as a published folder: the files that model hubs and transformers know, with a model card."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from django.http import FileResponse

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.ml.published import CARD, ONNX, channel_names, write_folder
from mlops.models import ModelVersion
from mlops.services.artifacts import artifact_path
from mlops.services.cards import model_card
from web.refusals import Problem

LICENCES = {
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "cc-by-4.0": "Creative Commons BY 4.0",
    "cc-by-nc-4.0": "Creative Commons BY-NC 4.0",
    "other": "Other: see the repository",
}
TAGS = ("exercise-classification", "time-series", "sensor-data", "fitbalance")
SPOOLED_BYTES = 8 * 1024 * 1024


def folder_write(*, version: ModelVersion, out: Path, licence: str) -> None:
    """Fill the empty directory `out`. Raises Problem 422 `bad_artifact`, 409 `not_published` for a remote model."""
    path = artifact_path(version)
    try:
        manifest = read_manifest(path)
        if ONNX not in manifest["files"] or "layout" not in manifest:
            raise Problem(409, "not_published", "This version has no model file of its own that could be published.")
        network = write_folder(path, out)
        card = card_write(version=version, manifest=manifest, licence=licence, network=network)
        (out / CARD).write_text(card, "utf-8")
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", f"Its files cannot be trusted: {error}.") from error


def folder_zip(*, version: ModelVersion, licence: str = "other") -> FileResponse:
    """The published folder as a ZIP to take away."""
    name = f"{version.task.name}-v{version.number}"
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)
    with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        folder_write(version=version, out=Path(made), licence=licence)
        for path in sorted(Path(made).iterdir()):
            archive.write(path, f"{name}/{path.name}")
    spool.seek(0)
    response = FileResponse(spool, as_attachment=True, filename=f"{name}-published.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def card_write(*, version: ModelVersion, manifest: dict[str, Any], licence: str, network: bool = False) -> str:
    """README.md of a hub repository: a head for programs, then what people need to know."""
    task, metrics = version.task, version.metrics
    head = {
        "language": ["en"],
        "license": licence if licence in LICENCES else "other",
        "library_name": "transformers" if network else "onnx",
        "tags": [*TAGS, str(manifest["estimator"]).replace("_", "-")],
        "datasets": [f"fitbalance-{(version.dataset_hash or 'unknown')[:12]}"],
        "metrics": ["accuracy", "f1"],
        "model-index": [
            {
                "name": f"{task.name}-v{version.number}",
                "results": [
                    {
                        "task": {"type": "time-series-classification", "name": task.title},
                        "dataset": {"type": "fitbalance", "name": task.title},
                        "metrics": [
                            {"type": kind, "name": name, "value": round(float(metrics[name]), 4)}
                            for kind, name in (("accuracy", "accuracy"), ("f1", "f1_macro"))
                            if isinstance(metrics.get(name), int | float)
                        ],
                    }
                ],
            }
        ],
    }
    body = model_card(task=task, manifest={**manifest, "metrics": {**manifest.get("metrics", {}), **metrics}})
    lines = ["---", *_yaml(head), "---", "", body.rstrip(), "", "## Architecture", "", _architecture(manifest)]
    lines += ["", "## Usage", "", "```python", *_usage(manifest, network), "```"]
    lines += ["", "## Training data", "", _data(version)]
    return "\n".join(lines) + "\n"


def _architecture(manifest: dict[str, Any]) -> str:
    config = json.dumps(manifest.get("config", {}), sort_keys=True)
    n_parameters = manifest.get("training", {}).get("n_parameters", "?")
    return f"`{manifest['estimator']}` with {config}; {n_parameters} parameters."


def _usage(manifest: dict[str, Any], network: bool) -> list[str]:
    spec = manifest.get("window_spec", {})
    shape = f"(n, {spec.get('length', 'time')}, {len(channel_names(manifest['layout']))})"
    if network:
        return [
            "import mlops.ml.sensors.pretrained  # registers the model type; no remote code",
            "from transformers import AutoModel",
            "",
            'model = AutoModel.from_pretrained("this folder or repository")',
            f"model.classify(windows)  # {shape} as measured -> [[{{'label', 'score'}}, ...], ...]",
        ]
    return [
        "import onnxruntime",
        "",
        'session = onnxruntime.InferenceSession("model.onnx")',
        f'session.run(["probabilities"], {{"input": windows}})  # {shape} float32, normalised as config.json says',
    ]


def _data(version: ModelVersion) -> str:
    measured = version.metrics.get("measured_on", {})
    text = measured.get("text") or "The maker states nothing about the data."
    generated = " Some or all of it was generated." if measured.get("generated") else ""
    return f"Dataset `{(version.dataset_hash or '–')[:16]}`. {text}{generated if generated not in text else ''}"


def _yaml(value: Any, depth: int = 0) -> list[str]:
    """Plain YAML of dictionaries, lists, texts and numbers; texts are written as JSON, which YAML contains."""
    pad = "  " * depth
    if isinstance(value, dict):
        lines = []
        for key, inner in value.items():
            if isinstance(inner, dict | list) and inner:
                lines += [f"{pad}{key}:", *_yaml(inner, depth + 1)]
            else:
                lines.append(f"{pad}{key}: {json.dumps(inner, ensure_ascii=False)}")
        return lines
    lines = []
    for item in value:
        if isinstance(item, dict):
            first, *rest = _yaml(item, depth + 1)
            lines += [f"{pad}- {first.strip()}", *rest]
        else:
            lines.append(f"{pad}- {json.dumps(item, ensure_ascii=False)}")
    return lines
