"""The glossary: words that stay as they are, and words with a fixed translation."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import clean
from bothways.languages.codes import LANGUAGES
from bothways.languages.models import Term
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.translators import languages_of
from bothways.web.templatetags.face import tongue

_MOST = 2_000


class TermForm(forms.Form):
    word = forms.CharField(max_length=120, label=gettext_lazy("Word or name"))
    target = forms.ChoiceField(required=False, label=gettext_lazy("In which language"))
    said = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("How it is said there"),
        help_text=gettext_lazy("Leave empty for a word that stays as it is: “Cougar Den”."),
    )
    note = forms.CharField(
        max_length=300, required=False, label=gettext_lazy("Why, for colleagues")
    )

    def __init__(self, *args: Any, source: str, tags: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("", _("in every language")),
            *((tag, tongue(tag)) for tag in tags if tag != source),
        ]
        for name in ("target", "said", "note"):
            self.fields[name].plain = True  # type: ignore[attr-defined]  # not “(if you know it)”

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("word", "said", "note"):
            values[name] = clean(values.get(name, ""))
        if values.get("said") and not values.get("target"):
            self.add_error("target", _("Choose the language in which it is said so."))
        if not values.get("word"):
            self.add_error("word", _("Write the word."))
        return values


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.TRANSLATE)
def glossary(request: StaffRequest) -> HttpResponse:
    """Look, add and take out. ``what`` names the part that a form is of."""
    district, source = request.district, request.district.default_language
    mine = languages_of(request.user)
    tags = [tag for tag in LANGUAGES if mine is None or tag in mine]
    if request.method == "POST" and request.POST.get("what") == "remove":
        number = request.POST.get("term", "")
        terms = Term.objects.filter(district=district)
        if mine is not None:
            terms = terms.filter(target__in=mine)
        if (
            number.isascii()
            and number.isdigit()
            and len(number) < 19
            and terms.filter(pk=number).delete()[0]
        ):
            record("glossary.removed", by=request.user.pk, district=district.pk, term=int(number))
            messages.success(request, _("Taken out of the glossary."))
        return redirect("glossary")
    form = TermForm(request.POST if request.method == "POST" else None, source=source, tags=tags)
    if request.method == "POST" and form.is_valid() and _add(request, form, source):
        return redirect("glossary")
    return render(
        request,
        "staff/translations/glossary.html",
        {
            "terms": Term.objects.filter(district=district).order_by("word", "target")[:_MOST],
            "mine": mine,
            "form": form,
            "here": "glossary",
        },
        status=422 if form.errors else 200,
    )


def _add(request: StaffRequest, form: TermForm, source: str) -> bool:
    values = form.cleaned_data
    try:
        with transaction.atomic():
            term = Term.objects.create(
                district=request.district,
                source=source,
                target=values["target"],
                word=values["word"],
                said=values["said"],
                note=values["note"],
                by=request.user,
                at=clock.now(),
            )
    except IntegrityError:
        form.add_error("word", _("This word is in the glossary already. Take it out there first."))
        return False
    record("glossary.added", term, by=request.user.pk, district=request.district.pk)
    messages.success(request, _("It is in the glossary now."))
    return True
