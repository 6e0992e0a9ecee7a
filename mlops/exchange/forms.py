"""Forms of what goes out and comes in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mlops.exchange.selectors import tasks_to_fill
from mlops.exchange.services.publishing import LICENCES
from mlops.kinds.base import task_kind
from mlops.kinds.options import ObjectField, OptionInfo, option_field, options_of
from mlops.tasks.models import Task


class _ForTask(forms.Form):
    task = forms.ModelChoiceField(queryset=Task.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].queryset = tasks_to_fill(user)  # type: ignore[attr-defined]


class PullForm(_ForTask):
    """Which repository, and what for."""

    repository = forms.CharField(max_length=200, help_text="owner/name")
    revision = forms.CharField(
        max_length=100, required=False, help_text=_("Branch, tag or commit. Leave empty for main. We save the commit.")
    )


@dataclass
class Asked:
    """What kinds of one declaration ask about a single file, and the tasks it is asked for."""

    declared: type[Any]
    tasks: list[Task] = field(default_factory=list)
    bound: list[Any] = field(default_factory=list)

    @property
    def titles(self) -> str:
        """ "Exercise, Gestures"."""
        return ", ".join(task.title for task in self.tasks)

    def options(self) -> Iterator[tuple[str, OptionInfo]]:
        """Form field → option."""
        for option in options_of(self.declared):
            yield f"{self.declared.__name__}.{option.name}", option


class ImportForm(_ForTask):
    """A model file that was uploaded, and what the kinds of the tasks ask about a single one (`asked`)."""

    upload = forms.UUIDField(widget=forms.HiddenInput, required=False)
    metrics = ObjectField(
        max_length=4000,
        required=False,
        label=_("Metrics claimed by the author"),
        help_text=_('JSON, for example {"accuracy": 0.9}'),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        found: dict[type[Any], Asked] = {}
        for task in tasks_to_fill(user):
            declared = task_kind(task.kind).exchange.Declared
            if options_of(declared):
                found.setdefault(declared, Asked(declared)).tasks.append(task)
        for asked in found.values():
            words = getattr(asked.declared, "WORDS", {})
            for name, option in asked.options():
                self.fields[name] = option_field(option, words.get(option.name))
                self.fields[name].required = False
            asked.bound = [self[name] for name, _ in asked.options()]
        self.asked = list(found.values())

    @property
    def declared(self) -> dict[str, Any]:
        """What was said about a file for the chosen task; what was left empty is not in it."""
        data = self.cleaned_data
        asked = next((one for one in self.asked if data["task"] in one.tasks), None)
        given = {option.name: data[name] for name, option in asked.options()} if asked else {}
        return {name: value for name, value in given.items() if value not in (None, "", ())}


class RemoteForm(_ForTask):
    """An address that answers like an Inference endpoint."""

    url = forms.CharField(max_length=400, label=_("Address"), help_text=_(
        "An https address. Its host must be allowed in the settings."
    ))


class PushForm(forms.Form):
    """Where to, and under which licence."""

    repository = forms.CharField(max_length=200, help_text=_("owner/name. It is created if it doesn't exist."))
    licence = forms.ChoiceField(choices=list(LICENCES.items()))
    private = forms.BooleanField(required=False, initial=True, label=_("Private repository"))
