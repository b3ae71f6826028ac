"""What becomes of printed letters: posted, given out in class, come back, printed once more.

A letter in the tray is no attempt. Posting it is one, by the word of whoever posted it; given out is delivered,
by the word of whoever gave it to the child.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import Outcome, Outgoing
from bothways.channels.enums import Channel
from bothways.channels.letters import tray
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.services import values_of
from bothways.consent.paper import Paper
from bothways.consent.queries import allowed
from bothways.core import clock
from bothways.messaging.carriers import with_words
from bothways.messaging.enums import EMERGENCY_LANE, State
from bothways.messaging.models import Bag, Delivery, Recipient
from bothways.messaging.rendering import outgoing
from bothways.messaging.services.bagging import change_way
from bothways.messaging.services.evidence import refresh_families, refresh_points
from bothways.messaging.services.news import News, take_in
from bothways.messaging.services.outcomes import flush
from bothways.messaging.services.receipts import note_failure
from bothways.people.models import ContactPoint
from bothways.schools.models import District

PAPER = (Channel.LETTER.value, Channel.HANDOVER.value)
MOST_AT_ONCE = 500  # letters in one PDF made on request: about two seconds
# So many school days without the child: the letter goes no further this way, and the family gets its next step.
MOST_MISSED = 5


class Unprintable(Exception):
    """Nothing of this can be printed now; the text says why, and what to do."""


class Back(StrEnum):
    """Why the post office brought a letter back, as it says on the envelope."""

    UNSAID = "returned"
    MOVED = "returned_moved"
    UNKNOWN = "returned_unknown"
    REFUSED = "returned_refused"
    BOX = "returned_box"


# --- posted --------------------------------------------------------------------------------------


@transaction.atomic
def mark_posted(
    deliveries: QuerySet[Delivery], *, day: date, by: User, district: District, at: datetime
) -> int:
    """These letters were posted on this day: from then on they count as tried. How many that were.

    Raises ValueError for a day that is still to come.
    """
    zone = district.zone
    today = at.astimezone(zone).date()
    if day > today:
        raise ValueError("This day is still to come.")
    keys = list(
        deliveries.filter(
            district=district, channel=Channel.LETTER.value, state=State.PRINTED.value
        ).values_list("key", flat=True)
    )
    when = at if day == today else datetime.combine(day, time(12), zone)
    found = take_in([News(key, State.ACCEPTED) for key in keys], at=when)
    if found:
        record("letters.posted", by=by.pk, district=district.pk, letters=found, day=day.isoformat())
    return found


def collect_posted(*, at: datetime) -> int:
    """Write down what print shops say in the tray that they posted; how many letters."""
    folder = Path(values_of(LettersCarrier.name)["folder"])
    total = 0
    for path, keys in tray.posted(folder) if folder.is_dir() else ():
        known = Delivery.objects.filter(
            key__in=keys, channel=Channel.LETTER.value, rank__lt=State.ACCEPTED.rank
        )
        with transaction.atomic():
            # Told before our own record was written: it is read again in a minute.
            if known.filter(rank__lt=State.PRINTED.rank, state=State.CLAIMED.value).exists():
                continue
            mine = list(known.filter(state=State.PRINTED.value).values_list("key", flat=True))
            total += take_in([News(key, State.ACCEPTED) for key in mine], at=at)
        tray.done(path)
    return total


# --- given out in class --------------------------------------------------------------------------


def waiting_bags(district: District) -> QuerySet[Bag]:
    """Letters that still wait for their child."""
    return Bag.objects.filter(
        delivery__district=district,
        delivery__channel=Channel.HANDOVER.value,
        delivery__state__in=[State.PRINTED.value, State.ACCEPTED.value],
    )


@dataclass(frozen=True, slots=True)
class GivenOut:
    given: int  # letters
    missed: int


@transaction.atomic
def give_out(
    bags: QuerySet[Bag], *, present: Iterable[int], absent: Iterable[int], by: User, at: datetime
) -> GivenOut:
    """These children got their letters; those were not there, and are tried again on the next day.

    ``present``, ``absent``: ids of students. A list that is sent twice counts once.
    """
    here, away = set(present), set(absent) - set(present)
    rows = list(
        bags.select_for_update(of=("self",))
        .filter(student__in=here | away)
        .select_related("delivery__district")
        .order_by("delivery_id")
    )
    given = [bag.delivery.key for bag in rows if bag.student_id in here]
    take_in([News(key, State.DELIVERED) for key in given], at=at)
    missed = 0
    for bag in rows:
        today = at.astimezone(bag.delivery.district.zone).date()
        if bag.student_id in here or bag.missed_on == today:
            continue
        missed += 1
        bag.missed_on, bag.missed = today, bag.missed + 1
        bag.save(update_fields=["missed_on", "missed"])
        if bag.missed >= MOST_MISSED:
            note_failure(key=bag.delivery.key, code="not_given", at=at)
    if rows:
        record(
            "letters.given_out",
            by=by.pk,
            district=rows[0].delivery.district_id,
            given=len(given),
            missed=missed,
        )
    return GivenOut(len(given), missed)


# --- come back -----------------------------------------------------------------------------------


@transaction.atomic
def note_returned(delivery: Delivery, *, why: Back, by: User, at: datetime) -> bool:
    """The post brought it back: the address fails. False where that was known, or the letter was answered."""
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if row.rank >= State.REJECTED.rank:
        return False
    note_failure(key=row.key, code=why.value, at=at)
    record("letter.returned", row, by=by.pk, district=row.district_id, why=why.value)
    return True


@transaction.atomic
def take_back_return(delivery: Delivery, *, by: User, at: datetime) -> bool:
    """It was another letter: what was noted is undone. False where something else has come since."""
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if row.state != State.UNDELIVERED.value or row.error not in set(Back):
        return False
    # It came back from the post, so it was posted: less than that no correction can make of it.
    row.state, row.rank, row.error = State.ACCEPTED.value, State.ACCEPTED.rank, ""
    row.save(update_fields=["state", "rank", "error"])
    refresh_points([row.pk], at=at)
    refresh_families([row.household_id])
    record("letter.not_returned", row, by=by.pk, district=row.district_id)
    return True


# --- printed once more ---------------------------------------------------------------------------


def print_again(
    deliveries: QuerySet[Delivery], *, by: User, district: District
) -> tuple[bytes, int]:
    """One PDF of these letters as they stand, and how many are in it.

    The same letters with the same codes: no new attempt, nothing in the ledger. Consent is asked again:
    a letter that somebody may no longer get is left out. Raises Unprintable.
    """
    ids = _printable(deliveries, district)
    if not ids:
        raise Unprintable(
            "Nothing here can be printed: these letters may no longer go to these families, or their "
            "addresses have changed. Write a new message."
        )
    pdf, refused = _press(district).once_more(outgoing(ids))
    if not pdf:
        raise Unprintable(
            " ".join(dict.fromkeys(outcome.detail for outcome in refused))
            or "Nothing here can be printed."
        )
    printed = len(ids) - len(refused)
    record("letters.printed_again", by=by.pk, district=district.pk, deliveries=ids)
    return pdf, printed


def _printable(deliveries: QuerySet[Delivery], district: District) -> list[int]:
    rows = list(
        deliveries.filter(district=district, channel__in=PAPER)
        .filter(rank__gte=State.PRINTED.rank)
        .exclude(state=State.REJECTED.value)
        .values_list("pk", "records", "lane")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    good: list[int] = []
    for records, emergency in sorted({(r, lane == EMERGENCY_LANE) for _, r, lane in rows}):
        ids = [pk for pk, r, lane in rows if (r, lane == EMERGENCY_LANE) == (records, emergency)]
        may = allowed(
            district=district,
            at=clock.now(),
            records=records,
            emergency=emergency,
            address=(OuterRef("delivery__kind"), OuterRef("delivery__match")),
        ).filter(pk=OuterRef("link_id"))
        barred = Recipient.objects.filter(~Exists(may), delivery__in=ids)
        left = Delivery.objects.filter(pk__in=ids).filter(
            Exists(Recipient.objects.filter(delivery=OuterRef("pk")))
        )
        left = left.exclude(pk__in=barred.values("delivery_id"))
        good += left.filter(Q(channel=Channel.HANDOVER.value) | ~_hidden()).values_list(
            "pk", flat=True
        )
    return sorted(good)


def _hidden() -> Exists:
    """Somebody's address that is kept hidden since the letter was made."""
    return Exists(
        ContactPoint.objects.filter(
            district=OuterRef("district"),
            kind=OuterRef("kind"),
            match=OuterRef("match"),
            guardian__address_hidden=True,
        )
    )


def _press(district: District) -> LettersCarrier:
    carrier = with_words(LettersCarrier.name, district)
    assert isinstance(carrier, LettersCarrier)
    return carrier


def send_other_way(
    deliveries: QuerySet[Delivery], paper: Paper, *, by: User, district: District
) -> int:
    """Letters that lie in the tray go in the bag instead, or by post instead: printed anew. How many can.

    Raises Unprintable where not one can.
    """
    ids = list(
        deliveries.filter(
            district=district, channel__in=PAPER, state=State.PRINTED.value
        ).values_list("pk", flat=True)[:MOST_AT_ONCE]
    )
    moved = change_way(district, ids, paper, by=by, at=clock.now())
    if not moved:
        raise Unprintable(
            "None of these letters can go that way: the families asked otherwise, a court order stands, or "
            "there is no address to print."
        )
    press = _press(district)
    schools: dict[str, list[Outgoing]] = {}
    for out in outgoing(moved):
        schools.setdefault(out.carried.school if out.carried else out.sender.school, []).append(out)
    for batch in schools.values():
        flush(asyncio.run(_all(press, batch)), press.name)
    return len(moved)


async def _all(press: LettersCarrier, batch: Sequence[Outgoing]) -> list[Outcome]:
    return [outcome async for outcome in press.send(batch)]
