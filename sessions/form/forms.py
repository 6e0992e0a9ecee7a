"""Forms of form reports."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.form.services.sharing import DAYS
from sessions.form.words import exercise_choices


class ExerciseForm(forms.Form):
    """Which exercise is to be judged."""

    exercise = forms.ChoiceField(label=_("Exercise"), required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exercise"].choices = [("", _("Recognise it")), *exercise_choices()]


class SubjectForm(forms.Form):
    """Whose form is meant, by number in the facts of the features."""

    subject = forms.IntegerField(min_value=0)


class ShareForm(forms.Form):
    """How long a link works, and whether it shows the clip."""

    days = forms.TypedChoiceField(
        label=_("The link works for"), coerce=int,
        choices=[(days, _("%(n)s days") % {"n": days} if days > 1 else _("one day")) for days in DAYS], initial=7,
    )  # fmt: skip
    with_video = forms.BooleanField(label=_("Show the video as well"), required=False)


class CorrectionForm(forms.Form):
    """What a repetition's score should have been."""

    number = forms.IntegerField(min_value=1)
    score = forms.FloatField(label=_("Score"), min_value=0, max_value=100)
    note = forms.CharField(label=_("Why"), max_length=300, required=False)
