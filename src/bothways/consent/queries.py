"""The one queryset that says who may be contacted.

Used in the fan-out and again in every claim: an order of yesterday stops a send of today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bothways.barriers.queries import asleep_by_day, effects_of
from bothways.barriers.rules import asleep
from bothways.consent.hours import Hush, next_allowed
from bothways.consent.models import Preference, QuietDay, Stop
from bothways.people.enums import PointKind, RestrictionKind
from bothways.people.models import Guardian, Link, Restriction
from bothways.schools.models import District

# Ways that ring or buzz: quiet hours are for them. A letter or an email wakes nobody.
LOUD_KINDS = (PointKind.PHONE.value, PointKind.WHATSAPP.value, PointKind.PUSH.value)
ADULT_YEARS = 18


def in_force(day: date) -> QuerySet[Restriction]:
    """Restrictions that hold on this day; what could not be read holds always."""
    return Restriction.objects.filter(lifted_at=None).filter(
        Q(needs_review=True)
        | ((Q(starts_on=None) | Q(starts_on__lte=day)) & (Q(ends_on=None) | Q(ends_on__gte=day)))
    )


def standing(*, district: District, at: datetime, records: bool = False) -> QuerySet[Link]:
    """Links through which an adult may hear about a child at this moment.

    ``records``: the words are about this child's own records, not news for all families.
    """
    day = at.astimezone(district.zone).date()
    kinds = [RestrictionKind.CONTACT.value]
    if records:
        kinds.append(RestrictionKind.RECORDS.value)
    blocked = in_force(day).filter(Q(kind__in=kinds) | Q(needs_review=True), link=OuterRef("pk"))
    links = Link.objects.filter(
        ~Exists(blocked),
        district=district,
        ended_at=None,
        guardian__ended_at=None,
        student__ended_at=None,
    )
    if records:
        links = links.exclude(
            student__birth_date__lte=born_for(day), student__shares_with_guardians=False
        )
    return links


def born_for(day: date) -> date:
    """The latest birth date of those who are adults on this day."""
    try:
        return day.replace(year=day.year - ADULT_YEARS)
    except ValueError:  # 29 February: who was born on 1 March is not yet of age
        return date(day.year - ADULT_YEARS, 2, 28)


def quiet(district: District, at: datetime) -> bool:
    """Whether these are the district's quiet hours."""
    return is_quiet(at.astimezone(district.zone).time(), district.quiet_from, district.quiet_until)


def is_quiet(now: time, start: time, end: time) -> bool:
    """Whether ``now`` lies in [start, end), which may run over midnight; equal ends: never quiet.

    >>> is_quiet(time(23), time(20, 30), time(7))
    True
    """
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def allowed(
    *,
    district: District,
    at: datetime,
    records: bool = False,
    emergency: bool = False,
    now_only: bool = False,
    address: tuple[Any, Any] | None = None,
) -> QuerySet[Link]:
    """Who may be contacted about whom through which address: links with ``kind`` and ``match``.

    ``address``: expressions for the kind and the folded address to be used; without it, one row for
    each live contact point of the guardian (``point_id``). ``now_only``: nothing that rings in quiet hours.
    """
    links = standing(district=district, at=at, records=records)
    if address is None:
        # Annotated first and filtered after: conditions on the points then share one join.
        links = links.annotate(
            point_id=F("guardian__points__pk"),
            kind=F("guardian__points__kind"),
            match=F("guardian__points__match"),
            point_ended_at=F("guardian__points__ended_at"),
        ).filter(point_id__isnull=False, point_ended_at=None)
    else:
        links = links.annotate(kind=address[0], match=address[1])
    if not (emergency and district.emergencies_pass_stops):
        stops = Stop.objects.filter(
            district=district, kind=OuterRef("kind"), match=OuterRef("match"), lifted_at=None
        )
        links = links.exclude(Exists(stops))
    if now_only and not emergency and quiet(district, at):
        links = links.exclude(kind__in=LOUD_KINDS)
    return links


@dataclass(frozen=True, slots=True)
class Hushed:
    """Families that are to be left in peace at this moment, each with the next moment that is free.

    ``loud``: nothing that rings, in their own quiet hours. ``still``: no routine words and no further tries
    on their quiet day; ``everybody_still``: the same for the whole district.
    """

    loud: Mapping[int, datetime] = field(default_factory=dict)
    still: Mapping[int, datetime] = field(default_factory=dict)
    everybody_still: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.loud or self.still or self.everybody_still)


def hushed(district: District, at: datetime) -> Hushed:
    """Who is to be left in peace now, besides the district's quiet hours; three queries on most days."""
    own = {
        wish.household_id: wish.hush
        for wish in Preference.objects.filter(district=district, quiet_from__isnull=False)
    }
    for home, hours in asleep_by_day(district).items():
        # Hours that they told themselves say it better.
        own.setdefault(home, Hush(*hours))
    quiet_hours = Hush(district.quiet_from, district.quiet_until)
    loud = {
        home: free
        for home, hush in own.items()
        if hush
        and (free := next_allowed(at, district.zone, (hush, quiet_hours))) != at
        # In the district's own quiet hours alone nothing goes anyway.
        and next_allowed(at, district.zone, (hush,)) != at
    }
    still: dict[int, datetime] = {}
    everybody: datetime | None = None
    for kept in _quiet_days_around(district, at):
        free = next_allowed(at, district.zone, (kept.hush,))
        if free == at:
            continue
        if kept.household_id is not None:
            still[kept.household_id] = max(free, still.get(kept.household_id, at))
        elif kept.language:
            for home in _homes_speaking(district, kept.language):
                still[home] = max(free, still.get(home, at))
        else:
            everybody = max(free, everybody or at)
    return Hushed(loud, still, everybody)


def _quiet_days_around(district: District, at: datetime) -> QuerySet[QuietDay]:
    """Those that may lie around this moment: they begin today, or yesterday and last over midnight."""
    today = at.astimezone(district.zone).date()
    days = (today, today - timedelta(days=1))
    return QuietDay.objects.filter(
        Q(day__in=days) | Q(weekday__in=[day.weekday() for day in days]), district=district
    ).order_by("pk")


def _homes_speaking(district: District, language: str) -> set[int]:
    """Families in which an adult speaks or reads this language."""
    return set(
        Guardian.objects.filter(
            Q(speaks=language) | Q(reads=language),
            district=district,
            ended_at=None,
            household__isnull=False,
        ).values_list("household_id", flat=True)
    )


def hushes_of(district: District, household: int) -> list[Hush]:
    """All stretches in which this family gets no loud, routine or further word: for ``next_allowed``."""
    found = [Hush(district.quiet_from, district.quiet_until)]
    wish = Preference.objects.filter(household=household).first()
    if wish is not None and wish.hush is not None:
        found.append(wish.hush)
    elif hours := asleep(effects_of(district, [household]).get(household, frozenset())):
        found.append(Hush(*hours))
    tongues = Guardian.objects.filter(household=household, ended_at=None)
    languages = {tag for pair in tongues.values_list("speaks", "reads") for tag in pair if tag}
    days = QuietDay.objects.filter(district=district).filter(
        Q(household=household)
        | Q(household=None, language="")
        | Q(household=None, language__in=languages)
    )
    return found + [kept.hush for kept in days.order_by("pk")]
