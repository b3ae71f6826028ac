"""What families ask of the record: to correct something, to see more. By the day it is owed."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.outreach.enums import RequestOutcome
from bothways.outreach.services import requests
from bothways.web.staff.door import StaffRequest, staff

A_PAGE = 50

OUTCOMES = {
    RequestOutcome.DONE.value: gettext_lazy("Done"),
    RequestOutcome.PARTLY.value: gettext_lazy("Done in part"),
    RequestOutcome.REFUSED.value: gettext_lazy("Not done, and why"),
}


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=list(OUTCOMES.items()),
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=gettext_lazy("Your answer"),
        help_text=gettext_lazy(
            "The family reads it on its own pages. If you do not do what was asked, say why, and what they can "
            "do: for a correction they may ask for a hearing."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        max_length=requests.MOST_WORDS,
    )


@require_safe
@staff(Permission.RECORDS_ANSWER)
def record_requests(request: StaffRequest) -> HttpResponse:
    """All requests: the open ones first, the soonest due on top."""
    page = Paginator(requests.requests_for(request.user), A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "staff/requests/requests.html",
        {"page": page, "today": clock.today(request.district.timezone), "outcomes": OUTCOMES},
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.RECORDS_ANSWER)
def record_request(request: StaffRequest, pk: int) -> HttpResponse:
    """One request with its words, and the answer to it."""
    found = requests.requests_for(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"outcome": found.outcome, "answer": found.answer},
    )
    if request.method == "POST" and form.is_valid():
        try:
            requests.answer(
                request=found,
                outcome=RequestOutcome(form.cleaned_data["outcome"]),
                words=form.cleaned_data["answer"],
                by=request.user,
            )
        except requests.Unusable as error:
            form.add_error("answer", str(error))
        else:
            messages.success(request, _("Kept. The family reads it on its own pages."))
            return redirect("record_requests")
    if request.method != "POST":
        record("request.seen", found, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/requests/request.html",
        {
            "one": found,
            "form": form,
            "today": clock.today(request.district.timezone),
            "home": found.guardian.household_id,
        },
        status=422 if form.errors else 200,
    )
