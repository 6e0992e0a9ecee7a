"""The model card: what a version is, what it learned from, how good it is and what it is not for."""

from typing import Any

from mlops.metric import is_number
from mlops.models import Task
from mlops.task_kinds import CardText, task_kind


def model_card(*, task: Task, manifest: dict[str, Any]) -> str:
    """Markdown, kept as README.md in the artifact."""
    metrics = manifest["metrics"]
    text = _text(task, manifest)
    data = manifest.get("data") or {}
    lines = [
        f"# {task.title}",
        "",
        f"A `{manifest['estimator']}` model of FitBalance for the task `{task.name}`.",
        *(["", text.purpose] if text.purpose else []),
        "",
        "## Measured",
        "",
        metrics.get("measured_on", {}).get("text", ""),
        "",
        "| metric | value |",
        "|---|---|",
        *(
            f"| {metric.title} | {metric.text(metrics[metric.name])} |"
            for metric in task.metrics
            if is_number(metrics.get(metric.name))
        ),
        "",
        *(["## Input and output", "", *text.inputs, ""] if text.inputs else []),
        "## Training",
        "",
        f"- dataset `{manifest.get('dataset_hash', '')[:16]}`{_people(data)}",
        f"- seed {manifest.get('seed')}, config `{manifest.get('config')}`",
        f"- code {manifest.get('code_version')}, libraries {manifest.get('libraries')}",
        f"- {'contains generated data' if metrics.get('measured_on', {}).get('generated') else 'recorded data only'}",
        "",
        *(["## Limits", "", *text.limits, ""] if text.limits else []),
    ]
    return "\n".join(lines)


def _text(task: Task, manifest: dict[str, Any]) -> CardText:
    try:
        return task_kind(task.kind).card(manifest)
    except KeyError:
        return CardText()


def _people(data: dict[str, Any]) -> str:
    if not data.get("n_subjects"):
        return ""
    sources = ", ".join(f"{count} {name}" for name, count in (data.get("sources") or {}).items())
    return f" of {data['n_subjects']} people" + (f" ({sources})" if sources else "")
