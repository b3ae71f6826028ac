"""Changes of numbers and addresses: who said so and when is kept; a proposal alone changes nothing."""

from dataclasses import dataclass

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.people.enums import ChangeHow, PhoneKind, PointKind, PointState, SaidBy, Source
from bothways.people.models import ContactPoint, Guardian, PointChange
from bothways.people.services import Unusable, read_address

__all__ = ["Settled", "Told", "Unusable", "confirm", "note", "propose", "refuse"]


class Settled(ValueError):
    """Somebody confirmed or refused this change already."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that somebody said: this point is not right (any more), this is a new one, or both."""

    kind: PointKind
    point: ContactPoint | None
    typed: str  # "": no new one


@transaction.atomic
def propose(
    *,
    guardian: Guardian,
    told: list[Told],
    form: str,
    how: ChangeHow,
    said_by: SaidBy = SaidBy.GUARDIAN,
    by: User | None = None,
) -> list[PointChange]:
    """Keep what was said; raises people.services.Unusable, then nothing is kept. The same form twice is one."""
    # One at a time: two presses of a button are one form.
    Guardian.objects.select_for_update(of=("self",)).get(pk=guardian.pk)
    found = list(PointChange.objects.filter(form=form).order_by("pk")) if form else []
    if found:
        return found
    made = []
    for one in told:
        new = read_address(one.kind, one.typed, guardian.district.region)[0] if one.typed else ""
        change = PointChange.objects.create(
            district_id=guardian.district_id,
            guardian=guardian,
            point=one.point,
            kind=one.kind.value,
            old=one.point.address if one.point else "",
            new=new,
            said_by=said_by.value,
            how=how.value,
            at=clock.now(),
            entered_by=by,
            form=form,
        )
        record(
            "point.change_proposed", change, by=by.pk if by else None, district=guardian.district_id
        )
        made.append(change)
    return made


@transaction.atomic
def confirm(*, change: PointChange, by: User | None) -> ContactPoint | None:
    """Carry it out; the new point, if there is one. ``by`` None: proved by a code. Raises Settled."""
    change = _open(change)
    now = clock.now()
    if change.point is not None:
        # The family's own word: no roster brings it back, and nothing is sent there any more.
        ContactPoint.objects.filter(pk=change.point.pk, ended_at=None).update(
            ended_at=now, source=Source.LOCAL.value
        )
    point = _new_point(change) if change.new else None
    change.confirmed_at, change.confirmed_by = now, by
    change.save(update_fields=["confirmed_at", "confirmed_by"])
    record("point.changed", change, by=by.pk if by else None, district=change.district_id)
    return point


@transaction.atomic
def refuse(*, change: PointChange, by: User) -> None:
    """It is not so: nothing changes, and it is on the record. Raises Settled."""
    change = _open(change)
    change.refused_at, change.confirmed_by = clock.now(), by
    change.save(update_fields=["refused_at", "confirmed_by"])
    record("point.change_refused", change, by=by.pk, district=change.district_id)


@transaction.atomic
def note(*, point: ContactPoint, added: bool, by: User) -> PointChange:
    """That staff changed it themselves: kept beside what families say."""
    now = clock.now()
    return PointChange.objects.create(
        district_id=point.district_id,
        guardian_id=point.guardian_id,
        point=None if added else point,
        kind=point.kind,
        old="" if added else point.address,
        new=point.address if added else "",
        said_by=SaidBy.STAFF.value,
        how=ChangeHow.DESK.value,
        at=now,
        entered_by=by,
        confirmed_at=now,
        confirmed_by=by,
    )


def _open(change: PointChange) -> PointChange:
    found = (
        PointChange.objects.select_for_update(of=("self",))
        .select_related("point", "guardian__district")
        .get(pk=change.pk)
    )
    if found.confirmed_at is not None or found.refused_at is not None:
        raise Settled("This was settled already. Look at the family’s page for how.")
    return found


def _new_point(change: PointChange) -> ContactPoint:
    kind = PointKind(change.kind)
    guardian = change.guardian
    address, match = read_address(kind, change.new, guardian.district.region)
    last = guardian.points.order_by("-position").values_list("position", flat=True).first()
    place = change.point.position if change.point else 0 if last is None else last + 1
    values = {
        "district_id": guardian.district_id,
        "address": address,
        # They want to be reached there; whether it takes texts, the first text shows.
        "said_mobile": kind is PointKind.PHONE,
        "phone_kind": PhoneKind.UNKNOWN.value,
        "state": PointState.UNKNOWN.value,
        "why": "",
        "state_at": clock.now(),
        "position": place,
        "source": Source.LOCAL.value,
        "ended_at": None,
    }
    point, _made = ContactPoint.objects.update_or_create(
        guardian=guardian, kind=kind.value, match=match, defaults=values
    )
    return point
