"""The phrasebook: look, search, see a message in all its languages, say that a native reader found it right."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.languages import phrasebook
from bothways.languages.codes import LANGUAGES, direction, own_name
from bothways.languages.models import ReadByNative
from bothways.messaging.enums import Purpose
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.translations import PURPOSES
from bothways.web.staff.translators import languages_of
from bothways.web.templatetags.face import tongue

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class InLanguage:
    """One message as one language has it."""

    tag: str
    name: str
    own: str
    direction: str
    text: str
    reviewed: bool
    here: bool  # the mark is this district's own, and can be taken back
    mine: bool  # this user may mark it


@require_safe
@staff(Permission.TRANSLATE)
def messages_of_school(request: StaffRequest) -> HttpResponse:
    """All messages by topic; ``?q=`` and ``?topic=`` narrow them."""
    asked, topic = request.GET.get("q", "")[:200], request.GET.get("topic", "")[:60]
    every = phrasebook.entries(request.district)
    found = phrasebook.search(request.district, asked, topic=topic) if asked or topic else every
    try:
        first = max(int(request.GET.get("from", "0")), 0)
    except ValueError:
        first = 0
    shown = found[first : first + _SHOWN]
    return render(
        request,
        "staff/translations/phrasebook.html",
        {
            "rows": [
                (one, PURPOSES.get(one.purpose, ""), len(one.texts), len(one.reviewed))
                for one in shown
            ],
            "found": len(found),
            "total": len(every),
            "asked": asked,
            "topic": topic,
            "topics": sorted({one.topic for one in every}),
            "next": first + _SHOWN if first + _SHOWN < len(found) else None,
            "before": max(first - _SHOWN, 0) if first else None,
            "here": "phrasebook",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.TRANSLATE)
def message_of_school(request: StaffRequest, key: str) -> HttpResponse:
    """One message in all its languages; POST marks one as read by somebody who has it from home."""
    one = phrasebook.entry(request.district, key)
    if one is None:
        raise Http404
    mine = languages_of(request.user)
    if request.method == "POST":
        tag = request.POST.get("language", "")
        if tag not in one.texts or (mine is not None and tag not in mine):
            raise Http404
        if request.POST.get("what") == "unread":
            phrasebook.unmark_read(request.district, key, tag)
            messages.success(request, _("The mark is taken back."))
        else:
            phrasebook.mark_read(request.district, key, tag, by=request.user.pk)
            messages.success(request, _("Thank you. It is marked as read by a native reader."))
        record(
            "phrasebook.marked",
            by=request.user.pk,
            district=request.district.pk,
            key=key,
            language=tag,
        )
        return redirect("phrasebook_message", key=key)
    marked = set(
        ReadByNative.objects.filter(district=request.district, key=key).values_list(
            "language", flat=True
        )
    )
    return render(
        request,
        "staff/translations/message.html",
        {
            "one": one,
            "purpose": PURPOSES.get(one.purpose, ""),
            "versions": [
                InLanguage(
                    tag,
                    tongue(tag),
                    own_name(tag),
                    direction(tag),
                    one.texts[tag],
                    tag in one.reviewed,
                    tag in marked,
                    mine is None or tag in mine,
                )
                for tag in (*LANGUAGES, *(t for t in one.texts if t not in LANGUAGES))
                if tag in one.texts
            ],
            "missing": [tongue(tag) for tag in LANGUAGES if tag not in one.texts],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.TRANSLATE)
def add_message(request: StaffRequest) -> HttpResponse:
    """A message of the district's own, in as many languages as somebody can write."""
    mine = languages_of(request.user)
    tags = [tag for tag in LANGUAGES if mine is None or tag in mine]
    typed = {tag: request.POST.get(f"text-{tag}", "").replace("\x00", "") for tag in tags}
    title = request.POST.get("title", "").replace("\x00", "")
    purpose = request.POST.get("purpose", Purpose.ROUTINE.value)
    wrong = ""
    if request.method == "POST":
        try:
            if purpose not in PURPOSES:
                raise phrasebook.UnusableMessage(_("Choose what the message is for."))
            made = phrasebook.add(
                request.district, title=title, purpose=purpose, texts=typed, by=request.user.pk
            )
        except phrasebook.UnusableMessage as error:
            wrong = str(error)
        else:
            record("phrasebook.added", made, by=request.user.pk, district=request.district.pk)
            messages.success(
                request, _("It is in the phrasebook now, for everybody who writes here.")
            )
            return redirect("phrasebook_message", key=made.key)
    return render(
        request,
        "staff/translations/add.html",
        {
            "fields": [(tag, tongue(tag), direction(tag), typed[tag]) for tag in tags],
            "title": title,
            "purpose": purpose,
            "purposes": PURPOSES.items(),
            "wrong": wrong,
            "longest": phrasebook.LONGEST,
        },
        status=422 if wrong else 200,
    )
