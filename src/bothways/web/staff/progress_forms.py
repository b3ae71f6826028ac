"""The forms about attendance and schoolwork."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.progress.enums import NEVER_ASKED, Day
from bothways.progress.models import ProgressSettings
from bothways.web.staff.calendar_forms import DAYS
from bothways.web.staff.progress_words import DAYS_OFF

FIELDS = (
    "absences", "absences_at", "counted", "weekly", "weekly_day", "weekly_at", "accepted_days",
    "offers_help", "good_weeks", "monthly", "monthly_day", "monthly_at", "monthly_from",
)  # fmt: skip


def _hour(**kwargs: Any) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


def _number(least: int, most: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=least, max_value=most, **kwargs)


class ChoicesForm(forms.Form):
    """What families are told, and when."""

    absences = forms.BooleanField(
        required=False,
        label=_("Ask on the same day when a child is not in school"),
        help_text=_("Once for each child and day, when the day’s attendance file is in."),
    )
    absences_at = _hour(label=_("Not before"))
    counted = forms.MultipleChoiceField(
        required=False,
        choices=[(day.value, DAYS_OFF[day.value]) for day in Day if day not in NEVER_ASKED],
        widget=forms.CheckboxSelectMultiple,
        label=_("About"),
    )
    weekly = forms.BooleanField(
        required=False,
        label=_("Tell each week which schoolwork is missing"),
        help_text=_(
            "Only to families whose child has missing work, and only from a gradebook of this week."
        ),
    )
    weekly_day = forms.TypedChoiceField(
        choices=[(str(n), name) for n, name in enumerate(DAYS[:5])], coerce=int, label=_("On")
    )
    weekly_at = _hour(label=_("At"))
    accepted_days = _number(
        0,
        60,
        label=_("For how many school days is late work still taken?"),
        help_text=_("Families read the date. With 0 nothing is said of it."),
    )
    offers_help = forms.BooleanField(
        required=False,
        label=_("Offer an hour after school"),
        help_text=_("Only where a child who comes finds somebody there."),
    )
    good_weeks = _number(
        0,
        26,
        label=_("Say that all is handed in, at most every so many weeks"),
        help_text=_("With 0 it is never said."),
    )
    monthly = forms.BooleanField(
        required=False,
        label=_("Tell each month how many days were missed"),
        help_text=_(
            "Beside what is usual in the grade, where the group is large enough and it helps."
        ),
    )
    monthly_day = _number(1, 28, label=_("On this day of the month"))
    monthly_at = _hour(label=_("At"))
    monthly_from = _number(1, 60, label=_("From so many missed days on"))

    @staticmethod
    def first(chosen: ProgressSettings) -> dict[str, Any]:
        return {name: getattr(chosen, name) for name in FIELDS}
