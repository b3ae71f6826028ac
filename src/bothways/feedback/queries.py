"""Items for who may read them, the public board, and how long families wait."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core.text import fold
from bothways.feedback.enums import Outcome
from bothways.feedback.models import Board, Change, ChangeText, Item
from bothways.feedback.rules import Promptness, Wait, promptness
from bothways.languages.codes import fallbacks
from bothways.messaging.enums import NEEDS_ANSWER
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, HouseholdStudent, Link, Student
from bothways.schools.models import ClosedDay, District, School

MOST_ON_THE_BOARD = 60


def items_for(user: User) -> QuerySet[Item]:
    """Items of families this user serves, about a child whom they serve or about none; and one’s own."""
    if user.district_id is None:
        return Item.objects.none()
    rows = Item.objects.filter(district=user.district_id).select_related(
        "household", "student", "guardian", "owner", "school", "change"
    )
    if not (user.is_active and user.is_district_wide):
        children = Student.objects.visible_to(user)
        homes = HouseholdStudent.objects.filter(student__in=children).values("household_id")
        served = Q(household__in=homes) & (Q(student__in=children) | Q(student=None))
        rows = rows.filter(served | Q(owner=user))
    return rows


def withheld(user: User, items: Sequence[Item]) -> set[int]:
    """Ids of those whose words this user may not read: protected ones, of schools where no role allows it."""
    where = user.schools_where(Permission.PROTECTED_READ)
    return {
        item.pk
        for item in items
        if item.word_class == WordClass.PROTECTED.value
        and not (where is None or item.school_id in where)
    }


def owed_by(users: Collection[int], district: int) -> QuerySet[Item]:
    """Open items that these colleagues owe, the soonest due first."""
    return (
        Item.objects.filter(district=district, owner__in=users, closed_at=None)
        .select_related("student", "guardian", "household", "owner")
        .order_by("due_on", "pk")
    )


def items_of_family(guardian: Guardian, children: Collection[int]) -> QuerySet[Item]:
    """What this adult said, and what their home said without a name; never another adult’s own words."""
    home = Q(guardian=None, household=guardian.household_id, word_class=WordClass.FAMILY.value)
    about = Q(student=None) | Q(student__in=list(children))
    said = Q(guardian=guardian, word_class__in=_OWN)
    return (
        Item.objects.filter(said | (home & about), about)
        .select_related("owner")
        .order_by("-at", "-pk")
    )


_OWN = (WordClass.FAMILY.value, WordClass.SPEAKER_ONLY.value)


def closed_days(district: District, school: int | None, *, since: date, until: date) -> set[date]:
    """Days without school for this school (None: for all) between these days."""
    return set(
        ClosedDay.objects.filter(
            Q(school=None) | Q(school=school), district=district, day__range=(since, until)
        ).values_list("day", flat=True)
    )


# What families waited for: in conversations the first words that need an answer until the answer (or until
# “we called”, “we met”), and items until they were told. Asked once for all languages.
_WAITS = """
WITH answered AS (
    SELECT e.conversation_id, e.at FROM messaging_entry e
    WHERE e.district_id = %(district)s AND NOT e.from_family AND e.author_id IS NOT NULL
    AND e.at >= %(since)s AND e.conversation_id IS NOT NULL
    UNION
    SELECT s.conversation_id, s.at FROM messaging_settling s
    JOIN messaging_conversation c ON c.id = s.conversation_id
    WHERE c.district_id = %(district)s AND s.reason IN ('called', 'met') AND s.undone_at IS NULL
    AND s.at >= %(since)s
)
SELECT first.language, c.household_id, first.at, a.at
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
WHERE %(schools)s::bigint[] IS NULL OR c.school_id = ANY(%(schools)s)
UNION ALL
SELECT coalesce((SELECT f.language FROM messaging_entry f WHERE f.conversation_id = c.id AND f.from_family
        ORDER BY f.at DESC, f.id DESC LIMIT 1), ''), c.household_id, c.waiting_since, NULL
FROM messaging_conversation c
WHERE c.district_id = %(district)s AND c.waiting_since IS NOT NULL
AND (%(schools)s::bigint[] IS NULL OR c.school_id = ANY(%(schools)s))
UNION ALL
SELECT i.language, i.household_id, i.at, CASE WHEN i.told_at >= i.at THEN i.told_at END
FROM feedback_item i
WHERE i.district_id = %(district)s AND (i.told_at >= %(since)s OR i.closed_at IS NULL)
AND (%(schools)s::bigint[] IS NULL OR i.school_id = ANY(%(schools)s))
"""


def time_to_answer(
    district: District, *, schools: Collection[int] | None, since: datetime, now: datetime
) -> tuple[Promptness | None, list[Promptness]]:
    """How long families wait for an answer, all together and by language; two queries.

    ``schools``: ids, or None for all. Of conversations and of items; who waits still is counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITS,
            {
                "district": district.pk,
                "since": since,
                "schools": None if schools is None else sorted(schools),
                "needs": sorted(meaning.value for meaning in NEEDS_ANSWER),
            },
        )
        waits = [Wait(*row) for row in cursor.fetchall()]
    days = closed_days(
        district,
        None,
        since=since.date() - timedelta(days=60),
        until=now.date() + timedelta(days=1),
    )
    return promptness(waits, now=now, zone=district.zone, closed=days)


def names_at(school: School) -> set[str]:
    """Folded names of the children, their adults and the staff of a school: none of them stands on a board."""
    children = Student.objects.filter(school=school, ended_at=None)
    found: set[str] = set()
    for rows in (
        children.values_list("given", "family"),
        Guardian.objects.filter(
            pk__in=Link.objects.filter(student__in=children, ended_at=None).values("guardian")
        ).values_list("given", "family"),
        User.objects.filter(
            Q(memberships__school=school) | Q(teaching__section__school=school), is_active=True
        ).values_list("given", "family"),
    ):
        for given, family in rows:
            found |= {fold(part) for name in (given, family) for part in name.split()}
    return {name for name in found if len(name) > 1}


def changes_for(user: User) -> QuerySet[Change]:
    """Changes of the schools whose board this user writes."""
    where = user.schools_where(Permission.BOARD)
    rows = Change.objects.filter(district=user.district_id).select_related(
        "school", "by", "published_by"
    )
    return rows if where is None else rows.filter(school__in=where)


def board_with(slug: str) -> Board | None:
    """The public page with this address; None where nobody has published anything there yet."""
    return (
        Board.objects.filter(slug=slug[:60], school__ended_at=None)
        .select_related("school__district")
        .first()
    )


def board_of(school: School) -> Board | None:
    return Board.objects.filter(school=school).first()


def published(school: School) -> list[tuple[Change, list[ChangeText]]]:
    """What is public of a school, the newest first, in all languages; two queries."""
    changes = list(
        Change.objects.filter(school=school, published_at__isnull=False)
        .prefetch_related("texts")
        .order_by("-published_at", "-pk")[:MOST_ON_THE_BOARD]
    )
    return [(change, list(change.texts.all())) for change in changes]


def text_in(tag: str, texts: Sequence[ChangeText], own: str) -> ChangeText | None:
    """The text in the reader’s language, or a near one, or the one in which it was written."""
    known = {text.language: text for text in texts}
    for step in (tag, *fallbacks(tag), own, "en"):
        if step in known:
            return known[step]
    return texts[0] if texts else None


OUTCOMES = tuple(Outcome)
