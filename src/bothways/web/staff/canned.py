"""Answers that are often right: one's own and the school's, in several languages."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.languages.codes import LANGUAGES, direction, name_in
from bothways.messaging.models import Canned
from bothways.messaging.services.canned import MOST, NotKeepable, canned_for, forget, keep
from bothways.schools.models import School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.scope import schools_where


def _changeable(user: User) -> QuerySet[Canned]:
    """One's own, and those of schools for whose families one may write to everybody."""
    schools = schools_where(user, Permission.MESSAGE_DISTRICT)
    shared = Q(owner=None) if schools is None else Q(owner=None, school__in=schools)
    return canned_for(user).filter(Q(owner=user) | shared)


class CannedForm(forms.Form):
    title = forms.CharField(max_length=80, label=gettext_lazy("What it is for"))
    whose = forms.ChoiceField(label=gettext_lazy("Who uses it"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schools = schools_where(user, Permission.MESSAGE_DISTRICT)
        choices: list[tuple[str, Any]] = [("me", _("Only me"))]
        if schools is None:
            choices.append(("all", _("Everybody in the district")))
        rows = School.objects.filter(district=user.district_id, ended_at=None).order_by(
            "name", "pk"
        )
        if schools is not None:
            rows = rows.filter(pk__in=schools)
        choices += [(str(school.pk), school.name) for school in rows]
        whose = self.fields["whose"]
        assert isinstance(whose, forms.ChoiceField)
        whose.choices = choices
        for tag in LANGUAGES:
            attrs = {"rows": 3, "lang": tag, "dir": direction(tag)}
            field = forms.CharField(
                required=False,
                max_length=MOST,
                label=name_in(tag, "en"),
                widget=forms.Textarea(attrs=attrs),
            )
            setattr(field, "plain", True)  # noqa: B010 - the template's own mark
            self.fields[f"text_{tag}"] = field

    @property
    def first_languages(self) -> list[forms.BoundField]:
        return [self[f"text_{tag}"] for tag in LANGUAGES[:2]]

    @property
    def other_languages(self) -> list[forms.BoundField]:
        return [self[f"text_{tag}"] for tag in LANGUAGES[2:]]

    def texts(self) -> dict[str, str]:
        return {
            tag: str(self.cleaned_data.get(f"text_{tag}", "")).replace("\x00", "")
            for tag in LANGUAGES
        }


@require_safe
@staff(Permission.INBOX_ANSWER)
def canned(request: StaffRequest) -> HttpResponse:
    mine = set(_changeable(request.user).values_list("pk", flat=True))
    rows = [(one, one.pk in mine) for one in canned_for(request.user)]
    return render(request, "staff/inbox/canned.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def canned_new(request: StaffRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def canned_one(request: StaffRequest, pk: int) -> HttpResponse:
    found = _changeable(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return _form(request, found)


def _form(request: StaffRequest, found: Canned | None) -> HttpResponse:
    initial: dict[str, object] = {"whose": "me"}
    if found is not None:
        whose = "me" if found.owner_id else str(found.school_id or "all")
        initial = {"title": found.title, "whose": whose}
        initial |= {f"text_{tag}": text for tag, text in found.texts.items()}
    form = CannedForm(
        request.POST if request.method == "POST" else None, user=request.user, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        whose = form.cleaned_data["whose"]
        school = (
            School.objects.get(pk=whose, district=request.district) if whose.isdecimal() else None
        )
        try:
            keep(
                district=request.district,
                title=form.cleaned_data["title"],
                texts=form.texts(),
                school=school,
                owner=request.user if whose == "me" else None,
                by=request.user,
                canned=found,
            )
        except NotKeepable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept. It stands beside each conversation."))
            return redirect("canned")
    return render(
        request,
        "staff/inbox/canned_form.html",
        {"form": form, "canned": found},
        status=422 if form.errors else 200,
    )


@require_POST
@staff(Permission.INBOX_ANSWER)
def canned_forget(request: StaffRequest, pk: int) -> HttpResponse:
    found = _changeable(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    forget(canned=found, by=request.user)
    messages.success(request, _("Gone."))
    return redirect("canned")
