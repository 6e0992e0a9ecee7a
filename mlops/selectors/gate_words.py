"""Gates as people read them."""

from typing import Any

from mlops.metric import metric_named
from mlops.models import ModelVersion, Task


def version_gates(row: ModelVersion) -> list[dict[str, Any]]:
    """[{"passed", "text"}]: "Accuracy 86.0 %, at least 80.0 %"."""
    found = []
    for name, gate in row.gates.items():
        metric = metric_named(row.task.metrics, name)
        value = "not measured" if gate.get("value") is None else metric.text(gate["value"])
        limits = [f"at {side} {metric.text(gate[side])}" for side in ("least", "most") if side in gate]
        found.append({"passed": gate.get("passed"), "text": f"{metric.title} {value}, {' and '.join(limits)}"})
    return found


def task_gates(task: Task) -> list[str]:
    """ "Accuracy at least 80.0 %"."""
    found = []
    for name, gate in task.gates.items():
        metric = metric_named(task.metrics, name)
        limits = gate if isinstance(gate, dict) else {"least": gate}
        found.append(f"{metric.title} " + " and ".join(f"at {side} {metric.text(limits[side])}" for side in limits))
    return found
