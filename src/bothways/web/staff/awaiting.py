"""Answers that a person translates: the words of a colleague, and nothing else of the family."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.languages.codes import direction
from bothways.languages.services import suggest
from bothways.messaging.services.awaiting import NoLonger, names_in, translated
from bothways.messaging.services.conversations import NoWay
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import awaited_for


class TranslationForm(forms.Form):
    words = forms.CharField(
        max_length=5000,
        label=gettext_lazy("In the family’s language"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "It goes out at once, in the name of who wrote it. Names, dates and numbers stay as they are."
        ),
    )

    def clean_words(self) -> str:
        return str(self.cleaned_data["words"]).replace("\x00", "")


@require_safe
@staff(Permission.TRANSLATE)
def awaited_answers(request: StaffRequest) -> HttpResponse:
    return render(
        request, "staff/inbox/awaited.html", {"rows": list(awaited_for(request.user)[:200])}
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.TRANSLATE)
def awaited_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """The words and what is suggested; POST sends the translation."""
    found = awaited_for(request.user).select_related("conversation__district").filter(pk=pk).first()
    if found is None:
        raise Http404
    form = TranslationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            translated(awaited=found, words=form.cleaned_data["words"], by=request.user)
        except NoLonger as error:
            messages.info(request, str(error))
            return redirect("awaited_answers")
        except NoWay as error:
            form.add_error("words", str(error))
        else:
            messages.success(request, _("It is on its way to the family. Thank you."))
            return redirect("awaited_answers")
    suggestion = None
    if request.method == "GET":
        record("answer.seen_by_translator", found, by=request.user.pk, district=request.district.pk)
        suggestion = suggest(
            request.district,
            found.words,
            source=found.source,
            targets=[found.target],
            purpose="personal",
            names=names_in(found.conversation),
        ).get(found.target)
        if suggestion is not None:
            form = TranslationForm(initial={"words": suggestion.text})
    widget = form.fields["words"].widget
    widget.attrs |= {"lang": found.target, "dir": direction(found.target)}
    return render(
        request,
        "staff/inbox/awaited_one.html",
        {"awaited": found, "form": form, "suggestion": suggestion},
        status=422 if form.errors else 200,
    )
