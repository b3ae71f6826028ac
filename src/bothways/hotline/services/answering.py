"""Answer a family that asked for homework by text: by the machine, at once, at any hour, since they asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from bothways.channels.enums import Channel
from bothways.core import clock, ids, jobs
from bothways.hotline.queries import Home, homes_at, sections_of_children, work_of
from bothways.hotline.services.posting import codes
from bothways.hotline.services.weekly import follow, unfollow
from bothways.hotline.wording import as_text
from bothways.languages.phrases import phrase
from bothways.messaging.enums import AT_ONCE, EMERGENCY_LANE, MessageKind, Purpose
from bothways.messaging.models import Delivery, Message, Recipient, Version
from bothways.people.enums import PhoneKind, PointKind, PointState
from bothways.people.models import ContactPoint, Link
from bothways.schools.models import Section

# A phone that answers our answer by itself must not talk with us all night.
MOST_AN_HOUR = 6


def page_url(code: str) -> str:
    return f"{settings.PUBLIC_URL}/hw/{code}"


@transaction.atomic
def answer_families(number: str, *, asked: str, at: datetime) -> bool:
    """Whether a family is at this number; each gets the work of its own children's classes.

    ``asked``: the language of the word they wrote, for those of whom no language is known. Nothing is written
    in the ledger for having asked: it shows nothing about any message. The answer's delivery does that.
    """
    homes = homes_at(number, at=at, may_write=True)
    if not homes:
        return False
    if _lately(number, at) < MOST_AN_HOUR:
        for home in homes:
            _answer(home, number, asked, at)
    # Whoever texts can be texted, whatever a roster's column says.
    ContactPoint.objects.filter(
        guardian__in={link.guardian_id for link in _links(homes)},
        kind=PointKind.PHONE.value,
        match=number,
    ).update(state=PointState.WORKING.value, phone_kind=PhoneKind.MOBILE.value, why="", state_at=at)
    return True


def _links(homes: Sequence[Home]) -> list[Link]:
    return [link for home in homes for link in home.links]


def _answer(home: Home, number: str, asked: str, at: datetime) -> None:
    language = home.languages[0] if home.languages else asked
    district = home.district
    taught = sections_of_children(home.children)
    sections: list[Section] = list(
        {one.pk: one for child in home.children for one in taught[child.pk]}.values()
    )
    if sections:
        links = {pk: page_url(code) for pk, code in codes(sections).items()}
        work = work_of(sections, today=clock.today(district.timezone))
        body = as_text(work, language, links)
    else:
        body = phrase(language, "hw_none", section=district.name)
    _write(home, number, language, body, sections[0] if sections else None, at)


@transaction.atomic
def wish_weekly(number: str, *, on: bool, at: datetime) -> bool:
    """Begin or end the week’s homework for the families at this number, and tell them; False where none is."""
    homes = homes_at(number, at=at, may_write=True)
    for home in homes:
        if on:
            follow(home.household, home.district, at=at)
        else:
            unfollow(home.household, at=at)
        language = home.languages[0] if home.languages else home.district.default_language
        words = phrase(language, "hw_weekly_on" if on else "hw_weekly_off")
        if _lately(number, at) < MOST_AN_HOUR:
            _write(home, number, language, words, None, at)
    return bool(homes)


def _lately(number: str, at: datetime) -> int:
    """How many answers this number got within the hour."""
    return Delivery.objects.filter(
        kind=PointKind.PHONE.value,
        match=number,
        message__kind=MessageKind.ANSWER.value,
        created_at__gt=at - timedelta(hours=1),
    ).count()


def _write(
    home: Home, number: str, language: str, body: str, about: Section | None, at: datetime
) -> None:
    """One text, now, through the standing of those who live there."""
    district = home.district
    message = Message.objects.create(
        district=district,
        school=about.school if about else None,
        kind=MessageKind.ANSWER.value,
        purpose=Purpose.TIMELY.value,
        created_at=at,
        sent_at=at,
        expires_at=at + timedelta(days=1),
    )
    Version.objects.create(message=message, language=language, body=body)
    delivery = Delivery.objects.create(
        district=district,
        message=message,
        household_id=home.household,
        channel=Channel.TEXT.value,
        kind=PointKind.PHONE.value,
        match=number,
        address=number,
        languages=[language],
        # The lane without quiet hours: who asks is awake. Stops were asked a moment ago.
        lane=EMERGENCY_LANE,
        key=ids.key(),
        code=ids.code(),
        not_before=AT_ONCE,
        created_at=at,
    )
    Recipient.objects.bulk_create(Recipient(delivery=delivery, link=link) for link in home.links)
    jobs.enqueue("messaging.send_due", queue=jobs.URGENT, district_id=district.pk, urgent=1)
