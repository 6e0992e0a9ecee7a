"""The model card: what a version is, what it learned from, how good it is and what it is not for."""

from typing import Any

from django.utils import translation

from mlops.kinds.base import CardText, task_kind
from mlops.kinds.metric import is_number
from mlops.tasks.models import Task


@translation.override("en")
def model_card(*, task: Task, manifest: dict[str, Any]) -> str:
    """Markdown, kept as README.md in the artifact; in English, since it goes with the model wherever that goes."""
    metrics = manifest["metrics"]
    text = _text(task, manifest)
    rows = [
        f"| {metric.title} | {metric.text(metrics[metric.name])} |"
        for metric in task.metrics
        if is_number(metrics.get(metric.name))
    ]
    measured_on = (metrics.get("measured_on") or {}).get("text", "")
    table = ["| metric | value |", "|---|---|", *rows, ""] if rows else []
    lines = [
        f"# {task.title}",
        "",
        f"A `{manifest['estimator']}` model for the FitBalance task `{task.name}`.",
        *(["", text.purpose] if text.purpose else []),
        "",
        *(["## Evaluation", "", measured_on, "", *table] if measured_on or rows else []),
        *(["## Input and output", "", *text.inputs, ""] if text.inputs else []),
        *(["## Training", "", *training, ""] if (training := _training(task, manifest)) else []),
        *(["## Limits", "", *text.limits, ""] if text.limits else []),
        *([text.caution, ""] if text.caution else []),
    ]
    return "\n".join(lines)


def _training(task: Task, manifest: dict[str, Any]) -> list[str]:
    """What is known about the training; of a model from elsewhere only what its maker states."""
    stated = manifest.get("stated")
    facts = manifest if stated is None else stated
    data = _sources(task, manifest.get("data") or {})
    made = [
        f"{name} {facts[key]}" for name, key in (("code", "code_version"), ("libraries", "libraries")) if facts.get(key)
    ]
    known = [] if facts.get("seed") is None else [f"seed {facts['seed']}"]
    known += [f"config `{manifest['config']}`"] if manifest.get("config") else []
    generated = manifest.get("generated")
    if generated is None and stated is None:
        generated = (manifest["metrics"].get("measured_on") or {}).get("generated")
    words = {True: "- contains generated data", False: "- recorded data only"}
    return [
        *([f"- dataset `{str(facts['dataset_hash'])[:16]}`{data}"] if facts.get("dataset_hash") else []),
        *([f"- {', '.join(known)}"] if known else []),
        *([f"- {', '.join(made)}"] if made else []),
        *([words[bool(generated)]] if generated is not None else []),
        *(f"- {text}" for text in (manifest.get("data") or {}).get("added", [])),
    ]


def _text(task: Task, manifest: dict[str, Any]) -> CardText:
    try:
        return task_kind(task.kind).card(manifest)
    except KeyError:
        return CardText()


def _sources(task: Task, data: dict[str, Any]) -> str:
    if not data.get("n_subjects"):
        return ""
    sources = ", ".join(f"{count} {name}" for name, count in (data.get("sources") or {}).items())
    return f" of {task.example.count_groups(data['n_subjects'])}" + (f" ({sources})" if sources else "")
