"""The forms of interpreters: who they are, and for when they are asked."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.accounts.models import User
from bothways.interpreters.enums import Part
from bothways.interpreters.models import Interpreter
from bothways.interpreters.queries import Choice
from bothways.interpreters.rules import MOST_TRAVEL, Hours
from bothways.interpreters.services import Person
from bothways.languages.codes import name_in
from bothways.schools.models import District, School
from bothways.web.staff.calendar_forms import DAYS
from bothways.web.staff.forms import language_choices
from bothways.web.staff.interpreter_words import OCCASIONS, PARTS

_DATE = {"type": "date"}
_TIME = {"type": "time"}
_LANGUAGES_OFFERED = 3


def _plain(form: forms.Form) -> None:
    """What may stay empty says so by itself."""
    for field in form.fields.values():
        setattr(field, "plain", True)  # noqa: B010 - the template's own mark


class PersonForm(forms.Form):
    """A colleague, or a name; languages, hours; that it is an adult."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=gettext_lazy("A colleague"),
        empty_label=gettext_lazy("nobody of our staff"),
    )
    name = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Or the name of somebody from outside"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Phone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        required=False,
        label=gettext_lazy("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    part = forms.ChoiceField(
        choices=list(PARTS.items()),
        initial=Part.INTERPRETER.value,
        label=gettext_lazy("What they do"),
        widget=forms.RadioSelect,
    )
    school = forms.ChoiceField(required=False, label=gettext_lazy("Where they come to"))
    training = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Training or certificate"),
    )
    agreement_on = forms.DateField(
        required=False,
        label=gettext_lazy("Agreement on keeping silent, last looked at on"),
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
    )
    travel = forms.IntegerField(
        min_value=0,
        max_value=MOST_TRAVEL,
        initial=15,
        label=gettext_lazy("Minutes to get here or to a family"),
        help_text=gettext_lazy("Kept free before and after everything that is not a call."),
    )
    ends_on = forms.DateField(
        required=False,
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Empty while they go on."),
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
    )
    sis_id = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Their number in the student information system, if they have one"),
    )
    adult = forms.BooleanField(
        required=False,
        label=gettext_lazy("This is an adult, and no student"),
        help_text=gettext_lazy(
            "Children never interpret between their family and the school, however well they speak: they "
            "would hear what no child should carry, and answer for it."
        ),
    )
    identity_seen = forms.BooleanField(
        required=False,
        label=gettext_lazy(
            "A student has the same name; I have seen a proof that this is somebody else"
        ),
    )

    def __init__(
        self,
        *args: Any,
        district: District,
        schools: set[int] | None,
        people: QuerySet[User],
        known: list[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        assert isinstance(user, forms.ModelChoiceField)
        user.queryset = people
        self.schools = {
            str(school.pk): school
            for school in School.objects.filter(district=district, ended_at=None).order_by("name")
            if schools is None or school.pk in schools
        }
        where = self.fields["school"]
        assert isinstance(where, forms.ChoiceField)
        where.choices = [
            *([("", _("to every school"))] if schools is None else []),
            *((pk, school.name) for pk, school in self.schools.items()),
        ]
        tongues = language_choices(known)
        for number in range(1, _LANGUAGES_OFFERED + 1):
            self.fields[f"one_{number}"] = forms.ChoiceField(
                required=number == 1,
                choices=[("", _("choose")), *tongues[1:]],
                label=_("Between"),
            )
            self.fields[f"other_{number}"] = forms.ChoiceField(
                required=False, choices=tongues[1:], initial="en", label=_("and")
            )
        for day in range(7):
            for name in ("from", "to"):
                self.fields[f"{name}_{day}"] = forms.TimeField(
                    required=False,
                    label=_("from") if name == "from" else _("until"),
                    widget=forms.TimeInput(attrs=_TIME, format="%H:%M"),
                )
        _plain(self)

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"one_{n}"], self[f"other_{n}"]) for n in range(1, _LANGUAGES_OFFERED + 1)]

    @property
    def days(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [(str(DAYS[day]), self[f"from_{day}"], self[f"to_{day}"]) for day in range(7)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for day in range(7):
            starts, ends = values.get(f"from_{day}"), values.get(f"to_{day}")
            if (starts is None) != (ends is None) and f"to_{day}" not in self.errors:
                self.add_error(f"to_{day}", _("Give both times, or none."))
            elif starts is not None and ends is not None and ends <= starts:
                self.add_error(f"to_{day}", _("The end lies before the beginning."))
        return values

    @property
    def person(self) -> Person:
        values = self.cleaned_data
        hours = [
            Hours(day, values[f"from_{day}"], values[f"to_{day}"])
            for day in range(7)
            if values.get(f"from_{day}") is not None
        ]
        tongues = [
            (values[f"one_{n}"], values[f"other_{n}"] or "en")
            for n in range(1, _LANGUAGES_OFFERED + 1)
            if values.get(f"one_{n}")
        ]
        return Person(
            school=self.schools.get(values["school"]),
            part=Part(values["part"]),
            tongues=tongues,
            hours=hours,
            user=values["user"],
            name=values["name"].replace("\x00", ""),
            phone=values["phone"],
            email=values["email"],
            sis_id=values["sis_id"],
            training=values["training"],
            agreement_on=values["agreement_on"],
            travel=values["travel"],
            ends_on=values["ends_on"],
        )


def as_kept(one: Interpreter) -> dict[str, object]:
    """What stands in the form of somebody who is on the list."""
    kept: dict[str, object] = {
        "user": one.user_id,
        "name": one.name,
        "phone": one.phone,
        "email": one.email,
        "part": one.part,
        "school": str(one.school_id or ""),
        "training": one.training,
        "agreement_on": one.agreement_on,
        "travel": one.travel,
        "ends_on": one.ends_on,
    }
    for number, tongue in enumerate(one.tongues.all()[:_LANGUAGES_OFFERED], 1):
        kept[f"one_{number}"], kept[f"other_{number}"] = tongue.language, tongue.other
    for row in one.hours.all():
        kept[f"from_{row.weekday}"], kept[f"to_{row.weekday}"] = row.starts, row.ends
    return kept


class WhenForm(forms.Form):
    """A day and the hours on it, on the district's clock."""

    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d")
    )
    starts = forms.TimeField(
        label=gettext_lazy("From"), widget=forms.TimeInput(attrs=_TIME, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("Until"), widget=forms.TimeInput(attrs=_TIME, format="%H:%M")
    )

    def span(self, district: District) -> tuple[datetime, datetime]:
        """The moments that were meant."""
        day = self.cleaned_data["day"]

        def at(clock_time: time) -> datetime:
            return datetime.combine(day, clock_time, district.zone)

        return at(self.cleaned_data["starts"]), at(self.cleaned_data["ends"])


class BookingForm(WhenForm):
    """What for and when; then, of those who speak the language, whom."""

    language = forms.ChoiceField(label=gettext_lazy("Language"))
    occasion = forms.ChoiceField(
        choices=list(OCCASIONS.items()),
        label=gettext_lazy("What for"),
        widget=forms.RadioSelect,
    )
    place = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Where"),
        help_text=gettext_lazy(
            "A room at school, a library. Of a visit not the address: that is on the family’s page."
        ),
    )
    words = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("What the interpreter should know"),
        help_text=gettext_lazy("No child’s name: it stands in their calendar."),
    )
    interpreter = forms.ChoiceField(
        required=False, label=gettext_lazy("Whom"), widget=forms.RadioSelect
    )
    outside_hours = forms.BooleanField(
        required=False,
        label=gettext_lazy("They agreed to come outside the hours that they gave"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    field_order = ("language", "occasion", "day", "starts", "ends", "place", "words")

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = [("", _("choose")), *language_choices(known)[1:]]
        _plain(self)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these people, with why some of them cannot."""
        why = {"": "", "booked": _("booked then"), "hours": _("outside their hours")}
        field = self.fields["interpreter"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(one.interpreter.pk), _offered(one.interpreter, why[one.why_not]))
            for one in choices
        ]


def _offered(one: Interpreter, why: str) -> str:
    tongues = ", ".join(
        f"{name_in(t.language, 'en')}–{name_in(t.other, 'en')}" for t in one.tongues.all()
    )
    words = f"{one.called}, {tongues}"
    return f"{words} ({why})" if why else words
