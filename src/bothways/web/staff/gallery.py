"""Every part that pages are made of, on one page: to look at after a change of the stylesheet."""

from dataclasses import dataclass
from datetime import date, timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.web.icons import ICONS
from bothways.web.staff.door import StaffRequest, staff

# Names of the stylesheet's tokens and what each is for.
TOKENS = (
    ("paper", "the ground"),
    ("sheet", "what lies on it"),
    ("ink", "words"),
    ("soft", "words that come second"),
    ("line", "between rows"),
    ("edge", "of buttons and fields"),
    ("lamp", "the one thing to do, links"),
    ("lamp-wash", "a light on what is yours"),
    ("leaf", "what went well"),
    ("leaf-wash", "the same, large"),
    ("rust", "what is late or wrong"),
    ("rust-wash", "the same, large"),
)


@dataclass(frozen=True, slots=True)
class Step:
    what: str
    owner_name: str
    due: date


class SampleForm(forms.Form):
    """One of each field."""

    words = forms.CharField(
        label="Your answer",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Short and specific is kind.",
    )
    day = forms.DateField(
        label="By when", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    school = forms.ChoiceField(label="School", choices=[("1", "Lincoln Elementary")])
    way = forms.ChoiceField(
        label="How did you reach them?",
        choices=[("call", "A call"), ("visit", "A visit at home")],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label="They know that we come", help_text="Nobody is surprised.")


@require_safe
@staff(Permission.SETUP)
def gallery(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    wrong = SampleForm({"day": "tomorrow"}, prefix="wrong")
    wrong.is_valid()
    return render(
        request,
        "staff/gallery/gallery.html",
        {
            "tokens": TOKENS,
            "icons": list(ICONS),
            "form": SampleForm(),
            "wrong": wrong,
            "short": now - timedelta(minutes=25),
            "long": now - timedelta(hours=30),
            "step": Step(
                "ask Emily who at home would welcome a visit", "Mrs. C", now.date() + timedelta(2)
            ),
        },
    )
