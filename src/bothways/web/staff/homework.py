"""Post today's homework: my classes, one box each; families hear and read it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.channels.services import our_number, values_of
from bothways.channels.twilio.voice import TwilioVoiceCarrier
from bothways.core import clock
from bothways.core.phone import show
from bothways.hotline.enums import Source
from bothways.hotline.models import PhonePin, Posting
from bothways.hotline.queries import closed_days, sections_of
from bothways.hotline.rules import MOST_BACK, last_school_day, next_school_day, words_for
from bothways.hotline.services import pins
from bothways.hotline.services.posting import MAX_LENGTH, Unusable, codes, put, undo
from bothways.languages.codes import LANGUAGES, direction, name_in
from bothways.people.models import Guardian
from bothways.schools.models import District, Section
from bothways.web.family.wording import Words
from bothways.web.staff.door import StaffRequest, staff

WEEK = 5  # school days on a printed sheet
_MOST_AHEAD = 14


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language in which the work of a class may be written."""

    tag: str
    name: str
    direction: str
    families: int
    body: str


@dataclass(slots=True)
class Box:
    """One class on the page."""

    section: Section
    code: str
    posting: Posting | None
    first: Tongue
    others: list[Tongue] = field(default_factory=list)
    due: str = ""
    seen: str = ""  # which version of the posting is shown
    wrong: str = ""
    theirs: str = ""  # what a colleague wrote meanwhile


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def homework(request: StaffRequest) -> HttpResponse:
    sections = sections_of(request.user)
    today = clock.today(request.district.timezone)
    closed = closed_days(request.district, sections[0].school_id if sections else None, today)
    day = _day(request.GET.get("day", ""), today) or last_school_day(today, closed)
    wrong: dict[int, str] = {}
    if request.method == "POST":
        kept, wrong = _keep(request, sections, day)
        if not wrong:
            messages.success(
                request, _("Kept. Families hear it from now on.") if kept else _("Nothing changed.")
            )
            return redirect(f"{reverse('homework')}?{urlencode({'day': day.isoformat()})}")
    boxes = _boxes(request.district, sections, day, request.POST if wrong else None, wrong)
    context = {
        "boxes": boxes,
        "day": day,
        "today": today,
        "before": last_school_day(day - timedelta(days=1), closed),
        "after": _after(day, today, closed),
        "most": MAX_LENGTH,
        "page": f"{settings.PUBLIC_URL}/hw/",
        "text_number": our_number(),
        "call_number": calling_number(),
        "knows_phone": bool(request.user.phone),
        "pin": PhonePin.objects.filter(user=request.user).first(),
        "wrong": bool(wrong),
    }
    return render(request, "staff/homework/homework.html", context, status=422 if wrong else 200)


def calling_number() -> str:
    """The number that families call, as people write it; "" where no calls are set up."""
    return show(values_of(TwilioVoiceCarrier.name).get("from_number", ""))


def _day(typed: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if abs((day - today).days) <= 366 and day <= today + _AHEAD else None


_AHEAD = timedelta(days=_MOST_AHEAD)


def _after(day: date, today: date, closed: set[date]) -> date | None:
    following = next_school_day(day, closed)
    return following if following <= today + _AHEAD else None


def _boxes(
    district: District,
    sections: Sequence[Section],
    day: date,
    typed: QueryDict | None,
    wrong: Mapping[int, str],
) -> list[Box]:
    known = codes(sections)
    posted = {
        posting.section_id: posting
        for posting in Posting.objects.filter(
            section__in=[section.pk for section in sections], day=day
        ).select_related("author", "spoken")
    }
    readers = _readers(sections)
    return [
        _box(district, section, known[section.pk], posted.get(section.pk), readers, typed, wrong)
        for section in sections
    ]


def _box(
    district: District,
    section: Section,
    code: str,
    posting: Posting | None,
    readers: Mapping[int, Counter[str]],
    typed: QueryDict | None,
    wrong: Mapping[int, str],
) -> Box:
    first = posting.language if posting and posting.bodies else district.default_language
    bodies = posting.bodies if posting else {}
    families = readers.get(section.pk, Counter())
    mine = typed if typed is not None and section.pk in wrong else None

    def tongue(tag: str) -> Tongue:
        name = f"body-{section.pk}-{tag}"
        body = mine.get(name, "") if mine is not None else bodies.get(tag, "")
        return Tongue(tag, name_in(tag, "en"), direction(tag), families[tag], body)

    tags = [tag for tag in {*families, *bodies} if tag and tag != first]
    due = posting.due.isoformat() if posting and posting.due else ""
    theirs = ""
    if (
        mine is not None
        and posting is not None
        and mine.get(f"seen-{section.pk}") != _seen(posting)
    ):
        found = words_for(first, posting.bodies, posting.language)
        theirs = found[1] if found else ""
    return Box(
        section=section,
        code=code,
        posting=posting,
        first=tongue(first),
        others=[tongue(tag) for tag in sorted(tags, key=lambda tag: (-families[tag], tag))],
        due=mine.get(f"due-{section.pk}", "") if mine is not None else due,
        seen=_seen(posting),
        wrong=wrong.get(section.pk, ""),
        theirs=theirs,
    )


def _seen(posting: Posting | None) -> str:
    return posting.changed_at.isoformat() if posting else ""


def _readers(sections: Sequence[Section]) -> dict[int, Counter[str]]:
    """Class → language → families who read it; one query."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    rows = (
        Guardian.objects.filter(
            ended_at=None,
            household__isnull=False,
            links__ended_at=None,
            links__student__ended_at=None,
            links__student__enrollments__ended_at=None,
            links__student__enrollments__section__in=[section.pk for section in sections],
        )
        .order_by()
        .values_list("links__student__enrollments__section_id", "household_id", "reads", "speaks")
        .distinct()
    )
    for section, _home, tag in {(s, home, reads or speaks) for s, home, reads, speaks in rows}:
        found[section][tag] += 1
    return found


def _keep(
    request: StaffRequest, sections: Sequence[Section], day: date
) -> tuple[int, dict[int, str]]:
    """How many classes changed, and what is wrong with which; what is right is kept all the same."""
    data = request.POST
    kept, wrong = 0, {}
    posted = {
        posting.section_id: posting
        for posting in Posting.objects.filter(section__in=[s.pk for s in sections], day=day)
    }
    for section in sections:
        start = f"body-{section.pk}-"
        bodies = {
            name.removeprefix(start): str(words).strip()
            for name, words in data.items()
            if name.startswith(start) and _is_language(name.removeprefix(start))
        }
        if not bodies:
            continue  # not on the page that was sent
        has = posted.get(section.pk)
        before = has.changed_at if has else None
        try:
            due = _due(data.get(f"due-{section.pk}", ""))
            filled = {tag: words.replace("\r\n", "\n") for tag, words in bodies.items() if words}
            unchanged = has is not None and (has.bodies, has.due) == (filled, due)
            if unchanged or (has is None and not filled):
                continue
            if data.get(f"seen-{section.pk}", "") != _seen(has):
                raise Unusable(
                    _("Somebody changed this meanwhile. Look at both, then keep what is right.")
                )
            found = put(
                section=section,
                day=day,
                bodies=bodies,
                due=due,
                by=request.user,
                source=Source.WEB,
                language=has.language if has else request.district.default_language,
            )
            kept += found is not None and found.changed_at != before
        except Unusable as error:
            wrong[section.pk] = str(error)
    return kept, wrong


def _is_language(tag: str) -> bool:
    return 0 < len(tag) <= 20 and all(part.isascii() and part.isalnum() for part in tag.split("-"))


def _due(typed: str) -> date | None:
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Unusable(_("The date on which it is due cannot be read. Choose it again.")) from None


@require_POST
@staff(Permission.MESSAGE_WRITE)
def homework_undo(request: StaffRequest, pk: int) -> HttpResponse:
    mine = [section.pk for section in sections_of(request.user)]
    posting = Posting.objects.filter(pk=pk, section__in=mine).select_related("section").first()
    if posting is None:
        raise Http404
    day = posting.day
    undo(posting=posting, by=request.user)
    messages.success(request, _("Taken back."))
    return redirect(f"{reverse('homework')}?{urlencode({'day': day.isoformat()})}")


@require_POST
@staff(Permission.MESSAGE_WRITE)
def homework_pin(request: StaffRequest) -> HttpResponse:
    """The number that a teacher types on the phone before speaking."""
    try:
        pins.choose(request.user, request.POST.get("pin", ""))
    except pins.Unusable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Kept. Call from your own phone, press 0, and type it."))
    return redirect("homework")


@dataclass(frozen=True, slots=True)
class SheetDay:
    day: str
    words: str
    language: str
    direction: str
    due: str


@require_safe
@staff(Permission.MESSAGE_WRITE)
def homework_sheet(request: StaffRequest, pk: int) -> HttpResponse:
    """One class's week on paper, in one language, for the bag of a child whose home has no phone."""
    section = next((one for one in sections_of(request.user) if one.pk == pk), None)
    if section is None:
        raise Http404
    today = clock.today(request.district.timezone)
    last = _day(request.GET.get("day", ""), today) or today
    postings = (
        Posting.objects.filter(section=section, day__range=(last - timedelta(MOST_BACK), last))
        .select_related("spoken")
        .order_by("-day")[:WEEK]
    )
    readers = _readers([section])[section.pk]
    asked = request.GET.get("lang", "")
    tag = asked if asked in LANGUAGES else request.district.default_language
    words = Words(tag)
    code = codes([section])[section.pk]
    address = f"{settings.PUBLIC_URL}/hw/{code}"
    number = calling_number()
    days = []
    for posting in reversed(postings):
        found = words_for(tag, posting.bodies, posting.language)
        if found is not None:
            days.append(
                SheetDay(
                    day=words.date(posting.day),
                    words=found[1],
                    language=found[0],
                    direction=direction(found[0]),
                    due=words.say("hw_due", day=words.date(posting.due)) if posting.due else "",
                )
            )
    return render(
        request,
        "staff/homework/sheet.html",
        {
            "section": section,
            "days": days,
            "tag": tag,
            "direction": words.direction,
            "title": words.say("hw_title", section=section.title),
            "none": words.say("hw_none", section=section.title),
            "by_phone": words.say("hw_by_phone", phone=number, code=code) if number else "",
            "address": address,
            "qr": segno.make(address, error="m").svg_data_uri(border=0, scale=4, light=None),
            "tongues": [
                (one, name_in(one, "en"), readers[one])
                for one in sorted(LANGUAGES, key=lambda one: (-readers[one], name_in(one, "en")))
            ],
            "last": last,
        },
    )
