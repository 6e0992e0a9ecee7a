"""The form of a study: which options are searched, between which limits, and how often."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.datasets.forms import SEED, dataset_words
from mlops.datasets.models import Dataset, DatasetStatus
from mlops.kinds.estimators import EstimatorInfo
from mlops.kinds.options import OptionInfo, option_field
from mlops.tasks.models import Task
from mlops.training.selectors.search_space import searchable, space_suggest
from mlops.training.services.studies import MAX_PARALLEL, MAX_TRIALS


class StudyForm(forms.Form):
    """Dataset, how many trials, and for each searchable option: whether, and from where to where."""

    dataset = forms.ModelChoiceField(queryset=Dataset.objects.none(), empty_label=None)
    n_trials = forms.IntegerField(
        min_value=1, max_value=MAX_TRIALS, initial=20, label=gettext_lazy("Trials"),
        help_text=gettext_lazy("Each trial is one training run."),
    )
    n_parallel = forms.IntegerField(
        min_value=1,
        max_value=MAX_PARALLEL,
        initial=1,
        label=gettext_lazy("In parallel"),
        help_text=gettext_lazy("More parallel trials than workers make the search less informed."),
    )
    prune = forms.BooleanField(
        required=False,
        initial=True,
        label=gettext_lazy("Stop poor trials early"),
        help_text=gettext_lazy("Stops trials whose curve stays below the median of the others."),
    )
    seed = forms.IntegerField(**SEED, help_text=gettext_lazy(
        "With one trial at a time, the same seed and data try the same settings."
    ))

    def __init__(self, *args: Any, task: Task, estimator: EstimatorInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.estimator = estimator
        field = self.fields["dataset"]
        field.queryset = Dataset.objects.filter(task=task, status=DatasetStatus.READY)  # type: ignore[attr-defined]
        field.label_from_instance = dataset_words  # type: ignore[attr-defined]
        self.searched = searchable(estimator)
        suggested = space_suggest(estimator)
        for option in self.searched:
            self._add(option, suggested[option.name])
        names = {option.name for option in self.searched}
        self.fixed = [option for option in estimator.options if option.name not in names]
        for option in self.fixed:
            self.fields[f"fixed_{option.name}"] = option_field(option)

    def _add(self, option: OptionInfo, spec: dict[str, Any]) -> None:
        name = option.name
        self.fields[f"search_{name}"] = forms.BooleanField(
            required=False, initial=True, label=option.title, help_text=option.help
        )
        if "choices" in spec:
            words = {True: "yes", False: "no"} if option.kind == "bool" else {}
            self.fields[f"choices_{name}"] = forms.TypedMultipleChoiceField(
                required=False,
                choices=[(str(choice), words.get(choice, str(choice))) for choice in spec["choices"]],
                coerce=lambda text: next(choice for choice in spec["choices"] if str(choice) == text),
                initial=[str(choice) for choice in spec["choices"]],
                widget=forms.CheckboxSelectMultiple,
                label=_("Choices"),
            )
            return
        number = forms.IntegerField if option.kind == "int" else forms.FloatField
        more: dict[str, Any] = {"required": False, "min_value": option.min, "max_value": option.max}
        if option.kind != "int":
            more["widget"] = forms.NumberInput(attrs={"step": "any"})
        self.fields[f"low_{name}"] = number(label=_("From"), initial=spec["low"], **more)
        self.fields[f"high_{name}"] = number(label=_("To"), initial=spec["high"], **more)
        self.fields[f"log_{name}"] = forms.BooleanField(
            required=False, initial=spec["log"], label=_("Log scale")
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each searchable option together, for the template."""
        found = []
        for option in self.searched:
            parts = [f"{part}_{option.name}" for part in ("choices", "low", "high", "log")]
            found.append(
                {"search": self[f"search_{option.name}"], "fields": [self[n] for n in parts if n in self.fields]}
            )
        return found

    @property
    def head(self) -> list[Any]:
        return [self[name] for name in ("dataset", "n_trials", "n_parallel", "prune", "seed")]

    @property
    def rest(self) -> list[Any]:
        return [self[f"fixed_{option.name}"] for option in self.fixed]

    @property
    def space(self) -> dict[str, Any]:
        """What is searched, as `study_create` takes it."""
        data, space = self.cleaned_data, {}
        for option in self.searched:
            if not data.get(f"search_{option.name}"):
                continue
            if f"choices_{option.name}" in self.fields:
                space[option.name] = {"choices": list(data[f"choices_{option.name}"])}
            else:
                space[option.name] = {part: data.get(f"{part}_{option.name}") for part in ("low", "high", "log")}
        return space

    @property
    def config(self) -> dict[str, Any]:
        """The options that are given and not searched; a searchable one that is not searched keeps its default."""
        return {option.name: self.cleaned_data[f"fixed_{option.name}"] for option in self.fixed}
