"""Who has heard something good, and from whom.

Heard: a note that its author marked as good news and that arrived at least, or a talk of which somebody wrote
down that it was good. What only left the house is on its way. Nothing here sends anything: praise by a machine
is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.messaging.enums import State, Tone
from bothways.messaging.models import Delivery
from bothways.outreach.enums import Result
from bothways.outreach.models import PersonContact
from bothways.people.models import Household, Student
from bothways.schools.models import District

_LOST = (State.WITHHELD.value, State.REJECTED.value, State.UNDELIVERED.value)
_TOLD = (Result.TALKED.value, Result.GIVEN.value)


@dataclass(frozen=True, slots=True)
class Heard:
    """Families by what they heard; all count in ``families``, also those who cannot be told."""

    families: int
    from_school: int
    from_me: int
    cannot: int  # nobody there whom we know may be told, and nothing good came through before

    @property
    def not_yet(self) -> int:
        return self.families - self.from_school - self.cannot

    @property
    def not_from_me(self) -> int:
        return self.families - self.from_me - self.cannot


@dataclass(frozen=True, slots=True)
class Written:
    """My own personal notes and talks, one for each family that one went to."""

    good: int
    concern: int
    unmarked: int

    @property
    def whole(self) -> int:
        return self.good + self.concern + self.unmarked


@dataclass(frozen=True, slots=True)
class Room:
    """One colleague: the families of the classes, and how many heard something good from this person."""

    user: User
    families: int
    heard: int


def with_heard(
    families: QuerySet[Household],
    children: QuerySet[Student],
    *,
    district: District,
    user: User,
    since: datetime,
    now: datetime,
) -> QuerySet[Any]:
    """The families with ``from_school``, ``from_me``, ``on_its_way`` and ``can_be_told``, in one statement."""
    good = Delivery.objects.filter(
        household=OuterRef("pk"), message__tone=Tone.GOOD.value, message__sent_at__gte=since
    )
    arrived = good.filter(rank__gte=State.DELIVERED.rank)
    talks = PersonContact.objects.filter(
        household=OuterRef("pk"), tone=Tone.GOOD.value, result__in=_TOLD, at__gte=since
    )
    may_be_told = standing(district=district, at=now, records=True).filter(
        guardian__household=OuterRef("pk"),
        student__homes__household=OuterRef("pk"),
        student__in=children,
    )
    return families.annotate(
        from_school=Exists(arrived) | Exists(talks),
        from_me=Exists(arrived.filter(message__author=user)) | Exists(talks.filter(by=user)),
        on_its_way=Exists(good.filter(rank__lt=State.DELIVERED.rank).exclude(state__in=_LOST)),
        can_be_told=Exists(may_be_told),
    )


def count(families: QuerySet[Any]) -> Heard:
    """The figures over families as ``with_heard`` gives them."""
    found = families.aggregate(
        whole=Count("pk"),
        school=Count("pk", filter=Q(from_school=True)),
        me=Count("pk", filter=Q(from_me=True)),
        cannot=Count("pk", filter=Q(can_be_told=False, from_school=False)),
    )
    return Heard(found["whole"], found["school"], found["me"], found["cannot"])


_WRITTEN = """
WITH mine AS (
    SELECT DISTINCT m.tone, d.household_id, d.message_id AS note, 0 AS talk
    FROM messaging_message m JOIN messaging_delivery d ON d.message_id = m.id
    WHERE m.district_id = %(district)s AND m.author_id = %(user)s AND m.sent_at >= %(since)s
        AND m.kind = 'news' AND m.purpose = 'personal' AND d.state <> 'withheld'
    UNION ALL
    SELECT tone, household_id, 0, id FROM outreach_personcontact
    WHERE district_id = %(district)s AND by_id = %(user)s AND at >= %(since)s AND result = ANY(%(told)s)
)
SELECT count(*) FILTER (WHERE tone = 'good'), count(*) FILTER (WHERE tone = 'concern'),
    count(*) FILTER (WHERE tone = '') FROM mine
"""


def written(*, district: District, user: User, since: datetime) -> Written:
    """What this person wrote and said to families, by its mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITTEN,
            {"district": district.pk, "user": user.pk, "since": since, "told": list(_TOLD)},
        )
        return Written(*cursor.fetchone())


_ROOMS = """
WITH good AS (
    SELECT d.household_id, m.author_id
    FROM messaging_message m JOIN messaging_delivery d ON d.message_id = m.id
    WHERE m.district_id = %(district)s AND m.tone = 'good' AND m.sent_at >= %(since)s
        AND m.author_id = ANY(%(users)s) AND d.rank >= %(arrived)s
    UNION
    SELECT household_id, by_id FROM outreach_personcontact
    WHERE district_id = %(district)s AND tone = 'good' AND at >= %(since)s AND by_id = ANY(%(users)s)
        AND result = ANY(%(told)s)
), classes AS (
    SELECT DISTINCT t.user_id, hs.household_id
    FROM accounts_teaching t
    JOIN schools_section c ON c.id = t.section_id AND c.ended_at IS NULL
    JOIN people_enrollment e ON e.section_id = c.id AND e.ended_at IS NULL
    JOIN people_student s ON s.id = e.student_id AND s.ended_at IS NULL
    JOIN people_householdstudent hs ON hs.student_id = s.id
    JOIN people_household h ON h.id = hs.household_id AND h.ended_at IS NULL
    WHERE t.user_id = ANY(%(users)s) AND t.ended_at IS NULL
        AND (%(schools)s::bigint[] IS NULL OR c.school_id = ANY(%(schools)s))
)
SELECT c.user_id, count(*), count(g.household_id)
FROM classes c LEFT JOIN good g ON g.household_id = c.household_id AND g.author_id = c.user_id
GROUP BY c.user_id
"""


def rooms(
    users: Sequence[User], *, district: District, schools: Sequence[int] | None, since: datetime
) -> list[Room]:
    """These colleagues in the order given, each with the families of the classes in ``schools`` (None: all)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ROOMS,
            {
                "district": district.pk,
                "since": since,
                "users": [user.pk for user in users],
                "arrived": State.DELIVERED.rank,
                "told": list(_TOLD),
                "schools": None if schools is None else list(schools),
            },
        )
        found = {pk: (families, heard) for pk, families, heard in cursor.fetchall()}
    return [Room(user, *found.get(user.pk, (0, 0))) for user in users]


def teachers(*, district: District, schools: Sequence[int] | None) -> QuerySet[User]:
    """Who teaches there, by name: this is no ranking."""
    taught = Q(teaching__ended_at=None, teaching__section__ended_at=None)
    if schools is not None:
        taught &= Q(teaching__section__school__in=schools)
    return (
        User.objects.filter(taught, district=district, is_active=True, teaching__isnull=False)
        .distinct()
        .order_by("family", "given", "pk")
    )
