"""A talk when it is tense: before, during, after, and the interpreter's sheet."""

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.enums import How
from bothways.cases.models import Case, Talk, TalkStep
from bothways.cases.queries import cases_for
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import talks as work
from bothways.cases.talk_moves import moves
from bothways.cases.talk_queries import (
    colleagues_for,
    family_view_for,
    is_named,
    readable_notes,
    talks_for,
)
from bothways.core import clock
from bothways.languages.codes import direction, name_in
from bothways.outreach.enums import Way
from bothways.people.enums import WordClass
from bothways.web.family.wording import Words
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, home_or_404
from bothways.web.staff.scope import children_of
from bothways.web.staff.talk_forms import (
    HeldForm,
    InviteForm,
    NameForm,
    NoteForm,
    PrepareForm,
    StepForm,
    TimeForm,
    ViewForm,
    fill,
)

SAY = ("block", "reframe", "ask", "specific", "validate", "respect")
AGENDA = ("good", "views", "aim", "steps")


@require_POST
@staff(Permission.CASES)
def begin(request: StaffRequest, pk: int) -> HttpResponse:
    """Prepare a talk with this family; ``student``: about which child, ``case``: out of which case."""
    home = home_or_404(request.user, pk)
    number = request.POST.get("student", "")
    child = (
        children_of(request.user, Permission.CASES)
        .filter(homes__household=home, pk=number)
        .select_related("district")
        .first()
        if number.isdigit() and len(number) < 18
        else None
    )
    if child is None:
        raise Http404
    case: Case | None = None
    if (asked := request.POST.get("case", "")).isdigit() and len(asked) < 18:
        case = cases_for(request.user).filter(pk=asked, student=child).first()
    made = work.open_talk(
        household=home,
        student=child,
        by=request.user,
        form_key=request.POST.get("form_key", "")[:40] or secrets.token_hex(16),
        case=case,
    )
    return redirect("talk", made.pk)


def _talk_or_404(user: User, pk: int) -> Talk:
    found = talks_for(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _forms(request: StaffRequest, talk: Talk, sent: str) -> dict[str, Form]:
    """The forms of the page; the one that was sent holds what was typed."""
    named = is_named(talk, request.user)
    view = family_view_for(talk, named=named)
    initial: dict[str, dict[str, Any]] = {
        "prepare": {
            name: getattr(talk, name) for name in ("school_view", "aim", "who_comes", "needs")
        },
        "view": {
            "words": view,
            "language": talk.family_language or "en",
            "how": talk.family_how,
            "word_class": talk.family_class,
        },
        "note": {"form_key": secrets.token_hex(16), "word_class": "family"},
        "held": {"owner": request.user.pk},
        "time": {"place": talk.place},
    }
    made: dict[str, Form] = {
        name: kind(
            request.POST if sent == name else None, prefix=name, initial=initial.get(name, {})
        )
        for name, kind in _KINDS.items()
    }
    users = list(colleagues_for(talk))
    adults = [link.guardian for link in work.links_of(talk)]
    for form in made.values():
        fill(form, users=users, guardians=adults)
    return made


_KINDS: dict[str, Callable[..., Form]] = {
    "prepare": PrepareForm,
    "view": ViewForm,
    "invite": InviteForm,
    "time": TimeForm,
    "step": StepForm,
    "note": NoteForm,
    "held": HeldForm,
    "name": NameForm,
}


def _do(request: StaffRequest, talk: Talk, what: str, form: Any) -> str:
    """Do what the form asks; what to say of it."""
    by, values = request.user, form.cleaned_data
    if what == "prepare":
        work.prepare(talk=talk, prepared=form.prepared(), by=by)
    elif what == "view":
        work.note_family_view(
            talk=talk,
            words=values["words"],
            language=values["language"],
            how=How(values["how"]),
            word_class=WordClass(values["word_class"]),
            by=by,
        )
    elif what == "invite":
        work.invite(talk=talk, offers=form.offers(request.district.zone), by=by)
        return _("They are invited in their language. What they choose stands here by itself.")
    elif what == "time":
        work.agree_time(talk=talk, at=values["at"], place=values["place"], by=by)
    elif what == "step":
        work.agree(talk=talk, step=form.agreed(), by=by)
    elif what == "note":
        work.add_note(
            talk=talk,
            words=values["words"],
            word_class=WordClass(values["word_class"]),
            by=by,
            form_key=values["form_key"],
        )
    elif what == "name":
        work.name_colleague(talk=talk, user=values["user"], by=by)
    else:
        work.hold(
            talk=talk,
            way=Way(values["way"]),
            guardian=values["guardian"],
            owner=values["owner"],
            follow_up=values["follow_up"],
            by=by,
        )
        return _("Kept: you met. Somebody asks how it goes on the day you chose.")
    return _("Kept.")


@require_http_methods(["GET", "POST"])
@staff(Permission.CASES)
def talk(request: StaffRequest, pk: int) -> HttpResponse:
    """Before, during and after, on one page."""
    found = _talk_or_404(request.user, pk)
    what = request.POST.get("what", "") if request.method == "POST" else ""
    forms = _forms(request, found, what)
    if what in forms and forms[what].is_valid():
        try:
            told = _do(request, found, what, forms[what])
        except NotYours as error:
            raise Http404 from error
        except Unusable as error:
            forms[what].add_error(None, str(error))
        else:
            messages.success(request, told)
            return redirect("talk", pk)
    return _show(request, found, forms)


@require_POST
@staff(Permission.CASES)
def talk_step(request: StaffRequest, pk: int) -> HttpResponse:
    """An agreed step is done."""
    found = (
        TalkStep.objects.filter(pk=pk, talk__in=talks_for(request.user))
        .select_related("talk")
        .first()
    )
    if found is None:
        raise Http404
    try:
        work.step_done(step=found, by=request.user)
    except Unusable as error:
        messages.error(request, str(error))
    return redirect("talk", found.talk_id)


@require_POST
@staff(Permission.CASES)
def talk_close(request: StaffRequest, pk: int) -> HttpResponse:
    found = _talk_or_404(request.user, pk)
    work.close_talk(talk=found, by=request.user)
    return redirect("talk", pk)


def _show(request: StaffRequest, found: Talk, forms: dict[str, Form]) -> HttpResponse:
    record("talk.seen", found, by=request.user.pk, district=request.district.pk)
    named = is_named(found, request.user)
    view = family_view_for(found, named=named)
    return render(
        request,
        "staff/talks/talk.html",
        {
            "talk": found,
            "called": found.student.called or found.student.name,
            "forms": forms,
            "family_view": view,
            "withheld": bool(found.family_view) and not view,
            "members": list(found.members.select_related("user").order_by("user__family", "pk")),
            "offers": list(found.offers.order_by("number")),
            "steps": list(found.steps.select_related("user", "guardian").order_by("due", "pk")),
            "notes": readable_notes(found, request.user, named=named),
            "moves": moves(),
            "sheets": [(tag, name_in(tag, "en")) for tag in _tags(found)],
            "today": clock.today(request.district.timezone),
        },
        status=422 if any(form.errors for form in forms.values()) else 200,
    )


def _tags(found: Talk) -> list[str]:
    """The languages that the adults at home speak, other than English."""
    spoken = [k.guardian.speaks or k.guardian.reads or "" for k in work.links_of(found)]
    return [tag for tag in dict.fromkeys(spoken) if tag and tag != "en"]


@require_safe
@staff(Permission.CASES)
def interpreter_sheet(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    """Two languages side by side, for whoever interprets: no word of what anybody said."""
    found = _talk_or_404(request.user, pk)
    if language not in [*_tags(found), "es"]:
        raise Http404
    child = found.student.called or found.student.name
    here, there = Words("en"), Words(language)
    record("talk.sheet", found, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/talks/sheet.html",
        {
            "talk": found,
            "called": child,
            "language": language,
            "name": name_in(language, "en"),
            "direction": direction(language),
            "agenda": [_both(here, there, f"talk_agenda_{key}", child) for key in AGENDA],
            "say": [_both(here, there, f"talk_say_{key}", child) for key in SAY],
        },
    )


def _both(here: Words, there: Words, key: str, child: str) -> tuple[str, str]:
    return here.say(key, child=child), there.say(key, child=child)


def section(user: User, family: Family) -> dict[str, Any] | None:
    """The part on a family's page: talks that are open, and a new one."""
    if not user.can(Permission.CASES) or not family.students:
        return None
    rows = list(
        talks_for(user)
        .filter(household=family.home, student__in=family.students, closed_at=None)
        .order_by("-opened_at")[:5]
    )
    return {
        "talks": rows,
        "children": family.students,
        "home": family.home.pk,
        "key": secrets.token_hex(16),
    }
