"""Set-up: the district and its schools as families see them: on letters, in emails, on pages."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core.text import clean
from bothways.languages.codes import LANGUAGES, name_in
from bothways.schools.models import District, School
from bothways.web.staff.door import StaffRequest, staff

# Those of US schools first; every other one below.
US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Time zones in two groups: of US schools, and the rest of the world."""
    others = sorted(z for z in available_timezones() - {*US_ZONES} if "/" in z)
    return [
        (str(_("United States")), [(z, _readable(z)) for z in US_ZONES]),
        (str(_("Elsewhere")), [(z, _readable(z)) for z in others]),
    ]


def _readable(zone: str) -> str:
    area, _slash, city = zone.partition("/")
    return f"{city.replace('_', ' ')} ({area})"


class DistrictForm(forms.Form):
    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    phone = forms.CharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Phone"),
        help_text=gettext_lazy("As families dial it. It stands on every page and letter."),
    )
    email = forms.EmailField(required=False, label=gettext_lazy("Email for answers"))
    report_to = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Where staff report that a child is in danger"),
        help_text=gettext_lazy(
            "Your state’s child abuse hotline or child protective services. It stands beside words of danger: "
            "by law staff report there themselves."
        ),
    )
    report_phone = forms.CharField(
        max_length=40, required=False, label=gettext_lazy("Its phone number")
    )
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone, by its largest city"))
    default_language = forms.ChoiceField(
        label=gettext_lazy("Language for families whom nobody asked yet")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones, tongues = self.fields["timezone"], self.fields["default_language"]
        assert isinstance(zones, forms.ChoiceField)
        assert isinstance(tongues, forms.ChoiceField)
        zones.choices = zone_choices()
        tongues.choices = [(tag, name_in(tag, "en")) for tag in LANGUAGES]

    def clean_name(self) -> str:
        name = clean(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Write the name as families know it."))
        return name


class SchoolForm(forms.Form):
    address = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "As on an envelope. Letters that cannot be delivered come back there."
        ),
    )
    phone = forms.CharField(max_length=40, required=False, label=gettext_lazy("Phone"))
    email = forms.EmailField(required=False, label=gettext_lazy("Email for answers"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def district(request: StaffRequest) -> HttpResponse:
    here = request.district
    kept = {name: getattr(here, name) for name in DistrictForm.base_fields}
    form = DistrictForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method == "POST" and form.is_valid():
        District.objects.filter(pk=here.pk).update(**form.cleaned_data)
        record("district.changed", here, by=request.user.pk, district=here.pk)
        messages.success(request, _("Kept."))
        return redirect("district")
    schools = School.objects.filter(district=here, ended_at=None).order_by("name", "pk")
    return render(
        request,
        "staff/set_up/district.html",
        {"form": form, "schools": schools},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def school(request: StaffRequest, pk: int) -> HttpResponse:
    found = School.objects.filter(district=request.district, ended_at=None, pk=pk).first()
    if found is None:
        raise Http404
    kept = {name: getattr(found, name) for name in SchoolForm.base_fields}
    form = SchoolForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method == "POST" and form.is_valid():
        lines = [clean(line) for line in form.cleaned_data["address"].split("\n")]
        School.objects.filter(pk=found.pk).update(
            **{**form.cleaned_data, "address": "\n".join(line for line in lines if line)}
        )
        record("school.changed", found, by=request.user.pk, district=request.district.pk)
        messages.success(request, _("Kept."))
        return redirect("district")
    return render(
        request,
        "staff/set_up/school.html",
        {"form": form, "school": found},
        status=422 if form.errors else 200,
    )
