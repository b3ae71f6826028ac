"""Who is not in school today, which families were asked, and what they answered."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from django.db.models import Q

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core.text import fold
from bothways.languages.phrases import languages, phrase
from bothways.messaging.models import Delivery, Entry, HeldHome, Recipient
from bothways.people.enums import WordClass
from bothways.people.models import HouseholdStudent, Student
from bothways.progress.enums import Ask, Day, What
from bothways.progress.models import Attendance, Excuse, Told
from bothways.progress.queries import asking_of, closed_on, has_school, hearers, settings_of
from bothways.progress.rules import Absence, ask, until_in
from bothways.schools.models import District
from bothways.web.staff.scope import may, schools_where

_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOT_SHOWN = (Day.PRESENT.value, Day.ACTIVITY.value)


@dataclass(slots=True)
class Asked:
    """One way by which the question went out, or that it could not."""

    channel: str
    names: list[str]
    state: str = ""
    held: str = ""


@dataclass(slots=True)
class Answer:
    words: str
    language: str
    at: datetime
    conversation: int | None
    meaning: str
    withheld: bool = False


@dataclass(slots=True)
class Row:
    student: Student
    kind: str
    category: str
    verdict: Ask
    home: int | None = None
    before: str = ""  # what an earlier file of the day said
    asked_at: datetime | None = None
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    excuse: Excuse | None = None
    until: date | None = None  # as the answer says

    @property
    def rank(self) -> tuple[int, str, str, int]:
        """Answers first, then who still has to be reached, then the excused."""
        open_ = self.excuse is None and self.verdict is not Ask.EXCUSED
        place = 0 if self.answers and open_ else 1 if open_ else 2
        return place, self.student.family, self.student.given, self.student.pk


def mine(user: User) -> Q:
    """The children whose absences this user handles."""
    where = schools_where(user, Permission.ATTENDANCE)
    return Q() if where is None else Q(student__school__in=where)


def board(user: User, district: District, *, at: datetime) -> list[Row]:
    """All of today that are not in school; a fixed number of queries."""
    local = at.astimezone(district.zone)
    today = local.date()
    found = list(
        Attendance.objects.filter(mine(user), district=district, day=today, student__ended_at=None)
        .exclude(kind__in=_NOT_SHOWN)
        .select_related("student__school")
    )
    chosen = settings_of(district)
    asking = asking_of(chosen)
    found = [row for row in found if Day(row.kind) is not Day.TARDY or row.kind in chosen.counted]
    students = [row.student_id for row in found]
    told = {
        row.student_id: row
        for row in Told.objects.filter(student__in=students, what=What.ABSENCE.value, period=today)
    }
    excuses = {
        row.student_id: row
        for row in Excuse.objects.filter(
            student__in=students, first__lte=today, last__gte=today, withdrawn_at=None
        ).select_related("by")
    }
    closed, may_hear = closed_on(district, today), hearers(district, students, at)
    homes = _homes(students)
    asked = _asked([row.message_id for row in told.values() if row.message_id])
    secret_to = {
        row.student_id
        for row in found
        if not may(user, Permission.PROTECTED_READ, {row.student.school_id})
    }
    answers = _answers(told, secret_to)
    rows = []
    for one in found:
        pk = one.student_id
        absence = Absence(
            one.day,
            Day(one.kind),
            excused=pk in excuses,
            asked=pk in told,
            hearers=may_hear.get(pk, 0),
        )
        row = Row(
            student=one.student,
            kind=one.kind,
            category=one.category,
            verdict=ask(
                absence, asking=asking, now=local, school=has_school(closed, today, one.school_id)
            ),
            home=homes.get(pk),
            before=one.before,
            excuse=excuses.get(pk),
            answers=answers.get(pk, []),
        )
        if pk in told:
            row.asked_at = told[pk].at
            row.asked = asked.get(told[pk].message_id or 0, [])
        row.until = next(
            (
                day
                for answer in reversed(row.answers)
                if (day := until_in(answer.words, today, weekdays())) is not None
            ),
            None,
        )
        rows.append(row)
    return sorted(rows, key=lambda row: row.rank)


@cache
def weekdays() -> dict[str, int]:
    """The names of days in all our languages, folded, to their number."""
    found = {
        fold(phrase(tag, name)): number
        for tag in languages()
        for number, name in enumerate(_DAY_NAMES)
    }
    # “quinta” is what people say for quinta-feira.
    found |= {name.split()[0]: number for name, number in found.items() if name.endswith(" feira")}
    return found


def _homes(students: Collection[int]) -> dict[int, int]:
    rows = HouseholdStudent.objects.filter(student__in=students, household__ended_at=None).order_by(
        "-household_id"
    )
    return dict(rows.values_list("student_id", "household_id"))


def _asked(messages: Collection[int]) -> dict[int, list[Asked]]:
    names: dict[int, list[str]] = defaultdict(list)
    for delivery, given, family in (
        Recipient.objects.filter(delivery__message__in=messages)
        .order_by("delivery_id", "link__guardian_id")
        .values_list("delivery_id", "link__guardian__given", "link__guardian__family")
    ):
        names[delivery].append(f"{given} {family}".strip())
    found: dict[int, list[Asked]] = defaultdict(list)
    for pk, message, channel, state in (
        Delivery.objects.filter(message__in=messages)
        .order_by("pk")
        .values_list("pk", "message_id", "channel", "state")
    ):
        found[message].append(Asked(channel, names[pk], state))
    for message, why in HeldHome.objects.filter(message__in=messages).values_list(
        "message_id", "why"
    ):
        found[message].append(Asked("", [], held=why))
    return found


def _answers(told: dict[int, Told], secret_to: set[int]) -> dict[int, list[Answer]]:
    """What came back since the question, of any adult and by any way."""
    if not told:
        return {}
    rows = (
        Entry.objects.filter(
            conversation__student__in=told,
            from_family=True,
            at__gte=min(row.at for row in told.values()),
        )
        .order_by("at", "pk")
        .values_list(
            "conversation__student_id", "body", "language", "at", "conversation_id", "meaning",
            "word_class",
        )
    )  # fmt: skip
    found: dict[int, list[Answer]] = defaultdict(list)
    for student, words, language, at, conversation, meaning, class_ in rows:
        if at >= told[student].at:
            secret = class_ == WordClass.PROTECTED.value and student in secret_to
            found[student].append(
                Answer("" if secret else words, language, at, conversation, meaning, secret)
            )
    return found
