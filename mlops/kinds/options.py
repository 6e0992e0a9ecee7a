"""Options of a frozen config (an estimator's, a dataset build's), for forms and for values that come as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

TYPES = {bool: "bool", int: "int", float: "float", str: "str"}
MAX_NAMES, MAX_NAME, MAX_OBJECT = 64, 64, 20_000


def names_option(help: str) -> Any:
    """A config field that holds a tuple of short texts, none by default; people separate them by commas."""
    return field(default=(), metadata={"help": help, "kind": "names"})


def object_option(help: str) -> Any:
    """A config field that holds a JSON object, None by default."""
    return field(default=None, metadata={"help": help, "kind": "object"})


@dataclass(frozen=True)
class OptionInfo:
    """One field of a config. kind: bool, int, float or str; names (of texts) or object (JSON) where one declares so."""

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


def options_of(config: type[Any]) -> tuple[OptionInfo, ...]:
    """Every field of a config made with `mlops.ml.contract.option`."""
    return tuple(_describe(spec) for spec in fields(config))


def options_check(options: Sequence[OptionInfo], values: Mapping[str, Any], *, missing: str) -> dict[str, Any]:
    """Values as given by JSON, checked and completed with the defaults; `missing`: what is said of an unknown name.

    Raises ValidationError by field: `unknown_field`, `invalid`.
    """
    known = {option.name: option for option in options}
    errors: dict[str, list[ValidationError]] = {}
    config = {option.name: option.default for option in options}
    for name, value in values.items():
        if name not in known:
            errors[str(name)[:40]] = [ValidationError(missing, code="unknown_field")]
            continue
        try:
            config[name] = option_check(known[name], value)
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
            raise ValidationError("Use true or false.", code="invalid")
        return value
    if option.kind == "names":
        short = isinstance(value, list | tuple) and len(value) <= MAX_NAMES
        if not short or not all(isinstance(name, str) and 1 <= len(name) <= MAX_NAME for name in value):
            raise ValidationError(f"Enter at most {MAX_NAMES} short names.", code="invalid")
        return tuple(value)
    if option.kind == "object":
        if value is not None and not isinstance(value, dict):
            raise ValidationError("Enter a JSON object.", code="invalid")
        return value
    if option.kind == "str":
        if not isinstance(value, str) or len(value) > 200:
            raise ValidationError("Enter a short text.", code="invalid")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValidationError("Enter a number.", code="invalid")
    if option.kind == "int":
        if value != int(value):
            raise ValidationError("Enter a whole number.", code="invalid")
        value = int(value)
    else:
        value = float(value)
    if (option.min is not None and value < option.min) or (option.max is not None and value > option.max):
        raise ValidationError(f"Enter a value between {_plain(option.min)} and {_plain(option.max)}.", code="invalid")
    return value


def _describe(spec: Any) -> OptionInfo:
    meta = spec.metadata
    choices = tuple(meta.get("choices") or ())
    kind = meta.get("kind") or TYPES.get(type(spec.default), "str")
    return OptionInfo(spec.name, kind, spec.default, meta.get("help", ""), meta.get("min"), meta.get("max"), choices)


def _plain(number: float | None) -> str:
    return "any" if number is None else f"{number:g}"


def option_field(option: OptionInfo, words: Mapping[str, str] | None = None) -> forms.Field:
    """A form field for one option; `words`: what people read for the values of a choice."""
    told = gettext(option.help) if option.help else ""
    common: dict[str, Any] = {"label": option.title, "help_text": told, "initial": option.default}
    if option.choices:
        return forms.TypedChoiceField(
            choices=[(str(choice), (words or {}).get(str(choice), str(choice))) for choice in option.choices],
            coerce=lambda text: next(choice for choice in option.choices if str(choice) == text),
            **{**common, "initial": str(option.default)},
        )
    if option.kind == "bool":
        return forms.BooleanField(required=False, **common)
    if option.kind == "str":
        return forms.CharField(max_length=200, required=False, **common)
    if option.kind == "names":
        return NamesField(required=False, **{**common, "initial": ""})
    if option.kind == "object":
        return ObjectField(required=False, **common)
    limits: dict[str, Any] = {"min_value": option.min, "max_value": option.max}
    if option.kind == "int":
        return forms.IntegerField(**limits, **common)
    return forms.FloatField(**limits, **common, widget=forms.NumberInput(attrs={"step": "any"}))


class NamesField(forms.CharField):
    """ "still, swing" → ("still", "swing")."""

    def clean(self, value: Any) -> tuple[str, ...]:
        """The names that are not empty."""
        return tuple(name.strip() for name in super().clean(value).split(",") if name.strip())


class ObjectField(forms.CharField):
    """A JSON object, None where nothing is written."""

    def clean(self, value: Any) -> dict[str, Any] | None:
        """Raises ValidationError for anything but an object of at most 20,000 characters."""
        text = super().clean(value)
        try:
            found = json.loads(text) if text and len(text) <= MAX_OBJECT else None
        except (ValueError, RecursionError) as error:
            raise ValidationError("This is not valid JSON.") from error
        if text and not isinstance(found, dict):
            raise ValidationError("Enter a JSON object.")
        return found
