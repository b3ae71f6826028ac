"""The week's homework for families that asked for it: routine words, which go with their digest."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from bothways.channels.letters.dates import long_date
from bothways.hotline.models import Follow, Posting, WeekTold
from bothways.hotline.rules import words_for
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import phrase
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.services.messages import Draft, send
from bothways.people.models import Enrollment, Guardian
from bothways.schools.models import District, Section

# So long before the digests of the district go out that these words are in them.
_BEFORE = timedelta(hours=2)
_DAYS = 7


def follow(household: int, district: District, *, at: datetime) -> None:
    Follow.objects.update_or_create(
        household_id=household, defaults={"district": district, "since": at, "ended_at": None}
    )


def unfollow(household: int, *, at: datetime) -> None:
    Follow.objects.filter(household=household, ended_at=None).update(ended_at=at)


def send_due(*, at: datetime) -> int:
    """Send each followed class's week where its district's digests are near; how many messages."""
    sent = 0
    followed = Follow.objects.filter(ended_at=None).values("district_id")
    for district in District.objects.filter(pk__in=followed, digest_day__isnull=False):
        local = at.astimezone(district.zone)
        goes = datetime.combine(local.date(), district.digest_at, district.zone)
        if local.weekday() == district.digest_day and goes - _BEFORE <= local < goes:
            sent += _send(district, local.date())
    return sent


def _send(district: District, today: date) -> int:
    homes: dict[int, set[int]] = defaultdict(set)
    for section, home in Enrollment.objects.filter(
        ended_at=None,
        student__ended_at=None,
        student__homes__household__homework_follow__ended_at=None,
        student__homes__household__homework_follow__district=district,
        section__ended_at=None,
    ).values_list("section_id", "student__homes__household_id"):
        homes[section].add(home)
    told = set(WeekTold.objects.filter(day=today).values_list("section_id", flat=True))
    week: dict[int, list[Posting]] = defaultdict(list)
    for posting in Posting.objects.filter(
        section__in=set(homes) - told, day__gt=today - timedelta(_DAYS), day__lte=today
    ).order_by("day"):
        if any(words.strip() for words in posting.bodies.values()):
            week[posting.section_id].append(posting)
    sections = Section.objects.filter(pk__in=week).select_related("school")
    return sum(_tell(district, one, week[one.pk], homes[one.pk], today) for one in sections)


def _tell(
    district: District, section: Section, week: list[Posting], homes: set[int], today: date
) -> int:
    tags = {district.default_language}
    for reads, speaks in Guardian.objects.filter(household__in=homes, ended_at=None).values_list(
        "reads", "speaks"
    ):
        tags.add(reads or speaks)
    draft = Draft(
        Purpose.ROUTINE,
        Audience(sections=(section.sis_id,), households=tuple(sorted(homes))),
        {tag: _words(tag, section, week) for tag in tags if tag in LANGUAGES},
        {},
        school=section.school,
    )
    try:
        with transaction.atomic():
            WeekTold.objects.create(section=section, day=today)
            send(draft, district=district, by=None)
    except IntegrityError:
        return 0  # another worker has it
    return 1


def _words(tag: str, section: Section, week: list[Posting]) -> str:
    """The week, a line a day; where a day has no version in this language, as its teacher wrote it."""
    lines = [phrase(tag, "hw_title", section=section.title)]
    for posting in week:
        found = words_for(tag, posting.bodies, posting.language)
        if found:
            lines.append(f"{long_date(tag, posting.day)}: {' '.join(found[1].split())}")
    return "\n".join(lines)
