"""Forms of trainings; those of estimators are made from their config."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mlops.datasets.forms import SEED, dataset_words
from mlops.datasets.models import Dataset, DatasetStatus
from mlops.kinds.estimators import EstimatorInfo
from mlops.kinds.options import option_field
from mlops.tasks.models import Task


class TrainForm(forms.Form):
    """Dataset, seed, and every option of one estimator as a field."""

    dataset = forms.ModelChoiceField(queryset=Dataset.objects.none(), empty_label=None)
    seed = forms.IntegerField(**SEED, help_text=_("The same seed and data give the same model."))

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
