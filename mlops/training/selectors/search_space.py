"""What of an estimator's options may be searched, and between which limits."""

import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.kinds.estimators import EstimatorInfo
from mlops.kinds.options import OptionInfo, option_check

NOT_SEARCHED = frozenset({"threads", "epochs", "patience", "max_windows"})
"""How long and on what a training runs is no setting of the model: more would always look better."""
SPAN = 4.0
"""A range suggested for a number: from a quarter of its default to four times it, within its limits."""
LOG_FROM = 20.0


def searchable(info: EstimatorInfo) -> list[OptionInfo]:
    """Options with limits or choices."""
    return [option for option in info.options if option.name not in NOT_SEARCHED and _has_limits(option)]


def space_suggest(info: EstimatorInfo) -> dict[str, dict[str, Any]]:
    """A space over every searchable option: the form's first proposal."""
    return {option.name: _suggest(option) for option in searchable(info)}


def space_check(info: EstimatorInfo, space: Any) -> dict[str, dict[str, Any]]:
    """Normal form of a space: {"low", "high", "log"} or {"choices"} by option. Raises ValidationError by option."""
    options = {option.name: option for option in searchable(info)}
    if not isinstance(space, Mapping) or not space:
        raise ValidationError({"space": ValidationError(_("Choose at least one option to search."), code="required")})
    checked, errors = {}, {}
    for name, spec in space.items():
        option = options.get(str(name))
        if option is None:
            errors[str(name)[:40]] = ValidationError(_("You can't search this option."), code="unknown_field")
            continue
        try:
            checked[option.name] = _check(option, spec)
        except ValidationError as error:
            errors[option.name] = error
    if errors:
        raise ValidationError(errors)
    return checked


def _has_limits(option: OptionInfo) -> bool:
    if option.choices or option.kind == "bool":
        return True
    return option.kind in ("int", "float") and option.min is not None and option.max is not None


def _choices(option: OptionInfo) -> list[Any]:
    return [False, True] if option.kind == "bool" else list(option.choices)


def _suggest(option: OptionInfo) -> dict[str, Any]:
    if option.choices or option.kind == "bool":
        return {"choices": _choices(option)}
    assert option.min is not None
    assert option.max is not None
    default = option.default
    low, high = (default / SPAN, default * SPAN) if default > 0 else (option.min, option.max)
    low, high = max(option.min, low), min(option.max, high)
    if option.kind == "int":
        low, high = math.ceil(low), math.floor(high)
    if high <= low:
        low, high = option.min, option.max
    return {"low": _round(option, low), "high": _round(option, high), "log": low > 0 and high / low >= LOG_FROM - 5}


def _round(option: OptionInfo, value: float) -> int | float:
    return int(value) if option.kind == "int" else float(f"{value:.6g}")


def _check(option: OptionInfo, spec: Any) -> dict[str, Any]:
    if not isinstance(spec, Mapping):
        raise ValidationError("Enter a range or choices.", code="invalid")
    if option.choices or option.kind == "bool":
        given = spec.get("choices")
        if set(spec) != {"choices"} or not isinstance(given, list) or not 1 <= len(given) <= 50:
            raise ValidationError(_("Choose at least one value."), code="invalid")
        kept = [choice for choice in _choices(option) if choice in given]
        if len(kept) != len(given):
            raise ValidationError(f"Choose from {', '.join(map(str, _choices(option)))}.", code="invalid")
        return {"choices": kept}
    if set(spec) - {"low", "high", "log"} or "low" not in spec or "high" not in spec:
        raise ValidationError(_("Enter the lowest and the highest value."), code="invalid")
    low, high = option_check(option, spec["low"]), option_check(option, spec["high"])
    log = spec.get("log", False)
    if not isinstance(log, bool):
        raise ValidationError("Use true or false for the log scale.", code="invalid")
    if low >= high:
        raise ValidationError(_("The lowest value must be below the highest."), code="invalid")
    if log and low <= 0:
        raise ValidationError(_("On a log scale, the lowest value must be above zero."), code="invalid")
    return {"low": low, "high": high, "log": log}
