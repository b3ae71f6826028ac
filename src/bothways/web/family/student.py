"""A student's own pages: homework, news to all families, teachers. What is here is said on the page.

No words of adults, no contact data, nothing that anybody said in confidence is asked for at all.
"""

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse

from bothways.core import clock
from bothways.messaging.enums import MessageKind, Purpose
from bothways.messaging.models import Message, Version
from bothways.messaging.rendering import marked
from bothways.people.models import Student
from bothways.schools.models import District
from bothways.web.family import frame, tongues
from bothways.web.family.forms import new_form
from bothways.web.family.goal_shown import of_student
from bothways.web.family.links import paragraphs
from bothways.web.family.models import FamilySession
from bothways.web.family.schoolwork import homework_of, seats_of
from bothways.web.family.wording import Words

MOST_NEWS = 5
# As rosters write them, the youngest first.
GRADES = ("IT", "PR", "PK", "TK", "KG", *(f"{n:02d}" for n in range(1, 14)))


def may_have_pages(student: Student, district: District) -> bool:
    """Whether the district gives pages to students of this grade.

    A grade that is not known, or written in a way of its own, has none.
    """
    since = district.student_pages_from
    if student.ended_at is not None or since not in GRADES or student.grade not in GRADES:
        return False
    return GRADES.index(student.grade) >= GRADES.index(since)


def page(request: HttpRequest, session: FamilySession) -> HttpResponse:
    """The one page; closed as soon as the district gives none to this grade."""
    child = session.student
    assert child is not None
    district = child.district
    tag = frame.language_of(request, child.home_language or district.default_language)
    if not may_have_pages(child, district):
        return frame.closed(request, known=tag, district=district)
    words, today = Words(tag), clock.today(district.timezone)
    seats = seats_of([child.pk])
    teachers = [
        (seat.title, words.names(seat.teachers)) for seat in seats[child.pk] if seat.teachers
    ]
    return frame.show(
        "home/student",
        tag,
        {
            "title": words.say("student_title", child=child.called or child.name),
            "homework": homework_of(seats, words, today)[child.pk],
            "news": _news(child, words),
            "teachers": teachers,
            "goals": of_student(child, words),
            "stays": words.say("home_stays", date=words.date(session.expires_at.date())),
            "form": new_form(f"home {session.digest}"),
        },
    )


def _news(child: Student, words: Words) -> list[dict[str, object]]:
    """What went to all families of the school, of the grade or of a class: nothing to chosen ones."""
    rows = (
        Message.objects.filter(
            Q(audience__schools__isnull=True) | Q(audience__schools__contains=[_sis(child)]),
            district=child.district_id,
            kind=MessageKind.NEWS.value,
            student=None,
            conversation=None,
            sent_at__isnull=False,
            audience__students__isnull=True,
            audience__households__isnull=True,
            audience__not_reached_since__isnull=True,
            audience__sections__isnull=True,
        )
        .filter(Q(audience__grades__isnull=True) | Q(audience__grades__contains=[child.grade]))
        .exclude(purpose=Purpose.PERSONAL.value)
        .prefetch_related(Prefetch("versions", queryset=Version.objects.may_go()))
        .order_by("-sent_at")[:MOST_NEWS]
    )
    found = []
    for message in rows:
        said = {version.language: version for version in message.versions.all()}
        chosen = tongues.version_in(words.tag, said, [], child.district.default_language)
        if chosen is None or message.sent_at is None:
            continue
        language, version = chosen
        found.append(
            {
                "day": words.date(message.sent_at.astimezone(child.district.zone).date()),
                "subject": version.subject,
                "language": tongues.switch(language, [language]).first[0],
                "paragraphs": paragraphs(marked(version)),
            }
        )
    return found


def _sis(child: Student) -> str:
    return (child.school.sis_id if child.school else "") or ""
