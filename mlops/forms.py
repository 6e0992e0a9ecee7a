"""Forms of the engine room; those of estimators are made from their config."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localtime

from mlops.metric import Metric
from mlops.models import Dataset, LabelSet, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.estimators import EstimatorInfo, OptionInfo
from mlops.services.datasets import BALANCES, SPLITS
from mlops.task_kinds import InputField, TaskKind

SEED = {"min_value": 0, "max_value": 2**31 - 1, "initial": 0}


class BuildForm(forms.Form):
    """What goes into a dataset and who judges it."""

    split = forms.ChoiceField(choices=list(SPLITS.items()), initial="subjects", label="Who judges the model")
    balance = forms.ChoiceField(choices=list(BALANCES.items()), initial="none", label="Balance of the labels")
    include_generated = forms.BooleanField(
        required=False,
        initial=True,
        label="Use generated people too",
        help_text="Simulated athletes fill up what is not recorded yet.",
    )
    seed = forms.IntegerField(**SEED, help_text="The same seed and data give the same split.")


class TrainForm(forms.Form):
    """Dataset, seed, and every option of one estimator as a field."""

    dataset = forms.ModelChoiceField(queryset=Dataset.objects.none(), empty_label=None)
    seed = forms.IntegerField(**SEED, help_text="The same seed and data give the same model.")

    def __init__(self, *args: Any, task: Task, estimator: EstimatorInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.estimator = estimator
        field = self.fields["dataset"]
        field.queryset = Dataset.objects.filter(task=task, status=DatasetStatus.READY)  # type: ignore[attr-defined]
        field.label_from_instance = dataset_words  # type: ignore[attr-defined]
        for option in estimator.options:
            self.fields[f"option_{option.name}"] = option_field(option)

    @property
    def config(self) -> dict[str, Any]:
        """The options as the estimator names them."""
        return {option.name: self.cleaned_data[f"option_{option.name}"] for option in self.estimator.options}


class TaskForm(forms.Form):
    """A new task of one kind: its name and labels, what the kind asks for (fields "<kind>.<name>") and its gates."""

    title = forms.CharField(max_length=120, help_text="For people, for example: Exercise from a wrist unit.")
    name = forms.SlugField(max_length=64, help_text="For addresses and programs: lower-case letters, digits and -.")
    label_set = forms.ModelChoiceField(queryset=LabelSet.objects.none(), label="Labels")

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
        help_text="One label a line: name, title, key. For example: squat, Squat, 1",
    )

    def clean_labels(self) -> list[dict[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["labels"].splitlines(), start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split(",")]
            if len(parts) > 3:
                raise ValidationError(f"Line {number} has more than a name, a title and a key.")
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


class PromoteForm(forms.Form):
    """expected: the champion that was shown, so that nobody decides on an old page."""

    expected = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, help_text="Needed when a gate is missed.")
    override = forms.BooleanField(required=False, label="Promote although it misses a gate")


class ChallengeForm(forms.Form):
    """How much traffic a challenger answers. expected: the challenger that was shown."""

    expected = forms.UUIDField(required=False, widget=forms.HiddenInput)
    share = forms.IntegerField(
        min_value=1,
        max_value=99,
        initial=10,
        label="Share of athletes in per cent",
        help_text="The others stay with the champion.",
    )
    reason = forms.CharField(max_length=500, required=False)


class ReasonForm(forms.Form):
    """Why a version is retired or deleted."""

    reason = forms.CharField(max_length=500, required=False)


def gate_field(metric: Metric, suggested: float | None) -> forms.FloatField:
    """How good a version must be in one metric; empty for no gate."""
    limits = {"min_value": 0, "max_value": 1} if metric.style == "share" else {}
    side = "at least" if metric.higher_is_better else "at most"
    scale = "From 0 to 1. " if metric.style == "share" else f"In {metric.unit}. " if metric.unit else ""
    return forms.FloatField(
        required=False,
        initial=suggested,
        label=f"Gate: {metric.title[:1].lower()}{metric.title[1:]} {side}",
        help_text=f"{scale}A version that misses it is only promoted with a reason.",
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


def option_field(option: OptionInfo) -> forms.Field:
    """A form field for one config option."""
    common: dict[str, Any] = {"label": option.title, "help_text": option.help, "initial": option.default}
    if option.choices:
        return forms.TypedChoiceField(
            choices=[(str(choice), str(choice)) for choice in option.choices],
            coerce=lambda text: next(choice for choice in option.choices if str(choice) == text),
            **{**common, "initial": str(option.default)},
        )
    if option.kind == "bool":
        return forms.BooleanField(required=False, **common)
    if option.kind == "str":
        return forms.CharField(max_length=200, required=False, **common)
    limits = {"min_value": option.min, "max_value": option.max}
    if option.kind == "int":
        return forms.IntegerField(**limits, **common)
    return forms.FloatField(**limits, **common, widget=forms.NumberInput(attrs={"step": "any"}))


def dataset_words(dataset: Dataset) -> str:
    """ "20 Nov, 14:05 · 1,200 windows · 6 people"."""
    n_people = len(dataset.facts.get("per_subject") or {})
    n_windows = dataset.facts.get("n_windows", 0)
    return f"{localtime(dataset.created_at):%-d %b, %H:%M} · {n_windows:,} windows · {n_people} people"
