"""What can be trained, for forms: read from estimators.json so that the web process loads no torch.

`manage.py describe_estimators` writes the file from the code; a test fails when the two differ.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlops.kinds.options import OptionInfo, options_check, options_of
from mlops.ml.registry import estimator_class, estimators

FILE = Path(__file__).resolve().parent.parent / "estimators.json"


@dataclass(frozen=True)
class EstimatorInfo:
    """An estimator as a person chooses it."""

    name: str
    title: str
    summary: str
    options: tuple[OptionInfo, ...]
    continues: str = ""
    """How it goes on from a version, see `mlops.ml.contract.Estimator`; empty where it can't."""

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
            info = EstimatorInfo(item["name"], item["title"], item["summary"], options, item.get("continues", ""))
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
    return EstimatorInfo(name, found.title, found.summary, options_of(found.Config), getattr(found, "continues", ""))


def config_check(*, estimator: str, values: dict[str, Any]) -> dict[str, Any]:
    """Values of a config as given by JSON, checked and completed with the defaults. Raises ValidationError by field."""
    options = estimator_infos()[estimator].options
    return options_check(options, values, missing="This estimator has no such option.")
