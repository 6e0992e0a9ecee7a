"""Forms of the page that makes models of your own clips."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions.models import FeatureDataset, MakingState
from sessions.video.selectors.chain import Material, datasets_own
from sessions.video.services.chain import DatasetOptions, ModelOptions
from web.numbers import spelled

MODELS = (
    ("rf", gettext_lazy("Random forest")), ("lightgbm", "LightGBM"), ("lstm", "LSTM"), ("tcn", "TCN"),
    ("transformer", gettext_lazy("Transformer")),
)  # fmt: skip
AGGREGATIONS = (
    ("stats", gettext_lazy("Mean, spread, least and most of each feature")),
    ("flatten", gettext_lazy("Every sample of the window")),
)
BALANCES = (
    ("none", gettext_lazy("As it is")), ("downsample", gettext_lazy("As few of each label as of the rarest")),
    ("upsample", gettext_lazy("As many of each label as of the most frequent")),
)  # fmt: skip


class DatasetForm(forms.Form):
    """Which clips, and how windows are cut."""

    files = forms.MultipleChoiceField(label=gettext_lazy("Videos"), widget=forms.CheckboxSelectMultiple)
    window_sec = forms.FloatField(
        label=gettext_lazy("Window (s)"), min_value=0.1, max_value=600, initial=2.0,
        help_text=gettext_lazy("The model sees so much at a time."),
    )  # fmt: skip
    step_sec = forms.FloatField(
        label=gettext_lazy("Step (s)"), min_value=0.01, max_value=600, initial=0.5,
        help_text=gettext_lazy("A new window starts this often."),
    )  # fmt: skip
    balance_method = forms.ChoiceField(label=gettext_lazy("Balance"), choices=BALANCES, initial="none")

    def __init__(self, *args: Any, materials: list[Material], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"].choices = [(one.file.name, _described(one)) for one in materials]
        self.materials = {one.file.name: one.file for one in materials}
        if not self.is_bound:
            self.initial["files"] = [one.file.name for one in materials if one.seconds]

    def chosen_files(self) -> list[Any]:
        """The chosen feature files."""
        return [self.materials[name] for name in self.cleaned_data["files"]]

    def wish(self) -> DatasetOptions:
        data = self.cleaned_data
        return DatasetOptions(data["window_sec"], data["step_sec"], data["balance_method"])


class TrainForm(forms.Form):
    """Which model on which data set."""

    dataset = forms.ChoiceField(label=gettext_lazy("Dataset"))
    model_type = forms.ChoiceField(
        label=gettext_lazy("Model"), choices=MODELS, initial="rf",
        help_text=gettext_lazy("A random forest takes seconds, networks take minutes."),
    )  # fmt: skip
    aggregation = forms.ChoiceField(
        label=gettext_lazy("Trees see"), choices=AGGREGATIONS, initial="stats",
        help_text=gettext_lazy("Random forest and LightGBM only."),
    )  # fmt: skip
    n_estimators = forms.IntegerField(label=gettext_lazy("Trees"), min_value=1, max_value=2000, initial=100)
    max_depth = forms.IntegerField(
        label=gettext_lazy("Depth of a tree"), min_value=1, max_value=100, required=False,
        help_text=gettext_lazy("Empty: no limit."),
    )  # fmt: skip
    learning_rate = forms.FloatField(
        label=gettext_lazy("Learning rate"), min_value=1e-6, max_value=10, required=False,
        help_text=gettext_lazy("Empty: the model's own."),
    )  # fmt: skip

    def __init__(self, *args: Any, datasets: list[FeatureDataset], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = [row for row in datasets if row.state != MakingState.FAILED]
        self.fields["dataset"].choices = [(row.name, row.name) for row in usable]
        self.rows = {row.name: row for row in usable}

    def wish(self) -> tuple[FeatureDataset, ModelOptions]:
        data = dict(self.cleaned_data)
        return self.rows[data.pop("dataset")], ModelOptions(**data)


class ClipForm(forms.Form):
    """The clip that a model is tried on."""

    clip = forms.ChoiceField(label=gettext_lazy("Video"))

    def __init__(self, *args: Any, materials: list[Material], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready = [one.file for one in materials if one.file.state == MakingState.READY]
        self.fields["clip"].choices = [(row.name, f"{row.video.title} · {row.name}") for row in ready]
        self.rows = {row.name: row for row in ready}


def datasets_of(user: Any) -> list[FeatureDataset]:
    """Those that the page shows."""
    return list(datasets_own(user=user)[:MOST_SHOWN])


MOST_SHOWN = 20


def _described(one: Material) -> str:
    labels = ", ".join(f"{label} {spelled(seconds, '.1f')} s" for label, seconds in one.seconds.items())
    state = f" · {_('In progress')}" if one.file.state == MakingState.MAKING else ""
    return f"{one.file.video.title} · {one.file.name} · {labels or _('no labels yet')}{state}"
