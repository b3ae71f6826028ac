"""Forms about what families said."""

from collections.abc import Iterable
from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.accounts.models import User
from bothways.feedback.enums import Helped, Outcome
from bothways.feedback.rules import MOST_WORDS

OUTCOMES = {
    Outcome.DONE: gettext_lazy("Done"),
    Outcome.PARTLY: gettext_lazy("Done in part"),
    Outcome.NOT_POSSIBLE: gettext_lazy("Not possible for now, because …"),
    Outcome.NO_CHANGE: gettext_lazy("Needs no change"),
}
HELPED = {
    Helped.YES: gettext_lazy("It helped"),
    Helped.LITTLE: gettext_lazy("It helped a little"),
    Helped.NO: gettext_lazy("It did not help"),
}
_LATEST = timedelta(days=365)


class CloseForm(forms.Form):
    """What came of it, in the writer’s words and in the family’s language."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=[(outcome.value, words) for outcome, words in OUTCOMES.items()],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=gettext_lazy("In a sentence or two, as the family reads it"),
        help_text=gettext_lazy(
            "What you did and what is different now. If it cannot be done, say why, and what you can offer."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        max_length=MOST_WORDS,
    )
    translation = forms.CharField(required=False, max_length=MOST_WORDS)
    suggested = forms.CharField(required=False, widget=forms.HiddenInput)
    went_through = forms.BooleanField(required=False)


class GiveForm(forms.Form):
    """Who owes it, by when."""

    to = forms.TypedChoiceField(label=gettext_lazy("Who looks after it"), coerce=int)
    due = forms.DateField(
        label=gettext_lazy("The family hears from us by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: object, people: Iterable[User], today: date, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._today = today
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(user.pk, user.name) for user in people]

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if not self._today <= due <= self._today + _LATEST:
            raise forms.ValidationError(_("Choose a day from today on, within a year."))
        return due


class ReopenForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Why it is not over"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        max_length=500,
    )


class ChangeForm(forms.Form):
    """A change, without names."""

    said = forms.CharField(
        label=gettext_lazy("What families said"),
        help_text=gettext_lazy(
            "In your own words, so that nobody can tell who it was: no names, no class, no number."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        max_length=MOST_WORDS,
    )
    did = forms.CharField(
        label=gettext_lazy("What we did"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        max_length=MOST_WORDS,
    )
