"""The first page behind the second proof, and the page of one child."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse

from bothways.core import clock
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Delivery, Entry, Recording
from bothways.messaging.reading import reading_words
from bothways.messaging.services.own_words import receive_own
from bothways.messaging.services.replies import MAX_WORDS
from bothways.people.models import Student
from bothways.progress.enums import MISSED, Work
from bothways.progress.models import Attendance, Excuse
from bothways.progress.queries import pieces_of, school_year
from bothways.progress.rules import missing
from bothways.surveys.queries import open_for
from bothways.web.family import door, frame, student
from bothways.web.family.inside import COOKIE, Visit, inside, on, own_language
from bothways.web.family.rooms import rooms
from bothways.web.family.schoolwork import Homework, homework_of, seats_of
from bothways.web.family.told import Letter, letters_to
from bothways.web.family.wording import Words
from bothways.web.sounds import played

MOST_LETTERS = 8
MOST_OF_ONE = 2
MOST_MISSING = 5
_LATELY = timedelta(days=30)


@dataclass(slots=True)
class ChildHere:
    """One child as its adult reads of it."""

    student: Student
    today: str = ""  # a sentence where the child was not there today and nobody said why
    missed: str = ""
    missing: list[str] = field(default_factory=list)
    more: str = ""  # how many more are missing
    all_in: bool = False
    homework: list[Homework] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    teachers: list[str] = field(default_factory=list)
    heading_missing: str = ""
    heading_more: str = ""


@frame.family_page
def home(request: HttpRequest) -> HttpResponse:
    """Each child, what is new, and the way to everything else; to whom nothing is open: the door."""
    session = door.session_with(request.COOKIES.get(COOKIE, ""))
    if session is None:
        query = {"lang": request.GET["lang"]} if request.GET.get("lang") else {}
        return on("family-enter", **query)
    if session.student is not None:
        return student.page(request, session)
    guardian = session.guardian
    assert guardian is not None
    tag = frame.language_of(request, own_language(guardian))
    links = door.children_of(guardian)
    if not links:
        return frame.closed(request, known=tag, district=guardian.district)
    return _home(Visit(request, session, guardian, links, clock.now(), Words(tag)))


def _home(visit: Visit) -> HttpResponse:
    words, today = visit.words, clock.today(visit.district.timezone)
    here = {child.pk: ChildHere(child) for child in visit.children}
    letters = letters_to(visit.district, visit.links, words, visit.now, most=MOST_LETTERS)
    general = []
    for letter in letters:
        if letter.child is None:
            general.append(letter)
        elif letter.child in here and len(here[letter.child].letters) < MOST_OF_ONE:
            here[letter.child].letters.append(letter)
    _attendance(here, words, today, since=today - _LATELY)
    _schoolwork(here, words, today)
    seats = seats_of(list(here))
    work = homework_of(seats, words, today)
    for pk, child in here.items():
        child.homework = work[pk]
        child.heading_more = words.say("home_more", child=_name(child.student))
    return visit.show(
        "home",
        {
            "here": list(here.values()),
            "general": general[: MOST_OF_ONE + 1],
            "survey": open_for(visit.guardian.pk, visit.links, visit.guardian.household_id),
            "rooms": rooms(words),
            "stays": words.say("home_stays", date=visit.date(visit.session.expires_at)),
        },
    )


def _name(child: Student) -> str:
    """What the child is called; the family name where nothing else is known."""
    return child.called or child.name


@inside
def child(visit: Visit, pk: str) -> HttpResponse:
    """One child: how it goes since the school year began, messages, teachers, and a box to write in."""
    found = visit.child(pk)
    if found is None:
        raise Http404
    if visit.request.method == "POST":
        posted = visit.posted()
        text = posted.get("words", "").replace("\r\n", "\n") if posted is not None else ""
        if posted is not None and not text.strip():
            visit.wrong = visit.words["answer_missing"]
        elif posted is not None and len(text) > MAX_WORDS:
            visit.wrong = visit.words.say("page_too_long", n=str(MAX_WORDS))
        elif posted is not None:
            return take_words(visit, found, text, None, visit.form_key(posted), posted.get("call"))
        return _child(visit, found, typed=text, status=422)
    return _child(visit, found)


def _child(visit: Visit, found: Student, *, typed: str = "", status: int = 200) -> HttpResponse:
    words, today = visit.words, clock.today(visit.district.timezone)
    one = ChildHere(found)
    here = {found.pk: one}
    since, _ = school_year(visit.district, today)
    _attendance(here, words, today, since=since)
    _schoolwork(here, words, today)
    seats = seats_of([found.pk])
    one.teachers = list(dict.fromkeys(name for seat in seats[found.pk] for name in seat.teachers))
    one.homework = homework_of(seats, words, today)[found.pk]
    letters = letters_to(visit.district, visit.links, words, visit.now, most=MOST_LETTERS)
    one.letters = [letter for letter in letters if letter.child == found.pk]
    return visit.show(
        "child",
        {
            "child": one,
            "title": words.say("page_about", child=_name(found)),
            "write": words.say("home_write_about", child=_name(found)),
            "typed": typed,
        },
        status=status,
    )


def take_words(
    visit: Visit,
    about: Student | None,
    text: str,
    button: Meaning | None,
    key: str,
    call: str | None = None,
) -> HttpResponse:
    """Keep what was written, and go to the page that says who reads it and when."""
    if visit.guardian.household is None:
        visit.wrong = visit.words["page_away_why"]
        return visit.show("thanks", {"title": visit.words["page_not_sent"]}, status=422)
    entry = receive_own(
        guardian=visit.guardian,
        student=about,
        words=text,
        button=Meaning.CALL_ME if call else button,
        language=visit.words.tag,
        form_key=key,
    )
    return visit.on("family-thanks", entry.form_key)


@inside
def thanks(visit: Visit, key: str) -> HttpResponse:
    """That it is kept, who reads it and when; for words of danger where there is help now."""
    entry = (
        Entry.objects.filter(form_key=key, guardian=visit.guardian)
        .select_related("conversation__owner", "conversation__school")
        .first()
    )
    if entry is None or entry.conversation is None:
        raise Http404
    talk, words = entry.conversation, visit.words
    school = talk.school.name if talk.school else visit.district.name
    fresh = visit.now < entry.at + timedelta(minutes=30)
    if entry.danger and fresh:
        told = words.say("acknowledgement_emergency", school=school)
    else:
        told = words.say(
            "thanks_call" if entry.meaning == Meaning.CALL_ME else "thanks_answer",
            name=talk.owner.name if talk.owner else words["the_office"],
            school=school,
            when=reading_words(visit.district, talk.school, words.tag, entry.at),
        )
    return visit.show(
        "thanks",
        {
            "title": words["thanks_title"],
            "told": told,
            "danger": entry.danger and fresh,
            "body": entry.body if fresh and not entry.danger else "",
        },
    )


@inside
def sound(visit: Visit, delivery: str, version: str) -> HttpResponse:
    """The recorded voice of a message that this adult got."""
    mine = Delivery.objects.filter(
        pk=int(delivery), recipients__link__in=[link.pk for link in visit.links]
    ).values("message")
    found = Recording.objects.filter(version=int(version), version__message__in=mine).first()
    if found is None:
        raise Http404
    return played(visit.request, bytes(found.data), found.content_type)


def _attendance(here: dict[int, ChildHere], words: Words, today: date, *, since: date) -> None:
    """Days missed, and whether the child is missing today without a reason; one query."""
    rows = Attendance.objects.filter(
        student__in=list(here), day__range=(since, today), kind__in=[k.value for k in MISSED]
    ).annotate(
        excused=Exists(
            Excuse.objects.filter(
                student=OuterRef("student"),
                first__lte=OuterRef("day"),
                last__gte=OuterRef("day"),
                withdrawn_at=None,
            )
        )
    )
    days: dict[int, int] = defaultdict(int)
    for row in rows:
        days[row.student_id] += 1
        if row.day == today and not row.excused and row.kind != "excused":
            name = _name(here[row.student_id].student)
            here[row.student_id].today = words.say("absence_title", child=name)
    for pk, number in days.items():
        here[pk].missed = words.say("home_missed", date=words.date(since), n=str(number))


def _schoolwork(here: dict[int, ChildHere], words: Words, today: date) -> None:
    """What is missing, as teachers called it; one query."""
    for pk, pieces in pieces_of(list(here), today).items():
        one, gone = here[pk], missing(pieces, today)
        one.heading_missing = words.say("work_missing", child=_name(one.student))
        one.all_in = not gone and any(p.work in (Work.DONE, Work.LATE) for p in pieces)
        for piece in gone[:MOST_MISSING]:
            due = words.say("work_due", date=words.date(piece.due)) if piece.due else ""
            one.missing.append(", ".join(filter(None, [piece.course, piece.title, due])))
        if len(gone) > MOST_MISSING:
            one.more = words.say("work_more", n=str(len(gone) - MOST_MISSING))
