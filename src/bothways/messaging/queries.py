"""Find the family behind a number, the person who owes an answer, the words somebody waits for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.accounts.queries import role_holders
from bothways.messaging.enums import FAILED, NEEDS_ANSWER, State
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.people.enums import PointKind
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Student,
)
from bothways.schools.models import School


@dataclass(frozen=True, slots=True)
class Writer:
    """Who seems to have written, as far as an address tells."""

    district_id: int
    household: Household
    guardian: Guardian | None
    student: Student | None  # the one child it can be about, else None
    delivery: Delivery | None  # the message it seems to answer
    language: str


def writer_at(kind: str, match: str) -> Writer | None:
    """The family at this address: of the last delivery to it, else of its only owner.

    None of those who were found not to be at this address: somebody else has it now.

    Who writes by WhatsApp for the first time is known by the phone number that it is.
    """
    found = _writer_at(kind, match)
    if found is None and kind == PointKind.WHATSAPP:
        by_phone = _writer_at(PointKind.PHONE.value, match)
        # What went to the phone is not what was answered here.
        return replace(by_phone, delivery=None) if by_phone else None
    return found


def _writer_at(kind: str, match: str) -> Writer | None:
    delivery = last_sent(kind, match)
    if delivery is not None:
        return writer_of(delivery)
    points = ContactPoint.objects.filter(
        kind=kind,
        match=match,
        ended_at=None,
        guardian__ended_at=None,
        guardian__household__isnull=False,
    )
    points = points.exclude(why="wrong_person").select_related("guardian__household")
    guardians = {point.guardian_id: point.guardian for point in points}
    homes = {g.household_id: g.household for g in guardians.values()}
    if len(homes) != 1:
        return None
    guardian = next(iter(guardians.values())) if len(guardians) == 1 else None
    home = next(iter(homes.values()))
    assert home is not None
    language = guardian.reads or guardian.speaks if guardian else ""
    return Writer(home.district_id, home, guardian, only_child(home), None, language)


def last_sent(kind: str, match: str) -> Delivery | None:
    """What went to this address last; words that waited for a digest may be older than what went before.

    What failed was not read, so it is not what somebody answers: it counts where there is nothing else.
    """
    latest = (
        Delivery.objects.filter(kind=kind, match=match, rank__gte=State.CLAIMED.rank)
        .exclude(state__in=[State.WITHHELD.value, State.GATHERED.value])
        .exclude(household__in=homes_found_wrong(kind, match))
        .order_by("-pk")
        .values_list("claimed_at", "created_at", "pk", "state")[:20]
    )
    last = max(
        latest, key=lambda row: (row[3] not in FAILED, row[0] or row[1], row[2]), default=None
    )
    if last is None:
        return None
    found = Delivery.objects.select_related("household", "student", "message", "district")
    return found.filter(pk=last[2]).first()


def homes_found_wrong(kind: str, match: str) -> set[int]:
    """Families that had this address, all of whose adults with it were found not to be there."""
    found: dict[int, bool] = {}
    for home, why in ContactPoint.objects.filter(
        kind=kind, match=match, guardian__household__isnull=False
    ).values_list("guardian__household", "why"):
        found[home] = found.get(home, True) and why == "wrong_person"
    return {home for home, wrong in found.items() if wrong}


def writer_of(delivery: Delivery) -> Writer:
    """The family that a delivery went to, the guardian where it is one, the child where it is one."""
    recipients = list(delivery.recipients.select_related("link__guardian", "link__student"))
    guardians = {r.link.guardian_id: r.link.guardian for r in recipients}
    students = {r.link.student_id: r.link.student for r in recipients}
    return Writer(
        district_id=delivery.district_id,
        household=delivery.household,
        guardian=next(iter(guardians.values())) if len(guardians) == 1 else None,
        student=delivery.student or (next(iter(students.values())) if len(students) == 1 else None),
        delivery=delivery,
        language=delivery.languages[0] if delivery.languages else "",
    )


def only_child(home: Household) -> Student | None:
    children = [
        c.student for c in home.children.select_related("student") if not c.student.ended_at
    ]
    return children[0] if len(children) == 1 else None


def school_of(home: Household, student: Student | None) -> School | None:
    """The school that answers: the child's, or the first child's."""
    if student is not None:
        return student.school
    first = (
        home.children.filter(student__ended_at=None, student__school__isnull=False)
        .select_related("student__school")
        .order_by("student_id")
        .first()
    )
    return first.student.school if first else None


def who_answers(
    *, author: User | None, district_id: int, school: School | None, student: Student | None
) -> User | None:
    """Who owes an answer: who wrote, else the child's teacher, else the office, the principal, the district."""
    if author is not None and author.is_active:
        return author
    if student is not None:
        teacher = teachers_of([student.pk]).get(student.pk)
        if teacher is not None:
            return teacher
    for role in (Role.OFFICE, Role.PRINCIPAL, Role.COUNSELOR):
        found = role_holders(district_id, role, school) if school else []
        if found:
            return found[0]
    found = role_holders(district_id, Role.DISTRICT_ADMIN, None)
    return found[0] if found else None


def teachers_of(students: Sequence[int]) -> dict[int, User]:
    """For each child one teacher who has it in class: always the same one."""
    rows = (
        User.objects.filter(
            teaching__ended_at=None,
            teaching__section__ended_at=None,
            teaching__section__enrollments__student__in=students,
            teaching__section__enrollments__ended_at=None,
            is_active=True,
        )
        .order_by("teaching__section__enrollments__student_id", "teaching__section_id", "pk")
        .values_list("teaching__section__enrollments__student_id", "pk")
    )
    first: dict[int, int] = {}
    for student, user in rows:
        first.setdefault(student, user)
    users = User.objects.in_bulk(set(first.values()))
    return {student: users[user] for student, user in first.items()}


def conversations_for(user: User) -> QuerySet[Conversation]:
    """Conversations of families this user serves, those who wait longest first."""
    if user.district_id is None:
        return Conversation.objects.none()
    at_home = HouseholdStudent.objects.filter(household=OuterRef("household"))
    rows = Conversation.objects.filter(district_id=user.district_id)
    if user.is_active and user.is_district_wide:
        # All children of a district are never gathered for this.
        rows = rows.filter(Exists(at_home))
    else:
        children = Student.objects.visible_to(user)
        rows = rows.filter(
            # About a child whom this user serves, or about none: a sibling's is not for every teacher.
            Q(student__in=children) | Q(student=None),
            Exists(at_home.filter(student__in=children)),
        )
    return rows.select_related("household", "student", "owner", "school").order_by(
        F("waiting_since").asc(nulls_last=True), "-last_at"
    )


def danger_first(talks: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """The same, those first in which words that may mean danger wait for an answer."""
    alarming = Entry.objects.filter(
        conversation=OuterRef("pk"), danger=True, at__gte=OuterRef("waiting_since")
    )
    return talks.annotate(danger_waits=Exists(alarming)).order_by(
        "-danger_waits", F("waiting_since").asc(nulls_last=True), "-last_at", "-pk"
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """How long families of one language wait for an answer."""

    language: str
    families: int  # that got one
    answers: int
    median_hours: float
    waiting: int  # conversations in which somebody waits now, not in the median


# What a family waited for: its first words that need an answer since the answer before, until the next one.
# Closed as “we called” or “we met” is an answer, too.
_WAITS = """
WITH answered AS (
    SELECT e.conversation_id, e.at FROM messaging_entry e
    WHERE e.district_id = %(district)s AND NOT e.from_family AND e.author_id IS NOT NULL
    AND e.at >= %(since)s AND e.conversation_id IS NOT NULL
    UNION ALL
    SELECT s.conversation_id, s.at FROM messaging_settling s
    JOIN messaging_conversation c ON c.id = s.conversation_id
    WHERE c.district_id = %(district)s AND s.reason IN ('called', 'met') AND s.undone_at IS NULL
    AND s.at >= %(since)s
), waited AS (
    SELECT c.household_id, first.language, a.at - first.at AS span
    FROM answered a
    JOIN messaging_conversation c ON c.id = a.conversation_id
    CROSS JOIN LATERAL (
        SELECT f.at, f.language FROM messaging_entry f
        WHERE f.conversation_id = a.conversation_id AND f.from_family AND f.at <= a.at
        AND (f.danger OR f.meaning = ANY(%(needs)s))
        AND f.at > COALESCE(GREATEST(
            (SELECT max(b.at) FROM messaging_entry b WHERE b.conversation_id = a.conversation_id
             AND NOT b.from_family AND b.author_id IS NOT NULL AND b.at < a.at),
            (SELECT max(b.at) FROM messaging_settling b WHERE b.conversation_id = a.conversation_id
             AND b.undone_at IS NULL AND b.at < a.at)), '-infinity')
        ORDER BY f.at, f.id LIMIT 1
    ) first
    WHERE first.language <> '' AND (%(schools)s::bigint[] IS NULL OR c.school_id = ANY(%(schools)s))
)
SELECT language, count(DISTINCT household_id), count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM span)::float8 / 3600)
FROM waited GROUP BY language HAVING count(DISTINCT household_id) >= %(least)s
ORDER BY 4 DESC, 1
"""
_STILL_WAITING = """
SELECT (SELECT f.language FROM messaging_entry f WHERE f.conversation_id = c.id AND f.from_family
        ORDER BY f.at DESC, f.id DESC LIMIT 1) AS language, count(*)
FROM messaging_conversation c
WHERE c.district_id = %(district)s AND c.waiting_since IS NOT NULL
AND (%(schools)s::bigint[] IS NULL OR c.school_id = ANY(%(schools)s))
GROUP BY 1
"""
FEWEST_SHOWN = 10  # families: a smaller group would show single ones


def waits_by_language(
    district: int, *, schools: Collection[int] | None, since: datetime
) -> list[Waits]:
    """Median hours until an answer since then, by the language in which the family wrote, longest first.

    ``schools``: ids, or None for all. Languages of fewer than ten families are left out.
    """
    values = {
        "district": district,
        "schools": None if schools is None else sorted(schools),
        "since": since,
        "needs": sorted(meaning.value for meaning in NEEDS_ANSWER),
        "least": FEWEST_SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STILL_WAITING, values)
        waiting = dict(cursor.fetchall())
        cursor.execute(_WAITS, values)
        return [
            Waits(language, families, answers, round(hours, 1), waiting.get(language, 0))
            for language, families, answers, hours in cursor.fetchall()
        ]
