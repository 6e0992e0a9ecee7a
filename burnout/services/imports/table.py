"""A table of days of one athlete, read with their calendar; nothing is kept before a person says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ValidationError

from accounts.models import Athlete
from burnout.services.checkins import own_today
from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.survival.checkins.readers import DaysRead, read_days

MAX_TOLD, MAX_TOLD_CHARS = 60, 200
READING = Limits(memory_mib=768, cpu_s=30, wall_s=60, file_mib=1)


def table_read(*, athlete: Athlete, path: Path, told: Mapping[str, str] | None = None) -> DaysRead:
    """What a table holds for this athlete; `told` answers what was asked. Raises UnreadableInput with the line."""
    given = {key[:MAX_TOLD_CHARS]: value[:MAX_TOLD_CHARS] for key, value in list((told or {}).items())[:MAX_TOLD]}
    read = in_child(read_days, READING)
    return read(path, today=own_today(athlete), time_zone=athlete.user.time_zone, told=given)


def validation_error(error: UnreadableInput) -> ValidationError:
    """The sentence for a person."""
    row = f"Line {error.row}: " if error.row and not str(error).startswith("line") else ""
    return ValidationError(f"{row}{str(error)[:1].upper()}{str(error)[1:]}".rstrip(".") + ".", code=error.code)
