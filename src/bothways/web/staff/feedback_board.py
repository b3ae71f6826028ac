"""What changed because families said so, and the public page on which it stands without names."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.feedback.models import Change, Item
from bothways.feedback.queries import board_of, changes_for, items_for, withheld
from bothways.feedback.services.board import cautions_of, keep_change, publish, say_in, take_back
from bothways.feedback.services.items import Unusable
from bothways.languages.phrases import languages
from bothways.languages.services import suggest
from bothways.messaging.enums import Origin
from bothways.schools.models import School
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.feedback_forms import ChangeForm
from bothways.web.staff.inbox import reader_of
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import schools_where

A_PAGE = 40
MOST_JOINED = 40


def _schools(request: StaffRequest) -> list[School]:
    where = schools_where(request.user, Permission.BOARD)
    schools = School.objects.filter(district=request.district, ended_at=None).order_by("name", "pk")
    return list(schools if where is None else schools.filter(pk__in=where))


@require_safe
@staff(Permission.BOARD)
def changes(request: StaffRequest) -> HttpResponse:
    """All changes of the schools where this user publishes, the newest first."""
    page = page_of(
        request,
        changes_for(request.user).prefetch_related("texts", "items").order_by("-pk"),
        A_PAGE,
    )
    rows = [
        (change, next((t for t in change.texts.all() if t.language == change.language), None))
        for change in page
    ]
    boards = [(school, board) for school in _schools(request)[:20] if (board := board_of(school))]
    return render(
        request, "staff/feedback/changes.html", {"rows": rows, "page": page, "boards": boards}
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.BOARD)
def change_new(request: StaffRequest) -> HttpResponse:
    """Write down a change; of an item, with the item in it."""
    typed = request.GET.get("item", "") or request.POST.get("item", "")
    item = _item(request, typed)
    schools = _schools(request)
    if not schools:
        raise Http404
    form = ChangeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wish = request.POST.get("school", "")
        school = next((one for one in schools if str(one.pk) == wish), None)
        if item is not None and item.school in schools:
            school = item.school
        if school is None:
            form.add_error(None, _("Choose the school."))
        else:
            try:
                change = keep_change(
                    change=None,
                    school=school,
                    said=form.cleaned_data["said"],
                    did=form.cleaned_data["did"],
                    language=reader_of(request),
                    by=request.user,
                    items=[item] if item is not None and item.school_id == school.pk else [],
                )
            except Unusable as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Kept. Nobody outside sees it before you publish it."))
                return redirect("feedback_change", pk=change.pk)
    return render(
        request,
        "staff/feedback/change_new.html",
        {"form": form, "schools": schools, "item": item},
        status=422 if form.errors else 200,
    )


def _item(request: StaffRequest, typed: str) -> Item | None:
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 18):
        return None
    found = items_for(request.user).filter(pk=int(typed)).first()
    return None if found is None or withheld(request.user, [found]) else found


def _change(request: StaffRequest, pk: int) -> Change:
    found = changes_for(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.BOARD)
def feedback_change(request: StaffRequest, pk: int) -> HttpResponse:
    """One change: its words, its languages, what to look at before it is public. POST keeps the words."""
    change = _change(request, pk)
    texts = {text.language: text for text in change.texts.all()}
    own = texts.get(change.language)
    form = ChangeForm(
        request.POST if request.method == "POST" else None,
        initial={"said": own.said, "did": own.did} if own else {},
    )
    if request.method == "POST" and form.is_valid():
        try:
            keep_change(
                change=change,
                school=change.school,
                said=form.cleaned_data["said"],
                did=form.cleaned_data["did"],
                language=change.language,
                by=request.user,
            )
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("feedback_change", pk=change.pk)
    served = items_for(request.user).filter(change=change)
    joined = [item for item in served[:MOST_JOINED] if not withheld(request.user, [item])]
    record("change.seen", change, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/feedback/change.html",
        {
            "change": change,
            "own": own,
            "form": form,
            "others": [text for tag, text in texts.items() if tag != change.language],
            "missing": [tag for tag in languages() if tag not in texts],
            "cautions": cautions_of(change),
            "joined": joined,
            "joined_count": change.items.count(),
            "families": change.items.values("household").distinct().count(),
            "board": board_of(change.school),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@staff(Permission.BOARD)
def change_publish(request: StaffRequest, pk: int) -> HttpResponse:
    """Put it on the public page, or take it off."""
    change = _change(request, pk)
    try:
        if request.POST.get("do") == "back":
            take_back(change=change, by=request.user)
            messages.success(request, _("It is not public any more."))
        else:
            publish(change=change, by=request.user, looked="looked" in request.POST)
            messages.success(request, _("Everybody can read it now."))
    except Unusable as error:
        messages.warning(request, str(error))
    return redirect("feedback_change", pk=change.pk)


@require_POST
@staff(Permission.BOARD)
def change_say(request: StaffRequest, pk: int) -> HttpResponse:
    """Suggest the missing languages, or keep the words of one."""
    change = _change(request, pk)
    own = change.texts.filter(language=change.language).first()
    if own is None:
        raise Http404
    if request.POST.get("do") == "suggest":
        made = _suggest_all(request, change, own.said, own.did)
        if made:
            messages.success(request, _("Look through them: a machine’s words are marked as such."))
        else:
            messages.warning(
                request, _("There is no translation to offer. Ask somebody who has the language.")
            )
    else:
        try:
            say_in(
                change=change,
                language=request.POST.get("language", ""),
                said=request.POST.get("said", ""),
                did=request.POST.get("did", ""),
                origin=Origin.PERSON,
                reviewed=True,
                by=request.user,
            )
            messages.success(request, _("Kept."))
        except Unusable as error:
            messages.warning(request, str(error))
    return redirect("feedback_change", pk=change.pk)


def _suggest_all(request: StaffRequest, change: Change, said: str, did: str) -> int:
    """Keep what memory, phrasebook and engine offer for the languages that are missing; how many."""
    have = set(change.texts.values_list("language", flat=True))
    targets = [tag for tag in languages() if tag not in have]
    both = [
        suggest(request.district, words, source=change.language, targets=targets, purpose="routine")
        for words in (said, did)
    ]
    made = 0
    for tag in targets:
        if tag in both[0] and tag in both[1]:
            pair = (both[0][tag], both[1][tag])
            machine = next(
                (one for one in pair if one.origin.value == Origin.MACHINE.value), pair[0]
            )
            say_in(
                change=change,
                language=tag,
                said=pair[0].text,
                did=pair[1].text,
                origin=Origin(machine.origin.value),
                reviewed=all(one.reviewed for one in pair),
                by=request.user,
            )
            made += 1
    return made
