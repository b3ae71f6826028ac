"""What waits for one member of staff today: read in a fixed number of queries, whatever its length."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Count, Min, Model, Q, QuerySet
from django.utils.translation import get_language

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.feedback.models import Item
from bothways.feedback.queries import owed_by, withheld
from bothways.languages.services import Reading, read_all_for
from bothways.messaging.enums import State
from bothways.messaging.models import Alert, Conversation, Delivery, Entry, Message, Version
from bothways.messaging.queries import conversations_for
from bothways.outreach.models import Task, Visit
from bothways.outreach.services.tasks import due_for, stands_in_for
from bothways.people.enums import WordClass
from bothways.schools.models import District
from bothways.web.staff.names import Home, homes
from bothways.web.staff.scope import homes_of, may
from bothways.web.staff.sent import messages_of

M = TypeVar("M", bound=Model)
SHOWN = 8  # of each kind; the rest is a link away
_STUCK_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Owed:
    """A family that waits for an answer."""

    talk: Conversation
    home: Home
    entry: Entry | None
    withheld: bool
    reading: Reading | None  # where the words are not in the reader's language
    in_place: bool  # can be answered here: what is typed goes out as it stands
    stand_in: bool  # a colleague who is away owes it


@dataclass(frozen=True, slots=True)
class Due:
    """A step that is to be taken today."""

    task: Task
    home: Home
    overdue: bool
    stand_in: bool


@dataclass(frozen=True, slots=True)
class Going:
    """A visit of today on which this person goes."""

    visit: Visit
    home: Home


@dataclass(frozen=True, slots=True)
class Unclear:
    """A message of which nobody knows whether it went out to some families."""

    message: Message
    words: str
    families: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """A way by which nothing goes out."""

    channel: str
    waiting: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a family asked for, and is to hear about."""

    item: Item
    home: Home
    overdue: bool
    withheld: bool


@dataclass(slots=True)
class Work:
    owed: list[Owed] = field(default_factory=list)
    owed_count: int = 0
    due: list[Due] = field(default_factory=list)
    due_count: int = 0
    visits: list[Going] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    asked_count: int = 0
    unclear: list[Unclear] = field(default_factory=list)
    stuck: list[Stuck] = field(default_factory=list)
    families: int = 0  # that wait for an answer, a call or a visit, each once

    @property
    def homes(self) -> set[int]:
        """Families that stand somewhere in these lists."""
        return (
            {one.home.id for one in self.owed}
            | {one.home.id for one in self.due}
            | {one.home.id for one in self.visits}
            | {one.home.id for one in self.asked}
        )


def work_of(user: User, *, now: datetime) -> Work:
    """All that waits for this person now, the longest wait first."""
    assert user.district is not None
    found = Work()
    today = now.astimezone(user.district.zone).date()
    talks: list[Conversation] = []
    waiting: set[int] = set()
    if user.can(Permission.INBOX_ANSWER):
        mine = conversations_for(user).filter(
            owner__in=[user.pk, *stands_in_for(user)], waiting_since__isnull=False
        )
        found.owed_count, ids = _count(mine.order_by("waiting_since", "pk"), waiting)
        talks = _in_order(Conversation.objects.select_related("student", "owner", "school"), ids)
    tasks: list[Task] = []
    visits: list[Visit] = []
    if user.can(Permission.FAMILIES_SEE):
        due = due_for(user, now).order_by("due", "not_before", "pk")
        found.due_count, ids = _count(due, waiting)
        user.once("due", lambda: found.due_count)
        tasks = _in_order(Task.objects.select_related("owner", "student"), ids)
        end = _end_of(user.district, now)
        visits = list(
            Visit.objects.filter(
                Q(visitor=user) | Q(companion=user),
                district=user.district,
                planned_at__lt=end,
                checked_out_at=None,
                called_off_at=None,
            )
            .select_related("task", "visitor", "companion")
            .order_by("planned_at", "pk")[:SHOWN]
        )
    asked: list[Item] = []
    if user.can(Permission.INBOX_ANSWER):
        owed = owed_by([user.pk], user.district.pk)
        found.asked_count, ids = _count(owed, waiting)
        asked = _in_order(Item.objects.select_related("student", "guardian"), ids)
    named = homes(
        user,
        [t.household_id for t in talks]
        + [t.household_id for t in tasks]
        + [v.task.household_id for v in visits]
        + [item.household_id for item in asked],
    )
    hidden = withheld(user, asked)
    found.asked = [
        Asked(item, named[item.household_id], item.due_on < today, item.pk in hidden)
        for item in asked
    ]
    found.owed = _owed(user, talks, named)
    going = {visit.task_id for visit in visits}
    found.due = [
        Due(task, named[task.household_id], task.due < today, task.owner_id != user.pk)
        for task in tasks
        # A visit that is planned for today stands below with its hour and its pair.
        if task.pk not in going
    ]
    found.visits = [Going(visit, named[visit.task.household_id]) for visit in visits]
    found.families = len(waiting | {visit.task.household_id for visit in visits})
    if user.can(Permission.MESSAGE_WRITE):
        found.unclear = _unclear(user)
    if user.can(Permission.SETUP):
        found.stuck = _stuck(user.district, now)
    return found


def _count(rows: QuerySet[Any], waiting: set[int]) -> tuple[int, list[int]]:
    """How many there are, and the ids of the first; their families are among ``waiting`` then."""
    found = list(rows.values_list("pk", "household_id"))
    waiting |= {home for _pk, home in found}
    return len(found), [pk for pk, _home in found[:SHOWN]]


def _in_order(rows: QuerySet[M], ids: Sequence[int]) -> list[M]:
    found = rows.in_bulk(ids) if ids else {}
    return [found[pk] for pk in ids if pk in found]


def _end_of(district: District, now: datetime) -> datetime:
    midnight = now.astimezone(district.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _owed(user: User, talks: Sequence[Conversation], named: dict[int, Home]) -> list[Owed]:
    assert user.district is not None
    reader = (get_language() or "en").split("-")[0]
    newest = {
        entry.conversation_id: entry
        for entry in Entry.objects.filter(conversation__in=talks, from_family=True)
        .select_related("guardian", "spoken")
        .defer("spoken__data")
        .order_by("conversation_id", "-at", "-pk")
        .distinct("conversation_id")
    }
    told = set(
        Alert.objects.filter(entry__in=newest.values(), user=user).values_list(
            "entry_id", flat=True
        )
    )
    shown: dict[int, Entry] = {}
    withheld: set[int] = set()
    for talk in talks:
        entry = newest.get(talk.pk)
        if entry is None:
            continue
        if (
            entry.word_class == WordClass.PROTECTED.value
            and entry.pk not in told
            and not may(user, Permission.PROTECTED_READ, {talk.school_id})
        ):
            withheld.add(talk.pk)
        else:
            shown[talk.pk] = entry
    written = [talk for talk in talks if talk.pk in shown and shown[talk.pk].body]
    readings = dict(
        zip(
            (talk.pk for talk in written),
            read_all_for(
                user.district,
                [(shown[talk.pk].body, shown[talk.pk].language) for talk in written],
                reader=reader,
                names=_names(named[talk.household_id] for talk in written),
            ),
            strict=True,
        )
    )
    found = []
    for talk in talks:
        reading = readings.get(talk.pk)
        foreign = reading is not None and reading.language not in ("", reader)
        entry = shown.get(talk.pk)
        found.append(
            Owed(
                talk=talk,
                home=named[talk.household_id],
                entry=entry,
                withheld=talk.pk in withheld,
                reading=reading if foreign else None,
                in_place=entry is not None
                and not foreign
                and (entry.language or reader).split("-")[0] == reader,
                stand_in=talk.owner_id != user.pk,
            )
        )
    return found


def _names(families: Iterable[Home]) -> set[str]:
    """What an engine for translations must never see."""
    return {
        name
        for home in families
        for name in [*home.adults, *(child.name for child in home.children)]
        if name
    }


def _unclear(user: User) -> list[Unclear]:
    """Messages with deliveries that a person must decide about, of families this user serves."""
    held = Delivery.objects.filter(district=user.district, state=State.HELD.value)
    # Hardly ever is there one: whose families they are is asked only then.
    if not held.exists():
        return []
    rows = list(
        held.filter(message__in=messages_of(user), household__in=homes_of(user))
        .order_by()
        .values_list("message_id")
        .annotate(n=Count("household", distinct=True))
        .order_by("message_id")[:SHOWN]
    )
    found = Message.objects.in_bulk([pk for pk, _n in rows])
    words: dict[int, str] = {}
    for version in Version.objects.filter(message__in=found).order_by("pk"):
        words.setdefault(version.message_id, version.subject or version.body)
    return [Unclear(found[pk], words.get(pk, ""), n) for pk, n in rows]


def _stuck(district: District, now: datetime) -> list[Stuck]:
    """Ways by which something should have gone out long ago and has not: their carrier takes nothing."""
    late = now - _STUCK_AFTER
    rows = (
        Delivery.objects.filter(district=district, state=State.QUEUED.value, not_before__lte=late)
        .filter(created_at__lte=late)
        .order_by()
        .values_list("channel")
        .annotate(n=Count("pk"), since=Min("created_at"))
        .order_by("since")
    )
    return [
        Stuck(channel, n, since)
        for channel, n, since in rows
        # Paper waits for somebody to print it: that is no carrier that is down.
        if channel not in (Channel.LETTER.value, Channel.HANDOVER.value)
    ]


_WAITS = """
SELECT language, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)
FROM (
    SELECT f.language, extract(epoch FROM e.at - f.at)::float AS waited
    FROM messaging_entry e
    CROSS JOIN LATERAL (
        SELECT x.at, x.language FROM messaging_entry x
        WHERE x.conversation_id = e.conversation_id AND x.from_family AND x.at < e.at
            AND x.at > coalesce((SELECT max(p.at) FROM messaging_entry p
                WHERE p.conversation_id = e.conversation_id AND NOT p.from_family
                    AND p.author_id IS NOT NULL AND p.at < e.at), '-infinity')
        ORDER BY x.at LIMIT 1
    ) f
    WHERE e.author_id = %(user)s AND NOT e.from_family AND e.at >= %(since)s
) waits GROUP BY GROUPING SETS ((), (language)) ORDER BY language NULLS FIRST
"""
_FEW = 3  # answers, below which a middle says nothing


@dataclass(frozen=True, slots=True)
class Wait:
    """How long families waited for this person's answers, the middle one; "" is all languages."""

    language: str
    answers: int
    middle: timedelta


def waits_of(user: User, *, since: datetime) -> list[Wait]:
    """All languages first, then each in which this person gave three answers or more, the longest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, {"user": user.pk, "since": since})
        rows = [
            (tag is None, Wait(tag or "", n, timedelta(seconds=middle)))
            for tag, n, middle in cursor.fetchall()
            if n >= _FEW
        ]
    whole = [wait for is_whole, wait in rows if is_whole]
    each = [wait for is_whole, wait in rows if not is_whole and wait.language]
    return whole + sorted(each, key=lambda wait: wait.middle, reverse=True) if whole else []


def last_month(now: datetime | None = None) -> datetime:
    return (now or clock.now()) - timedelta(days=30)
