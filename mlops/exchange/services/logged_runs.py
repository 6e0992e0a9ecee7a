"""Trainings that ran elsewhere, reported by a program: parameters, figures and a curve."""

import math
from typing import Any

from django.core.exceptions import ValidationError

from mlops.exchange.models import LoggedRun
from mlops.tasks.models import Task

MAX_PARAMS, MAX_METRICS, MAX_POINTS = 100, 100, 5000


def logged_run_create(
    *,
    task: Task,
    name: str,
    by: Any,
    source: str = "",
    params: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    curve: list[dict[str, Any]] | None = None,
) -> LoggedRun:
    """Keep a report. Raises ValidationError by field."""
    row = LoggedRun(
        task=task,
        name=name.strip(),
        source=source.strip(),
        params=params_check(params or {}),
        metrics=figures_check("metrics", metrics or {}, MAX_METRICS),
        curve=curve_check(curve or []),
        by=by,
    )
    row.full_clean(exclude=["params", "metrics", "curve"])
    row.save(force_insert=True)
    return row


def params_check(params: dict[str, Any]) -> dict[str, Any]:
    """Plain values under short names."""
    if len(params) > MAX_PARAMS:
        raise _bad("params", f"At most {MAX_PARAMS} parameters.")
    for name, value in params.items():
        plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
        if not 1 <= len(name) <= 80 or not (plain or (isinstance(value, str) and len(value) <= 400)):
            raise _bad("params", "A parameter has a short name and a number, true or false, or a text.")
    return params


def figures_check(field: str, figures: dict[str, Any], most: int) -> dict[str, float]:
    """Finite numbers under short names."""
    if len(figures) > most:
        raise _bad(field, f"At most {most} metrics.")
    for name, value in figures.items():
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not 1 <= len(str(name)) <= 80 or not good or abs(value) > 1e15:
            raise _bad(field, "A metric has a short name and a finite number.")
    return {str(name): float(value) for name, value in figures.items()}


def curve_check(curve: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Points of a curve, each a few figures."""
    if len(curve) > MAX_POINTS or not all(isinstance(point, dict) for point in curve):
        raise _bad("curve", f"A curve is a list of at most {MAX_POINTS} objects of numbers.")
    return [figures_check("curve", point, 20) for point in curve]


def _bad(field: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code="invalid")})
