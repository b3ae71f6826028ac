"""Ask many families: make, look at it, send, remind once, close."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.surveys.enums import ItemKind, Of, Promise, ScaleKind, State
from bothways.surveys.forms import Form, Item
from bothways.surveys.models import Survey
from bothways.surveys.queries import asked_by_a_person, surveys_for
from bothways.surveys.ready import labels, pulse, ready_items, unread
from bothways.surveys.results import progress
from bothways.surveys.rules import MOST_QUESTIONS, WEEKS
from bothways.surveys.services import making, sending
from bothways.surveys.services.making import UnusableSurvey
from bothways.web.family.survey import pages_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import homes_of
from bothways.web.staff.survey_forms import OF, PROMISES, MakeForm

MOST_NAMED = 60


def survey_here(request: StaffRequest, pk: int) -> Survey:
    """The survey, if it is one of this user's schools; else Http404."""
    found = (
        surveys_for(request.user)
        .filter(pk=pk)
        .select_related("district", "school", "made_by", "opened_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_safe
@staff(Permission.SURVEYS)
def surveys(request: StaffRequest) -> HttpResponse:
    found = surveys_for(request.user).select_related("school").order_by("-made_at", "-pk")
    return render(
        request,
        "staff/surveys/surveys.html",
        {"page": page_of(request, found), "weeks": WEEKS, "most": MOST_QUESTIONS},
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.SURVEYS)
def make(request: StaffRequest) -> HttpResponse:
    form = MakeForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = making.make(
                by=request.user,
                school=form.schools.get(values["school"]),
                title=values["title"],
                form=_chosen(values, form.forms),
                promise=Promise(values["promise"]),
                closes_on=values["closes_on"],
                of=Of(values["of"]),
                by_text=values["by_text"],
                grades=values["grades"],
                size=values["size"],
            )
        except UnusableSurvey as error:
            form.add_error(None, str(error))
        else:
            return redirect("survey_words" if values["own"].strip() else "survey", made.pk)
    return render(
        request, "staff/surveys/make.html", {"form": form}, status=422 if form.errors else 200
    )


def _chosen(values: Mapping[str, Any], forms: Mapping[str, Form]) -> Form:
    code = values["instrument"]
    if code:
        mine = tuple(
            scale
            for owner, _colon, scale in (p.partition(":") for p in values["scales"])
            if owner == code
        )
        return forms[code].only(mine) if mine else forms[code]
    ready = ready_items()
    items = [ready[one] for one in values["ready"]]
    own = " ".join(values["own"].split())
    if own:
        rows = {tag: row for tag in LANGUAGES if (row := labels(tag))}
        items.append(Item("own", ItemKind.RATING, {"en": own}, rows))
    return pulse(items)


@require_safe
@staff(Permission.SURVEYS)
def survey(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft: as families will see it, and whom it would ask. Later: how far it is."""
    one = survey_here(request, pk)
    form = one.asks
    tag = request.GET.get("language", "")
    if tag not in form.languages:
        tag = next((t for t in ("en", *form.languages) if t in form.languages), "")
    context: dict[str, Any] = {
        "survey": one,
        "state": one.state.value,
        "form": form,
        "pages": len(pages_of(form)),
        "tag": tag,
        "languages": form.languages,
        "unread": tag in unread(form),
        "lacking": [t for t in LANGUAGES if form.missing_in(t)],
        "promise": PROMISES[Promise(one.promise)],
        "of": OF[Of(one.of)],
        "intro": sending.invitation_words(one, tag) if tag else "",
        "texts": [sending.question_words(one, item, tag) for item in form.items]
        if one.by_text and tag
        else [],
        "scales": [
            (
                scale.titles.get(tag, ""),
                scale.kind is ScaleKind.INVENTORY,
                [(item.texts.get(tag, ""), item.labels.get(tag, ())) for item in scale.items],
            )
            for scale in form.scales
        ]
        if tag
        else [],
        "weeks": WEEKS,
    }
    if one.state is State.DRAFT:
        context["plan"] = sending.plan(one, clock.now())
        if request.GET.get("count"):
            try:
                context["count"] = sending.count(one, by=request.user)
            except UnusableSurvey as error:
                messages.error(request, str(error))
    else:
        found = progress(one)
        if one.state is State.OPEN:
            context |= _by_person(request, one)
        context |= {"results": found, "may_follow_up": sending.may_follow_up(one)}
    return render(request, "staff/surveys/survey.html", context)


def _by_person(request: StaffRequest, one: Survey) -> dict[str, Any]:
    """Families that got nothing, since the survey has no words in their language; of those this user serves."""
    tongues = asked_by_a_person(one, clock.now())
    mine = list(
        homes_of(request.user).filter(pk__in=tongues).order_by("pk").values_list("pk", flat=True)
    )
    named = homes(request.user, mine[:MOST_NAMED])
    return {
        "by_person": [(home, tongues[pk]) for pk, home in named.items()],
        "by_person_more": len(mine) - len(named),
    }


@require_POST
@staff(Permission.SURVEYS)
def send(request: StaffRequest, pk: int) -> HttpResponse:
    """Send it, if as many families are asked as the page said."""
    one = survey_here(request, pk)
    now = sending.plan(one, clock.now()) if one.state is State.DRAFT else None
    if now is not None and request.POST.get("families") != str(now.families):
        messages.error(
            request,
            _("Meanwhile other families would be asked than the page said. Look once more."),
        )
        return redirect("survey", pk)
    try:
        sent = sending.open_to_families(survey=one, by=request.user)
    except UnusableSurvey as error:
        messages.error(request, str(error))
        return redirect("survey", pk)
    text = _("Sent. %(families)s families are asked.") % {"families": sent.families}
    messages.success(request, text)
    return redirect("survey", pk)


@require_POST
@staff(Permission.SURVEYS)
def follow_up(request: StaffRequest, pk: int) -> HttpResponse:
    one = survey_here(request, pk)
    try:
        sent = sending.follow_up(survey=one, by=request.user)
    except UnusableSurvey as error:
        messages.error(request, str(error))
    else:
        text = _("Sent once more, to %(families)s families.") % {"families": sent.families}
        messages.success(request, text)
    return redirect("survey", pk)


@require_POST
@staff(Permission.SURVEYS)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    one = survey_here(request, pk)
    try:
        sending.close(survey=one, by=request.user)
    except UnusableSurvey as error:
        messages.error(request, str(error))
        return redirect("survey", pk)
    messages.success(request, _("Closed. Nothing more comes in."))
    return redirect("survey_results", pk)


@require_POST
@staff(Permission.SURVEYS)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    one = survey_here(request, pk)
    try:
        making.throw_away(survey=one, by=request.user)
    except UnusableSurvey as error:
        messages.error(request, str(error))
        return redirect("survey", pk)
    messages.success(request, _("Thrown away. Nobody was asked."))
    return redirect("surveys")
