"""Ways of reaching them that a family opened by itself: by writing to us, or with a button on its phone."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max

from bothways.audit.services import record
from bothways.channels import subscriptions
from bothways.channels.contract import Subscription
from bothways.core import clock
from bothways.people.enums import PhoneKind, PointKind, PointState, Source
from bothways.people.models import ContactPoint, Guardian

# An old phone's notices go unheard: a guardian's newest browsers count.
MOST_BROWSERS = 5


@transaction.atomic
def agree_to_notices(*, guardian: Guardian, subscription: Subscription) -> ContactPoint:
    """This guardian wants notices on this browser. Raises channels.subscriptions.NotUsable."""
    key = subscriptions.subscribe(subscription)
    point = _open(guardian, PointKind.PUSH, key, "family_page")
    browsers = guardian.points.filter(kind=PointKind.PUSH.value, ended_at=None).order_by(
        "-position"
    )
    for old in browsers[MOST_BROWSERS:]:
        _end([old], "older_than_newest")
    return point


@transaction.atomic
def end_notices(*, endpoint: str) -> bool:
    """No more notices to this browser, for whomever they were; False where there were none.

    Nobody but the browser itself knows its endpoint: knowing it is the right to end it.
    """
    key = subscriptions.key_of(endpoint)
    points = ContactPoint.objects.filter(
        kind=PointKind.PUSH.value, match=key, ended_at=None
    ).select_for_update()
    _end(points, "family_page")
    return subscriptions.end(key)


@transaction.atomic
def agree_to_whatsapp(*, guardians: Iterable[Guardian], number: str) -> list[ContactPoint]:
    """Whoever writes to us by WhatsApp may be answered there: their first words are the agreement."""
    return [
        _open(guardian, PointKind.WHATSAPP, number, "wrote_to_us", PointState.WORKING)
        for guardian in guardians
    ]


def has_phone_but_no_whatsapp(household_id: int, number: str) -> list[Guardian]:
    """The adults of this home who have this phone number, and have not agreed to WhatsApp there yet."""
    mine = Guardian.objects.filter(
        household=household_id,
        ended_at=None,
        points__kind=PointKind.PHONE.value,
        points__match=number,
        points__ended_at=None,
    )
    agreed = ContactPoint.objects.filter(
        kind=PointKind.WHATSAPP.value, match=number, ended_at=None
    ).values("guardian")
    return list(mine.exclude(pk__in=agreed).distinct().order_by("pk"))


def _open(
    guardian: Guardian,
    kind: PointKind,
    address: str,
    how: str,
    state: PointState = PointState.UNKNOWN,
) -> ContactPoint:
    """A point of theirs, or the one that ended once, opened anew."""
    last = guardian.points.aggregate(last=Max("position"))["last"]
    now = clock.now()
    fresh = {
        "district_id": guardian.district_id,
        "address": address,
        "phone_kind": PhoneKind.UNKNOWN.value,
        "state": state.value,
        "why": "",
        "state_at": now,
        "position": 0 if last is None else last + 1,
        "source": Source.LOCAL.value,
        "ended_at": None,
    }
    live = guardian.points.filter(
        kind=kind.value, match=address, ended_at=None, state=PointState.WORKING.value
    ).first()
    if live is not None:
        return live  # pressed twice: nothing is new
    point, _made = ContactPoint.objects.update_or_create(
        guardian=guardian, kind=kind.value, match=address, defaults=fresh
    )
    record("contact.point_added", point, by=None, district=guardian.district_id, how=how)
    return point


def _end(points: Iterable[ContactPoint], how: str) -> None:
    for point in points:
        point.ended_at = clock.now()
        point.save(update_fields=["ended_at"])
        record("contact.point_ended", point, by=None, district=point.district_id, how=how)
