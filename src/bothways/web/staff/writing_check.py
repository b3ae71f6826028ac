"""Look at what will go out and to whom; then send it, later or now, or to oneself first."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.core import clock
from bothways.languages.codes import direction, name_in
from bothways.messaging.enums import Origin, Purpose
from bothways.messaging.fanout import Fanned
from bothways.messaging.fates import load_of
from bothways.messaging.noise import noise_of
from bothways.messaging.sample import NotShown, letter_pages, sample
from bothways.messaging.services.leaving import GRACE, prepare
from bothways.messaging.services.messages import BY_HAND, Draft, UnusableMessage, count
from bothways.messaging.services.messages import check as check_message
from bothways.messaging.services.to_oneself import send_test
from bothways.people.models import Student
from bothways.schools.models import District
from bothways.web.staff import counting, kept
from bothways.web.staff.audience_form import Choice, UnusableChoice, offer, read
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.kept import KeptDraft
from bothways.web.staff.origins import made_from
from bothways.web.staff.schedule import UnusableMoment, moment
from bothways.web.staff.segments import Length, length
from bothways.web.staff.writing_form import draft_of, unreviewed
from bothways.web.throttle import Throttle

# Each test goes out in all languages: a dozen texts at most.
testing = Throttle(most=10, within=3600)


@dataclass(frozen=True, slots=True)
class Preview:
    """One version as it goes out."""

    tag: str
    name: str
    direction: str
    families: int
    origin: Origin
    engine: str
    subject: str
    body: str
    text: str
    length: Length
    email: str
    email_subject: str
    spoken: tuple[str, ...]
    waits: bool  # for a person's review


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft, read."""

    draft: KeptDraft
    choice: Choice
    message: Draft


def _looked(request: StaffRequest, draft: KeptDraft) -> Looked:
    """Raises UnusableChoice, UnusableMessage."""
    data = draft.data
    choice = read(data, request.user, offer(request.user))
    message = draft_of(data, choice, made=made_from(draft.made), user=request.user)
    return Looked(draft, choice, message)


def _draft_or_404(request: StaffRequest, key: str) -> KeptDraft:
    draft = kept.of_key(request.user, key)
    if draft is None:
        raise Http404
    return draft


def _back_to(draft: KeptDraft) -> HttpResponse:
    return redirect(f"{reverse('write')}?draft={draft.key}")


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.MESSAGE_WRITE)
def check(request: StaffRequest, key: str) -> HttpResponse:
    draft = _draft_or_404(request, key)
    if draft.message_id is not None:
        return redirect("sent_message", pk=draft.message_id)
    if request.method == "POST":
        # It cannot wait for the digest.
        if request.POST.get("purpose") == Purpose.TIMELY:
            timely = {**draft.form, "purpose": [Purpose.TIMELY.value]}
            kept.change(draft, form=timely, made=draft.made)
        return redirect("write_check", key=key)
    try:
        looked = _looked(request, draft)
        fanned = _count(request, looked.message)
    except (UnusableChoice, UnusableMessage) as error:
        messages.error(request, str(error))
        return _back_to(draft)
    return _page(request, looked, fanned)


def _count(request: StaffRequest, message: Draft) -> Fanned:
    """Raises UnusableMessage."""
    check_message(message, district=request.district, by=request.user)
    return counting.of_draft(
        "whom",
        message,
        by=request.user,
        words=True,
        count=lambda: count(message, district=request.district, by=request.user),
    )


def _page(
    request: StaffRequest, looked: Looked, fanned: Fanned, *, wrong: str = "", unsure: bool = False
) -> HttpResponse:
    message, choice = looked.message, looked.choice
    waiting = unreviewed(message, request.district)
    shown = previews(message, request.district, fanned, waiting)
    now = clock.now()
    children = Student.objects.visible_to(request.user)
    return render(
        request,
        "staff/write/check.html",
        {
            "draft": looked.draft,
            "message": message,
            "choice": choice,
            "emergency": message.purpose is Purpose.EMERGENCY,
            "unsure": unsure,
            "wrong": wrong,
            "fanned": fanned,
            "written": fanned.families - sum(fanned.blocked.values()),
            "letters": fanned.deliveries.get(Channel.LETTER.value, 0)
            + fanned.deliveries.get(Channel.HANDOVER.value, 0),
            "at_once": sum(fanned.deliveries.values()) - fanned.digest,
            "missing": sorted(
                ((tag, n) for tag, n in fanned.missing.items() if tag), key=lambda one: -one[1]
            ),
            "load": load_of(choice.home.pk, at=now) if choice.home else None,
            "noise": None
            if choice.home
            else counting.of_draft(
                "noise",
                message,
                by=request.user,
                words=False,
                count=lambda: noise_of(
                    message.audience, among=children, district=request.district, at=now
                ),
            ),
            "previews": shown,
            "waiting": [one for one in shown if one.waits],
            "ready": [one for one in shown if not one.waits],
            "voice": Channel.VOICE in offered(),
            "ways_to_me": [
                (channel, address)
                for channel, address in (
                    (Channel.EMAIL.value, request.user.email),
                    (Channel.TEXT.value, request.user.phone),
                )
                if address
            ],
            "day": request.POST.get("day", looked.draft.data.get("day", "")),
            "hour": request.POST.get("hour", looked.draft.data.get("hour", "")),
            "today": now.astimezone(request.district.zone).date().isoformat(),
            "grace": int(GRACE.total_seconds()),
        },
        status=422 if wrong or unsure else 200,
    )


def previews(
    message: Draft, district: District, fanned: Fanned, waiting: list[str]
) -> list[Preview]:
    found = []
    for tag, body in message.bodies.items():
        subject = message.subjects.get(tag, "")
        shown = sample(tag, body, subject, district=district, school=message.school)
        source = message.sources.get(tag, BY_HAND)
        found.append(
            Preview(
                tag=tag,
                name=name_in(tag, "en"),
                direction=direction(tag),
                families=fanned.by_language.get(tag, 0) or fanned.missing.get(tag, 0),
                origin=source.origin,
                engine=source.engine,
                subject=subject or shown.sender.school,
                body=body,
                text=shown.text,
                length=length(shown.text),
                email=shown.email,
                email_subject=shown.email_subject,
                spoken=shown.spoken,
                waits=tag in waiting,
            )
        )
    return sorted(found, key=lambda one: -one.families)


@require_safe
@staff(Permission.MESSAGE_WRITE)
def letter(request: StaffRequest, key: str, language: str) -> HttpResponse:
    """The first page of the letter, as it will be printed; for a made-up family."""
    draft = _draft_or_404(request, key)
    try:
        message = _looked(request, draft).message
        body = message.bodies[language]
        pages = letter_pages(
            language,
            body,
            message.subjects.get(language, ""),
            district=request.district,
            school=message.school,
            names=(_("Name of the parents"),),
            address=_("Street and number\nTown"),
        )
    except (UnusableChoice, UnusableMessage, KeyError, NotShown):
        raise Http404 from None
    if not pages:
        raise Http404
    return HttpResponse(
        pages[0], content_type="image/png", headers={"Cache-Control": "private, no-store"}
    )


@require_POST
@staff(Permission.MESSAGE_WRITE)
def send(request: StaffRequest, key: str) -> HttpResponse:
    """Send this draft once, however often and from how many windows the button is pressed."""
    try:
        with transaction.atomic():
            draft = kept.locked(request.user, key)
            if draft is None:
                raise Http404
            if draft.message_id is not None:
                return redirect("sent_message", pk=draft.message_id)
            looked = _looked(request, draft)
            if request.POST.get("turn") != str(draft.turn):
                messages.warning(
                    request,
                    _("The draft was changed since you looked at it. Look again, then send."),
                )
                return redirect("write_check", key=key)
            if unsure := _unsure(request, looked.message):
                fanned = _count(request, looked.message)
                return _page(request, looked, fanned, unsure=unsure)
            _let(request, looked)
    except UnusableMoment as error:
        fanned = _count(request, looked.message)
        return _page(request, looked, fanned, wrong=str(error))
    except (UnusableChoice, UnusableMessage) as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('write')}?draft={key}")
    return redirect("sent_message", pk=looked.draft.message_id)


def _unsure(request: StaffRequest, message: Draft) -> bool:
    return message.purpose is Purpose.EMERGENCY and request.POST.get("sure") != "1"


def _let(request: StaffRequest, looked: Looked) -> None:
    """Prepare the message to leave when it is wanted. Raises UnusableMoment, UnusableMessage."""
    message = looked.message
    now = clock.now()
    waiting = unreviewed(message, request.district)
    leaves_at = now + GRACE
    if request.POST.get("when") == "later":
        leaves_at = moment(
            request.POST.get("day", ""),
            request.POST.get("hour", ""),
            zone=request.district.zone,
            now=now,
        )
    wait_for_review = bool(waiting) and request.POST.get("unready") == "wait"
    if waiting and len(waiting) == len(message.bodies):
        wait_for_review = True
    made = prepare(
        message,
        district=request.district,
        by=request.user,
        leaves_at=None if wait_for_review else leaves_at,
    )
    looked.draft.message = made
    looked.draft.save(update_fields=["message"])


@require_POST
@staff(Permission.MESSAGE_WRITE)
def test(request: StaffRequest, key: str) -> HttpResponse:
    """To the writer's own address, in each language."""
    draft = _draft_or_404(request, key)
    who = str(request.user.pk)
    channel = Channel.TEXT if request.POST.get("way") == Channel.TEXT.value else Channel.EMAIL
    if testing.full(who):
        messages.warning(request, _("That were many tests within an hour. Try again later."))
        return redirect("write_check", key=key)
    try:
        message = _looked(request, draft).message
    except (UnusableChoice, UnusableMessage) as error:
        messages.error(request, str(error))
        return _back_to(draft)
    testing.count(who)
    taken = send_test(
        message.bodies,
        message.subjects,
        to=request.user,
        channel=channel,
        district=request.district,
        school=message.school,
    )
    _say(request, request.user, channel, len(taken), len(message.bodies))
    return redirect("write_check", key=key)


def _say(request: StaffRequest, user: User, channel: Channel, taken: int, of: int) -> None:
    if not taken:
        messages.error(
            request,
            _("The test could not be sent. Look whether this way is set up, and try again."),
        )
        return
    address = user.phone if channel is Channel.TEXT else user.email
    text = ngettext(
        "A test in %(n)s of %(of)s language is on its way to %(address)s.",
        "A test in %(n)s of %(of)s languages is on its way to %(address)s.",
        of,
    )
    messages.success(request, text % {"n": taken, "of": of, "address": address})
