"""The second proof for a change of contact data: a code to a point that works, typed back on the page.

A link is forwarded, and opens one message; whoever changes where the school writes must also hold what the
school already writes to.
"""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Value
from django.utils.crypto import constant_time_compare, salted_hmac

from bothways.channels.contract import Carrier, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.consent.queries import allowed
from bothways.core import clock, jobs
from bothways.languages.phrases import phrase
from bothways.messaging.carriers import carrier_for
from bothways.messaging.services.mending import settle
from bothways.people.changes import Settled
from bothways.people.enums import PhoneKind, PointKind, PointState
from bothways.people.models import ContactPoint, ContactProof, Guardian, PointChange

PURPOSE: Final = "contact_code"
GOOD_FOR: Final = timedelta(minutes=30)
TRIES: Final = 5
MOST_AN_HOUR: Final = 3  # codes to one person: a stranger with a link must not ring all night


def point_for(guardian: Guardian, *, without: Iterable[int]) -> ContactPoint | None:
    """Where a code can go: a number or mailbox that is known to work and may be written to.

    ``without``: ids of those that are said not to be right.
    """
    if guardian.ended_at is not None:
        return None
    points = (
        guardian.points.filter(
            ended_at=None,
            state=PointState.WORKING.value,
            kind__in=[PointKind.PHONE.value, PointKind.EMAIL.value],
        )
        .exclude(phone_kind=PhoneKind.LANDLINE.value)
        .exclude(pk__in=list(without))
        .order_by("-kind", "position", "pk")
    )
    return next((point for point in points if _may(guardian, point)), None)


def _may(guardian: Guardian, point: ContactPoint) -> bool:
    links = allowed(
        district=guardian.district, at=clock.now(), address=(Value(point.kind), Value(point.match))
    )
    return links.filter(guardian=guardian).exists()


@transaction.atomic
def ask_proof(*, form: str, guardian: Guardian) -> ContactPoint | None:
    """Let a code for this form go out; where to. None where no point works, or too many went already."""
    known = ContactProof.objects.filter(form=form).select_related("point").first()
    if known is not None:
        return known.point
    lately = datetime.now(UTC) - timedelta(hours=1)
    if ContactProof.objects.filter(guardian=guardian, made_at__gt=lately).count() >= MOST_AN_HOUR:
        return None
    wrong = PointChange.objects.filter(form=form, point__isnull=False).values_list(
        "point", flat=True
    )
    point = point_for(guardian, without=[pk for pk in wrong if pk is not None])
    if point is None:
        return None
    ContactProof.objects.create(
        form=form, guardian=guardian, point=point, digest="", made_at=datetime.now(UTC)
    )
    jobs.enqueue("messaging.send_proof", queue=jobs.URGENT, form=form)
    return point


def send_proof(form: str) -> None:
    """Make the code and send it; it is kept nowhere. Somebody waits on a page: quiet hours do not hold it."""
    proof = (
        ContactProof.objects.filter(form=form).select_related("point", "guardian__district").first()
    )
    if proof is None or proof.made_at < datetime.now(UTC) - GOOD_FOR:
        return
    if not _may(proof.guardian, proof.point):
        return
    code = f"{secrets.randbelow(10**6):06d}"
    ContactProof.objects.filter(form=form).update(digest=_digest(form, code))
    district = proof.guardian.district
    tag = proof.guardian.reads or proof.guardian.speaks or district.default_language
    channel = Channel.TEXT if proof.point.kind == PointKind.PHONE.value else Channel.EMAIL
    words = phrase(tag, "check_code_text", code=code)
    outgoing = Outgoing(
        key=f"proof-{form[:24]}-{proof.tries}",
        channel=channel,
        to=proof.point.match,
        versions=(
            Version(
                tag,
                f"{district.name}: {words}" if channel is Channel.TEXT else words,
                "" if channel is Channel.TEXT else district.name,
            ),
        ),
        purpose=PURPOSE,
        sender=Sender(school=district.name, phone=district.phone, email=district.email),
    )
    asyncio.run(_send(carrier_for(channel), outgoing))


async def _send(carrier: Carrier, outgoing: Outgoing) -> bool:
    return any([o.kind is OutcomeKind.ACCEPTED async for o in carrier.send([outgoing])])


def _digest(form: str, code: str) -> str:
    return salted_hmac(
        "bothways.messaging.proving", f"{form}:{code}", algorithm="sha256"
    ).hexdigest()


def waiting(form: str) -> ContactProof | None:
    """The code that may still be typed for this form."""
    return (
        ContactProof.objects.filter(
            form=form, made_at__gt=datetime.now(UTC) - GOOD_FOR, tries__lt=TRIES
        )
        .select_related("point")
        .first()
    )


@transaction.atomic
def prove(*, form: str, code: str) -> list[PointChange] | None:
    """Carry out all changes of this form if the code is right; None if it is not. Each try counts."""
    proof = (
        ContactProof.objects.select_for_update()
        .filter(form=form, made_at__gt=datetime.now(UTC) - GOOD_FOR, tries__lt=TRIES)
        .first()
    )
    if proof is None:
        return None
    plain = "".join(str(int(c)) for c in code if c.isdecimal())[:12]
    if not proof.digest or not constant_time_compare(_digest(form, plain), proof.digest):
        proof.tries += 1
        proof.save(update_fields=["tries"])
        return None
    done = []
    for change in PointChange.objects.filter(form=form).select_related("guardian__district"):
        try:
            settle(change=change, by=None)
        except Settled:
            continue
        done.append(change)
    proof.delete()
    return done
