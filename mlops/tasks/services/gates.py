"""Gates of a task: held-out metrics a version needs before it may be promoted, at least or at most."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import CLASSIFICATION, Metric, is_number, metric_named

Gates = dict[str, dict[str, float]]
ERASED = "erased-"
"""Beginning of the name that stands for a group whose owner took the data back."""
GROUPS, EXAMPLES, AGAIN = "n_groups", "n_examples", "n_taken_back"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST = 1e12


def gates_check(gates: Any, metrics: Sequence[Metric] = CLASSIFICATION) -> Gates:
    """Normal form {"accuracy": {"least": 0.8}, "ece": {"most": 0.1}} of gates. Raises ValidationError.

    A bare number is a least value, or a most value where lower is better. Shares lie from 0 to 1.
    """
    if not isinstance(gates, Mapping) or len(gates) > 20:
        raise _bad("Each gate is the name of a metric with a least or a most value.")
    checked: Gates = {}
    for name, gate in gates.items():
        if not _NAME.fullmatch(str(name)):
            raise _bad("Gates are named like metrics: lower-case letters, digits and _.")
        metric = metric_named(metrics, str(name))
        if not isinstance(gate, Mapping):
            gate = {"least" if metric.higher_is_better else "most": gate}
        if not gate or set(gate) - {"least", "most"}:
            raise _bad(f"The gate {name} needs either a least or a most value.")
        high = 1.0 if metric.style == "share" else _MOST
        low = 0.0 if metric.style == "share" else -_MOST
        if not all(is_number(limit) and low <= limit <= high for limit in gate.values()):
            what = "a number from 0 to 1" if metric.style == "share" else "a number"
            raise _bad(f"The gate {name} needs {what}.")
        checked[str(name)] = {side: float(limit) for side, limit in gate.items()}
    return checked


def gates_compute(gates: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{"accuracy": {"least", "value", "passed"}}, with "low" and "high" where groups give an interval; a metric that
    was not measured does not pass."""
    computed: dict[str, dict[str, Any]] = {}
    for name, gate in gates.items():
        limits = dict(gate) if isinstance(gate, Mapping) else {"least": gate}
        value = metrics.get(name)
        if not is_number(value):
            computed[name] = {**limits, "value": None, "passed": False}
            continue
        assert value is not None
        passed = value >= limits.get("least", value) and value <= limits.get("most", value)
        computed[name] = {**limits, "value": value, "passed": passed}
        if interval := metrics.get("intervals", {}).get(name):
            computed[name] |= {"low": interval[0], "high": interval[1]}
    return computed


def gates_complete(
    gates: Mapping[str, Any], metrics: Mapping[str, Any], rules: JudgingRules
) -> dict[str, dict[str, Any]]:
    """The gates of a training, and "n_groups", "n_examples" (that judged) and "n_taken_back" (judged and are gone) with
    {"least" or "most", "value", "passed"}.

    These are counted when they are asked for, so that versions from before a rule are held to it too. Counts that
    nobody kept, of shipped models, make no gate.
    """
    measured, found = metrics.get("measured_on", {}), dict(gates)
    subjects = measured.get("subjects")
    if subjects is None or measured.get("part") in (None, "none"):
        return found
    counted = (
        (GROUPS, len(subjects), rules.min_groups),
        (EXAMPLES, measured.get("n_examples", 0), rules.min_examples),
    )
    for name, value, least in counted:
        found[name] = {"least": least, "value": value, "passed": value >= least}
    if n_gone := sum(str(name).startswith(ERASED) for name in subjects):
        found[AGAIN] = {"most": 0, "value": n_gone, "passed": False}
    return found


def _bad(message: str) -> ValidationError:
    return ValidationError({"gates": ValidationError(message, code="invalid")})
