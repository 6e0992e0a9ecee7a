"""Sorting rows by what a person asked for."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

_NAME = re.compile(r"(?!.*__)[a-z][a-z0-9_]{0,39}")


def rows_sorted(rows: QuerySet[Any], sort: str, known: Mapping[str, str], *, json_field: str = "") -> QuerySet[Any]:
    """By a known name or, where a JSON field is given, by one of its keys; "-" reverses, newest first by default.

    What has no value comes last either way.
    """
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    column = known.get(name)
    if column is None and json_field and _NAME.fullmatch(name):
        column = f"{json_field}__{name}"
    if column is None:
        return rows.order_by("-created_at", "-pk")
    key = F(column).desc(nulls_last=True) if reverse else F(column).asc(nulls_last=True)
    return rows.order_by(key, "-created_at", "-pk")
