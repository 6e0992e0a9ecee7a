"""Forms of tasks and label sets."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.kinds.base import InputField, TaskKind
from mlops.kinds.metric import Metric
from mlops.tasks.models import LabelSet


class TaskForm(forms.Form):
    """A new task of one kind: its name and labels, what the kind asks for (fields "<kind>.<name>") and its gates."""

    title = forms.CharField(
        max_length=120, help_text=gettext_lazy("For people, such as “Exercise from a wrist sensor”.")
    )
    name = forms.SlugField(
        max_length=64, help_text=gettext_lazy("For URLs and the API: lower-case letters, digits and hyphens.")
    )
    label_set = forms.ModelChoiceField(queryset=LabelSet.objects.none(), label=gettext_lazy("Labels"))

    def __init__(self, *args: Any, user: Any, kind: TaskKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind.needs_labels:
            self.fields["label_set"].queryset = LabelSet.objects.visible_to(user)  # type: ignore[attr-defined]
        else:
            del self.fields["label_set"]
        for field in kind.input_fields():
            self.fields[f"{kind.name}.{field.name}"] = input_field(field)
        for metric in kind.metrics:
            if metric.headline and not metric.name.startswith("baseline_"):
                self.fields[f"gate.{metric.name}"] = gate_field(metric, kind.gates.get(metric.name))

    @property
    def input(self) -> dict[str, Any]:
        """What was answered for the kind, as `check_input` takes it."""
        return self._answers(f"{self.kind.name}.")

    @property
    def gates(self) -> dict[str, Any]:
        """Limits by metric, as `gates_check` takes them."""
        return self._answers("gate.")

    def _answers(self, prefix: str) -> dict[str, Any]:
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix) and value not in ("", None)
        }


class LabelSetForm(forms.Form):
    """A label set as text: one label a line, "name, title, key"."""

    name = forms.CharField(max_length=80)
    labels = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy("One label per line: name, title, key. For example: squat, Squat, 1"),
    )

    def clean_labels(self) -> list[dict[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["labels"].splitlines(), start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split(",")]
            if len(parts) > 3:
                raise ValidationError(_(
                    "Line %(number)s has more than a name, a title and a key."
                ) % {"number": number})
            name, title, key = (*parts, "", "")[:3]
            found.append({"name": name, "title": title, "key": key})
        return found

    @staticmethod
    def text_of(label_set: LabelSet) -> str:
        """The lines that this form reads back."""
        return "\n".join(
            ", ".join([label["name"], label.get("title", ""), label.get("key", "")]).rstrip(", ")
            for label in label_set.labels
        )


def gate_field(metric: Metric, suggested: float | None) -> forms.FloatField:
    """How good a version must be in one metric; empty for no gate."""
    limits = {"min_value": 0, "max_value": 1} if metric.style == "share" else {}
    side = _("at least") if metric.higher_is_better else _("at most")
    scale = _("In %(unit)s. ") % {"unit": metric.unit} if metric.unit else ""
    scale = _("From 0 to 1. ") if metric.style == "share" else scale
    return forms.FloatField(
        required=False,
        initial=suggested,
        label=_("Gate: %(metric)s, %(side)s") % {"metric": metric.words, "side": side},
        help_text=scale + _("A version that fails this gate needs a reason to be promoted."),
        widget=forms.NumberInput(attrs={"step": "any"}),
        **limits,
    )


def input_field(field: InputField) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.title,
        "help_text": field.help,
        "initial": field.initial,
        "required": False,
    }
    if field.choices:
        return forms.ChoiceField(choices=field.choices, **common)
    return forms.CharField(max_length=200, **common)
