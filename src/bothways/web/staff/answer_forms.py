"""The forms beside a conversation: the answer, a note, closing, handing over."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.accounts.models import User
from bothways.messaging.enums import SettledWhy
from bothways.web.staff.presence import Presence

WHYS = {
    SettledWhy.CALLED: gettext_lazy("We spoke on the phone"),
    SettledWhy.MET: gettext_lazy("We met"),
    SettledWhy.THANKS: gettext_lazy("It asked for nothing: a thank-you, a word of news"),
    SettledWhy.DOUBLE: gettext_lazy("It was answered elsewhere"),
    SettledWhy.NOT_OURS: gettext_lazy("It was not meant for us"),
    SettledWhy.OTHER: gettext_lazy("Another reason"),
}


class AnswerForm(forms.Form):
    """``words`` in the writer's language; ``translation`` in the family's, where that is another."""

    words = forms.CharField(
        max_length=5000,
        label=gettext_lazy("Your answer"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "It goes out by the way the family wrote. Short and specific is kind."
        ),
    )
    translation = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    went_through = forms.BooleanField(required=False)
    # What was suggested, signed: words that nobody changed stay marked as a machine's.
    suggested = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)
    # The newest entry on the page that was shown: what came after it is shown before anything is sent.
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def clean_words(self) -> str:
        return str(self.cleaned_data["words"]).replace("\x00", "")

    def clean_translation(self) -> str:
        return str(self.cleaned_data["translation"]).replace("\x00", "").strip()


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Hand over to"), empty_label=None
    )
    words = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("What should they know?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, there: dict[int, Presence] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        setattr(self.fields["words"], "plain", True)  # noqa: B010 - the template's own mark
        self.there = there or {}

    def offer(self, people: list[User]) -> None:
        """Offer these people, each with when they are there next."""
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(pk__in=[user.pk for user in people])
        field.choices = [(user.pk, self._named(user)) for user in people]

    def _named(self, user: User) -> str:
        found = self.there.get(user.pk)
        if found is None or not found.words:
            return user.name
        return _("%(name)s (%(when)s)") % {"name": user.name, "when": found.words}


class SettleForm(forms.Form):
    why = forms.ChoiceField(
        required=False,
        choices=[(why.value, words) for why, words in WHYS.items()],
        initial=SettledWhy.CALLED.value,
        label=gettext_lazy("Why is no written answer needed?"),
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("In a few words"), widget=forms.TextInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        setattr(self.fields["words"], "plain", True)  # noqa: B010 - the template's own mark


class AsideForm(forms.Form):
    body = forms.CharField(
        max_length=5000,
        label=gettext_lazy("A note for colleagues"),
        help_text=gettext_lazy("It is never sent. Whoever serves this child reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    protected = forms.BooleanField(
        required=False,
        label=gettext_lazy("Protected: only you and those who may read protected words"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\x00", "")
