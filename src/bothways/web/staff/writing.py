"""Write to families: for whom, in which words, in which languages. What is typed is kept by itself."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.languages.codes import name_in, normalise
from bothways.languages.services import suggest
from bothways.messaging.enums import Origin, Purpose, Tone
from bothways.messaging.fanout import Fanned
from bothways.messaging.fates import load_of
from bothways.messaging.services.messages import Draft, UnusableMessage, audience_of, check
from bothways.reach.queries import period_start
from bothways.web.staff import counting, kept
from bothways.web.staff.audience_form import Choice, Offer, UnusableChoice, offer, read
from bothways.web.staff.coaching import beside
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.kept import KeptDraft
from bothways.web.staff.origins import Made, made_from
from bothways.web.staff.scope import children_of
from bothways.web.staff.writing_form import (
    alone,
    draft_of,
    names_in,
    others,
    purposes,
    start,
    starter,
    tongues,
    written,
)


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def write(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _typed(request)
    key = request.GET.get("draft", "")
    if not key:
        return _form(request, start(request), None)
    draft = kept.of_key(request.user, key)
    if draft is None:
        messages.info(request, _("That draft is not there any more. Here is an empty one."))
        return redirect("write")
    if draft.message_id is not None:
        return redirect("sent_message", pk=draft.message_id)
    return _form(request, draft.data, draft)


def _typed(request: StaffRequest) -> HttpResponse:
    """Keep what was typed, then do what was asked."""
    step = request.POST.get("step", "check")
    found = kept.keep(request.user, request.POST)
    draft = found.draft
    if draft.message_id is not None:
        # Sent already: the button twice, or the back button.
        return redirect("sent_message", pk=draft.message_id)
    if found.apart:
        messages.warning(
            request,
            _(
                "This draft was changed or sent from another window. What you wrote here is a second draft."
            ),
        )
        return redirect(_place(draft))
    if step == "phrasebook":
        return redirect("write_phrasebook", key=draft.key)
    if step == "suggest":
        return _suggested(request, draft)
    if step == "add":
        return _with_language(request, draft)
    if step == "coach":
        return _form(request, draft.data, draft, look=True)
    if step == "keep":
        messages.success(request, _("Kept. You find it here again."))
        return redirect(_place(draft))
    counted: Fanned | None = None
    try:
        choices = offer(request.user)
        choice = read(draft.data, request.user, choices)
        if step == "count":
            counted = _counted(request, draft.data, choice)
            return _form(request, draft.data, draft, counted=counted)
        message = draft_of(draft.data, choice, made=made_from(draft.made), user=request.user)
        check(message, district=request.district, by=request.user)
    except (UnusableChoice, UnusableMessage) as error:
        return _form(request, draft.data, draft, wrong=str(error), counted=counted)
    return redirect("write_check", key=draft.key)


def _place(draft: KeptDraft) -> str:
    return f"{reverse('write')}?draft={draft.key}"


def _counted(request: StaffRequest, data: QueryDict, choice: Choice) -> Fanned:
    """Who is meant and can be written to, if there were words in every language."""
    typed = data.get("purpose", "")
    purpose = Purpose(typed) if typed in set(Purpose) else Purpose.ROUTINE
    draft = Draft(
        purpose=purpose,
        audience=choice.audience,
        bodies={},
        subjects={},
        student=choice.student,
        school=choice.school,
    )
    return counting.of_draft(
        "whom",
        draft,
        by=request.user,
        words=False,
        count=lambda: audience_of(draft, district=request.district, by=request.user),
    )


@require_POST
@staff(Permission.MESSAGE_WRITE)
def write_count(request: StaffRequest) -> HttpResponse:
    """The count alone, for a page that has a script."""
    counted, wrong, choice = None, "", None
    try:
        choice = read(request.POST, request.user, offer(request.user))
        counted = _counted(request, request.POST, choice)
    except (UnusableChoice, UnusableMessage) as error:
        wrong = str(error)
    shown = tongues(
        request.POST, user=request.user, district=request.district, made={}, counted=counted
    )
    return render(
        request,
        "staff/write/counted.html",
        {
            "counted": counted,
            "count_wrong": wrong,
            "choice": choice,
            "can_go": _can_go(counted),
            "tongues": shown,
            "alone": True,
        },
    )


def _can_go(counted: Fanned | None) -> int:
    return counted.families - sum(counted.blocked.values()) if counted else 0


@require_POST
@staff(Permission.MESSAGE_WRITE)
def write_keep(request: StaffRequest) -> HttpResponse:
    """Keep what is typed while it is typed; an empty form is no draft."""
    key = request.POST.get("draft", "")
    there = kept.of_key(request.user, key) if key else None
    if there is None and not kept.has_words(kept.fields_of(request.POST)):
        return HttpResponse(status=204)
    found = kept.keep(request.user, request.POST)
    return render(request, "staff/write/kept.html", {"draft": found.draft, "apart": found.apart})


@require_POST
@staff(Permission.MESSAGE_WRITE)
def write_discard(request: StaffRequest, key: str) -> HttpResponse:
    if kept.discard(request.user, key):
        messages.success(request, _("Thrown away."))
    return redirect("write")


def _with_language(request: StaffRequest, draft: KeptDraft) -> HttpResponse:
    tag = normalise(request.POST.get("new_language", ""))
    if tag:
        form = dict(draft.form)
        form["tongue"] = sorted({*form.get("tongue", []), tag})
        kept.change(draft, form=form, made=draft.made)
    return redirect(f"{_place(draft)}#words")


def _suggested(request: StaffRequest, draft: KeptDraft) -> HttpResponse:
    """Fill the languages that are empty: from memory, the phrasebook, the district's engine."""
    data = draft.data
    have = written(data)
    first = request.district.default_language
    made = made_from(draft.made)
    # What a person wrote is what is translated; not a translation of it.
    by_hand = [tag for tag in have if tag not in made]
    source = first if first in have else next(iter(by_hand or have), "")
    if not source:
        messages.warning(request, _("Write the message in one language first."))
        return redirect(f"{_place(draft)}#words")
    names: list[str] = []
    counted: Fanned | None = None
    try:
        choice = read(data, request.user, offer(request.user))
        names = names_in(choice, request.user)
        counted = _counted(request, data, choice)
    except (UnusableChoice, UnusableMessage):
        pass  # without an audience all languages of the form are meant
    shown = tongues(data, user=request.user, district=request.district, made=made, counted=counted)
    empty = [tongue.tag for tongue in shown if not tongue.body.strip()]
    purpose = data.get("purpose", "")
    found = suggest(
        request.district, have[source], source=source, targets=empty, purpose=purpose, names=names
    )
    subject = " ".join(data.get(f"subject-{source}", "").split())
    titles = (
        suggest(
            request.district,
            subject,
            source=source,
            targets=list(found),
            purpose=purpose,
            names=names,
        )
        if subject
        else {}
    )
    form = dict(draft.form)
    for tag, one in found.items():
        form[f"body-{tag}"] = [one.text]
        if tag in titles and not data.get(f"subject-{tag}", "").strip():
            form[f"subject-{tag}"] = [titles[tag].text[:200]]
        made[tag] = Made(
            text=one.text,
            origin=Origin(one.origin.value),
            engine=one.engine,
            reviewed=one.reviewed,
            warnings=tuple(warning.words for warning in one.warnings),
            source=source,
        )
    kept.change(draft, form=form, made={tag: one.to_json() for tag, one in made.items()})
    _say_what_was_found(request, list(found), [tag for tag in empty if tag not in found])
    return redirect(f"{_place(draft)}#words")


def _say_what_was_found(request: StaffRequest, found: list[str], missing: list[str]) -> None:
    if found:
        text = ngettext(
            "Words for %(n)s language were filled in. Look at them before you send.",
            "Words for %(n)s languages were filled in. Look at them before you send.",
            len(found),
        )
        messages.success(request, text % {"n": len(found)})
    if missing:
        names = ", ".join(name_in(tag, "en") for tag in missing)
        messages.info(
            request,
            _("Nothing was found for %(languages)s: somebody has to write it.")
            % {"languages": names},
        )


def _form(
    request: StaffRequest,
    data: QueryDict,
    draft: KeptDraft | None,
    *,
    wrong: str = "",
    counted: Fanned | None = None,
    look: bool = False,
) -> HttpResponse:
    choices = offer(request.user)
    who = data.get("who", "")
    home: Choice | None = None
    again: Choice | None = None
    if who.startswith(("family:", "again:")):
        try:
            chosen = read(data, request.user, choices)
            home, again = (chosen, None) if chosen.home else (None, chosen)
        except UnusableChoice as error:
            wrong, who = wrong or str(error), ""
    who = who or first_choice(choices)
    shown = tongues(
        data,
        user=request.user,
        district=request.district,
        made=made_from(draft.made) if draft else {},
        counted=counted,
        alone=_alone(request, data, home or again, who, choices, counted),
    )
    now = clock.now()
    context = {
        "draft": draft,
        "coached": beside([(one.tag, one.body) for one in shown], data, request, look=look),
        "draft_key": draft.key if draft else kept.fresh_key(),
        "turn": draft.turn if draft else 0,
        "window": kept.fresh_key(),
        "drafts": [
            one for one in kept.open_drafts(request.user) if draft is None or one.pk != draft.pk
        ],
        "choices": choices,
        "who": who,
        "family": home,
        "again": again,
        "children": list(
            children_of(request.user).filter(homes__household=home.home) if home else []
        ),
        "about": data.get("about", ""),
        "grades": data.getlist("grade"),
        "list": data.get("list", ""),
        "only_unreached": data.get("only_unreached"),
        "not_reached_since": data.get("not_reached_since")
        or period_start(request.district, now).astimezone(request.district.zone).date().isoformat(),
        "purpose_now": data.get("purpose") or Purpose.ROUTINE.value,
        "purposes": purposes(request.user),
        "tones": [tone.value for tone in Tone],
        "tone_now": data.get("tone", ""),
        "starter": starter(data, home),
        "tongues": shown,
        "others": others(shown),
        "added": data.getlist("tongue"),
        "counted": counted,
        "can_go": _can_go(counted),
        "wrong": wrong,
        "load": load_of(home.home.pk, at=now) if home and home.home else None,
        "day": data.get("day", ""),
        "hour": data.get("hour", ""),
    }
    return render(request, "staff/write/write.html", context, status=422 if wrong else 200)


def _alone(
    request: StaffRequest,
    data: QueryDict,
    chosen: Choice | None,
    who: str,
    choices: Offer,
    counted: Fanned | None,
) -> str:
    """The one language that all whom the form means read; "" where there are several, or none is known."""
    if counted is not None:
        return next(iter(counted.by_language)) if len(counted.by_language) == 1 else ""
    if chosen is None:
        asked = data.copy()
        asked["who"] = who
        try:
            chosen = read(asked, request.user, choices)
        except UnusableChoice:
            return ""
    return alone(chosen, user=request.user, district=request.district)


def first_choice(choices: Offer) -> str:
    if choices.everybody:
        return "all"
    if choices.schools:
        return f"school:{choices.schools[0].sis_id}"
    return "mine" if choices.sections else "list"
