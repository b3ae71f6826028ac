"""What waits for a translator or a reviewer, and one of them side by side."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.languages import glossary, memory
from bothways.languages.codes import direction, normalise
from bothways.languages.protection import Warning, check, find
from bothways.languages.services import suggest
from bothways.messaging.enums import MessageKind, Origin, Purpose
from bothways.messaging.models import Message, Version
from bothways.messaging.naming import names_said
from bothways.messaging.services.messages import MAX_LENGTH
from bothways.messaging.services.reviewing import (
    UnusableTranslation,
    approve,
    original_of,
    send_back,
)
from bothways.messaging.translating import Waiting, waiting
from bothways.web.staff import highlight
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import awaited_for
from bothways.web.staff.translators import languages_of

PURPOSES: dict[str, Promise] = {
    Purpose.EMERGENCY: gettext_lazy("emergency"),
    Purpose.TIMELY: gettext_lazy("timely"),
    Purpose.ROUTINE: gettext_lazy("routine"),
    Purpose.PERSONAL: gettext_lazy("about a child"),
}
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue."""

    item: Waiting
    purpose: Promise
    words: str  # of the original, in its language
    source: str


@require_safe
@staff(Permission.TRANSLATE)
def translations(request: StaffRequest) -> HttpResponse:
    """The queue; ``?language=`` shows one language."""
    mine = languages_of(request.user)
    every = [
        one for one in waiting(request.district, languages=mine) if _may(request.user, one.message)
    ]
    chosen = request.GET.get("language", "")
    counts: dict[str, int] = {}
    for one in every:
        counts[one.language] = counts.get(one.language, 0) + 1
    found = [one for one in every if not chosen or one.language == chosen]
    return render(
        request,
        "staff/translations/queue.html",
        {
            "rows": _rows(found[:_SHOWN]),
            "more": max(len(found) - _SHOWN, 0),
            "languages": sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])),
            "chosen": chosen if chosen in counts else "",
            "families": sum(one.homes for one in every),
            "total": len(every),
            "answers": awaited_for(request.user).count(),
            "unknown": mine is not None and not mine,
            "here": "queue",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.TRANSLATE)
def translation(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    """The original beside its translation: approve it, change and approve it, or send it back."""
    message = (
        Message.objects.select_related("author", "school", "district")
        .filter(pk=pk, district=request.district, kind=MessageKind.NEWS.value)
        .first()
    )
    mine = languages_of(request.user)
    original = original_of(message) if message is not None else None
    if (
        message is None
        or original is None
        or normalise(language) != language
        or language == original.language
        or (mine is not None and language not in mine)
        or not _may(request.user, message)
    ):
        raise Http404
    version = (
        message.versions.select_related("reviewed_by", "returned_by")
        .filter(language=language)
        .first()
    )
    wrong = ""
    if request.method == "POST":
        try:
            return _decided(request, message, language, version)
        except UnusableTranslation as error:
            wrong = str(error)
    else:
        record(
            "translation.opened",
            message,
            by=request.user.pk,
            district=request.district.pk,
            language=language,
        )
    return _side_by_side(request, message, original, language, version, wrong)


def _decided(
    request: StaffRequest, message: Message, language: str, version: Version | None
) -> HttpResponse:
    if request.POST.get("what") == "back":
        words = request.POST.get("why", "").replace("\x00", "").strip()
        if version is None:
            raise UnusableTranslation(_("There is no translation yet that could go back."))
        if not words:
            raise UnusableTranslation(_("Say what is unclear, so that its author can mend it."))
        send_back(version=version, words=words, by=request.user)
        messages.success(request, _("Sent back, with your question. It goes on waiting meanwhile."))
        return redirect("translations")
    # A form gives lines as \r\n; families and memory get \n.
    body = request.POST.get("body", "").replace("\r\n", "\n")
    done = approve(
        message=message,
        language=language,
        body=body,
        subject=request.POST.get("subject", "").replace("\x00", ""),
        by=request.user,
    )
    if done.late:
        words = _("Kept for the next time. The message itself is too old to be sent now.")
    elif done.deliveries:
        words = _("Approved. It is on its way to the families who waited for it.")
    elif message.sent_at is None:
        words = _("Approved. It goes out with the message.")
    else:
        words = _("Approved. Nobody was waiting for it.")
    messages.success(request, words)
    return redirect("translations")


def _side_by_side(
    request: StaffRequest,
    message: Message,
    original: Version,
    language: str,
    version: Version | None,
    wrong: str,
) -> HttpResponse:
    district = request.district
    author = (message.author.given, message.author.family) if message.author else ()
    names = names_said(district, original.body, also=author)
    found = glossary.hits(district, original.body, source=original.language, target=language)
    body = request.POST.get("body") or (version.body if version else "")
    draft = None
    if not body:
        draft = suggest(
            district,
            original.body,
            source=original.language,
            targets=[language],
            names=names,
            machine=False,
        ).get(language)
        body = draft.text if draft else ""
    stays = [hit.word for hit in found if not hit.said]
    warnings: list[Warning] = (
        check(original.body, body, target=language, names=names, terms=stays) if body else []
    )
    parts = find(original.body, names=names, terms=stays)
    return render(
        request,
        "staff/translations/one.html",
        {
            "message": message,
            "purpose": PURPOSES[Purpose(message.purpose)],
            "original": original,
            "source_words": highlight.marked(
                original.body, [*highlight.kept(parts), *highlight.terms(found)]
            ),
            "language": language,
            "direction": direction(language),
            "version": version,
            "by_machine": version is not None and version.origin == Origin.MACHINE.value,
            "draft": draft,
            "body": body,
            "subject": request.POST.get("subject") or (version.subject if version else ""),
            "body_words": _body_words(body, warnings),
            "warnings": warnings,
            "terms": found,
            "said_otherwise": {hit.word for hit in glossary.missing(found, body)}
            if body
            else set(),
            "hits": memory.near(
                district, original.body, source=original.language, target=language, names=names
            ),
            "wrong": wrong,
            "waits": next(iter(waiting(district, languages=[language], message=message.pk)), None),
            "longest": MAX_LENGTH,
        },
        status=422 if wrong else 200,
    )


def _body_words(body: str, warnings: list[Warning]) -> SafeString | None:
    """The translation with what is wrong marked; None where nothing is."""
    places = highlight.wrong(warnings)
    return highlight.marked(body, places) if places else None


def _rows(found: list[Waiting]) -> list[Row]:
    versions: dict[int, Version] = {}
    ids = [one.message.pk for one in found]
    for version in Version.objects.filter(
        ~Q(origin=Origin.MACHINE.value), message__in=ids
    ).order_by("-pk"):
        versions[version.message_id] = version
    return [
        Row(
            one,
            PURPOSES[Purpose(one.message.purpose)],
            (versions[one.message.pk].subject or versions[one.message.pk].body)
            if one.message.pk in versions
            else "",
            versions[one.message.pk].language if one.message.pk in versions else "",
        )
        for one in found
    ]


def _may(user: User, message: Message) -> bool:
    """Words of one school are for who translates there; the district's for all."""
    where = user.schools_where(Permission.TRANSLATE)
    return where is None or message.school_id is None or message.school_id in where
