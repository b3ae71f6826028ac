"""From deliveries to what a carrier takes: the words as one family reads them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from bothways.channels.contract import Outgoing, Sender, Version
from bothways.channels.enums import Channel
from bothways.core.ids import show_code
from bothways.languages.phrases import phrase
from bothways.messaging import models
from bothways.messaging.enums import MessageKind
from bothways.schools.models import District, School


class _Row(NamedTuple):
    """What is read of a delivery."""

    pk: int
    key: str
    code: str
    channel: str
    address: str
    languages: list[str]
    message: int
    district: int


@dataclass(slots=True)
class _Home:
    """Who is addressed about whom by one delivery."""

    guardians: dict[int, str] = field(default_factory=dict)
    children: dict[int, str] = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    grades: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, ...]:
        """The schools in a fixed order: homes with the same ones have the same sender."""
        return tuple(sorted(self.schools))


_NOBODY = _Home()


def reply_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/r/{code}"


def stop_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/stop/{code}"


_ROWS = """
SELECT id, key, code, channel, address, languages, message_id, district_id
FROM messaging_delivery WHERE id = ANY(%s) ORDER BY id
"""
_SCHOOLS = """
SELECT DISTINCT r.delivery_id, s.school_id FROM messaging_recipient r
JOIN people_link k ON k.id = r.link_id JOIN people_student s ON s.id = k.student_id
WHERE r.delivery_id = ANY(%s) AND s.school_id IS NOT NULL
"""


def outgoing(ids: Sequence[int]) -> list[Outgoing]:
    """The deliveries with these ids, rendered; a fixed number of queries whatever their number."""
    # Plain rows: making three models of each would cost a quarter of all that sending a text costs us.
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        rows = [_Row(*row) for row in cursor]
    messages = models.Message.objects.in_bulk({row.message for row in rows})
    districts = District.objects.in_bulk({row.district for row in rows})
    versions: dict[int, dict[str, models.Version]] = defaultdict(dict)
    for version in models.Version.objects.filter(message__in=messages):
        versions[version.message_id][version.language] = version
    texts = [row.pk for row in rows if row.channel == Channel.TEXT]
    homes = _schools(texts) | _homes([row.pk for row in rows if row.channel != Channel.TEXT])
    schools = School.objects.in_bulk({s for home in homes.values() for s in home.schools})
    senders = {
        (district, key): sender(districts[district], [schools[pk] for pk in key if pk in schools])
        for district, key in {(row.district, homes.get(row.pk, _NOBODY).key) for row in rows}
    }
    return [
        _render(
            row,
            messages[row.message],
            versions[row.message],
            home,
            senders[(row.district, home.key)],
        )
        for row in rows
        for home in [homes.get(row.pk, _NOBODY)]
    ]


def _schools(ids: Sequence[int]) -> dict[int, _Home]:
    """What a text needs to know of a home: the schools of the children whom it is about."""
    homes: dict[int, _Home] = defaultdict(_Home)
    with connection.cursor() as cursor:
        cursor.execute(_SCHOOLS, [list(ids)])
        for pk, school in cursor:
            homes[pk].schools.add(school)
    return dict(homes)


def _homes(ids: Sequence[int]) -> dict[int, _Home]:
    """What a letter or an email needs besides: names, as on an envelope."""
    homes: dict[int, _Home] = defaultdict(_Home)
    if not ids:
        return homes
    rows = (
        models.Recipient.objects.filter(delivery__in=ids)
        .order_by("delivery_id", "-link__primary_contact", "link__guardian_id", "link__student_id")
        .values_list(
            "delivery_id",
            "link__guardian_id",
            "link__guardian__given",
            "link__guardian__family",
            "link__student_id",
            "link__student__given",
            "link__student__preferred",
            "link__student__school_id",
            "link__student__grade",
        )
    )
    for pk, guardian, given, family, student, child, preferred, school, grade in rows:
        home = homes[pk]
        home.guardians[guardian] = f"{given} {family}".strip()
        if student not in home.children:
            home.children[student] = preferred or child
            home.grades.append(grade)
            if school:
                home.schools.add(school)
    return dict(homes)


def sender(district: District, schools: Sequence[School]) -> Sender:
    """The one school that all children go to, else the district."""
    if len(schools) == 1:
        school = schools[0]
        return Sender(
            school=school.name,
            address=tuple(school.address.splitlines()),
            phone=school.phone or district.phone,
            email=school.email or district.email,
        )
    return Sender(school=district.name, phone=district.phone, email=district.email)


def _render(
    row: _Row,
    message: models.Message,
    versions: Mapping[str, models.Version],
    home: _Home,
    from_: Sender,
) -> Outgoing:
    # A short address for what is typed or counted by the letter; the same page either way.
    link = reply_url(row.code)
    channel = Channel(row.channel)
    kind = MessageKind(message.kind)
    words = tuple(
        Version(
            language=tag,
            subject=versions[tag].subject or from_.school,
            body=body_for(channel, kind, tag, versions[tag].body, school=from_.school, link=link),
        )
        for tag in row.languages
        if tag in versions
    )
    return Outgoing(
        key=row.key,
        channel=channel,
        to=row.address,
        versions=words,
        purpose=outward_purpose(message),
        sender=from_,
        names=tuple(home.guardians.values()),
        children=tuple(home.children.values()),
        code=show_code(row.code),
        reply_url=link,
        stop_url=stop_url(row.code),
        sort_key="|".join([from_.school, min(home.grades, default=""), *home.guardians.values()]),
    )


def outward_purpose(message: models.Message) -> str:
    """What carriers and mail programs are told it is: an automatic thank-you says so."""
    if message.kind == MessageKind.ACKNOWLEDGEMENT:
        return MessageKind.ACKNOWLEDGEMENT.value
    return message.purpose


def body_for(
    channel: Channel, kind: MessageKind, tag: str, body: str, *, school: str, link: str
) -> str:
    """The words with what a text or email needs besides; a letter has its own layout."""
    if channel is Channel.TEXT:
        if kind is MessageKind.NEWS:
            return f"{school}: {body}\n{phrase(tag, 'text_tail', link=link)}"
        return f"{school}: {body}"
    if channel is Channel.EMAIL:
        return f"{body}\n\n{phrase(tag, 'email_tail', link=link)}"
    return body
