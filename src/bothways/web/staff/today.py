"""Today: what needs this member of staff now, each with one thing to do, in place or without script."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.enums import Permission, Role
from bothways.audit.services import record
from bothways.core import clock
from bothways.messaging.models import Conversation, Delivery
from bothways.messaging.queries import conversations_for
from bothways.messaging.services.conversations import NoWay, answer
from bothways.messaging.services.recovery import leave, send_again
from bothways.web.models import new_key, once
from bothways.web.staff.cases_today import today_section
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.scope import homes_of
from bothways.web.staff.sent import messages_of
from bothways.web.staff.today_figures import figures_of
from bothways.web.staff.today_work import SHOWN, last_month, waits_of, work_of


class AnswerForm(forms.Form):
    words = forms.CharField(
        max_length=5000,
        label=gettext_lazy("Your answer"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


@require_safe
@staff(None)
def today(request: StaffRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: StaffRequest, *, open_talk: int = 0, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    """The page; ``open_talk``: whose form stands open with what is wrong in it."""
    now = clock.now()
    user = request.user
    work = work_of(user, now=now)
    context: dict[str, Any] = {
        "work": work,
        "figures": figures_of(user, now=now, apart=work.homes),
        "waits": waits_of(user, since=last_month(now)) if user.can(Permission.INBOX_ANSWER) else [],
        "scope": _scope(request),
        "shown": SHOWN,
        "form_key": new_key(),
        "open_talk": open_talk,
        "form": form,
        "cases": today_section(user),
        "can_load": user.can(Permission.ROSTER_LOAD),
    }
    _note(request, [one.talk for one in work.owed])
    return render(request, "staff/today/today.html", context, status=status)


def _note(request: StaffRequest, talks: list[Conversation]) -> None:
    """Every look at a family's words is on the record, in one line."""
    if talks:
        record(
            "today.words_seen",
            request.user,
            by=request.user.pk,
            district=request.district.pk,
            conversations=[talk.pk for talk in talks],
        )


def _scope(request: StaffRequest) -> str:
    """What the figures are of, as a heading."""
    user = request.user
    if user.is_district_wide:
        return _("The district this term")
    schools = {m.school_id: m.school for m in user.roles() if m.school is not None}
    if all(m.role == Role.TEACHER for m in user.roles()):
        return _("Your classes this term")
    if len(schools) == 1:
        (school,) = schools.values()
        return _("%(school)s this term") % {"school": school.name if school else ""}
    return _("Your families this term")


def _in_place(request: StaffRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


@require_POST
@staff(Permission.INBOX_ANSWER)
def answer_here(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer a family without leaving the page."""
    talk = conversations_for(request.user).select_related("district").filter(pk=pk).first()
    if talk is None:
        raise Http404
    form = AnswerForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data["words"]
        try:
            once(
                form.cleaned_data["form_key"],
                user=request.user,
                work=lambda: answer(conversation=talk, words=words, by=request.user).pk,
            )
        except NoWay as error:
            form.add_error("words", str(error))
        else:
            return _done(request, talk, _("Your answer is on its way."))
    if not _in_place(request):
        return _page(request, open_talk=pk, form=form, status=422)
    work = work_of(request.user, now=clock.now())
    one = next((one for one in work.owed if one.talk.pk == pk), None)
    if one is None:  # somebody else has answered meanwhile
        return _done(request, talk, _("This is answered already."))
    context = {"one": one, "form": form, "open_talk": pk, "form_key": new_key()}
    return render(request, "staff/today/owed.html", context, status=422)


def _done(request: StaffRequest, talk: Conversation, words: str) -> HttpResponse:
    if not _in_place(request):
        messages.success(request, words)
        return redirect("today")
    home = homes(request.user, [talk.household_id])[talk.household_id]
    context = {"home": home, "words": words, "talk": talk, "work": _work(request)}
    return render(request, "staff/today/done.html", context)


def _work(request: StaffRequest) -> object:
    return work_of(request.user, now=clock.now())


@require_POST
@staff(Permission.MESSAGE_WRITE)
def unclear_here(request: StaffRequest, pk: int) -> HttpResponse:
    """Nobody knows whether this went out to some families: send it to them again, or leave it."""
    message = messages_of(request.user).filter(pk=pk).first()
    if message is None:
        raise Http404
    mine = Delivery.objects.filter(message=message, household__in=homes_of(request.user))
    if request.POST.get("what") == "again":
        count = send_again(deliveries=mine, message=message, by=request.user)
        text = ngettext("%(n)s goes out again.", "%(n)s go out again.", count)
    else:
        count = leave(deliveries=mine, message=message, by=request.user)
        text = ngettext(
            "%(n)s was left. The family counts as not having got this message.",
            "%(n)s were left. The families count as not having got this message.",
            count,
        )
    words = text % {"n": count}
    if not _in_place(request):
        messages.success(request, words)
        return redirect("today")
    return render(request, "staff/today/done.html", {"words": words, "work": _work(request)})
