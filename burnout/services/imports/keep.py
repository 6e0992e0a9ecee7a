"""Keeping imported days: what a person answered themselves is never overwritten without being asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import Athlete
from burnout.models import CheckIn
from burnout.services.estimates import estimates_rebuild
from mlops.ml.contract import OnStep, ignore

CHUNK = 200
"""Days in one transaction: an import never makes live streams wait."""


@dataclass(frozen=True)
class Kept:
    """What an import did."""

    n_new: int
    n_filled: int
    n_same: int


def days_keep(
    *,
    athlete: Athlete,
    days: Mapping[date, Mapping[str, Any]],
    source: str,
    overwrite: bool = False,
    on_step: OnStep = ignore,
) -> Kept:
    """Add days; where a day is there, only its empty answers are filled, unless `overwrite`. Repeating is harmless."""
    counts = {"new": 0, "filled": 0, "same": 0}
    ordered = sorted(days)
    for begin in range(0, len(ordered), CHUNK):
        part = ordered[begin : begin + CHUNK]
        with transaction.atomic():
            there = {row.day: row for row in CheckIn.objects.filter(athlete=athlete, day__in=part)}
            fresh = []
            for day in part:
                answers = dict(days[day])
                if day not in there:
                    fresh.append(CheckIn(athlete=athlete, day=day, source=source, **answers))
                    continue
                counts["filled" if _fill(there[day], answers, overwrite) else "same"] += 1
            CheckIn.objects.bulk_create(fresh)
            counts["new"] += len(fresh)
        on_step(min(begin + CHUNK, len(ordered)), len(ordered))
    estimates_rebuild(athlete=athlete)
    return Kept(counts["new"], counts["filled"], counts["same"])


def _fill(row: CheckIn, answers: Mapping[str, Any], overwrite: bool) -> bool:
    changed = []
    for name, value in answers.items():
        before = getattr(row, name)
        if (overwrite or before in (None, "")) and before != value:
            setattr(row, name, value)
            changed.append(name)
    if changed:
        row.save(update_fields=[*changed, "updated_at"])
    return bool(changed)
