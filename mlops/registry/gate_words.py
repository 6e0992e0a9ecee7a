"""Gates as people read them."""

import re
from collections.abc import Mapping
from typing import Any

from mlops.kinds.metric import metric_named
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none
from mlops.tasks.services.gates import AGAIN, EXAMPLES, GROUPS


def version_gates(row: ModelVersion) -> list[dict[str, Any]]:
    """[{"passed", "text"}]: "Accuracy 86.0 % (81.2 to 90.3 %), at least 80.0 %", "Judged by 1 person, at least 3"."""
    return [{"passed": gate.get("passed"), "text": _gate_text(row, name, gate)} for name, gate in row.all_gates.items()]


def missed_text(row: ModelVersion) -> str:
    """The gates that a version misses, in one line; empty where it misses none."""
    return "; ".join(gate["text"] for gate in version_gates(row) if not gate["passed"])


def gap_text(metrics: Mapping[str, Any], task: Task) -> str:
    """That validation and test lie further apart than chance explains; empty where they do not."""
    gap = metrics.get("gap") or {}
    if not gap.get("is_told"):
        return ""
    metric, example = task.metric, task.example
    sides = []
    for name in ("validation", "test"):
        side = gap[name]
        sides.append(
            f"{metric.text(side['value'])} on {name} ({metric.interval_text(side['low'], side['high'])}; "
            f"{example.count(side['n_examples'])} of {example.count_groups(side['n_groups'])})"
        )
    return (
        f"Validation and test disagree: {metric.title[:1].lower()}{metric.title[1:]} {' and '.join(sides)}. The "
        f"gap of {metric.difference_text(gap['difference'])} is significant. Do not trust either value until the "
        f"model is evaluated on more {example.groups}, or with each {example.group} left out in turn."
    )


def measured_text(row: ModelVersion) -> str:
    """What its figures were measured on, in the words that its kind has now."""
    text = str(row.metrics.get("measured_on", {}).get("text", ""))
    kind = kind_or_none(row.task)
    words = (kind.judged or kind.example.words) if kind is not None else "windows"
    return re.sub(r"^([\d,]+) windows of", rf"\1 {words} of", text)


def _gate_text(row: ModelVersion, name: str, gate: Mapping[str, Any]) -> str:
    example, value = row.task.example, gate.get("value")
    if name == GROUPS:
        return f"Evaluated on {example.count_groups(value or 0)}, at least {gate['least']}"
    if name == EXAMPLES:
        return f"Evaluated on {example.count(value or 0)}, at least {gate['least']}"
    if name == AGAIN:
        return f"Evaluate again: {example.count_groups(value or 0)} of the test set withdrew their data"
    metric = metric_named(row.task.metrics, name)
    shown = "not measured" if value is None else metric.text(value)
    if gate.get("low") is not None:
        shown += f" ({metric.interval_text(gate['low'], gate['high'])})"
    limits = [f"at {side} {metric.text(gate[side])}" for side in ("least", "most") if side in gate]
    return f"{metric.title} {shown}, {' and '.join(limits)}"


def task_gates(task: Task) -> list[str]:
    """ "Accuracy at least 80.0 %"."""
    found = []
    for name, gate in task.gates.items():
        metric = metric_named(task.metrics, name)
        limits = gate if isinstance(gate, dict) else {"least": gate}
        found.append(f"{metric.title} " + " and ".join(f"at {side} {metric.text(limits[side])}" for side in limits))
    return found
