"""The forms of a talk when it is tense."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.accounts.models import User
from bothways.cases.enums import How, Side
from bothways.cases.services.talks import WAYS, Agreed, Prepared
from bothways.languages.codes import LANGUAGES, name_in
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from bothways.web.staff.goal_words import SIDES
from bothways.web.staff.words import WAYS as WAY_WORDS

_HOW = (
    (How.CALL, _("by phone")),
    (How.TEXT, _("by text")),
    (How.LETTER, _("by letter")),
    (How.VISIT, _("face to face")),
)
_MOMENT = "%Y-%m-%dT%H:%M"


def _words(label: Any, hint: Any = "", *, most: int = 4000, rows: int = 3) -> forms.CharField:
    made = forms.CharField(
        required=False,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
        label=label,
        help_text=hint,
    )
    made.plain = True  # type: ignore[attr-defined]  # no “if you know it” beside it
    return made


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
        input_formats=[_MOMENT],
        label=label,
    )


def _people(label: Any, hint: Any = "", *, needed: bool = True) -> "forms.ModelChoiceField[User]":
    return forms.ModelChoiceField(
        User.objects.none(),
        required=needed,
        label=label,
        help_text=hint,
        empty_label=_("nobody yet"),
    )


class PrepareForm(forms.Form):
    school_view = _words(
        _("What school sees"),
        _("What happened, when, how often; as a camera would see it. One strength first."),
    )
    aim = _words(_("What both want"), _("One sentence that both sides could sign."), most=1000)
    who_comes = _words(
        _("Who comes with the family"),
        _("Ask them. A friend or a leader is welcome."),
        most=1000,
        rows=2,
    )
    needs = _words(
        _("What would help them to come"),
        _("Another place or hour, an interpreter, a ride, child care."),
        most=1000,
        rows=2,
    )

    def prepared(self) -> Prepared:
        return Prepared(**self.cleaned_data)


class ViewForm(forms.Form):
    """What the family sees: asked beforehand, in its own words."""

    words = _words(
        _("What the family sees"), _("Ask before the talk, and write it in their words.")
    )
    language = forms.ChoiceField(
        choices=[(tag, name_in(tag, "en")) for tag in LANGUAGES], label=_("In which language")
    )
    how = forms.ChoiceField(
        choices=[(how.value, words) for how, words in _HOW], label=_("How they said it")
    )
    word_class = forms.ChoiceField(
        choices=[
            (WordClass.FAMILY.value, _("all who serve the child")),
            (WordClass.SPEAKER_ONLY.value, _("only those named in this talk")),
        ],
        widget=forms.RadioSelect,
        label=_("Who reads it: ask them"),
        initial=WordClass.FAMILY.value,
    )


class InviteForm(forms.Form):
    """Two to four times and places."""

    at_1, place_1 = _moment(_("First time")), forms.CharField(required=False, max_length=120)
    at_2, place_2 = _moment(_("Second time")), forms.CharField(required=False, max_length=120)
    at_3, place_3 = _moment(_("Third time")), forms.CharField(required=False, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in (1, 2, 3):
            self.fields[f"place_{n}"].label = _("Where")
        self.fields["place_1"].help_text = _(
            "School, a library, their home, by phone: let them choose."
        )

    def offers(self, zone: ZoneInfo) -> list[tuple[datetime, str]]:
        found = []
        for n in (1, 2, 3):
            at, place = self.cleaned_data[f"at_{n}"], self.cleaned_data[f"place_{n}"].strip()
            if at is not None:
                found.append((at, place))
        return found


class TimeForm(forms.Form):
    at = _moment(_("The time they chose"))
    place = forms.CharField(max_length=200, label=_("Where"))

    def clean_at(self) -> datetime:
        at: datetime | None = self.cleaned_data["at"]
        if at is None:
            raise forms.ValidationError(_("Choose a day and an hour."))
        return at


class StepForm(forms.Form):
    words = _words(_("What was agreed"), _("So small that it can be done."), most=500, rows=2)
    side = forms.ChoiceField(
        choices=[(side.value, SIDES[side.value]) for side in Side], label=_("Who does it")
    )
    user = _people(_("Who at school"), needed=False)
    guardian = forms.ModelChoiceField(
        Guardian.objects.none(), required=False, label=_("Who at home"), empty_label=_("nobody yet")
    )
    due = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label=_("By when"))

    def agreed(self) -> Agreed:
        values = self.cleaned_data
        side = Side(values["side"])
        return Agreed(
            values["words"],
            side,
            values["due"],
            user=values["user"] if side is Side.SCHOOL else None,
            guardian=values["guardian"] if side is Side.HOME else None,
        )


class NoteForm(forms.Form):
    words = _words(_("A note"), _("What helped, what to think of next time."))
    word_class = forms.ChoiceField(
        choices=[
            (WordClass.FAMILY.value, _("all who serve the child; the family may ask for it")),
            (WordClass.SPEAKER_ONLY.value, _("only those named in this talk")),
            (WordClass.PROTECTED.value, _("only staff named for protected words")),
        ],
        widget=forms.RadioSelect,
        label=_("Who may read these words"),
        initial=WordClass.FAMILY.value,
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


class HeldForm(forms.Form):
    way = forms.ChoiceField(
        choices=[(way.value, WAY_WORDS[way.value]) for way in WAYS], label=_("How you talked")
    )
    guardian = forms.ModelChoiceField(Guardian.objects.none(), label=_("With whom"))
    owner = _people(_("Who asks how it goes"))
    follow_up = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        label=_("On which day"),
        help_text=_("It stands on their list of calls for that day."),
    )


class NameForm(forms.Form):
    user = _people(_("Who takes part"))


def fill(form: forms.Form, *, users: Iterable[User], guardians: Iterable[Guardian]) -> None:
    """Put into the choices who may be chosen."""
    for name, model, who in (
        ("user", User, users),
        ("owner", User, users),
        ("guardian", Guardian, guardians),
    ):
        if name in form.fields:
            field = form.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(pk__in=[one.pk for one in who])
