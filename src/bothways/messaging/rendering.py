"""From deliveries to what a carrier takes: the words as one family reads them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from bothways.channels.contract import Outgoing, Sender, Version
from bothways.channels.enums import Channel
from bothways.core.ids import show_code
from bothways.languages.phrases import phrase
from bothways.messaging import models
from bothways.messaging.enums import MessageKind
from bothways.schools.models import District, School


@dataclass(slots=True)
class _Home:
    """Who is addressed about whom by one delivery."""

    guardians: dict[int, str] = field(default_factory=dict)
    children: dict[int, str] = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    grades: list[str] = field(default_factory=list)


def reply_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/r/{code}"


def stop_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/stop/{code}"


def outgoing(ids: Sequence[int]) -> list[Outgoing]:
    """The deliveries with these ids, rendered; a fixed number of queries whatever their number."""
    deliveries = list(
        models.Delivery.objects.filter(pk__in=ids)
        .select_related("message", "district")
        .order_by("pk")
    )
    homes = _homes(ids)
    schools = School.objects.in_bulk({s for home in homes.values() for s in home.schools})
    versions: dict[int, dict[str, Any]] = defaultdict(dict)
    for version in models.Version.objects.filter(message__in={d.message_id for d in deliveries}):
        versions[version.message_id][version.language] = version
    return [
        _render(delivery, versions[delivery.message_id], homes.get(delivery.pk, _Home()), schools)
        for delivery in deliveries
    ]


def _homes(ids: Sequence[int]) -> dict[int, _Home]:
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
    homes: dict[int, _Home] = defaultdict(_Home)
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
    delivery: models.Delivery,
    versions: Mapping[str, models.Version],
    home: _Home,
    schools: Mapping[int, School],
) -> Outgoing:
    message = delivery.message
    channel = Channel(delivery.channel)
    from_ = sender(delivery.district, [schools[pk] for pk in sorted(home.schools) if pk in schools])
    # A short address for what is typed or counted by the letter; the same page either way.
    link = reply_url(delivery.code)
    words = tuple(
        Version(
            language=tag,
            subject=versions[tag].subject or from_.school,
            body=body_for(
                channel,
                MessageKind(message.kind),
                tag,
                versions[tag].body,
                school=from_.school,
                link=link,
            ),
        )
        for tag in delivery.languages
        if tag in versions
    )
    return Outgoing(
        key=delivery.key,
        channel=channel,
        to=delivery.address,
        versions=words,
        purpose=outward_purpose(message),
        sender=from_,
        names=tuple(home.guardians.values()),
        children=tuple(home.children.values()),
        code=show_code(delivery.code),
        reply_url=link,
        stop_url=stop_url(delivery.code),
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
