"""A child's classes, their teachers and the work to be done at home."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

from bothways.hotline.models import Posting
from bothways.hotline.rules import words_for
from bothways.languages.codes import direction
from bothways.people.models import Enrollment
from bothways.web.family.wording import Words

_WORK_SINCE = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Homework:
    """What is to be done for one class, in the reader's language or as its teacher wrote it."""

    title: str
    body: str
    language: str
    direction: str
    due: str


@dataclass(slots=True)
class Seat:
    """One class of one child."""

    section: int
    title: str
    teachers: list[str] = field(default_factory=list)


def seats_of(students: Collection[int]) -> dict[int, list[Seat]]:
    """Child → classes with their teachers' names, by title; one query."""
    rows = (
        Enrollment.objects.filter(student__in=students, ended_at=None, section__ended_at=None)
        .order_by("section__title", "section_id", "section__teaching__user__family")
        .values_list(
            "student_id",
            "section_id",
            "section__title",
            "section__teaching__user__given",
            "section__teaching__user__family",
            "section__teaching__ended_at",
        )
    )
    found: dict[int, dict[int, Seat]] = defaultdict(dict)
    for pk, section, title, given, family, ended in rows:
        seat = found[pk].setdefault(section, Seat(section, title))
        name = f"{given or ''} {family or ''}".strip()
        if name and ended is None:
            seat.teachers.append(name)
    return defaultdict(list, {pk: list(seats.values()) for pk, seats in found.items()})


def homework_of(
    seats: dict[int, list[Seat]], words: Words, today: date
) -> dict[int, list[Homework]]:
    """Child → the latest work of each class that has some from the last days; one query."""
    sections = {seat.section for own in seats.values() for seat in own}
    latest: dict[int, Posting] = {}
    if sections:
        for posting in Posting.objects.filter(
            section__in=sections, day__range=(today - _WORK_SINCE, today)
        ).order_by("day"):
            if any(text.strip() for text in posting.bodies.values()):
                latest[posting.section_id] = posting
    found: dict[int, list[Homework]] = defaultdict(list)
    for pk, own in seats.items():
        found[pk] = [
            _work(seat, latest[seat.section], words) for seat in own if seat.section in latest
        ]
    return found


def _work(seat: Seat, posting: Posting, words: Words) -> Homework:
    language, body = words_for(words.tag, posting.bodies, posting.language) or ("", "")
    due = words.say("hw_due", day=words.date(posting.due)) if posting.due else ""
    return Homework(seat.title, body, language, direction(language) if language else "auto", due)
