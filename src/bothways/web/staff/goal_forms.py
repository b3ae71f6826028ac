"""The forms of goals: what may be typed, and the words beside each field."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.cases.goal_enums import AskEvery, GoalState, SetBy
from bothways.cases.models import Goal
from bothways.cases.services.goals import MOST, PARTS, GoalDraft
from bothways.languages.codes import LANGUAGES, name_in
from bothways.people.models import Guardian

_BOX = {"rows": 2, "dir": "auto"}
_WHO = (
    (SetBy.TEACHER, _("School")),
    (SetBy.FAMILY, _("The family")),
    (SetBy.STUDENT, _("The student")),
)
_EVERY = (
    (AskEvery.NEVER, _("Do not ask by text")),
    (AskEvery.WEEK, _("Once a week")),
    (AskEvery.FORTNIGHT, _("Every two weeks")),
)
_DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"))


def _part(label: Any, hint: Any = "", *, needed: bool = False) -> forms.CharField:
    made = forms.CharField(
        required=needed,
        max_length=MOST,
        widget=forms.Textarea(attrs=_BOX),
        label=label,
        help_text=hint,
    )
    made.plain = True  # type: ignore[attr-defined]  # no “if you know it” beside it
    return made


class GoalForm(forms.Form):
    """A goal in one language."""

    set_by = forms.ChoiceField(
        choices=[(who.value, words) for who, words in _WHO],
        widget=forms.RadioSelect,
        label=_("Whose goal it is"),
        help_text=_("Who said it first. Ask before you write one of your own."),
    )
    guardian = forms.ModelChoiceField(
        Guardian.objects.none(),
        required=False,
        label=_("In whose words, at home"),
        empty_label=_("nobody in particular"),
    )
    words = _part(_("The goal"), _("In the words of who said it. What one can see."), needed=True)
    student_does = _part(_("What the student does"), _("More with every year."))
    home_does = _part(
        _("What home does"), _("As the family offered it; small enough for a hard day.")
    )
    school_does = _part(_("What school does"), _("A promise that you can keep."))
    see_it = _part(_("How we will see it"))
    language = forms.ChoiceField(label=_("Written in"))
    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label=_("Until"))
    ask_every = forms.ChoiceField(
        choices=[(every.value, words) for every, words in _EVERY],
        label=_("Ask the family how it goes"),
        help_text=_(
            "A short question that a number answers. One a week for a family at most, whatever the goals."
        ),
    )
    ask_weekday = forms.TypedChoiceField(
        choices=list(enumerate(_DAYS)), coerce=int, label=_("On which day"), initial=3
    )
    ask_at = forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        label=_("At which hour suits them"),
        initial=time(17),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, guardians: Iterable[Guardian], languages: Iterable[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        adults = list(guardians)
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[one.pk for one in adults])
        tags = sorted({*LANGUAGES, *languages} - {""}, key=lambda tag: name_in(tag, "en"))
        choice = self.fields["language"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(tag, name_in(tag, "en")) for tag in tags]

    def draft(self, said_in: Mapping[str, Mapping[str, str]]) -> GoalDraft:
        values = self.cleaned_data
        return GoalDraft(
            **{part: values[part] for part in PARTS},
            language=values["language"],
            until=values["until"],
            set_by=SetBy(values["set_by"]),
            guardian=values["guardian"] if values["set_by"] == SetBy.FAMILY.value else None,
            said_in=said_in,
            ask_every=AskEvery(values["ask_every"]),
            ask_weekday=values["ask_weekday"],
            ask_at=values["ask_at"],
        )


class HowForm(forms.Form):
    """How it goes, as somebody at school sees it or was told."""

    value = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("no number")), *((n, str(n)) for n in range(1, 6))],
        label=_("1 is not yet, 5 is very well"),
    )
    words = _part(_("How it goes"), _("Everybody who sees the goal reads it, the family too."))
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


class EndForm(forms.Form):
    to = forms.ChoiceField(
        choices=[
            (GoalState.REACHED.value, _("We reached it")),
            (GoalState.LET_GO.value, _("We let it go")),
        ],
        widget=forms.RadioSelect,
        label=_("How it ends"),
    )
    words = _part(_("In a few words"), _("Of one that is let go: why. The family reads it."))


def initial_of(goal: Goal) -> dict[str, Any]:
    return {
        **{part: getattr(goal, part) for part in PARTS},
        "set_by": goal.set_by,
        "guardian": goal.guardian_id,
        "language": goal.language,
        "until": goal.until,
        "ask_every": goal.ask_every,
        "ask_weekday": goal.ask_weekday,
        "ask_at": goal.ask_at,
    }
