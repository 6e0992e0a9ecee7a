"""Gates as people read them."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

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
        facts = {"found": example.count_groups(value or 0), "least": gate["least"]}
        return _("Evaluated on %(found)s, at least %(least)s") % facts
    if name == EXAMPLES:
        facts = {"found": example.count(value or 0), "least": gate["least"]}
        return _("Evaluated on %(found)s, at least %(least)s") % facts
    if name == AGAIN:
        gone = {"groups": example.count_groups(value or 0)}
        return _("Evaluate again: %(groups)s of the test set withdrew their data") % gone
    metric = metric_named(row.task.metrics, name)
    shown = _("not measured") if value is None else metric.text(value)
    if gate.get("low") is not None:
        shown += f" ({metric.interval_text(gate['low'], gate['high'])})"
    return f"{_(metric.title)} {shown}, {_limits(metric, gate)}"


def _limits(metric: Any, gate: Mapping[str, Any]) -> str:
    """ "at least 80.0 % and at most 95.0 %"."""
    words = {"least": _("at least %(value)s"), "most": _("at most %(value)s")}
    found = [words[side] % {"value": metric.text(gate[side])} for side in words if side in gate]
    return _("%(first)s and %(second)s") % dict(zip(("first", "second"), found, strict=True)) if found[1:] else found[0]


def task_gates(task: Task) -> list[str]:
    """ "Accuracy at least 80.0 %"."""
    found = []
    for name, gate in task.gates.items():
        metric = metric_named(task.metrics, name)
        limits = gate if isinstance(gate, dict) else {"least": gate}
        found.append(f"{_(metric.title)} {_limits(metric, limits)}")
    return found
