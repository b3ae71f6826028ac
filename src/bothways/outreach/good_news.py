"""Who has heard something good, and from whom.

Heard: a note that its author marked as good news and that arrived at least, or a talk of which somebody wrote
down that it was good. What only left the house is on its way. Nothing here sends anything: praise by a machine
is none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple, overload

from django.db import connection
from django.db.models import F, Q, QuerySet

from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.core.sql import embed
from bothways.messaging.enums import State
from bothways.outreach.enums import Result
from bothways.people.models import Student
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


class Told(NamedTuple):
    """A family: has it heard something good, from whom, and is there somebody who may be told."""

    household: int
    from_school: bool
    from_me: bool
    on_its_way: bool
    can_be_told: bool


# Good words are few beside all that goes out: they are found first, and then where they arrived.
_SAID = """
note AS MATERIALIZED (
    SELECT m.id, m.author_id FROM messaging_message m
    WHERE m.district_id = %(district)s AND m.tone = 'good' AND m.sent_at >= %(since)s
        AND m.student_id IS NULL
    UNION ALL
    SELECT m.id, m.author_id FROM messaging_message m {about}
    WHERE m.district_id = %(district)s AND m.tone = 'good' AND m.sent_at >= %(since)s
        AND m.student_id IS NOT NULL
), words AS (
    SELECT d.household_id, bool_or(d.rank >= %(arrived)s) AS school,
        bool_or(d.rank >= %(arrived)s AND note.author_id = %(user)s) AS me,
        bool_or(d.rank < %(arrived)s AND d.state <> ALL(%(lost)s)) AS way
    FROM note JOIN messaging_delivery d ON d.message_id = note.id GROUP BY d.household_id
), talk AS (
    SELECT c.household_id, bool_or(c.by_id = %(user)s) AS me
    FROM outreach_personcontact c
    WHERE c.district_id = %(district)s AND c.tone = 'good' AND c.at >= %(since)s
        AND c.result = ANY(%(told)s) GROUP BY c.household_id
)
"""
# Children of these families only; the words may be about a brother or sister whom one does not serve.
_ABOUT_THEM = """
JOIN (SELECT DISTINCT x.student_id FROM home JOIN people_householdstudent x
    ON x.household_id = home.id) child ON child.student_id = m.student_id
"""
_FOUND = """
SELECT home.id, coalesce(words.school, false) OR talk.household_id IS NOT NULL AS school,
    coalesce(words.me, false) OR coalesce(talk.me, false) AS me, coalesce(words.way, false) AS way
"""
_MAY = """
SELECT DISTINCT ok.home AS household_id FROM ({standing}) ok
JOIN people_householdstudent x ON x.student_id = ok.child AND x.household_id = ok.home
"""
# Whoever heard nothing from anybody comes first, and of these whom nothing is on its way to.
_HOME = """
home AS (
    SELECT h.id FROM people_household h WHERE h.district_id = %(district)s AND h.ended_at IS NULL {homes}
)
"""
_AMONG = "AND h.id IN (SELECT unnest(%(homes)s::bigint[]))"
_THESE = f"""
WITH {_HOME}, {_SAID}, may AS ({_MAY}) {_FOUND}, may.household_id IS NOT NULL
FROM home LEFT JOIN words ON words.household_id = home.id
LEFT JOIN talk ON talk.household_id = home.id LEFT JOIN may ON may.household_id = home.id
ORDER BY school, way, home.id
"""
_COUNTS = f"""
WITH {_HOME}, {_SAID}, may AS ({_MAY}), found AS ({_FOUND}, may.household_id IS NOT NULL AS may
    FROM home LEFT JOIN words ON words.household_id = home.id
    LEFT JOIN talk ON talk.household_id = home.id LEFT JOIN may ON may.household_id = home.id)
SELECT 0, school, me, way, may, count(*) FROM found GROUP BY school, me, way, may
"""  # noqa: S608 - parts of ours
# In the order of families, and asked of each by itself whether it may be told: it ends when the page is full.
_PAGE = f"""
WITH {_HOME}, {_SAID}, found AS ({_FOUND} FROM home
    LEFT JOIN words ON words.household_id = home.id LEFT JOIN talk ON talk.household_id = home.id)
SELECT id, school, me, way, true FROM (
    SELECT * FROM found WHERE school = %(school)s AND way = %(way)s AND (NOT me OR NOT %(for_me)s)
    ORDER BY id OFFSET 0
) these WHERE EXISTS (SELECT FROM ({{standing}}) ok
    JOIN people_householdstudent x ON x.student_id = ok.child AND x.household_id = ok.home
    WHERE ok.home = these.id OFFSET 0)
ORDER BY id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - parts of ours
AT_ONCE = 1_000  # families; a longer list is counted, and read a page at a time


class Families:
    """The families of somebody on the staff, by what they heard since then.

    ``homes``: their ids; None: all of the district. ``children``: those whom this person serves.
    """

    def __init__(
        self,
        homes: Sequence[int] | None,
        children: QuerySet[Student],
        *,
        district: District,
        user: User,
        since: datetime,
        now: datetime,
    ) -> None:
        self._all = homes is None
        self._long = homes is None or len(homes) > AT_ONCE
        may_be_told = standing(district=district, at=now, records=True)
        if homes is not None:
            may_be_told = may_be_told.filter(student__in=children)
        self._parts = {
            "standing": may_be_told.order_by().values(
                home=F("guardian__household"), child=F("student")
            )
        }
        self._values = {
            "district": district.pk,
            "user": user.pk,
            "since": since,
            "homes": list(homes or ()),
            "arrived": State.DELIVERED.rank,
            "lost": list(_LOST),
            "told": list(_TOLD),
        }

    @cached_property
    def told(self) -> list[Told]:
        """Each of these families, those who heard nothing first; where the list is short."""
        return [Told(*row) for row in self._read(_THESE)]

    @cached_property
    def counts(self) -> Counter[Told]:
        """How many there are of each kind; ``household`` is 0."""
        if not self._long:
            return Counter(one._replace(household=0) for one in self.told)
        return Counter({Told(*kind): n for *kind, n in self._read(_COUNTS)})

    @property
    def heard(self) -> Heard:
        """The figures over all of them."""
        return Heard(
            self.counts.total(),
            sum(n for kind, n in self.counts.items() if kind.from_school),
            sum(n for kind, n in self.counts.items() if kind.from_me),
            sum(
                n
                for kind, n in self.counts.items()
                if not kind.can_be_told and not kind.from_school
            ),
        )

    def waiting(self, *, for_me: bool = False) -> Sequence[Told]:
        """Those who can be told and have not heard from anybody; ``for_me``: not from this person."""
        if self._long:
            return _Waiting(self, for_me)
        return [one for one in self.told if _waits(one, for_me)]

    def page(self, for_me: bool, start: int, stop: int) -> list[Told]:
        """These places of a long list, which has a part for each (from_school, on_its_way)."""
        rows: list[Told] = []
        before = 0
        for school, way in product((False, True), repeat=2):
            after = before + sum(
                n
                for kind, n in self.counts.items()
                if _waits(kind, for_me) and (kind.from_school, kind.on_its_way) == (school, way)
            )
            first, last = max(start, before), min(stop, after)
            if first < last:
                values: dict[str, Any] = {"school": school, "way": way, "for_me": for_me}
                values |= {"limit": last - first, "offset": first - before}
                rows += [Told(*row) for row in self._read(_PAGE, values)]
            before = after
        return rows

    def _read(
        self, statement: str, values: Mapping[str, Any] = MappingProxyType({})
    ) -> list[tuple[Any, ...]]:
        sql, params = embed(
            statement,
            self._parts,
            {**self._values, **values},
            about="" if self._all else _ABOUT_THEM,
            homes="" if self._all else _AMONG,
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())


def _waits(one: Told, for_me: bool) -> bool:
    return one.can_be_told and not (one.from_me if for_me else one.from_school)


class _Waiting(Sequence[Told]):
    """A long list, of which a slice reads just its rows."""

    def __init__(self, families: Families, for_me: bool) -> None:
        self._families, self._for_me = families, for_me

    def __len__(self) -> int:
        counts = self._families.counts
        return sum(n for kind, n in counts.items() if _waits(kind, self._for_me))

    @overload
    def __getitem__(self, at: int) -> Told: ...
    @overload
    def __getitem__(self, at: slice) -> list[Told]: ...
    def __getitem__(self, at: int | slice) -> Told | list[Told]:
        if isinstance(at, int):
            return self[at : at + 1][0]
        start, stop, _ = at.indices(len(self))
        return self._families.page(self._for_me, start, stop)


_WRITTEN = """
WITH mine AS (
    SELECT DISTINCT m.tone, d.household_id, d.message_id AS note, 0 AS talk
    FROM messaging_message m JOIN messaging_delivery d ON d.message_id = m.id
    WHERE m.district_id = %(district)s AND m.author_id = %(user)s AND m.sent_at >= %(since)s
        AND m.kind IN ('news', 'card') AND m.purpose = 'personal' AND d.state <> 'withheld'
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
