"""Take a message of the phrasebook: all its languages at once, with what is particular filled in."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.languages import phrasebook
from bothways.languages.phrasebook import Entry
from bothways.messaging.enums import Origin, Purpose
from bothways.web.staff import kept
from bothways.web.staff.audience_form import UnusableChoice, offer, read
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.kept import KeptDraft
from bothways.web.staff.origins import Made, made_from
from bothways.web.staff.writing_form import purposes, written

_LONGEST = 300
_SHOWN = 60


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def pick(request: StaffRequest, key: str) -> HttpResponse:
    draft = kept.of_key(request.user, key)
    if draft is None:
        raise Http404
    if draft.message_id is not None:
        return redirect("sent_message", pk=draft.message_id)
    chosen = _chosen(request)
    if request.method == "POST" and chosen is not None:
        values = {
            name: " ".join(request.POST.get(f"value-{name}", "").split())[:_LONGEST]
            for name in chosen.placeholders
        }
        if all(values.values()):
            return _fill(request, draft, chosen, values)
        return _page(request, draft, chosen, values, status=422)
    values = _known(request, draft, chosen) if chosen else {}
    return _page(request, draft, chosen, values)


def _chosen(request: StaffRequest) -> Entry | None:
    wanted = request.POST.get("message") or request.GET.get("message", "")
    return phrasebook.entry(request.district, wanted) if wanted else None


def _page(
    request: StaffRequest,
    draft: KeptDraft,
    chosen: Entry | None,
    values: dict[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    asked = request.GET.get("q", "")[:200]
    topic = request.GET.get("topic", "")[:60]
    every = phrasebook.entries(request.district)
    found = phrasebook.search(request.district, asked, topic=topic)
    first = request.district.default_language
    return render(
        request,
        "staff/write/phrasebook.html",
        {
            "draft": draft,
            "chosen": chosen,
            "chosen_words": _words(chosen, first) if chosen else "",
            "languages": sorted(chosen.texts) if chosen else [],
            "reviewed": chosen.reviewed if chosen else frozenset(),
            "values": [
                (name, name.replace("_", " "), values.get(name, "")) for name in chosen.placeholders
            ]
            if chosen
            else [],
            "wrong": status == 422,
            "overwrites": sorted(set(written(draft.data)) & set(chosen.texts)) if chosen else [],
            "q": asked,
            "topic": topic,
            "topics": sorted({one.topic for one in every}),
            "found": [(one, _words(one, first)) for one in found[:_SHOWN]],
            "more": max(0, len(found) - _SHOWN),
            "total": len(every),
        },
        status=status,
    )


def _words(one: Entry, first: str) -> str:
    return one.texts.get(first) or one.texts.get("en") or next(iter(one.texts.values()), "")


def _known(request: StaffRequest, draft: KeptDraft, chosen: Entry) -> dict[str, str]:
    """What the draft says already: the child it is about, the school, who writes."""
    known = {"sender": request.user.name, "teacher": request.user.name, "staff": request.user.name}
    try:
        choice = read(draft.data, request.user, offer(request.user))
    except UnusableChoice:
        return known
    if choice.school:
        known["school"] = choice.school.name
    if choice.student:
        known["child"] = known["student"] = choice.student.called
    return known


def _fill(
    request: StaffRequest, draft: KeptDraft, chosen: Entry, values: dict[str, str]
) -> HttpResponse:
    form, made = dict(draft.form), made_from(draft.made)
    for tag in chosen.texts:
        text = phrasebook.fill(chosen, tag, values)
        form[f"body-{tag}"] = [text]
        form[f"subject-{tag}"] = []
        made[tag] = Made(text, Origin.PHRASEBOOK, reviewed=tag in chosen.reviewed)
    if chosen.purpose in purposes(request.user) and chosen.purpose != Purpose.EMERGENCY:
        form["purpose"] = [chosen.purpose]
    kept.change(draft, form=form, made={tag: one.to_json() for tag, one in made.items()})
    messages.success(
        request, _("Filled in from the phrasebook, in all its languages. Read it before you send.")
    )
    return redirect(f"{reverse('write')}?draft={draft.key}#words")
