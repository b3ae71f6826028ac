"""Teachers say what is to be done: kept, changed, taken back."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import IntegrityError, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock, jobs
from bothways.hotline.enums import Source
from bothways.hotline.models import ClassCode, Posting, SpokenWork
from bothways.hotline.queries import closed_days, sections_of
from bothways.hotline.rules import last_school_day
from bothways.schools.models import Section

MAX_LENGTH = 2000  # what can be listened to
_SHORTEST, _LONGEST = 5, 8  # digits of a class code


class Unusable(ValueError):
    """This cannot be posted; the text says what to mend."""


def today_of(section: Section) -> date:
    """The day that a posting without a date is for: today, or the last school day before."""
    today = clock.today(section.district.timezone)
    return last_school_day(today, closed_days(section.district, section.school_id, today))


def codes(sections: Iterable[Section]) -> dict[int, str]:
    """Section → its code; a class without one gets one. Two queries where all have theirs."""
    wanted = [section.pk for section in sections]
    found = dict(ClassCode.objects.filter(section__in=wanted).values_list("section_id", "code"))
    for pk in wanted:
        if pk not in found:
            found[pk] = _new_code(pk)
    return found


def _new_code(section: int) -> str:
    """Drawn, not counted: a neighbour's code does not follow from one's own.

    Longer where many are in use, so that a number made up is mostly nobody's.
    """
    used = ClassCode.objects.count()
    length = _SHORTEST
    while length < _LONGEST and used * 20 > 9 * 10 ** (length - 1):
        length += 1
    for _try in range(50):
        code = str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))
        try:
            with transaction.atomic():
                made, _ = ClassCode.objects.get_or_create(
                    section_id=section, defaults={"code": code}
                )
        except IntegrityError:
            continue
        return made.code
    raise RuntimeError("no free class code was found")


def checked(bodies: Mapping[str, str]) -> dict[str, str]:
    """The words that are there, tidied. Raises Unusable."""
    found = {}
    for tag, words in bodies.items():
        told = words.replace("\r\n", "\n").replace("\x00", "").strip()
        if len(told) > MAX_LENGTH:
            raise Unusable(
                f"{MAX_LENGTH} characters are the most: families listen to this. Make it shorter."
            )
        if told:
            found[tag] = told
    return found


@transaction.atomic
def put(
    *,
    section: Section,
    day: date,
    bodies: Mapping[str, str],
    due: date | None,
    by: User,
    source: Source,
    language: str = "",
) -> Posting | None:
    """Let this be the work of that day, instead of what stood there; None where nothing is left.

    Raises Unusable; nothing changes where it is the same already.
    """
    _may(by, section)
    words = checked(bodies)
    if due is not None and due < day:
        raise Unusable("The day on which it is due lies before the day it was set. Mend the date.")
    found = Posting.objects.select_for_update().filter(section=section, day=day).first()
    if found is None and not words:
        return None
    if found is not None and (found.bodies, found.due) == (words, due):
        return found
    return _keep(found, section, day, words, due, by, source, language)


@transaction.atomic
def add(
    *, section: Section, day: date, words: str, by: User, source: Source, language: str
) -> Posting:
    """Put these words on that day, below what stands there: a second text does not wipe out the first."""
    _may(by, section)
    found = Posting.objects.select_for_update().filter(section=section, day=day).first()
    bodies = dict(found.bodies) if found else {}
    tag = found.language if found else language
    if found and tag not in bodies:
        tag = language
    bodies[tag] = f"{bodies.get(tag, '')}\n{words}".strip()
    kept = _keep(
        found, section, day, checked(bodies), found.due if found else None, by, source, language
    )
    assert kept is not None
    return kept


def _keep(
    found: Posting | None,
    section: Section,
    day: date,
    bodies: dict[str, str],
    due: date | None,
    by: User,
    source: Source,
    language: str,
) -> Posting:
    now = clock.now()
    posting = found or Posting(
        district_id=section.district_id, section=section, day=day, created_at=now
    )
    posting.before = _state(found) if found else None
    posting.bodies, posting.due = bodies, due
    if not found or posting.language not in bodies:
        posting.language = language if language in bodies else next(iter(bodies), language)
    posting.author, posting.source, posting.changed_at = by, source.value, now
    posting.save()
    record("homework.posted", posting, by=by.pk, district=section.district_id, source=source.value)
    return posting


def _state(posting: Posting) -> dict[str, object]:
    return {
        "bodies": posting.bodies,
        "language": posting.language,
        "due": posting.due.isoformat() if posting.due else None,
        "author": posting.author_id,
        "source": posting.source,
    }


@transaction.atomic
def undo(*, posting: Posting, by: User) -> Posting | None:
    """Back to what stood there before the last change; None where nothing did. Done twice, it is done again."""
    _may(by, posting.section)
    found = Posting.objects.select_for_update().get(pk=posting.pk)
    record("homework.undone", found, by=by.pk, district=found.district_id)
    before = found.before
    if before is None:
        found.delete()
        return None
    found.before = _state(found)
    found.bodies, found.language = before["bodies"], before["language"]
    found.due = date.fromisoformat(before["due"]) if before["due"] else None
    found.author_id, found.source = before["author"], before["source"]
    found.changed_at = clock.now()
    found.save()
    SpokenWork.objects.filter(posting=found).delete()
    return found


@transaction.atomic
def speak(
    *, section: Section, by: User, carrier: str, audio: str, seconds: int, language: str
) -> Posting:
    """Keep what a teacher said into the phone as today's work; the sound is fetched soon."""
    _may(by, section)
    day = today_of(section)
    found = Posting.objects.select_for_update().filter(section=section, day=day).first()
    posting = _keep(
        found,
        section,
        day,
        dict(found.bodies) if found else {},
        found.due if found else None,
        by,
        Source.VOICE,
        found.language if found else language,
    )
    SpokenWork.objects.filter(posting=posting).delete()
    spoken = SpokenWork.objects.create(
        posting=posting, carrier=carrier, audio=audio[:200], seconds=max(0, min(seconds, 86_400))
    )
    jobs.enqueue("hotline.fetch_spoken", spoken_id=spoken.pk)
    return posting


def _may(user: User, section: Section) -> None:
    if section.pk not in {one.pk for one in sections_of(user)}:
        raise Unusable("This is not a class that you teach.")
