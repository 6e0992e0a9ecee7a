"""Checks of what an estimator says about itself and of its settings."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

from mlops.ml.checks.case import Case, raises
from mlops.ml.contract import BadValue


def check_it_says_what_it_is(case: Case) -> None:
    """Name, title, summary and data type are there for lists and forms."""
    for attribute in ("name", "title", "summary", "data_type"):
        assert getattr(case.cls, attribute, ""), f"{case.cls.__name__} has no {attribute}"


def check_a_form_can_be_made_of_the_config(case: Case) -> None:
    """The config is frozen, has defaults, and every field is made with `option`."""
    config: Any = case.cls.Config
    assert is_dataclass(config), f"the Config of {case.name} is no dataclass"
    made, first = case.cls.Config(), fields(config)[0].name
    frozen = f"the Config of {case.name} is not frozen"
    raises(FrozenInstanceError, lambda: setattr(made, first, getattr(made, first)), frozen)
    case.cls()
    for spec in fields(config):
        assert spec.metadata.get("help"), f"{case.name}: the option {spec.name} has no help; make it with option()"


def check_settings_out_of_range_are_refused(case: Case) -> None:
    """What a form would refuse, the estimator refuses too."""
    for spec in fields(case.cls.Config):
        for value in _wrong(spec):
            call = lambda name=spec.name, value=value: case.make(**{name: value})  # noqa: E731
            raises(BadValue, call, f"{case.name} must refuse {spec.name}={value!r} with BadValue")
    raises(BadValue, lambda: case.cls(object()), f"{case.name} must refuse a foreign config with BadValue")


def _wrong(spec: Any) -> list[Any]:
    meta, found = spec.metadata, []
    if meta.get("choices"):
        return ["none of the choices"]
    if isinstance(spec.default, int | float):
        found.append("many")
    if meta.get("min") is not None:
        found.append(type(spec.default)(meta["min"] - 1))
    if meta.get("max") is not None:
        found.append(type(spec.default)(meta["max"] + 1))
    return found


SETTINGS = (
    check_it_says_what_it_is,
    check_a_form_can_be_made_of_the_config,
    check_settings_out_of_range_are_refused,
)
