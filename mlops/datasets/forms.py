"""What is asked before a dataset is built: the options of the kind's `Build`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.datasets.models import Dataset
from mlops.kinds.base import TaskKind
from mlops.kinds.options import option_field, options_of
from mlops.kinds.splitting import EACH_BELOW

SEED = {"min_value": 0, "max_value": 2**31 - 1, "initial": 0}
TITLES = {
    "split": gettext_lazy("Held-out test set"),
    "balance": gettext_lazy("Label balance"),
    "val_ratio": gettext_lazy("Validation share"),
    "test_ratio": gettext_lazy("Test share"),
}


class BuildForm(forms.Form):
    """What goes into a dataset and who judges it. `main` are shown at once, the others folded away."""

    def __init__(self, *args: Any, kind: TaskKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in options_of(kind.Build):
            field = option_field(option, value_words(kind, option.name))
            field.label = TITLES.get(option.name, field.label)
            field.required = False
            self.fields[option.name] = field

    @property
    def parameters(self) -> dict[str, Any]:
        """The options as the kind names them; what was left empty takes its default."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


def value_words(kind: TaskKind, name: str) -> dict[str, str]:
    """Words for the values of an option, as far as it has them."""
    example = kind.example.in_language()
    words = kind.Build.WORDS.get(name, {})
    known = {"group": example.group, "groups": example.groups, "each_below": EACH_BELOW}
    return {value: _(text).format(**known) for value, text in words.items()}


def parameter_words(kind: TaskKind | None, parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Title and value of everything a build was told, as the form calls them."""
    told = []
    for name, value in parameters.items():
        words = value_words(kind, name) if kind is not None else {}
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        told.append((TITLES.get(name, name.replace("_", " ").capitalize()), words.get(str(value), value)))
    return told


def dataset_words(dataset: Dataset) -> str:
    """ "20 Nov, 14:05 · 1,200 windows · 6 people"."""
    example = dataset.task.example
    n_examples = dataset.facts.get("n_examples", 0)
    when = f"{localtime(dataset.created_at):%-d %b, %H:%M}"
    return f"{when} · {example.count(n_examples)} · {example.count_groups(dataset.n_groups)}"
