"""What may be typed about the calendar, quiet hours and a family's wishes."""

from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.people.models import Guardian
from bothways.schools.models import School
from bothways.web.staff.forms import language_choices

DAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


def _weekdays(empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *((str(n), name) for n, name in enumerate(DAYS))]


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **more)


def _hour(*, required: bool = False, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), required=required, **more
    )


def weekday_of(value: str) -> int | None:
    """The day of the week of a choice; None where none was chosen."""
    return int(value) if value.isdecimal() else None


class ClosedForm(forms.Form):
    """Days without school."""

    title = forms.CharField(max_length=200, label=_("What it is"))
    first = _day(label=_("First day"))
    last = _day(required=False, label=_("Last day"), help_text=_("Empty: only the first day."))
    school = forms.ModelChoiceField(
        School.objects.none(), required=False, label=_("Where"), empty_label=_("the whole district")
    )

    def __init__(self, *args: Any, schools: list[School], whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = School.objects.filter(pk__in=[school.pk for school in schools])
        if not whole:
            field.required = True
            field.empty_label = None


class QuietForm(forms.Form):
    """A day, or hours of each week, that are kept free."""

    title = forms.CharField(
        max_length=200, label=_("What it is"), help_text=_("Eid, the Sabbath, a local feast.")
    )
    day = _day(required=False, label=_("Date"))
    weekday = forms.ChoiceField(
        required=False, choices=_weekdays(_("no, on the date above")), label=_("Or each week on")
    )
    start = _hour(label=_("From"), help_text=_("Both hours empty: the whole day."))
    end = _hour(label=_("Until"), help_text=_("An earlier hour: until the next day."))
    source = forms.CharField(
        max_length=200, required=False, label=_("Who told us"), help_text=_("And when.")
    )

    def values(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "title": cleaned["title"],
            "day": cleaned["day"],
            "weekday": weekday_of(cleaned["weekday"]),
            "start": cleaned["start"],
            "end": cleaned["end"],
            "source": cleaned["source"],
        }


class DistrictQuietForm(QuietForm):
    language = forms.ChoiceField(required=False, label=_("For families who speak"))
    field_order = ("title", "language", "day", "weekday", "start", "end", "source")

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", str(_("all families"))), *language_choices(known)[1:]]

    def values(self) -> dict[str, Any]:
        return {**super().values(), "language": self.cleaned_data["language"]}


class HoursForm(forms.Form):
    """The district's rules."""

    quiet_from = _hour(required=True, label=_("Quiet from"))
    quiet_until = _hour(
        required=True,
        label=_("Quiet until"),
        help_text=_("No text and no call in between, emergencies aside."),
    )
    digest_day = forms.ChoiceField(
        choices=[("none", _("no digest: each at once")), *_weekdays("")[1:]],
        label=_("Routine news goes out on"),
    )
    digest_at = _hour(required=True, label=_("At"))
    routine_per_week = forms.IntegerField(
        min_value=1,
        max_value=7,
        label=_("Routine contacts a week, at most"),
        help_text=_("To one number or address. What is urgent or personal is not counted."),
    )
    emergencies_pass_stops = forms.BooleanField(
        required=False,
        label=_("In an emergency write also where a family said stop"),
        help_text=_(
            "Families read this rule when they stop. The phone company’s own block stands."
        ),
    )


class WishesForm(forms.Form):
    """How and when one family wants to be contacted."""

    digest_day = forms.ChoiceField(
        required=False,
        choices=_weekdays(_("as the district does")),
        label=_("Routine news together on"),
    )
    digest_at = _hour(label=_("At"))
    quiet_from = _hour(label=_("Their own quiet hours from"))
    quiet_until = _hour(
        label=_("Until"),
        help_text=_("Besides the district’s: who works at night sleeps by day."),
    )
    customs = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        label=_("What to respect, in the family’s words"),
        help_text=_(
            "Whom to speak to first, days of prayer or mourning, how to greet. They may read it."
        ),
    )


class StartForm(forms.Form):
    """Who of the family asked us to write again, and when."""

    guardian = forms.ModelChoiceField(
        Guardian.objects.none(), label=_("Who asked"), empty_label=None
    )
    asked_on = _day(label=_("When they asked"))

    def __init__(self, *args: Any, adults: list[Guardian], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])

    def clean_asked_on(self) -> date:
        asked: date = self.cleaned_data["asked_on"]
        if asked > self.today:
            raise forms.ValidationError(_("This day is still to come."))
        return asked


def span_words(start: time | None, end: time | None) -> str:
    """“18:00–20:00”, or nothing for a whole day."""
    return f"{start:%H:%M}–{end:%H:%M}" if start and end else ""
