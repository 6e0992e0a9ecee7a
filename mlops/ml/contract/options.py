"""Settings of a model: frozen dataclasses whose fields say what a form needs to ask for them and check them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, fields
from typing import Any

import numpy as np

from mlops.ml.contract.errors import BadValue


def option(
    default: Any,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: Sequence[Any] | None = None,
) -> Any:
    """Declare one config field together with what a form needs to ask for it and check it."""
    metadata = {"help": help, "min": min, "max": max, "choices": tuple(choices) if choices else None}
    return field(default=default, metadata=metadata)


def check_config(config: Any) -> None:
    """Raise `BadValue` when a field of a config made with `option` is out of its range or choices."""
    for spec in fields(config):
        value, meta = getattr(config, spec.name), spec.metadata
        if meta.get("choices") is not None:
            if value not in meta["choices"]:
                raise BadValue(f"{spec.name} must be one of {meta['choices']}, not {value!r}")
            continue
        if isinstance(spec.default, bool):
            if not isinstance(value, bool):
                raise BadValue(f"{spec.name} must be true or false, not {value!r}")
        elif isinstance(spec.default, int):
            if isinstance(value, bool) or not isinstance(value, int):
                raise BadValue(f"{spec.name} must be a whole number, not {value!r}")
        elif isinstance(spec.default, float):
            if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                raise BadValue(f"{spec.name} must be a number, not {value!r}")
        elif isinstance(spec.default, str) and not isinstance(value, str):
            raise BadValue(f"{spec.name} must be text, not {value!r}")
        low, high = meta.get("min"), meta.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            raise BadValue(f"{spec.name} must be between {low} and {high}, not {value!r}")
