"""The first page of a new installation: what the district is called, and who sets it up."""

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.core.validators import RegexValidator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts import beginning
from bothways.core.text import clean
from bothways.schools.models import District
from bothways.web.staff.district import zone_choices
from bothways.web.throttle import Throttle, visitor

trying = Throttle(most=30, within=600)
_SOMETHING = RegexValidator(r"\w", gettext_lazy("Write it in letters."))


class BeginForm(forms.Form):
    district = forms.CharField(
        max_length=200,
        validators=[_SOMETHING],
        label=gettext_lazy("Your district or school"),
        help_text=gettext_lazy("As families call it."),
    )
    phone = forms.CharField(
        max_length=40,
        label=gettext_lazy("Its phone number"),
        help_text=gettext_lazy("Families find it on every page and every letter."),
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone, by its largest city"), initial="America/Chicago"
    )
    given = forms.CharField(
        max_length=200, validators=[_SOMETHING], label=gettext_lazy("Your given name")
    )
    family = forms.CharField(
        max_length=200, validators=[_SOMETHING], label=gettext_lazy("Your family name")
    )
    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("Your email address"),
        help_text=gettext_lazy(
            "With it you sign in later: a code is sent there, there is no password."
        ),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = self.fields["timezone"]
        assert isinstance(zones, forms.ChoiceField)
        zones.choices = zone_choices()


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the form; POST makes the district and its first admin, and signs that person in."""
    who = visitor(request)
    if trying.full(who) or not beginning.is_valid(token):
        trying.count(who)
        return render(request, "account/begin.html", {"form": None}, status=410)
    kept = District.objects.order_by("pk").first()
    initial = (
        {"district": kept.name, "phone": kept.phone, "timezone": kept.timezone} if kept else None
    )
    form = BeginForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {name: clean(value) for name, value in form.cleaned_data.items()}
        values["email"] = values["email"].lower()
        try:
            user = beginning.begin(**values)
        except beginning.Begun:
            return render(request, "account/begin.html", {"form": None}, status=410)
        except IntegrityError:
            form.add_error("email", _("Somebody of another district has this address."))
        else:
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("set_up")
    return render(request, "account/begin.html", {"form": form}, status=422 if form.errors else 200)
