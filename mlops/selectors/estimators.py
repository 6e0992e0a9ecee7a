"""What can be trained, for forms: read from estimators.json so that the web process loads no torch.

`manage.py describe_estimators` writes the file from the code; a test fails when the two differ.
"""

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from mlops.ml.registry import estimator_class, estimators

FILE = Path(__file__).resolve().parent.parent / "estimators.json"
TYPES = {bool: "bool", int: "int", float: "float", str: "str"}


@dataclass(frozen=True)
class OptionInfo:
    """One field of an estimator's config. kind: bool, int, float or str."""

    name: str
    kind: str
    default: Any
    help: str
    min: float | None
    max: float | None
    choices: tuple[Any, ...]

    @property
    def title(self) -> str:
        """ "hidden_size" → "Hidden size"."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class EstimatorInfo:
    """An estimator as a person chooses it."""

    name: str
    title: str
    summary: str
    options: tuple[OptionInfo, ...]

    def option(self, name: str) -> OptionInfo | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)


_known: dict[str, tuple[str, EstimatorInfo]] = {}


def estimator_infos() -> dict[str, EstimatorInfo]:
    """All registered estimators by name, in the registry's order.

    Those of the file are read from it; one that an app registered by itself is loaded once and described.
    """
    registered = estimators()
    if any(_known.get(name, ("",))[0] != path for name, path in registered.items()):
        for item in json.loads(FILE.read_text("utf-8")):
            options = tuple(OptionInfo(**{**option, "choices": tuple(option["choices"])}) for option in item["options"])
            info = EstimatorInfo(item["name"], item["title"], item["summary"], options)
            _known[info.name] = (registered.get(info.name, ""), info)
        for name, path in registered.items():
            if _known.get(name, ("",))[0] != path:
                _known[name] = (path, estimator_describe(name))
    return {name: _known[name][1] for name in registered}


def estimators_describe() -> list[dict[str, Any]]:
    """Load every registered estimator (torch too) and describe its config."""
    return [json.loads(json.dumps(asdict(estimator_describe(name)))) for name in estimators()]


def estimator_describe(name: str) -> EstimatorInfo:
    """Load one estimator's class and describe its config."""
    found = estimator_class(name)
    return EstimatorInfo(name, found.title, found.summary, tuple(_describe(spec) for spec in fields(found.Config)))


def config_check(*, estimator: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values of a config as given by JSON, checked and completed with the defaults.

    Raises ValidationError by field: `unknown_field`, `invalid`.
    """
    options = {option.name: option for option in estimator_infos()[estimator].options}
    errors: dict[str, list[ValidationError]] = {}
    config = {name: option.default for name, option in options.items()}
    for name, value in values.items():
        if name not in options:
            errors[name[:40]] = [ValidationError("This estimator has no such option.", code="unknown_field")]
            continue
        try:
            config[name] = option_check(options[name], value)
        except ValidationError as error:
            errors[name] = [error]
    if errors:
        raise ValidationError(errors)
    return config


def option_check(option: OptionInfo, value: Any) -> Any:
    """One value in its type and range. Raises ValidationError."""
    if option.choices:
        if value not in option.choices:
            raise ValidationError(f"Choose one of {', '.join(map(str, option.choices))}.", code="invalid")
        return value
    if option.kind == "bool":
        if not isinstance(value, bool):
            raise ValidationError("Answer true or false.", code="invalid")
        return value
    if option.kind == "str":
        if not isinstance(value, str) or len(value) > 200:
            raise ValidationError("Give a short text.", code="invalid")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValidationError("Give a number.", code="invalid")
    if option.kind == "int":
        if value != int(value):
            raise ValidationError("Give a whole number.", code="invalid")
        value = int(value)
    else:
        value = float(value)
    if (option.min is not None and value < option.min) or (option.max is not None and value > option.max):
        raise ValidationError(f"Stay between {_plain(option.min)} and {_plain(option.max)}.", code="invalid")
    return value


def _describe(spec: Any) -> OptionInfo:
    meta = spec.metadata
    choices = tuple(meta.get("choices") or ())
    kind = TYPES.get(type(spec.default), "str")
    return OptionInfo(spec.name, kind, spec.default, meta.get("help", ""), meta.get("min"), meta.get("max"), choices)


def _plain(number: float | None) -> str:
    return "any" if number is None else f"{number:g}"
