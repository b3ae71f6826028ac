"""Which numbers a person rings, and which homes they go to: in the order in which to try them."""

from datetime import datetime

from bothways.consent.models import Stop
from bothways.consent.queries import standing
from bothways.people.enums import PointKind, PointState
from bothways.people.models import ContactPoint, Guardian, Household

_ORDER = {PointState.WORKING.value: 0, PointState.UNKNOWN.value: 1, PointState.FAILING.value: 2}
# A landline takes no texts and rings all the same.
_RINGS_THOUGH = ("30006", "21614")


def adults_to_ask(household: Household, *, at: datetime) -> list[Guardian]:
    """Adults of this home with standing for a child of it at this moment; a barred one is never among them."""
    links = standing(district=household.district, at=at).filter(
        guardian__household=household, student__homes__household=household
    )
    ordered = links.select_related("guardian").order_by(
        "-primary_contact", "priority", "guardian_id"
    )
    return list({link.guardian_id: link.guardian for link in ordered}.values())


def numbers(
    household: Household, *, at: datetime, guardian: Guardian | None = None
) -> list[ContactPoint]:
    """Numbers to ring for this family, what works first; a guardian's own before the others'.

    Not those which are somebody else's, nor those which asked us to stop: a stop is for the number, not
    only for texts.
    """
    adults = adults_to_ask(household, at=at)
    points = list(
        ContactPoint.objects.filter(guardian__in=adults, kind=PointKind.PHONE.value, ended_at=None)
        .exclude(why="wrong_person")
        .select_related("guardian")
    )
    stopped = set(
        Stop.objects.filter(
            district_id=household.district_id,
            kind=PointKind.PHONE.value,
            match__in=[point.match for point in points],
            lifted_at=None,
            by=Stop.By.OURS.value,
        ).values_list("match", flat=True)
    )
    place = {adult.pk: n for n, adult in enumerate(adults)}
    ordered = sorted(
        (point for point in points if point.match not in stopped),
        key=lambda point: (
            guardian is not None and point.guardian_id != guardian.pk,
            1 if point.why in _RINGS_THOUGH else _ORDER[point.state],
            place[point.guardian_id],
            point.position,
            point.pk,
        ),
    )
    return list({point.match: point for point in ordered}.values())


def homes_addresses(household: Household) -> list[ContactPoint]:
    """The home's postal addresses that are not known to be wrong."""
    return list(
        ContactPoint.objects.filter(
            guardian__household=household,
            guardian__ended_at=None,
            kind=PointKind.POSTAL.value,
            ended_at=None,
        )
        .exclude(state=PointState.FAILING.value)
        .order_by("position", "pk")
    )
