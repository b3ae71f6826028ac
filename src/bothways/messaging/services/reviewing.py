"""Translations that a person makes or goes through, and what was waiting for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.languages.codes import normalise
from bothways.languages.services import remember
from bothways.messaging.enums import Origin, Purpose
from bothways.messaging.fanout import fan_out, languages_read
from bothways.messaging.models import Delivery, HeldHome, Message, Version
from bothways.messaging.naming import names_said
from bothways.messaging.rules import versions_by_reader, worth_releasing
from bothways.messaging.services.digests import hold
from bothways.messaging.services.further import send_further
from bothways.messaging.services.messages import MAX_LENGTH, queue
from bothways.people.models import Student

_AGAIN = (Channel.TEXT, Channel.WHATSAPP, Channel.PUSH, Channel.EMAIL, Channel.VOICE)


class UnusableTranslation(ValueError):
    """It cannot be kept as it is; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class Released:
    """What an approved translation let go: deliveries made now; late: it came too late to be sent."""

    deliveries: int = 0
    late: bool = False


@transaction.atomic
def approve(*, message: Message, language: str, body: str, by: User, subject: str = "") -> Released:
    """These words are right in this language: keep, remember, and send them to whom they were missing.

    The version may have been a machine's, or there was none. Approved twice (a double click, two colleagues),
    the later words stand and nothing is sent twice. Raises UnusableTranslation.
    """
    body = body.strip()
    if not body:
        raise UnusableTranslation("The translation is empty. Write it, or send it back.")
    if len(body) > MAX_LENGTH or "\x00" in body:
        raise UnusableTranslation(
            f"These words cannot be sent: at most {MAX_LENGTH} characters, and no control characters."
        )
    if normalise(language) is None:
        raise UnusableTranslation("This is no language that we know.")
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("district")
        .get(pk=message.pk)
    )
    original = original_of(message)
    if original is not None and original.language == language:
        raise UnusableTranslation("This is the language in which the message was written.")
    now = clock.now()
    old = message.versions.filter(language=language).first()
    changed = old is None or old.body != body
    origin = old.origin if old is not None and not changed else Origin.PERSON.value
    Version.objects.update_or_create(
        message=message,
        language=language,
        defaults={
            "body": body,
            "subject": subject.strip()[:200],
            # A machine's words that a person changed are that person's.
            "origin": origin,
            "engine": old.engine if old is not None and not changed else "",
            "reviewed_by": by,
            "reviewed_at": now,
            "returned_at": None,
            "returned_by": None,
            "returned_words": "",
        },
    )
    if original is not None:
        author = (message.author.given, message.author.family) if message.author else ()
        said = names_said(message.district, original.body, also=author)
        remember(
            message.district,
            source=original.language,
            source_text=original.body,
            target=language,
            target_text=body,
            by=by.pk,
            reviewed=True,
            names=said,
        )
    record(
        "translation.approved", message, by=by.pk, district=message.district_id, language=language
    )
    return release(message, language)


@transaction.atomic
def send_back(*, version: Version, words: str, by: User) -> None:
    """Give a translation back to who wrote the message, with a reason."""
    Version.objects.filter(pk=version.pk).update(
        returned_at=clock.now(), returned_by=by, returned_words=words.strip()[:500]
    )
    record("translation.returned", version, by=by.pk, district=version.message.district_id)


def original_of(message: Message) -> Version | None:
    """The version that its author wrote: a person's, the district's language before others."""
    found = [v for v in message.versions.order_by("pk") if v.origin != Origin.MACHINE.value]
    ours = message.district.default_language
    return next((v for v in found if v.language == ours), found[0] if found else None)


def release(message: Message, language: str) -> Released:
    """Send a version that was missing to those who read it, if the message has left and is not too old."""
    now = clock.now()
    if message.sent_at is None:
        return Released()
    purpose = Purpose(message.purpose)
    if not worth_releasing(purpose, message.sent_at, now):
        return Released(late=True)
    homes = _readers(message, language)
    if not homes:
        return Released()
    HeldHome.objects.filter(message=message, household__in=homes, why="no_translation").delete()
    before = list(
        Delivery.objects.filter(message=message, household__in=homes)
        .order_by("pk")
        .values_list("household_id", "channel", "languages")
    )
    told = list({home for home, _, _ in before})
    children = Student.objects.filter(district=message.district)
    author = message.author
    total = Delivery.objects.filter(message=message).count()
    fan_out(
        message,
        among=children if author is None else children.visible_to(author),
        at=now,
        only=[language],
        homes=homes,
        told=told,
    )
    waiting = hold(message, at=now)
    again: set[int] = set()
    if purpose is Purpose.EMERGENCY:
        # They got it in the district's language, because late is worse than foreign: now in their own.
        wanted = [
            (home, Channel(channel))
            for home, channel, languages in before
            if channel in {one.value for one in _AGAIN} and language not in languages
        ]
        again = send_further(message, sorted(set(wanted)), at=now)
    made = Delivery.objects.filter(message=message).count() - total
    queue(message, max(made - waiting.deliveries - len(again), 0))
    return Released(deliveries=made)


_READERS = """
SELECT DISTINCT g.household_id FROM people_guardian g
JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
JOIN people_student s ON s.id = k.student_id
WHERE g.district_id = %(district)s AND g.ended_at IS NULL AND g.household_id IS NOT NULL
    AND (coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), '') = ANY(%(tags)s)
        OR coalesce(nullif(g.speaks, ''), nullif(g.reads, ''), nullif(s.home_language, ''), '') = ANY(%(tags)s))
    AND (EXISTS (SELECT FROM messaging_heldhome h WHERE h.message_id = %(message)s
            AND h.household_id = g.household_id AND h.why = 'no_translation')
        OR EXISTS (SELECT FROM messaging_delivery d WHERE d.message_id = %(message)s
            AND d.household_id = g.household_id))
"""


def _readers(message: Message, language: str) -> list[int]:
    """Homes that this message meant, in which somebody gets this version and did not before."""
    with connection.cursor() as cursor:
        cursor.execute(
            _READERS,
            {
                "district": message.district_id,
                "message": message.pk,
                "tags": readers_of(message, language),
            },
        )
        return sorted(row[0] for row in cursor.fetchall())


def readers_of(message: Message, language: str) -> list[str]:
    """The languages of readers in the district who get this version, were it there."""
    written: Sequence[str] = [
        *message.versions.may_go().values_list("language", flat=True),
        language,
    ]
    tags = versions_by_reader(
        languages_read(message.district_id),
        written,
        message.district.default_language,
        Purpose(message.purpose),
    )
    return [tag for tag, version in tags.items() if version == language]
