"""“Take it along”: all that an adult's own pages hold, as a PDF in their language and as JSON.

The same questions as the pages themselves, so that nothing is in it which a page would not show: no other
adult's words or address, no safety notes, nothing that a child said in confidence.
"""

import json

from django.http import HttpResponse

from bothways.audit.services import record
from bothways.channels.letters.booklet import Item, Section, print_booklet
from bothways.core import clock
from bothways.core.phone import show as shown
from bothways.languages.codes import own_name
from bothways.people.enums import PointKind
from bothways.progress.models import Attendance, Result
from bothways.progress.queries import school_year
from bothways.web.family.along import parts
from bothways.web.family.inside import Visit, inside
from bothways.web.family.told import Said, letters_to, looked_at, said_by
from bothways.web.throttle import Throttle

MOST = 1000
# Laying out takes a second of all cores.
taking = Throttle(most=12, within=3600)


@inside
def take(visit: Visit) -> HttpResponse:
    """What is in it, what is not, and the two files."""
    return visit.show("take", {"title": visit.words["home_take"]})


def _full(visit: Visit) -> HttpResponse | None:
    if taking.full(who := str(visit.guardian.pk)):
        visit.wrong = visit.words["page_away_why"]
        return visit.show("take", {"title": visit.words["home_take"]}, status=429)
    taking.count(who)
    record("family_home.taken", visit.guardian, by=None, district=visit.district.pk)
    return None


@inside
def as_pdf(visit: Visit) -> HttpResponse:
    """To read and print, in the reader's language and script."""
    if (full := _full(visit)) is not None:
        return full
    words = visit.words
    sections = [
        Section(
            words["home_said"],
            [
                Item(one.heading, one.body, one.language)
                for said in said_by(visit.guardian, visit.links, words, most=MOST)
                for one in (said, *said.answers)
            ],
        ),
        Section(
            words["home_sent"],
            [
                Item(
                    f"{letter.sender} · {letter.day}",
                    f"{letter.subject}\n\n{letter.body}".strip(),
                    letter.language,
                )
                for letter in letters_to(
                    visit.district,
                    visit.links,
                    words,
                    visit.now,
                    most=MOST,
                    automatic=True,
                )
            ],
        ),
        Section(words["home_ways"], [Item(shown_) for shown_ in _ways(visit)]),
        Section(
            words["home_looked"],
            [
                Item(f"{one.name}, {one.role} · {one.day}")
                for one in looked_at(visit.guardian, words, most=MOST)
            ],
        ),
        *(Section(part.title, part.items) for part in parts(visit) if part.items),
    ]
    today = clock.today(visit.district.timezone)
    pdf = print_booklet(
        title=words["home_title"],
        about=f"{words.names([child.name for child in visit.children])} · {words.date(today)}",
        author=visit.district.name,
        language=words.tag,
        sections=sections,
        paper="us-letter" if visit.district.region in ("US", "CA", "MX") else "a4",
        made_at=visit.now.astimezone(visit.district.zone),
    )
    return _file(pdf, "application/pdf", "pdf")


def _ways(visit: Visit) -> list[str]:
    points = visit.guardian.points.filter(ended_at=None).exclude(kind=PointKind.PUSH.value)
    return [
        shown(point.address)
        if point.kind in (PointKind.PHONE, PointKind.WHATSAPP)
        else point.address.replace("\n", ", ")
        for point in points.order_by("position", "pk")
        if not (point.kind == PointKind.POSTAL and visit.guardian.address_hidden)
    ]


@inside
def as_json(visit: Visit) -> HttpResponse:
    """For another program: plain names, times in ISO 8601 with their offset."""
    if (full := _full(visit)) is not None:
        return full
    guardian, zone = visit.guardian, visit.district.zone
    today = clock.today(visit.district.timezone)
    since, _ = school_year(visit.district, today)
    ids = [child.pk for child in visit.children]
    absences = Attendance.objects.filter(student__in=ids, day__range=(since, today)).order_by("day")
    results = Result.objects.filter(student__in=ids).select_related("assignment").order_by("pk")

    def told(one: Said) -> dict[str, object]:
        return {
            "at": one.at.astimezone(zone).isoformat(),
            "what": one.heading,
            "words": one.body,
            "language": one.language,
            "then": [told(answer) for answer in one.answers],
        }

    data = {
        "district": visit.district.name,
        "made_at": visit.now.astimezone(zone).isoformat(),
        "you": {
            "name": guardian.name,
            "language_for_talking": guardian.speaks,
            "language_for_reading": guardian.reads,
            "language_names": [own_name(t) for t in (guardian.speaks, guardian.reads) if t],
            "wants_interpreter": guardian.wants_interpreter,
            "ways": _ways(visit),
        },
        "children": [
            {
                "name": child.name,
                "grade": child.grade,
                "school": child.school.name if child.school else "",
                "days": [
                    {"day": row.day.isoformat(), "kind": row.kind}
                    for row in absences
                    if row.student_id == child.pk
                ],
                "schoolwork": [
                    {
                        "course": row.assignment.course,
                        "title": row.assignment.title,
                        "due_on": row.assignment.due_on.isoformat()
                        if row.assignment.due_on
                        else None,
                        "state": row.work,
                    }
                    for row in results
                    if row.student_id == child.pk
                ],
            }
            for child in visit.children
        ],
        "sent": [
            {
                "at": letter.at.astimezone(zone).isoformat(),
                "from": letter.sender,
                "subject": letter.subject,
                "words": letter.body,
                "language": letter.language,
            }
            for letter in letters_to(
                visit.district, visit.links, visit.words, visit.now, most=MOST, automatic=True
            )
        ],
        "said": [told(one) for one in said_by(guardian, visit.links, visit.words, most=MOST)],
        "looked": [
            {"name": one.name, "role": one.role, "day": one.day}
            for one in looked_at(guardian, visit.words, most=MOST)
        ],
        **{part.key: part.data for part in parts(visit)},
    }
    body = json.dumps(data, ensure_ascii=False, indent=1).encode(errors="replace")
    return _file(body, "application/json", "json")


def _file(content: bytes, kind: str, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    # No name of a child in a file's name: it stays in the list of downloads of a lent phone.
    response.headers["Content-Disposition"] = f'attachment; filename="school.{ending}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
