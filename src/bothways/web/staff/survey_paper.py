"""Surveys on paper: sheets to print, and what comes back typed in."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.surveys.enums import ItemKind, State
from bothways.surveys.forms import Item
from bothways.surveys.models import Invitation, Survey
from bothways.surveys.paper import For, NoSheet, preview, print_sheets
from bothways.surveys.queries import may_answer, written_for
from bothways.surveys.services.answering import (
    AlreadyAnswered,
    Given,
    NotTaken,
    OutOfRange,
    finish,
    not_them,
    take_sheet,
)
from bothways.web.family import codes
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.surveys import survey_here

MOST_SHEETS = 400
PAPER = "us-letter"


@require_safe
@staff(Permission.SURVEYS)
def sheets(request: StaffRequest, pk: int) -> HttpResponse:
    """A blank sheet in one language, or one for each family that has not answered and has nothing else."""
    one = survey_here(request, pk)
    tag = request.GET.get("language", "")
    if tag not in one.asks.languages:
        raise Http404
    if request.GET.get("for") == "families":
        if one.is_anonymous or one.state is not State.OPEN:
            messages.error(
                request,
                _("Sheets with a code are there for an open survey that is not anonymous."),
            )
            return redirect("survey", pk)
        whose = _families(one, tag)
        if not whose:
            messages.error(request, _("No family that reads this language is left to ask."))
            return redirect("survey", pk)
    else:
        whose = [For(tag)]
    try:
        pdf = print_sheets(
            one.asks,
            whose,
            school=one.school.name if one.school else one.district.name,
            promise=one.promise,
            number=one.pk,
            paper=PAPER,
            made_at=clock.now(),
        )
    except NoSheet as error:
        messages.error(request, str(error))
        return redirect("survey", pk)
    record(
        "survey.printed", one, by=request.user.pk, district=request.district.pk, sheets=len(whose)
    )
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="survey-{pk}-{tag}.pdf"',
            "Cache-Control": "no-store",
        },
    )


def _families(survey: Survey, tag: str) -> list[For]:
    languages = survey.asks.languages
    now = clock.now()
    found = [
        For(tag, one.code, f"{settings.PUBLIC_URL}{reverse('family-survey', args=[one.code])}")
        for one in Invitation.objects.filter(survey=survey, done=False, not_them=False)
        .select_related("survey__district", "survey__school")
        .order_by("school_id", "grade", "pk")[: MOST_SHEETS * 4]
        if (written_for(one.language, languages) or survey.district.default_language) == tag
        and may_answer(one, now)
    ]
    return found[:MOST_SHEETS]


@require_safe
@staff(Permission.SURVEYS)
def picture(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    """The first page of the sheet, to be looked at."""
    one = survey_here(request, pk)
    if language not in one.asks.languages:
        raise Http404
    try:
        pages = preview(
            one.asks,
            For(language, "" if one.is_anonymous else "BCDFGHJKMNPQ"),
            school=one.school.name if one.school else one.district.name,
            promise=one.promise,
            number=one.pk,
            paper=PAPER,
        )
    except NoSheet as error:
        raise Http404 from error
    return HttpResponse(
        pages[0], content_type="image/png", headers={"Cache-Control": "private, max-age=60"}
    )


@dataclass(frozen=True, slots=True)
class Box:
    """One question of the sheet, and what was typed."""

    n: int
    name: str
    text: str
    kind: str
    typed: str = ""
    wrong: bool = False


@require_http_methods(["GET", "POST"])
@staff(Permission.SURVEYS)
def enter(request: StaffRequest, pk: int) -> HttpResponse:
    """One sheet that came back: its code, then a number a line. The next one follows at once."""
    one = survey_here(request, pk)
    if one.state is not State.OPEN:
        messages.error(request, _("Sheets are typed in while the survey is open."))
        return redirect("survey", pk)
    items = one.asks.items
    wrong, wrong_item = "", ""
    if request.method == "POST":
        try:
            _take(request, one)
        except OutOfRange as error:
            wrong_item = error.item
            number = next((n for n, i in enumerate(items, start=1) if i.code == error.item), 0)
            wrong = _("Line %(n)s: that is none of the answers.") % {"n": number}
        except AlreadyAnswered:
            wrong = _("This family has answered already: nothing was changed. Put the sheet aside.")
        except NotTaken as error:
            wrong = str(error)
        else:
            messages.success(request, _("Kept. The next sheet:"))
            return redirect("survey_enter", pk)
    return render(
        request,
        "staff/surveys/enter.html",
        {
            "survey": one,
            "boxes": [_box(n, item, request, wrong_item) for n, item in enumerate(items, start=1)],
            "code": request.POST.get("code", "")[:40],
            "wrong": wrong,
        },
        status=422 if wrong else 200,
    )


def _box(n: int, item: Item, request: StaffRequest, wrong: str) -> Box:
    return Box(
        n,
        f"q_{item.code}",
        item.texts.get("en") or next(iter(item.texts.values())),
        item.kind.value,
        request.POST.get(f"q_{item.code}", "")[:5000],
        item.code == wrong,
    )


def _take(request: StaffRequest, survey: Survey) -> None:
    given = Given()
    for item in survey.asks.items:
        typed = request.POST.get(f"q_{item.code}", "").strip()
        if item.kind is ItemKind.WORDS:
            given.words[item.code] = typed
        elif item.kind is ItemKind.MARK:
            given.values[item.code] = 1 if typed in ("1", "x", "X") else (0 if not typed else -1)
        elif typed:
            ok = typed.isascii() and typed.isdigit() and len(typed) == 1
            given.values[item.code] = int(typed) if ok else -1
    if survey.is_anonymous:
        take_sheet(survey=survey, given=given, by=request.user)
        return
    code = codes.read(request.POST.get("code", ""))
    invitation = (
        Invitation.objects.filter(survey=survey, code=code)
        .select_related("survey__district")
        .first()
        if code
        else None
    )
    if invitation is None:
        raise NotTaken(_("No sheet of this survey has this code. Look at it again."))
    if "not_them" in request.POST:
        not_them(invitation=invitation)
        record("survey.not_them", survey, by=request.user.pk, district=survey.district_id)
        return
    if not may_answer(invitation, clock.now()):
        raise NotTaken(_("Nobody of this family may be asked any more. Put the sheet aside."))
    if not any(given.values.values()) and not any(given.words.values()):
        raise NotTaken(_("Nothing is marked on this sheet. Leave it out, or look again."))
    finish(invitation=invitation, given=given, by=request.user)
