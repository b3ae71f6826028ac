"""What staff correct and decide about people: each a sentence, a transaction, an audit line.

What people here learned stands in ``local`` and in rows of source ``local``; the next roster shows a
conflict and changes nothing of it.
"""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.phone import to_e164
from bothways.core.text import clean, fold_address
from bothways.people.enums import PhoneKind, PointKind, PointState, RestrictionKind, Source
from bothways.people.models import ContactPoint, Guardian, Link, Restriction


class Unusable(ValueError):
    """What was typed cannot be kept; the text says what to mend."""


def read_address(kind: PointKind, typed: str, region: str) -> tuple[str, str]:
    """(address, match) as they are kept; raises Unusable."""
    if kind is PointKind.PUSH:
        raise Unusable("Only the family itself can ask for notices, on the page of a message.")
    if kind in (PointKind.PHONE, PointKind.WHATSAPP):
        number = to_e164(typed, region)
        if number is None:
            raise Unusable(
                "This is not a phone number that can be dialled. Write it with its area code."
            )
        return number, number
    if kind is PointKind.EMAIL:
        email = clean(typed).lower()
        try:
            validate_email(email)
        except ValidationError:
            raise Unusable(
                "This is not an email address. It looks like name@example.org."
            ) from None
        return email[:320], email[:320]
    lines = [clean(line) for line in typed.replace("\r", "").split("\n")]
    address = "\n".join(line for line in lines if line)[:500]
    if not re.search(r"\w", address) or "\n" not in address:
        raise Unusable("Write the address as on an envelope: the street, then the town below it.")
    return address, fold_address(address)[:500]


@transaction.atomic
def add_point(
    *, guardian: Guardian, kind: PointKind, typed: str, mobile: bool, by: User
) -> ContactPoint:
    """Keep a number, email or address that somebody here learned; raises Unusable."""
    address, match = read_address(kind, typed, guardian.district.region)
    last = guardian.points.aggregate(last=Max("position"))["last"]
    point, _ = ContactPoint.objects.update_or_create(
        guardian=guardian,
        kind=kind.value,
        match=match,
        defaults={
            "district_id": guardian.district_id,
            "address": address,
            "said_mobile": mobile and kind is PointKind.PHONE,
            "phone_kind": PhoneKind.UNKNOWN.value,
            # Somebody just gave it to us: what was known against it no longer counts.
            "state": PointState.UNKNOWN.value,
            "why": "",
            "state_at": clock.now(),
            "source": Source.LOCAL.value,
            "ended_at": None,
        },
        create_defaults={
            "district_id": guardian.district_id,
            "address": address,
            "said_mobile": mobile and kind is PointKind.PHONE,
            "position": 0 if last is None else last + 1,
            "source": Source.LOCAL.value,
        },
    )
    record("point.added", point, by=by.pk, district=guardian.district_id)
    return point


@transaction.atomic
def mark_wrong(*, point: ContactPoint, by: User) -> None:
    """This address does not reach this person; it is not used again unless somebody adds it anew."""
    point.state = PointState.FAILING.value
    point.why = "wrong_person"
    point.state_at = clock.now()
    point.save(update_fields=["state", "why", "state_at"])
    record("point.marked_wrong", point, by=by.pk, district=point.district_id)


@transaction.atomic
def mark_moved(*, point: ContactPoint, by: User) -> None:
    """Nobody of theirs lives at this address any more; letters wait for the new one."""
    point.state = PointState.FAILING.value
    point.why = "moved"
    point.state_at = clock.now()
    point.save(update_fields=["state", "why", "state_at"])
    record("point.moved", point, by=by.pk, district=point.district_id)


@transaction.atomic
def restrict(
    *,
    link: Link,
    kind: RestrictionKind,
    starts_on: date | None,
    ends_on: date | None,
    document: str,
    by: User,
) -> Restriction:
    """Put a restriction on this adult's standing for this child; raises Unusable."""
    if starts_on and ends_on and ends_on < starts_on:
        raise Unusable("The last day lies before the first.")
    restriction, made = Restriction.objects.get_or_create(
        link=link,
        kind=kind.value,
        starts_on=starts_on,
        ends_on=ends_on,
        source=Source.LOCAL.value,
        defaults={"district_id": link.district_id, "document": document.strip()},
    )
    if not made:
        # The same order again, after it was lifted: it holds again.
        restriction.document = document.strip() or restriction.document
        restriction.lifted_at, restriction.lifted_by = None, None
        restriction.save(update_fields=["document", "lifted_at", "lifted_by"])
    record("restriction.added", restriction, by=by.pk, district=link.district_id)
    return restriction


@transaction.atomic
def lift(*, restriction: Restriction, by: User) -> None:
    """End a restriction by a person's decision."""
    if restriction.lifted_at is None:
        restriction.lifted_at, restriction.lifted_by = clock.now(), by
        restriction.save(update_fields=["lifted_at", "lifted_by"])
        record("restriction.lifted", restriction, by=by.pk, district=restriction.district_id)


@transaction.atomic
def correct_guardian(
    *,
    guardian: Guardian,
    speaks: str,
    reads: str,
    can_read: bool | None,
    address_hidden: bool,
    by: User | None,
    wants_interpreter: bool | None = None,
) -> None:
    """Keep what somebody here learned about how to talk with this adult; it outranks the roster.

    ``by`` None: the adult says so. ``wants_interpreter`` None: nothing was said about it.
    """
    learned: dict[str, object] = {
        "speaks": speaks,
        "reads": reads,
        "can_read": can_read,
        "address_hidden": address_hidden,
    }
    if wants_interpreter is not None:
        learned["wants_interpreter"] = wants_interpreter
    changed = {name: value for name, value in learned.items() if getattr(guardian, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(guardian, name, value)
    guardian.local = {**guardian.local, **changed}
    guardian.save(update_fields=[*changed, "local"])
    record(
        "guardian.corrected",
        guardian,
        by=by.pk if by else None,
        district=guardian.district_id,
        fields=",".join(sorted(changed)),
    )
