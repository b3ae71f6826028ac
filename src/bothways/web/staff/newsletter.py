"""A printed newsletter: choose the news, look at it, print the right number in each language."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.letters.newsletter import MOST_PICTURE, NoNewsletter
from bothways.core import clock
from bothways.messaging.models import Message, Newsletter, Version
from bothways.messaging.services.newsletters import (
    copies,
    for_everybody,
    make,
    pictures,
    printed,
    written,
)
from bothways.schools.models import School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.scope import schools_where
from bothways.web.staff.sent import messages_of

_LATEST = 5  # newsletters to come back to


class NewsletterForm(forms.Form):
    messages = forms.MultipleChoiceField(
        label=_("What goes in, the newest first"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one message.")},
    )
    picture = forms.FileField(
        required=False,
        label=_("A picture"),
        help_text=_("A PNG or JPEG of up to 1.5 MB; no picture is needed."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    alt = forms.CharField(
        required=False,
        max_length=200,
        label=_("What the picture shows"),
        help_text=_("For those who do not see it. No child’s name."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["messages"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        for name in ("picture", "alt"):
            self.fields[name].plain = True  # type: ignore[attr-defined]  # the help says it is free

    def clean_picture(self) -> Any:
        found = self.cleaned_data.get("picture")
        if found is not None and (found.size or 0) > MOST_PICTURE:
            raise forms.ValidationError(
                _("The picture is larger than 1.5 MB. Save it smaller, and try again.")
            )
        return found


def _schools(user: User) -> list[School]:
    """The schools whose paper this user sees to."""
    mine = schools_where(user, Permission.MAIL_HANDLE)
    live = School.objects.filter(district=user.district, ended_at=None).order_by("name", "pk")
    return list(live if mine is None else live.filter(pk__in=mine))


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def newsletter(request: StaffRequest) -> HttpResponse:
    """Choose what goes in."""
    schools = _schools(request.user)
    asked = request.POST.get("school") or request.GET.get("school") or ""
    school = next((one for one in schools if str(one.pk) == asked), None)
    if school is None:
        if asked or not schools:
            raise Http404
        school = schools[0]
    found = for_everybody(messages_of(request.user), school, at=clock.now())
    form = NewsletterForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        choices=_choices(found),
        initial={"messages": [str(message.pk) for message in found[:4]]},
    )
    if request.method == "POST" and form.is_valid():
        chosen = set(form.cleaned_data["messages"])
        picture = form.cleaned_data["picture"]
        try:
            made = make(
                school=school,
                messages=[message for message in found if str(message.pk) in chosen],
                picture=picture.read() if picture else None,
                alt=form.cleaned_data["alt"],
                by=request.user,
            )
        except NoNewsletter as error:
            form.add_error(None, str(error))
        else:
            return redirect("newsletter_one", pk=made.pk)
    return render(
        request,
        "staff/letters/newsletter_new.html",
        {
            "form": form,
            "school": school,
            "schools": schools if len(schools) > 1 else [],
            "found": found,
            "latest": list(
                Newsletter.objects.filter(school=school).defer("picture").order_by("-pk")[:_LATEST]
            ),
        },
        status=422 if form.errors else 200,
    )


def _choices(found: list[Message]) -> list[tuple[str, str]]:
    named: dict[int, str] = {}
    for version in Version.objects.filter(message__in=found).order_by("pk"):
        named.setdefault(version.message_id, version.subject or version.body[:90])
    return [(str(message.pk), named.get(message.pk, "")) for message in found]


def _one(request: StaffRequest, pk: int) -> Newsletter:
    """A newsletter of a school whose paper this user sees to, or 404."""
    schools = [school.pk for school in _schools(request.user)]
    found = (
        Newsletter.objects.filter(pk=pk, school__in=schools)
        .select_related("school__district")
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_safe
@staff(Permission.MAIL_HANDLE)
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """Look at it in a language, and see how many to print of each."""
    news = _one(request, pk)
    words = written(news)
    language = request.GET.get("language") or _first(request, words.languages)
    if words.languages and language not in words.languages:
        raise Http404
    pages, wrong = 0, ""
    if language:
        try:
            # The whole PDF: only that says whether it is too long.
            printed(news, language)
            pages = len(pictures(news, language))
        except NoNewsletter as error:
            wrong = str(error)
    rows = copies(news.school, words.languages, at=clock.now())
    return render(
        request,
        "staff/letters/newsletter.html",
        {
            "news": news,
            "language": language,
            "languages": words.languages,
            "partly": words.partly,
            "pages": range(1, pages + 1),
            "wrong": wrong,
            "rows": [
                (row, [row.by_language.get(tag, 0) for tag in words.languages]) for row in rows[:-1]
            ],
            "total": rows[-1],
            "totals": [rows[-1].by_language.get(tag, 0) for tag in words.languages],
        },
        status=422 if wrong else 200,
    )


def _first(request: StaffRequest, languages: list[str]) -> str:
    default = request.district.default_language
    return default if default in languages else (languages[0] if languages else "")


@require_safe
@staff(Permission.MAIL_HANDLE)
def pdf(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    news = _one(request, pk)
    try:
        content = printed(news, language)
    except NoNewsletter as error:
        return render(request, "staff/letters/not_printed.html", {"why": str(error)}, status=422)
    record(
        "newsletter.printed",
        news,
        by=request.user.pk,
        district=request.district.pk,
        language=language,
    )
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="newsletter-{pk}-{language}.pdf"'},
    )


@require_safe
@staff(Permission.MAIL_HANDLE)
def picture(request: StaffRequest, pk: int, language: str, page: int) -> HttpResponse:
    """A page as it will look."""
    news = _one(request, pk)
    try:
        pages = pictures(news, language)
    except NoNewsletter:
        raise Http404 from None
    if not 1 <= page <= len(pages):
        raise Http404
    return HttpResponse(pages[page - 1], content_type="image/png")
