"""A version as a published folder: the files that model hubs and transformers know, with a model card."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _

from mlops.exchange.services.refusals import sentence
from mlops.kinds.exchange import HubCard
from mlops.kinds.metric import is_number
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact, UnsafeFormat
from mlops.ml.folders import CARD
from mlops.registry.gate_words import measured_text
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.cards import model_card
from mlops.tasks.selectors import kind_for
from web.refusals import Problem

LICENCES = {
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "cc-by-4.0": "Creative Commons BY 4.0",
    "cc-by-nc-4.0": "Creative Commons BY-NC 4.0",
    "other": "Other: see the repository",
}
SPOOLED_BYTES = 8 * 1024 * 1024


def folder_write(*, version: ModelVersion, out: Path, licence: str) -> None:
    """Fill the empty directory `out` with what the kind publishes of a version, and its card.

    Raises Problem 422 `bad_artifact`, 409 `kind_missing`, `not_published` for a model that answers elsewhere.
    """
    path, kind = artifact_path(version), kind_for(version.task)
    try:
        manifest = read_manifest(path)
        if manifest.get("remote"):
            raise Problem(409, "not_published", _("This version has no model file to publish."))
        said = kind.exchange.write_folder(kind, path, out)
        card = card_write(version=version, manifest=manifest, licence=licence, said=said)
        (out / CARD).write_text(card, "utf-8")
    except UnsafeFormat as error:
        raise Problem(409, "not_published", sentence(error)) from error
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", _(
            "The files of this version failed a check: %(error)s."
        ) % {"error": error}) from error


def folder_zip(*, version: ModelVersion, licence: str = "other") -> FileResponse:
    """The published folder as a ZIP to take away."""
    name = f"{version.task.name}-v{version.number}"
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)
    with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        folder_write(version=version, out=Path(made), licence=licence)
        for path in sorted(path for path in Path(made).rglob("*") if path.is_file()):
            archive.write(path, f"{name}/{path.relative_to(made).as_posix()}")
    spool.seek(0)
    response = FileResponse(spool, as_attachment=True, filename=f"{name}-published.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def card_write(*, version: ModelVersion, manifest: dict[str, Any], licence: str, said: HubCard) -> str:
    """README.md of a hub repository: a head for programs, then what people need to know."""
    task, metrics = version.task, version.metrics
    head = {
        "language": ["en"],
        "license": licence if licence in LICENCES else "other",
        "library_name": said.library,
        **({"pipeline_tag": said.pipeline_tag} if said.pipeline_tag else {}),
        "tags": [*said.tags, str(manifest["estimator"]).replace("_", "-")],
        "datasets": [f"fitbalance-{(version.dataset_hash or 'unknown')[:12]}"],
        "metrics": list(said.figures),
        "model-index": [
            {
                "name": f"{task.name}-v{version.number}",
                "results": [
                    {
                        "task": {"type": said.question, "name": task.title},
                        "dataset": {"type": "fitbalance", "name": task.title},
                        "metrics": [
                            {"type": kind, "name": name, "value": round(float(metrics[name]), 4)}
                            for kind, name in said.figures.items()
                            if is_number(metrics.get(name))
                        ],
                    }
                ],
            }
        ],
    }
    body = model_card(task=task, manifest={**manifest, "metrics": {**manifest.get("metrics", {}), **metrics}})
    lines = ["---", *_yaml(head), "---", "", body.rstrip(), "", "## Architecture", "", _architecture(manifest)]
    lines += ["", "## Usage", "", "```python", *said.usage, "```"]
    lines += ["", "## Training data", "", _data(version)]
    return "\n".join(lines) + "\n"


def _architecture(manifest: dict[str, Any]) -> str:
    config = json.dumps(manifest.get("config", {}), sort_keys=True)
    n_parameters = manifest.get("training", {}).get("n_parameters", "?")
    return f"`{manifest['estimator']}` with {config}; {n_parameters} parameters."


def _data(version: ModelVersion) -> str:
    measured = version.metrics.get("measured_on", {})
    text = measured_text(version) or "The author says nothing about the data."
    generated = " Some or all of it is generated." if measured.get("generated") else ""
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
