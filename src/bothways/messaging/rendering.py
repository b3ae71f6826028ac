"""From deliveries to what a carrier takes: the words as one family reads them."""

from collections import defaultdict
from collections.abc import Sequence
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
    schools: list[int]


@dataclass(slots=True)
class _Home:
    """Who is addressed about whom by one delivery, by name."""

    guardians: dict[int, str] = field(default_factory=dict)
    children: dict[int, str] = field(default_factory=dict)
    grades: list[str] = field(default_factory=list)


_NOBODY = _Home()
_LINK = "\x00link\x00"  # no words that people write hold a NUL


def reply_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/r/{code}"


def stop_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/stop/{code}"


# The schools by a look-up for each row: joined, the planner reads all children of a large district.
_ROWS = """
SELECT id, key, code, channel, address, languages, message_id, district_id,
    ARRAY(SELECT DISTINCT s.school_id FROM messaging_recipient r JOIN people_link k ON k.id = r.link_id
        JOIN people_student s ON s.id = k.student_id
        WHERE r.delivery_id = d.id AND s.school_id IS NOT NULL)
FROM messaging_delivery d WHERE id = ANY(%s) ORDER BY id
"""


def outgoing(ids: Sequence[int]) -> list[Outgoing]:
    """The deliveries with these ids, rendered; a fixed number of queries whatever their number."""
    # Plain rows: making three models of each would cost a quarter of all that sending a text costs us.
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        rows = [_Row(*row) for row in cursor.fetchall()]
    # A text names nobody; a letter or an email does, as on an envelope.
    homes = _homes([row.pk for row in rows if row.channel != Channel.TEXT])
    desk = _Desk(rows)
    return [desk.render(row, homes.get(row.pk, _NOBODY)) for row in rows]


def _homes(ids: Sequence[int]) -> dict[int, _Home]:
    """The names and grades of those whom these deliveries are for."""
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
            "link__student__grade",
        )
    )
    for pk, guardian, given, family, student, child, preferred, grade in rows:
        home = homes[pk]
        home.guardians[guardian] = f"{given} {family}".strip()
        if student not in home.children:
            home.children[student] = preferred or child
            home.grades.append(grade)
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


class _Desk:
    """What the deliveries of a batch have in common, worked out once."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self.messages = models.Message.objects.in_bulk({row.message for row in rows})
        self.districts = District.objects.in_bulk({row.district for row in rows})
        self.schools = School.objects.in_bulk({school for row in rows for school in row.schools})
        self.versions = {
            (version.message_id, version.language): version
            for version in models.Version.objects.filter(message__in=self.messages)
        }
        self.purposes = {pk: outward_purpose(one) for pk, one in self.messages.items()}
        self.senders: dict[tuple[int, tuple[int, ...]], Sender] = {}
        self.words: dict[tuple[str, int, str, str], Version | None] = {}

    def render(self, row: _Row, home: _Home) -> Outgoing:
        # A short address for what is typed or counted by the letter; the same page either way.
        link = reply_url(row.code)
        from_ = self.sender(row.district, tuple(sorted(row.schools)))
        names = tuple(home.guardians.values())
        return Outgoing(
            key=row.key,
            channel=Channel(row.channel),
            to=row.address,
            versions=tuple(
                Version(words.language, words.body.replace(_LINK, link), words.subject)
                for tag in row.languages
                if (words := self.version(row, tag, from_)) is not None
            ),
            purpose=self.purposes[row.message],
            sender=from_,
            names=names,
            children=tuple(home.children.values()),
            code=show_code(row.code),
            reply_url=link,
            stop_url=stop_url(row.code),
            sort_key="|".join((from_.school, min(home.grades, default=""), *names)),
        )

    def sender(self, district: int, schools: tuple[int, ...]) -> Sender:
        key = (district, schools)
        if key not in self.senders:
            known = [self.schools[pk] for pk in schools if pk in self.schools]
            self.senders[key] = sender(self.districts[district], known)
        return self.senders[key]

    def version(self, row: _Row, tag: str, from_: Sender) -> Version | None:
        """The words of this language as this school sends them, with a mark where the link belongs."""
        key = (row.channel, row.message, tag, from_.school)
        if key not in self.words:
            version = self.versions.get((row.message, tag))
            self.words[key] = (
                None
                if version is None
                else Version(
                    language=tag,
                    subject=version.subject or from_.school,
                    body=body_for(
                        Channel(row.channel),
                        MessageKind(self.messages[row.message].kind),
                        tag,
                        version.body,
                        school=from_.school,
                        link=_LINK,
                    ),
                )
            )
        return self.words[key]


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
