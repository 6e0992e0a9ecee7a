"""Forms of what goes out and comes in."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from mlops.ml.foreign import FEATURES, OUTPUTS
from mlops.models import Task
from mlops.selectors.exchange import tasks_to_fill
from mlops.services.model_files import Declared
from mlops.services.publishing import LICENCES

_OUTPUT_WORDS = dict(zip(OUTPUTS, ("Probabilities", "Logits: add a softmax"), strict=True))
_FEATURE_WORDS = dict(zip(FEATURES, ("Every sample (flatten)", "Mean, std, min, max of each channel"), strict=True))


class _ForTask(forms.Form):
    task = forms.ModelChoiceField(queryset=Task.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].queryset = tasks_to_fill(user)  # type: ignore[attr-defined]


class PullForm(_ForTask):
    """Which repository, and what for."""

    repository = forms.CharField(max_length=200, help_text="owner/name")
    revision = forms.CharField(
        max_length=100, required=False, help_text="Branch, tag or commit; main if empty. Its commit is kept."
    )


class ImportForm(_ForTask):
    """A model file that was uploaded. What stays empty is taken from the task."""

    upload = forms.UUIDField(widget=forms.HiddenInput, required=False)
    labels = forms.CharField(
        max_length=2000, required=False, help_text="In the order of the answer, separated by commas. ONNX and LightGBM."
    )
    output = forms.ChoiceField(choices=list(_OUTPUT_WORDS.items()), label="What it answers")
    features = forms.ChoiceField(choices=list(_FEATURE_WORDS.items()), label="LightGBM was trained on")
    metrics = forms.CharField(
        max_length=4000,
        required=False,
        label="Figures its maker states",
        help_text='JSON, for example {"accuracy": 0.9}',
    )

    def clean_metrics(self) -> dict[str, Any]:
        """An object of numbers."""
        text = self.cleaned_data["metrics"]
        try:
            found = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise ValidationError("This is not JSON.") from error
        if not isinstance(found, dict):
            raise ValidationError("Give an object of numbers.")
        return found

    @property
    def declared(self) -> Declared:
        data = self.cleaned_data
        labels = tuple(label.strip() for label in data["labels"].split(",") if label.strip())
        return Declared(labels=labels, output=data["output"], features=data["features"], metrics=data["metrics"])


class RemoteForm(_ForTask):
    """An address that answers like an Inference endpoint."""

    url = forms.CharField(max_length=400, label="Address", help_text="https; its host must be allowed by the settings.")


class PushForm(forms.Form):
    """Where to, and under which licence."""

    repository = forms.CharField(max_length=200, help_text="owner/name; it is made if it does not exist.")
    licence = forms.ChoiceField(choices=list(LICENCES.items()))
    private = forms.BooleanField(required=False, initial=True, label="Private repository")
