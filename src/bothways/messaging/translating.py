"""What waits for translators and reviewers, the most urgent first."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from bothways.core import clock
from bothways.languages.codes import normalise
from bothways.messaging.enums import MessageKind, Origin, Purpose
from bothways.messaging.models import Message, Version
from bothways.messaging.rules import may_go
from bothways.schools.models import District

# Older words are not worth a translator's time.
_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that is missing in one language, or there only as a machine wrote it."""

    message: Message
    language: str
    version: Version | None  # a machine's, to be gone through; None: there is nothing yet
    homes: int  # families that get nothing before it is done
    since: datetime
    blocks: bool  # it does not go out in this language before a person has gone through it

    @property
    def rank(self) -> tuple[bool, bool, bool, datetime]:
        urgent = self.message.purpose == Purpose.EMERGENCY
        return (not urgent, not self.blocks and not self.homes, self.version is None, self.since)


_HELD = """
SELECT message_id, tag, count(*) FROM (
    SELECT DISTINCT h.message_id, h.household_id,
        coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, '')) AS tag
    FROM messaging_heldhome h JOIN messaging_message m ON m.id = h.message_id
    JOIN people_guardian g ON g.household_id = h.household_id AND g.ended_at IS NULL
    JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
    JOIN people_student s ON s.id = k.student_id
    WHERE h.district_id = %(district)s AND h.why = 'no_translation' AND m.sent_at > %(after)s
) home WHERE tag IS NOT NULL GROUP BY message_id, tag
"""


def waiting(
    district: District, *, languages: Collection[str] | None = None, message: int | None = None
) -> list[Waiting]:
    """All that waits in this district; ``languages``: only into these. A fixed number of queries."""
    after = clock.now() - _WITHIN
    held = _held(district, after)
    machine = {
        (version.message_id, version.language): version
        for version in Version.objects.filter(
            message__district=district,
            message__created_at__gt=after,
            origin=Origin.MACHINE.value,
            reviewed_at=None,
        ).select_related("returned_by")
    }
    wanted = {one for one, _ in held} | {one for one, _ in machine}
    if message is not None:
        wanted &= {message}
    messages = Message.objects.select_related("author", "school", "district").in_bulk(wanted)
    found = [
        Waiting(
            message=one,
            language=tag,
            version=machine.get((pk, tag)),
            homes=held.get((pk, tag), 0),
            since=one.sent_at or one.created_at,
            blocks=(pk, tag) not in machine
            or not may_go(
                Origin.MACHINE, reviewed=False, purpose=one.purpose, vital=district.vital_purposes
            ),
        )
        for pk, tag in sorted({*held, *machine})
        if (one := messages.get(pk)) is not None
        and (languages is None or tag in languages)
        and one.kind == MessageKind.NEWS
    ]
    return sorted(found, key=lambda one: one.rank)


def _held(district: District, after: datetime) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"district": district.pk, "after": after})
        for message, tag, homes in cursor.fetchall():
            # “es-MX” and “es” wait for the same words.
            found[message, normalise(tag) or tag] += homes
    return found


def waits_for_review(messages: Iterable[Message]) -> dict[int, list[str]]:
    """Of each message the languages whose words wait for a person before they go out."""
    by_id = {message.pk: message for message in messages}
    found: dict[int, list[str]] = defaultdict(list)
    rows = Version.objects.filter(
        message__in=by_id, origin=Origin.MACHINE.value, reviewed_at=None
    ).order_by("language")
    blocked = rows.exclude(pk__in=rows.may_go().values("pk"))
    for message, language in blocked.values_list("message_id", "language"):
        found[message].append(language)
    return dict(found)
