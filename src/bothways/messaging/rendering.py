"""From deliveries to what a carrier takes: the words as one family reads them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from bothways.channels import subscriptions
from bothways.channels.contract import Carried, KeyQuestion, Outgoing, Sender, Subscription, Version
from bothways.channels.enums import Button, Channel
from bothways.core import clock
from bothways.core.ids import show_code
from bothways.core.text import fold
from bothways.languages.phrases import phrase
from bothways.messaging import models
from bothways.messaging.asking_by_key import asked_by_key
from bothways.messaging.bags import carried as in_bags
from bothways.messaging.digest import Part, together
from bothways.messaging.enums import Meaning, MessageKind, Origin, State
from bothways.messaging.rules import shown_as_machine
from bothways.messaging.sounds import recording_url
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
    leads: bool | None = None  # whether it carries the words of a digest
    asks: bool = (
        False  # paper, the first for long: it asks whether number and address are still right
    )


class _Carried(NamedTuple):
    """One delivery of a digest, the carrying one included."""

    lead: int
    pk: int
    message: int
    schools: list[int]


@dataclass(slots=True)
class _Home:
    """Who is addressed about whom by one delivery, by name."""

    guardians: dict[int, str] = field(default_factory=dict)
    children: dict[int, str] = field(default_factory=dict)
    grades: list[str] = field(default_factory=list)


_NOBODY = _Home()
_NAMELESS = (Channel.TEXT, Channel.WHATSAPP, Channel.PUSH)
# Meta takes free words for a day after a family's last ones; by our clock a little less.
_SESSION = timedelta(hours=23)
_BUTTONS = {
    Button.HEARD: "button_got_it",
    Button.CALL_ME: "button_call_me",
    Button.NOT_UNDERSTOOD: "button_unclear",
}
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
        WHERE r.delivery_id = d.id AND s.school_id IS NOT NULL), digest_id = id,
    d.channel IN ('letter', 'handover') AND NOT EXISTS (SELECT FROM messaging_delivery m
        WHERE m.household_id = d.household_id AND m.id < d.id AND m.channel IN ('letter', 'handover')
            AND m.rank >= {claimed} AND m.state <> 'withheld'
            AND m.created_at > d.created_at - interval '120 days')
FROM messaging_delivery d WHERE id = ANY(%s) ORDER BY id
""".replace("{claimed}", str(State.CLAIMED.rank))
_CARRIED = """
SELECT digest_id, id, message_id,
    ARRAY(SELECT DISTINCT s.school_id FROM messaging_recipient r JOIN people_link k ON k.id = r.link_id
        JOIN people_student s ON s.id = k.student_id
        WHERE r.delivery_id = d.id AND s.school_id IS NOT NULL)
FROM messaging_delivery d WHERE digest_id = ANY(%s) AND (id = digest_id OR state = 'gathered') ORDER BY id
"""


def outgoing(ids: Sequence[int]) -> list[Outgoing]:
    """The deliveries with these ids, rendered; a fixed number of queries whatever their number."""
    # Plain rows: making three models of each would cost a quarter of all that sending a text costs us.
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        rows = [_Row(*row) for row in cursor.fetchall()]
    carried = _carried([row.pk for row in rows if row.leads])
    rows = [_with_schools(row, carried.get(row.pk, [])) for row in rows]
    # A text names nobody; a letter or an email does, as on an envelope.
    named = {
        pk: row.pk
        for row in rows
        if row.channel not in _NAMELESS
        for pk in (row.pk, *(part.pk for part in carried.get(row.pk, [])))
    }
    homes = _homes(named)
    desk = _Desk(rows, carried)
    desk.bags = in_bags(
        {row.pk for row in rows if row.channel == Channel.HANDOVER},
        {pk: tuple(home.guardians.values()) for pk, home in homes.items()},
    )
    return [desk.render(row, homes.get(row.pk, _NOBODY)) for row in rows]


def _carried(leads: Sequence[int]) -> dict[int, list[_Carried]]:
    """All that goes with each of these deliveries; one that was left alone carries no digest."""
    found: dict[int, list[_Carried]] = defaultdict(list)
    if not leads:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [list(leads)])
        for row in cursor.fetchall():
            found[row[0]].append(_Carried(*row))
    return {lead: parts for lead, parts in found.items() if len(parts) > 1}


def _with_schools(row: _Row, parts: Sequence[_Carried]) -> _Row:
    if not parts:
        return row
    return row._replace(schools=sorted({school for part in parts for school in part.schools}))


def _homes(named: Mapping[int, int]) -> dict[int, _Home]:
    """The names and grades of those whom deliveries are for; ``named``: delivery → the one that carries it."""
    homes: dict[int, _Home] = defaultdict(_Home)
    if not named:
        return homes
    rows = (
        models.Recipient.objects.filter(delivery__in=named)
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
        home = homes[named[pk]]
        home.guardians[guardian] = f"{given} {family}".strip()
        if student not in home.children:
            home.children[student] = preferred or child
            home.grades.append(grade)
    return dict(homes)


def marked(version: models.Version) -> str:
    """The words of a version; under a machine's that nobody went through, that a machine wrote them."""
    if not shown_as_machine(Origin(version.origin), reviewed=version.reviewed_at is not None):
        return version.body
    return f"{version.body}\n{phrase(version.language, 'machine_made')}"


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


def recorded(messages: Collection[int]) -> frozenset[int]:
    """The versions of these messages that somebody has spoken."""
    spoken = models.Recording.objects.filter(version__message__in=messages)
    return frozenset(spoken.values_list("version", flat=True))


def _in_session(numbers: Collection[str]) -> frozenset[str]:
    """Those of these numbers that wrote to us by WhatsApp within the last day."""
    if not numbers:
        return frozenset()
    lately = models.Entry.objects.filter(
        channel=Channel.WHATSAPP.value,
        from_family=True,
        match__in=numbers,
        at__gt=clock.now() - _SESSION,
    ).exclude(meaning=Meaning.AUTO_REPLY.value)
    return frozenset(lately.values_list("match", flat=True))


def _questions(messages: Collection[int]) -> dict[int, models.Question]:
    """What these messages ask, by message."""
    if not messages:
        return {}
    found = models.Question.objects.filter(message__in=messages)
    return {question.message_id: question for question in found}


def _browsers(keys: Collection[str]) -> dict[str, Subscription]:
    return subscriptions.live(keys) if keys else {}


class _Desk:
    """What the deliveries of a batch have in common, worked out once."""

    def __init__(self, rows: Sequence[_Row], carried: Mapping[int, Sequence[_Carried]]) -> None:
        self.carried = carried
        wanted = {row.message for row in rows}
        wanted |= {part.message for parts in carried.values() for part in parts}
        self.messages = models.Message.objects.in_bulk(wanted)
        self.districts = District.objects.in_bulk({row.district for row in rows})
        self.schools = School.objects.in_bulk({school for row in rows for school in row.schools})
        self.versions = {
            (version.message_id, version.language): version
            for version in models.Version.objects.filter(message__in=self.messages)
        }
        spoken = {row.message for row in rows if row.channel == Channel.VOICE}
        self.recorded = recorded(spoken) if spoken else frozenset()
        self.questions = _questions(
            {pk for pk in spoken if self.messages[pk].kind == MessageKind.QUESTION}
        )
        self.in_session = _in_session([r.address for r in rows if r.channel == Channel.WHATSAPP])
        self.browsers = _browsers([r.address for r in rows if r.channel == Channel.PUSH])
        self.purposes = {pk: outward_purpose(one) for pk, one in self.messages.items()}
        self.senders: dict[tuple[int, tuple[int, ...]], Sender] = {}
        self.words: dict[tuple[str, int, str, str], Version | None] = {}
        self.digests: dict[tuple[object, ...], Version | None] = {}
        self.bags: dict[int, Carried] = {}

    def render(self, row: _Row, home: _Home) -> Outgoing:
        # A short address for what is typed or counted by the letter; the same page either way.
        link = reply_url(row.code)
        from_ = self.sender(row.district, tuple(sorted(row.schools)))
        names = tuple(home.guardians.values())
        bag = self.bags.get(row.pk)
        # For post by grade and name; for the bag by school, class and child, as they are given out.
        place = (
            (bag.school, bag.room, _by_family(bag.child))
            if bag
            else (from_.school, min(home.grades, default=""))
        )
        return Outgoing(
            key=row.key,
            channel=Channel(row.channel),
            to=row.address,
            versions=tuple(
                Version(
                    words.language,
                    words.body.replace(_LINK, link) + self.question(row, tag),
                    words.subject,
                    words.audio,
                )
                for tag in row.languages
                if (words := self.words_of(row, tag, from_)) is not None
            ),
            purpose=self.purposes[row.message],
            sender=from_,
            names=names,
            children=tuple(home.children.values()),
            code=show_code(row.code),
            reply_url=link,
            stop_url=stop_url(row.code),
            sort_key="|".join((*place, *names)),
            carried=bag,
            card=self.messages[row.message].kind == MessageKind.CARD,
            asks=self.asks(row),
            over=row.message in self.questions and not self.is_open(row),
            in_session=row.channel == Channel.WHATSAPP and row.address in self.in_session,
            buttons=self.buttons(row),
            subscription=self.browsers.get(row.address) if row.channel == Channel.PUSH else None,
        )

    def is_open(self, row: _Row) -> bool:
        """Whether an answer to what this call asks would count now."""
        return clock.now() < self.questions[row.message].until

    def asks(self, row: _Row) -> tuple[KeyQuestion, ...]:
        """What a call asks that a key can answer."""
        if row.message not in self.questions or not row.languages or not self.is_open(row):
            return ()
        return asked_by_key(self.questions[row.message], row.languages[0])

    def question(self, row: _Row, tag: str) -> str:
        """The last lines of a letter, once in a term: is what we have still right?"""
        if not row.asks or self.messages[row.message].kind != MessageKind.NEWS:
            return ""
        return f"\n\n{phrase(tag, 'check_letter')}"

    def buttons(self, row: _Row) -> tuple[tuple[Button, str], ...]:
        """What a reader of this message may press; news alone asks for it."""
        if row.channel != Channel.WHATSAPP or not row.languages:
            return ()
        if self.messages[row.message].kind != MessageKind.NEWS:
            return ()
        return tuple((button, phrase(row.languages[0], key)) for button, key in _BUTTONS.items())

    def sender(self, district: int, schools: tuple[int, ...]) -> Sender:
        key = (district, schools)
        if key not in self.senders:
            known = [self.schools[pk] for pk in schools if pk in self.schools]
            self.senders[key] = sender(self.districts[district], known)
        return self.senders[key]

    def words_of(self, row: _Row, tag: str, from_: Sender) -> Version | None:
        """One message's words, or those of all that this delivery carries."""
        parts = self.carried.get(row.pk)
        if not parts:
            return self.version(row, tag, from_)
        told = [(part.message, tuple(part.schools)) for part in parts]
        key = (row.channel, tag, from_.school, *told)
        if key not in self.digests:
            self.digests[key] = self.digest(row, tag, from_, told)
        return self.digests[key]

    def digest(
        self, row: _Row, tag: str, from_: Sender, told: Sequence[tuple[int, tuple[int, ...]]]
    ) -> Version | None:
        """The words of several messages as one contact, with a mark where the link belongs."""
        channel = Channel(row.channel)
        parts = [
            Part(version.subject, marked(version), self.sender(row.district, schools).school)
            for message, schools in told
            if (version := self.versions.get((message, tag))) is not None
        ]
        if not parts:
            return None
        body, whole = together(parts, channel)
        if channel is Channel.TEXT and not whole:
            body = f"{from_.school}:\n{body}\n{phrase(tag, 'digest_tail', link=_LINK)}"
        else:
            body = body_for(channel, MessageKind.NEWS, tag, body, school=from_.school, link=_LINK)
        return Version(
            language=tag, subject=phrase(tag, "digest_title", school=from_.school), body=body
        )

    def said(self, row: _Row, version: models.Version) -> str:
        """The words; in a call those of its question that tell the keys, where there are any."""
        question = self.questions.get(row.message) if row.channel == Channel.VOICE else None
        spoken: str = question.spoken.get(version.language, "") if question else ""
        return spoken or marked(version)

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
                    audio=recording_url(version.pk)
                    if row.channel == Channel.VOICE and version.pk in self.recorded
                    else "",
                    body=body_for(
                        Channel(row.channel),
                        MessageKind(self.messages[row.message].kind),
                        tag,
                        self.said(row, version),
                        school=from_.school,
                        link=_LINK,
                    ),
                )
            )
        return self.words[key]


def _by_family(name: str) -> str:
    """The last word first: as a class's list is read."""
    given, _, family = name.rpartition(" ")
    return fold(f"{family} {given}")


def outward_purpose(message: models.Message) -> str:
    """What carriers and mail programs are told it is: an automatic thank-you says so."""
    if message.kind == MessageKind.ACKNOWLEDGEMENT:
        return MessageKind.ACKNOWLEDGEMENT.value
    return message.purpose


def body_for(
    channel: Channel, kind: MessageKind, tag: str, body: str, *, school: str, link: str
) -> str:
    """The words with what a text or email needs besides; a letter has its own layout.

    A notice says only that there is something: whoever passes may read it.
    """
    if channel is Channel.PUSH:
        return phrase(tag, "push_notice")
    if channel is Channel.TEXT:
        if kind is MessageKind.NEWS:
            return f"{school}: {body}\n{phrase(tag, 'text_tail', link=link)}"
        if kind in (MessageKind.MEND, MessageKind.QUESTION):
            return f"{school}: {body}\n{phrase(tag, 'mend_tail', link=link)}"
        return f"{school}: {body}"
    if channel is Channel.EMAIL:
        return f"{body}\n\n{phrase(tag, 'email_tail', link=link)}"
    return body
