"""A printed newsletter of one school: which news it may hold, in which languages, and how many copies of each.

Only news that were written for everybody go in; which family reads what is counted by class and never named.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import Misconfigured
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.letters.newsletter import Item, NoNewsletter, Picture, picture_in
from bothways.channels.letters.newsletter import Newsletter as Sheet
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.core.sql import embed
from bothways.languages.phrases import phrase
from bothways.messaging.carriers import with_words
from bothways.messaging.enums import MessageKind, Purpose
from bothways.messaging.fanout import languages_read
from bothways.messaging.models import Message, Newsletter, Version
from bothways.messaging.rendering import marked, sender
from bothways.messaging.rules import versions_by_reader
from bothways.messaging.services.bagging import HOMEROOM
from bothways.schools.models import School

LATELY = timedelta(days=28)
MOST_MESSAGES = 30


def for_everybody(messages: QuerySet[Message], school: School, *, at: datetime) -> list[Message]:
    """The news of the last weeks that a newsletter of this school may hold, the newest first.

    Written for the school or the district as a whole, or for its grades: nothing about one child or for one
    class, and nothing that was meant for certain families.
    """
    found = (
        messages.filter(
            district=school.district_id,
            kind=MessageKind.NEWS.value,
            purpose__in=[Purpose.ROUTINE.value, Purpose.TIMELY.value],
            student=None,
            conversation=None,
            sent_at__gt=at - LATELY,
        )
        .exclude(audience__has_any_keys=["students", "households", "sections", "not_reached_since"])
        .order_by("-sent_at", "-pk")
    )
    elsewhere = {"schools"}
    return [
        message
        for message in found[:100]
        if message.school_id in (None, school.pk)
        and (
            not elsewhere & message.audience.keys() or school.sis_id in message.audience["schools"]
        )
    ]


@transaction.atomic
def make(
    *,
    school: School,
    messages: Sequence[Message],
    picture: bytes | None,
    alt: str,
    by: User,
) -> Newsletter:
    """Keep a newsletter of these messages, in this order. Raises NoNewsletter."""
    if not messages:
        raise NoNewsletter("Choose at least one message.")
    if len(messages) > MOST_MESSAGES:
        raise NoNewsletter(f"Choose at most {MOST_MESSAGES} messages.")
    if picture:
        picture_in(picture, alt)
    made = Newsletter.objects.create(
        school=school,
        messages=[message.pk for message in messages],
        picture=picture or None,
        alt=alt.strip()[:200] if picture else "",
        by=by,
        at=clock.now(),
    )
    record("newsletter.made", made, by=by.pk, district=school.district_id)
    return made


@dataclass(frozen=True, slots=True)
class Written:
    """The messages of a newsletter that still exist, and in which languages it can be printed."""

    messages: list[int]
    versions: dict[tuple[int, str], Version]
    languages: list[str]  # in which all of it is written
    partly: list[str]  # in which some of it is: not printed, rather than half of it


def written(news: Newsletter) -> Written:
    found = list(Version.objects.may_go().filter(message__in=news.messages))
    there = {version.message_id for version in found}
    kept = [pk for pk in news.messages if pk in there]
    counts: dict[str, int] = defaultdict(int)
    for version in found:
        counts[version.language] += 1
    return Written(
        kept,
        {(version.message_id, version.language): version for version in found},
        sorted(tag for tag, n in counts.items() if n == len(kept)),
        sorted(tag for tag, n in counts.items() if n < len(kept)),
    )


def sheet(news: Newsletter, language: str) -> Sheet:
    """The newsletter in this language. Raises NoNewsletter where it is not written in it."""
    words = written(news)
    if language not in words.languages:
        raise NoNewsletter("Not all of it is written in this language.")
    from_ = sender(news.school.district, [news.school])
    items = []
    for pk in words.messages:
        version = words.versions[pk, language]
        items.append(Item(version.subject, marked(version)))
    picture: Picture | None = None
    if news.picture:
        picture = picture_in(bytes(news.picture), news.alt)
    return Sheet(
        language=language,
        title=phrase(language, "digest_title", school=from_.school),
        sender=from_,
        items=tuple(items),
        url=f"{settings.PUBLIC_URL}/r/",
        picture=picture,
    )


def printed(news: Newsletter, language: str) -> bytes:
    """The PDF. Raises NoNewsletter."""
    return _press(news).newsletter(sheet(news, language))


def pictures(news: Newsletter, language: str) -> list[bytes]:
    """The pages as small PNG pictures, to be looked at before printing. Raises NoNewsletter."""
    return _press(news).newsletter_preview(sheet(news, language))


def _press(news: Newsletter) -> LettersCarrier:
    try:
        carrier = with_words(LettersCarrier.name, news.school.district)
    except Misconfigured as error:
        raise NoNewsletter(str(error)) from error
    assert isinstance(carrier, LettersCarrier)
    return carrier


# --- how many of each ----------------------------------------------------------------------------


@dataclass(slots=True)
class Copies:
    """Of one class (or of all): language → copies; homes without words, and homes where nobody reads."""

    room: str
    by_language: dict[str, int] = field(default_factory=dict)
    no_words: int = 0
    nobody_reads: int = 0


# One copy a home and language: with the youngest child of the home at this school, in its first class.
_COPIES = """
WITH standing AS MATERIALIZED ({standing}), child AS MATERIALIZED (
    SELECT DISTINCT ON (hs.household_id) hs.household_id, s.id AS student_id
    FROM people_student s JOIN people_householdstudent hs ON hs.student_id = s.id
    JOIN people_household h ON h.id = hs.household_id AND h.ended_at IS NULL
    WHERE s.school_id = %(school)s AND s.ended_at IS NULL
        AND EXISTS (SELECT FROM standing x JOIN people_link k ON k.id = x.id
            JOIN people_guardian g ON g.id = k.guardian_id
            WHERE k.student_id = s.id AND g.household_id = hs.household_id)
    ORDER BY hs.household_id, s.birth_date DESC NULLS LAST, s.grade, s.id
), room AS (
    SELECT c.household_id, (
        SELECT n.title FROM people_enrollment e JOIN schools_section n ON n.id = e.section_id
        WHERE e.student_id = c.student_id AND e.ended_at IS NULL AND n.ended_at IS NULL
            AND n.school_id = %(school)s
        ORDER BY n.title !~* %(homeroom)s, n.title, n.id LIMIT 1) AS title
    FROM child c
), reader AS (
    SELECT DISTINCT c.household_id, g.can_read IS NOT FALSE AS reads, v.version
    FROM child c JOIN people_guardian g ON g.household_id = c.household_id
    JOIN people_link k ON k.guardian_id = g.id JOIN standing x ON x.id = k.id
    JOIN people_student s ON s.id = k.student_id AND s.school_id = %(school)s
    LEFT JOIN unnest(%(tags)s::text[], %(versions)s::text[]) AS v(tag, version)
        ON v.tag = coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), '')
), home AS (
    SELECT household_id, bool_or(reads) AS reads,
        array_remove(array_agg(DISTINCT version) FILTER (WHERE reads), NULL) AS versions
    FROM reader GROUP BY household_id
)
SELECT coalesce(r.title, ''), CASE WHEN NOT h.reads THEN ' ' ELSE coalesce(v.version, '') END, count(*)
FROM home h JOIN room r USING (household_id) LEFT JOIN LATERAL unnest(h.versions) AS v(version) ON true
GROUP BY 1, 2 ORDER BY 1, 2
"""


def copies(school: School, languages: Sequence[str], *, at: datetime) -> list[Copies]:
    """How many to print, by class, those without a class last; the last row is the sum."""
    district = school.district
    tags = versions_by_reader(
        languages_read(district.pk), languages, district.default_language, Purpose.ROUTINE
    )
    sql, params = embed(
        _COPIES,
        {"standing": standing(district=district, at=at).values("id").order_by()},
        {
            "school": school.pk,
            "tags": list(tags),
            "versions": list(tags.values()),
            "homeroom": HOMEROOM,
        },
    )
    found: dict[str, Copies] = {}
    total = Copies("")
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for title, language, count in cursor.fetchall():
            for row in (found.setdefault(title, Copies(title)), total):
                if language == " ":
                    row.nobody_reads += count
                elif not language:
                    row.no_words += count
                else:
                    row.by_language[language] = row.by_language.get(language, 0) + count
    rows = sorted(found.values(), key=lambda row: (not row.room, row.room.casefold()))
    return [*rows, total]
