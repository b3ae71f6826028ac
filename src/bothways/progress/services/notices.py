"""Tell families how their child is doing: each thing once, to those who may hear of the child's records."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Q

from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Message
from bothways.messaging.services.messages import Draft, UnusableMessage, send
from bothways.people.models import Student
from bothways.progress import wording
from bothways.progress.enums import Ask, Day, Kind, What, Work
from bothways.progress.models import Attendance, ProgressSettings, Result, Told
from bothways.progress.queries import (
    Offices,
    asking_of,
    closed_on,
    days_missed,
    has_school,
    hearers,
    is_fresh,
    not_excused,
    pieces_of,
    school_year,
    told_about,
    told_good_since,
    tongues,
)
from bothways.progress.rules import (
    LOOK_BACK,
    Absence,
    Week,
    all_handed_in,
    ask,
    days_told,
    is_hour,
    typical,
    week,
)
from bothways.progress.wording import Words
from bothways.schools.calendar import add_school_days
from bothways.schools.models import ClosedDay, District

log = logging.getLogger(__name__)

BATCH = 25  # children in one transaction: two seconds or so
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said about one child, in whichever language is asked for."""

    student: Student
    say: Callable[[str], Words]
    answered_by: User | None = None


def tick(*, at: datetime) -> int:
    """Tell what is due now, in all districts that tell anything; how many children's families."""
    wanted = Q(absences=True) | Q(weekly=True) | Q(monthly=True)
    told = 0
    for chosen in ProgressSettings.objects.filter(wanted).select_related("district").order_by("pk"):
        if chosen.absences:
            told += ask_about_absences(chosen, at=at)
        if chosen.weekly:
            told += tell_of_schoolwork(chosen, at=at)
        if chosen.monthly:
            told += tell_of_days(chosen, at=at)
    return told


def ask_about_absences(chosen: ProgressSettings, *, at: datetime) -> int:
    """Ask about the children who are not in school today."""
    district = chosen.district
    local = at.astimezone(district.zone)
    today = local.date()
    asking = asking_of(chosen)
    if not asking.at <= local.time():
        return 0
    rows = not_excused(
        Attendance.objects.filter(
            district=district, day=today, kind__in=chosen.counted, student__ended_at=None
        )
    )
    rows = rows.exclude(
        student__in=told_about(district, What.ABSENCE, today).values("student_id")
    ).select_related("student__school")
    closed = closed_on(district, today)
    offices = Offices(district, today)
    told = 0
    for batch in _batches(rows.order_by("student_id")):
        may_hear = hearers(district, [row.student_id for row in batch], at)
        words = []
        for row in batch:
            absence = Absence(row.day, Day(row.kind), hearers=may_hear.get(row.student_id, 0))
            school = has_school(closed, today, row.school_id)
            if ask(absence, asking=asking, now=local, school=school) is Ask.ASK:
                words.append(
                    _Word(row.student, _absence(row.student, today), offices.of(row.student.school))
                )
        told += _tell(district, What.ABSENCE, today, words)
    return told


def _absence(student: Student, day: date) -> Callable[[str], Words]:
    return lambda tag: wording.absence(tag, child=student.called, day=day)


def tell_of_schoolwork(chosen: ProgressSettings, *, at: datetime) -> int:
    """Once a week: what is missing, or at a slower pace that nothing is."""
    district = chosen.district
    local = at.astimezone(district.zone)
    today = local.date()
    if chosen.weekly_done == today or not is_hour(
        local, today.weekday() == chosen.weekly_day, chosen.weekly_at
    ):
        return 0
    if not is_fresh(district, Kind.GRADEBOOK, at):
        return 0
    monday = today - timedelta(days=today.weekday())
    until = _accepted_until(chosen, today)
    heard = Told.objects.filter(
        district=district, what__in=(What.WEEK, What.GOOD), period=monday
    ).values("student_id")
    lately = Q(
        work__in=(Work.DONE.value, Work.LATE.value),
        assignment__due_on__gt=today - timedelta(days=7),
        assignment__due_on__lte=today,
    )
    lacking = Q(work=Work.MISSING.value) & (
        Q(assignment__due_on=None) | Q(assignment__due_on__gte=today - LOOK_BACK)
    )
    wanted = (lacking | lately) if chosen.good_weeks else lacking
    about = Result.objects.filter(wanted, district=district).values("student_id")
    children = (
        Student.objects.filter(district=district, ended_at=None, pk__in=about)
        .exclude(pk__in=heard)
        .select_related("school")
        .order_by("pk")
    )
    told = 0
    for batch in _batches(children):
        ids = [student.pk for student in batch]
        pieces, may_hear = pieces_of(ids, today), hearers(district, ids, at)
        praised = told_good_since(ids, chosen.good_weeks, monday)
        lacks, good = [], []
        for student in batch:
            own = pieces.get(student.pk, [])
            found = week(own, today)
            if not may_hear.get(student.pk):
                continue
            if found.missing:
                lacks.append(_Word(student, _schoolwork(student, found, until, chosen)))
            elif student.pk not in praised and all_handed_in(own, today):
                good.append(_Word(student, _all_here(student)))
        told += _tell(district, What.WEEK, monday, lacks)
        told += _tell(district, What.GOOD, monday, good)
    _done(chosen, "weekly_done", today)
    return told


def _schoolwork(
    student: Student, found: Week, until: date | None, chosen: ProgressSettings
) -> Callable[[str], Words]:
    return lambda tag: wording.schoolwork(
        tag, child=student.called, week=found, until=until, offer=chosen.offers_help
    )


def _all_here(student: Student) -> Callable[[str], Words]:
    return lambda tag: wording.all_here(tag, child=student.called)


def _accepted_until(chosen: ProgressSettings, today: date) -> date | None:
    """The last day on which late work is taken; nothing is promised that the district did not say."""
    if chosen.accepted_days < 1:
        return None
    closed = frozenset(
        ClosedDay.objects.filter(district=chosen.district, school=None).values_list(
            "day", flat=True
        )
    )
    return add_school_days(today, chosen.accepted_days, closed)


def tell_of_days(chosen: ProgressSettings, *, at: datetime) -> int:
    """Once a month: the days missed since the school year began, beside what is usual."""
    district = chosen.district
    local = at.astimezone(district.zone)
    today = local.date()
    if chosen.monthly_done == today or not is_hour(
        local, today.day == chosen.monthly_day, chosen.monthly_at
    ):
        return 0
    if not is_fresh(district, Kind.ATTENDANCE, at):
        return 0
    since, last = school_year(district, today)
    if today > last:
        return 0
    month = today.replace(day=1)
    counts = days_missed(district, None, since, today)
    usual = _usual(district, counts)
    offices = Offices(district, today)
    heard = told_about(district, What.MONTH, month).values("student_id")
    children = (
        Student.objects.filter(
            district=district,
            ended_at=None,
            pk__in=[pk for pk, n in counts.items() if n >= max(chosen.monthly_from, 1)],
        )
        .exclude(pk__in=heard)
        .select_related("school")
        .order_by("pk")
    )
    told = 0
    for batch in _batches(children):
        may_hear = hearers(district, [student.pk for student in batch], at)
        words = []
        for student in batch:
            days = counts[student.pk]
            goes, beside = days_told(
                days, usual.get((student.school_id, student.grade)), chosen.monthly_from
            )
            if goes and may_hear.get(student.pk):
                words.append(
                    _Word(
                        student,
                        _days(student, since, days, beside),
                        offices.of(student.school),
                    )
                )
        told += _tell(district, What.MONTH, month, words)
    _done(chosen, "monthly_done", today)
    return told


def _days(student: Student, since: date, days: int, usual: int | None) -> Callable[[str], Words]:
    school = student.school.name if student.school else student.district.name
    return lambda tag: wording.days_missed(
        tag, child=student.called, since=since, days=days, usual=usual, school=school
    )


def _usual(district: District, counts: dict[int, int]) -> dict[tuple[int | None, str], int | None]:
    """The number in the middle of each grade at each school, those who missed nothing included."""
    groups: dict[tuple[int | None, str], list[int]] = defaultdict(list)
    for pk, school, grade in Student.objects.filter(
        district=district, ended_at=None, school__isnull=False
    ).values_list("pk", "school_id", "grade"):
        groups[school, grade].append(counts.get(pk, 0))
    return {key: typical(days) for key, days in groups.items() if key[1]}


def _done(chosen: ProgressSettings, field: str, today: date) -> None:
    ProgressSettings.objects.filter(pk=chosen.pk).update(**{field: today})


_MARK = """
INSERT INTO progress_told (district_id, student_id, what, period, at)
SELECT %(district)s, unnest(%(students)s::bigint[]), %(what)s, %(period)s, %(now)s
ON CONFLICT ON CONSTRAINT told_once DO NOTHING RETURNING student_id
"""


@transaction.atomic
def _tell(district: District, what: What, period: date, words: Sequence[_Word]) -> int:
    """Mark and send, in one transaction: a crash leaves neither, and of two workers one sends."""
    if not words:
        return 0
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            {
                "district": district.pk,
                "students": [word.student.pk for word in words],
                "what": what.value,
                "period": period,
                "now": now,
            },
        )
        mine = {row[0] for row in cursor.fetchall()}
    tags = tongues(mine)
    sent: dict[int, Message] = {}
    for word in words:
        pk = word.student.pk
        if pk in mine and word.student.sis_id:
            versions = {
                tag: word.say(tag)
                for tag in wording.written_for(tags.get(pk, [""]), district.default_language)
            }
            try:
                with transaction.atomic():
                    sent[pk], _fanned = send(
                        _draft(word, versions, what), district=district, by=None
                    )
            except UnusableMessage:
                # Marked all the same: it would fail again each minute. The page shows that nothing went out.
                log.warning("nothing could be sent about student %s (%s)", pk, what.value)
    marked = list(Told.objects.filter(student__in=sent, what=what.value, period=period))
    for row in marked:
        row.message = sent[row.student_id]
    Told.objects.bulk_update(marked, ["message"])
    return len(sent)


def _draft(word: _Word, versions: dict[str, Words], what: What) -> Draft:
    return Draft(
        Purpose.PERSONAL,
        Audience(students=(word.student.sis_id or "",)),
        {tag: words.body for tag, words in versions.items()},
        {tag: words.subject for tag, words in versions.items()},
        student=word.student,
        school=word.student.school,
        answered_by=word.answered_by,
        # Today's question is worth a call today. A weekly word is no reason to ring or to visit.
        climb_as=Purpose.TIMELY if what is What.ABSENCE else Purpose.ROUTINE,
    )


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    several = iter(list(rows))
    while batch := list(islice(several, BATCH)):
        yield batch
