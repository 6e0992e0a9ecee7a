"""Forms of videos."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.models import Detector, WorkoutSession
from sessions.video.services.extraction import MAX_SAMPLE_RATE, Wish
from sessions.video.services.videos import About

MAX_WORKOUTS = 50


class ExtractForm(forms.Form):
    """What to extract."""

    detector = forms.ChoiceField(label=_("Find in each frame"), choices=Detector.choices, initial=Detector.FUSION)
    sample_rate = forms.IntegerField(
        label=_("Every n-th frame"), min_value=1, max_value=MAX_SAMPLE_RATE, initial=1,
        help_text=_("1 for every frame, 2 for half of them."),
    )  # fmt: skip

    def wish(self) -> Wish:
        return Wish(self.cleaned_data["detector"], self.cleaned_data["sample_rate"])


class AboutForm(forms.Form):
    """Title and workout of a clip."""

    title = forms.CharField(label=_("Title"), max_length=120, required=False, help_text=_("Empty: the file's name."))
    workout = forms.ModelChoiceField(
        WorkoutSession.objects.none(), label=_("Workout"), required=False, empty_label=_("None")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = WorkoutSession.objects.editable_by(user)
        self.fields["workout"].queryset = mine
        recent = [(row.pk, row.title) for row in mine[:MAX_WORKOUTS]]
        self.fields["workout"].choices = [("", _("None")), *recent]
        if not recent:
            del self.fields["workout"]


class VideoForm(AboutForm, ExtractForm):
    """Everything about a clip that is brought in."""

    rights = forms.CharField(
        label=_("People and rights"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Who is in the video, and who allowed its use?"),
    )  # fmt: skip
    extract = forms.BooleanField(label=_("Find my movement after the upload"), required=False, initial=True)
    labels = forms.FileField(
        label=_("Labels"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("Optional: a CSV file with the columns frame_index and label."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if not (user.is_ml_staff or user.is_administrator):
            del self.fields["rights"]
        else:
            self.fields["extract"].label = _("Extract features after the upload")

    def about(self) -> About:
        data = self.cleaned_data
        return About(data["title"], data.get("workout"), data.get("rights", ""))
