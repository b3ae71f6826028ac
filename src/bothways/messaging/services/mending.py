"""Numbers and addresses that do not work any more: the family is asked by another way, in its language.

Once for each point that fails, one question a family at a time; and who has a change carried out is told at
the old points, so that nobody is moved away in silence.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import phonenumbers
from django.db import connection, transaction
from django.db.models import Value

from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.consent.queries import allowed, standing
from bothways.core import clock, ids, jobs
from bothways.core.sql import embed
from bothways.languages.phrases import phrase
from bothways.messaging.enums import AT_ONCE, Meaning, MessageKind, Purpose
from bothways.messaging.models import Delivery, Entry, Message, Recipient, Version
from bothways.messaging.rules import REPLY_DAYS
from bothways.messaging.services.evidence import refresh_families
from bothways.people import changes
from bothways.people.changes import Told
from bothways.people.enums import ChangeHow, PhoneKind, PointKind, PointState
from bothways.people.masking import last_digits, masked
from bothways.people.models import ContactPoint, Guardian, Link, PointAsked, PointChange
from bothways.people.services import Unusable, add_point
from bothways.schools.models import District

BATCH: Final = 500
# A family is not asked about another point before this is over.
APART: Final = timedelta(days=14)
# Words that came this long ago are in the inbox, and need no second look.
FRESH: Final = timedelta(days=2)

_MENDED = """
UPDATE people_pointasked a SET mended_at = %(at)s FROM people_contactpoint p
WHERE a.point_id = p.id AND a.mended_at IS NULL AND (p.state <> 'failing' OR p.ended_at IS NOT NULL)
"""
# For each family one of its failing points, and the best other way to ask: the owner's own before another
# adult's of the same home, what has worked before what has not been tried, a letter last.
_DUE = """
WITH failing AS MATERIALIZED (
    SELECT p.id, p.kind, p.match, p.guardian_id, g.household_id, p.state_at
    FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND p.state = 'failing' AND p.ended_at IS NULL
        AND p.kind IN ('phone', 'email', 'postal') AND g.ended_at IS NULL AND g.household_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM people_pointasked a WHERE a.point_id = p.id AND a.mended_at IS NULL)
        AND NOT EXISTS (SELECT FROM people_pointasked a
            JOIN people_contactpoint q ON q.id = a.point_id JOIN people_guardian o ON o.id = q.guardian_id
            WHERE o.household_id = g.household_id AND a.at > %(lately)s)
), standing AS MATERIALIZED (
    SELECT k.guardian_id, array_agg(k.id ORDER BY k.id) AS links, min(s.home_language) AS tongue
    FROM ({standing}) ok JOIN people_link k ON k.id = ok.id
    JOIN people_student s ON s.id = k.student_id
    JOIN people_guardian g ON g.id = k.guardian_id
    WHERE g.household_id IN (SELECT household_id FROM failing) GROUP BY k.guardian_id
), usable AS MATERIALIZED (
    SELECT DISTINCT w.point_id FROM ({allowed}) w
), hidden AS MATERIALIZED (
    SELECT DISTINCT p.match FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.district_id = %(district)s AND g.address_hidden AND p.kind = 'postal'
)
SELECT DISTINCT ON (f.household_id) f.household_id, f.id, f.kind, f.match,
    CASE q.kind WHEN 'phone' THEN 'text' WHEN 'postal' THEN
        CASE WHEN h.match IS NULL THEN 'letter' ELSE 'handover' END ELSE q.kind END,
    q.kind, q.match, CASE WHEN h.match IS NULL THEN q.address ELSE '' END, s.links,
    coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.tongue, ''), ''),
    array(SELECT o.id FROM failing o WHERE o.household_id = f.household_id AND o.guardian_id = f.guardian_id)
FROM failing f
JOIN standing owner ON owner.guardian_id = f.guardian_id
JOIN people_guardian g ON g.household_id = f.household_id AND g.ended_at IS NULL
    AND g.can_read IS NOT FALSE
JOIN standing s ON s.guardian_id = g.id
JOIN people_contactpoint q ON q.guardian_id = g.id AND q.id IN (SELECT point_id FROM usable)
    AND q.state <> 'failing' AND (q.kind IN ('email', 'whatsapp', 'postal')
        OR (q.kind = 'phone' AND q.phone_kind <> 'landline'
            AND (q.said_mobile OR q.phone_kind = 'mobile')))
    AND q.match <> f.match
LEFT JOIN hidden h ON q.kind = 'postal' AND h.match = q.match
ORDER BY f.household_id, g.id <> f.guardian_id AND q.kind = 'postal', q.kind = 'postal',
    g.id <> f.guardian_id, (q.state = 'working') DESC, f.state_at DESC NULLS LAST, q.position, q.id
LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Due:
    """One question: about which point, and where it goes."""

    household: int
    point: int
    failed: str  # kind of the point that fails
    match: str
    channel: str
    kind: str
    way: str  # the match of the other way
    address: str
    links: Sequence[int]
    language: str
    together: Sequence[int]  # all failing points of the same adult: the page shows each


def ask_due(*, at: datetime) -> int:
    """Ask the families whose points fail and who were not asked; how many were asked."""
    with connection.cursor() as cursor:
        cursor.execute(_MENDED, {"at": at})
    return sum(_ask(district, at) for district in District.objects.order_by("pk"))


@transaction.atomic
def _ask(district: District, at: datetime) -> int:
    failing = ContactPoint.objects.filter(
        district=district, state=PointState.FAILING.value, ended_at=None
    )
    if not failing.exists():
        return 0
    sql, params = embed(
        _DUE,
        {
            "standing": standing(district=district, at=at).values("id").order_by(),
            "allowed": allowed(district=district, at=at).values("point_id").order_by(),  # type: ignore[misc]
        },
        {"district": district.pk, "lately": at - APART, "most": BATCH},
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        due = [_Due(*row) for row in cursor.fetchall()]
    if not due:
        return 0
    asked = [
        PointAsked(district=district, point_id=point, at=at, way=one.channel)
        for one in due
        for point in one.together
    ]
    PointAsked.objects.bulk_create(asked, ignore_conflicts=True)
    _send(district, at, MessageKind.MEND, [(one, _question(district, one)) for one in due])
    return len(due)


def _question(district: District, one: _Due) -> str:
    tag = one.language or district.default_language
    if one.failed == PointKind.PHONE:
        return phrase(tag, "mend_phone", end=last_digits(one.match))
    if one.failed == PointKind.EMAIL:
        return phrase(tag, "mend_email", end=masked(one.failed, one.match))
    return phrase(tag, "mend_postal")


def _send(
    district: District, at: datetime, kind: MessageKind, told: Iterable[tuple[_Due, str]]
) -> None:
    """A message of its own for each: it is about one family's own address."""
    told = list(told)
    messages = Message.objects.bulk_create(
        Message(
            district=district,
            kind=kind.value,
            purpose=Purpose.PERSONAL.value,
            audience={},
            created_at=at,
            sent_at=at,
            expires_at=at + timedelta(days=REPLY_DAYS),
        )
        for _ in told
    )
    tags = [one.language or district.default_language for one, _ in told]
    Version.objects.bulk_create(
        Version(message=message, language=tag, body=words)
        for message, tag, (_, words) in zip(messages, tags, told, strict=True)
    )
    deliveries = Delivery.objects.bulk_create(
        Delivery(
            district=district,
            message=message,
            household_id=one.household,
            channel=one.channel,
            kind=one.kind,
            match=one.way,
            address=one.address,
            languages=[tag],
            lane=Purpose.PERSONAL.lane,
            key=ids.key(),
            code=ids.code(),
            not_before=AT_ONCE,
            created_at=at,
        )
        for message, tag, (one, _) in zip(messages, tags, told, strict=True)
    )
    Recipient.objects.bulk_create(
        Recipient(delivery=delivery, link_id=link)
        for delivery, (one, _) in zip(deliveries, told, strict=True)
        for link in one.links
    )
    refresh_families(one.household for one, _ in told)
    jobs.enqueue("messaging.send_due", district_id=district.pk, urgent=0)


@transaction.atomic
def settle(*, change: PointChange, by: User | None) -> ContactPoint | None:
    """Carry a change out and tell the old points of it; raises people.changes.Settled."""
    old = _reachable(change.guardian)
    point = changes.confirm(change=change, by=by)
    tell_old(change=change, old=[p for p in old if point is None or p.pk != point.pk])
    return point


@transaction.atomic
def add_and_tell(
    *, guardian: Guardian, kind: PointKind, typed: str, mobile: bool, by: User
) -> ContactPoint:
    """Staff add a number or address that they learned; the ways there were hear of it. Raises Unusable."""
    old = _reachable(guardian)
    point = add_point(guardian=guardian, kind=kind, typed=typed, mobile=mobile, by=by)
    if all(one.pk != point.pk for one in old):
        tell_old(change=changes.note(point=point, added=True, by=by), old=old)
    return point


def _reachable(guardian: Guardian) -> list[ContactPoint]:
    """Where the person may still be: also what fails, since it may fail for others' reasons.

    Not where somebody else answered, and not by letter as long as there is another way.
    """
    live = guardian.points.filter(ended_at=None).exclude(why__in=["wrong_person", "moved"])
    quick = live.filter(kind__in=[PointKind.EMAIL.value, PointKind.WHATSAPP.value])
    texts = live.filter(kind=PointKind.PHONE.value).exclude(phone_kind=PhoneKind.LANDLINE.value)
    found = [*texts.order_by("pk"), *quick.order_by("pk")]
    return found or list(live.filter(kind=PointKind.POSTAL.value).order_by("pk"))


_WAYS: Final = {
    PointKind.PHONE.value: Channel.TEXT,
    PointKind.WHATSAPP.value: Channel.WHATSAPP,
    PointKind.EMAIL.value: Channel.EMAIL,
    PointKind.POSTAL.value: Channel.LETTER,
}


@transaction.atomic
def tell_old(*, change: PointChange, old: Sequence[ContactPoint]) -> int:
    """Tell these points, each once, that something was changed; not what it is now. How many were told."""
    guardian, at = change.guardian, clock.now()
    district = guardian.district
    tag = guardian.reads or guardian.speaks or district.default_language
    told = []
    for point in old:
        postal = point.kind == PointKind.POSTAL.value
        links = _standing_at(district, at, guardian, point)
        if not links or guardian.household_id is None or (postal and guardian.address_hidden):
            continue
        told.append(
            _Due(
                household=guardian.household_id,
                point=point.pk,
                failed=point.kind,
                match=point.match,
                channel=_WAYS[point.kind].value,
                kind=point.kind,
                way=point.match,
                address=point.address,
                links=[link.pk for link in links],
                language=tag,
                together=(),
            )
        )
    if told:
        _send(
            district, at, MessageKind.CHANGED, [(one, phrase(tag, "changed_told")) for one in told]
        )
        PointChange.objects.filter(pk=change.pk).update(told_at=at)
    return len(told)


def _standing_at(
    district: District, at: datetime, guardian: Guardian, point: ContactPoint
) -> list[Link]:
    links = allowed(district=district, at=at, address=(Value(point.kind), Value(point.match)))
    return list(links.filter(guardian=guardian).order_by("pk"))


_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")


def read_answers(*, at: datetime) -> int:
    """New numbers and addresses in what families answered: as proposals, for a person to confirm."""
    entries = (
        Entry.objects.filter(
            from_family=True,
            at__gt=at - FRESH,
            meaning=Meaning.WORDS.value,
            delivery__message__kind=MessageKind.MEND.value,
            guardian__isnull=False,
        )
        .select_related("guardian__district")
        .order_by("pk")[:BATCH]
    )
    forms = {f"entry-{entry.pk}": entry for entry in entries}
    known = set(PointChange.objects.filter(form__in=forms).values_list("form", flat=True))
    return sum(_propose(form, entry) for form, entry in forms.items() if form not in known)


def _propose(form: str, entry: Entry) -> bool:
    guardian = entry.guardian
    assert guardian is not None
    found = _new_addresses(entry.body, guardian.district.region)
    # Of several nobody but a person can tell which is meant: the words are in the inbox.
    if len(found) != 1:
        return False
    kind, typed = found[0]
    asked = ContactPoint.objects.filter(
        guardian=guardian,
        kind=kind.value,
        ended_at=None,
        asked__mended_at=None,
        asked__isnull=False,
    )
    point = asked.first() if asked.count() == 1 else None
    try:
        changes.propose(
            guardian=guardian, told=[Told(kind, point, typed)], form=form, how=ChangeHow.ANSWER
        )
    except Unusable:
        return False
    return True


def _new_addresses(words: str, region: str) -> list[tuple[PointKind, str]]:
    """The numbers and mail addresses in these words, each once."""
    words = words[:2000]
    mails = dict.fromkeys(mail.lower() for mail in _MAIL.findall(words))
    numbers = dict.fromkeys(
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(_MAIL.sub(" ", words), region)
    )
    return [(PointKind.PHONE, number) for number in numbers] + [
        (PointKind.EMAIL, mail) for mail in mails
    ]
