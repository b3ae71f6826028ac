"""Who can interpret what and when; whose families a booking opens; which languages nobody here speaks."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from bothways.accounts.models import User
from bothways.interpreters.enums import OPEN, TAKEN, AskedFrom, BookingState
from bothways.interpreters.models import Booking, Interpreter, InterpreterHours
from bothways.interpreters.rules import Hours, Span, busy, clash, in_hours
from bothways.people.models import Guardian
from bothways.schools.models import District

# How long after its end a booking still opens the family's page to the interpreter: to note what was said.
AFTERWARDS = timedelta(days=1)


def spoken(tag: str) -> str:
    """A language as it is spoken: both ways of writing Chinese are one.

    >>> spoken("zh-Hans") == spoken("zh-Hant")
    True
    """
    return tag.split("-")[0].lower()


def serves(interpreter: Interpreter, language: str) -> bool:
    """Whether this person interprets this language."""
    return any(
        spoken(language) in (spoken(one.language), spoken(one.other))
        for one in interpreter.tongues.all()
    )


def hours_of(interpreter: Interpreter) -> tuple[Hours, ...]:
    return tuple(Hours(row.weekday, row.starts, row.ends) for row in interpreter.hours.all())


def live(district: District, *, today: date) -> QuerySet[Interpreter]:
    """Who interprets for this district today."""
    ordered = InterpreterHours.objects.order_by("weekday", "starts")
    return (
        Interpreter.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), district=district)
        .filter(Q(user=None) | Q(user__is_active=True, user__ended_at=None))
        .select_related("district", "school", "user")
        .prefetch_related("tongues", Prefetch("hours", queryset=ordered))
        .order_by("user__family", "name", "pk")
    )


def at_schools(
    people: QuerySet[Interpreter], schools: Collection[int] | None
) -> QuerySet[Interpreter]:
    """Those of them who come to these schools (None: to any)."""
    if schools is None:
        return people
    return people.filter(Q(school=None) | Q(school__in=schools))


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who speaks the language; ``why_not`` is empty where they can."""

    interpreter: Interpreter
    why_not: str  # "", "booked", "hours"


def choices(
    people: Iterable[Interpreter],
    *,
    language: str,
    starts: datetime | None,
    ends: datetime | None,
    travels: bool,
) -> list[Choice]:
    """Of these people those who speak the language, who can first; one query whatever their number."""
    fitting = [one for one in people if serves(one, language)]
    if starts is None or ends is None:
        return [Choice(one, "") for one in fitting]
    taken = _taken([one.pk for one in fitting], starts, ends)
    found = []
    for one in fitting:
        span = busy(starts, ends, travel=one.travel if travels else 0)
        zone = one.district.zone
        if clash(span, taken.get(one.pk, ())) is not None:
            found.append(Choice(one, "booked"))
        elif not in_hours(hours_of(one), starts.astimezone(zone), ends.astimezone(zone)):
            found.append(Choice(one, "hours"))
        else:
            found.append(Choice(one, ""))
    found.sort(key=lambda choice: ("", "hours", "booked").index(choice.why_not))
    return found


def _taken(people: Sequence[int], starts: datetime, ends: datetime) -> dict[int, list[Span]]:
    near = busy(starts, ends, travel=180)
    found: dict[int, list[Span]] = defaultdict(list)
    for pk, first, last in Booking.objects.filter(
        interpreter__in=people,
        state__in=[s.value for s in TAKEN],
        busy_from__lt=near.last,
        busy_to__gt=near.first,
    ).values_list("interpreter_id", "busy_from", "busy_to"):
        found[pk].append(Span(first, last))
    return found


def bookings_of(user: User) -> QuerySet[Booking]:
    """What this user is booked for, whoever asked."""
    return (
        Booking.objects.filter(interpreter__user=user, district=user.district_id)
        .select_related("interpreter__user", "interpreter__school", "asked_by", "household")
        .order_by("starts_at", "pk")
    )


def households_of(user: User, *, at: datetime) -> QuerySet[Booking, int | None]:
    """Ids of the families whose pages this user's bookings open at this moment, as a subquery.

    An accepted booking opens the family's page until a day after it has ended; one that is only asked for,
    declined or called off opens nothing.
    """
    return (
        Booking.objects.filter(
            interpreter__user=user,
            district=user.district_id,
            household__isnull=False,
            state__in=[BookingState.ACCEPTED.value, BookingState.TOOK_PLACE.value],
            ends_at__gte=at - AFTERWARDS,
        )
        .order_by()
        .values_list("household_id", flat=True)
    )


def asked_for(
    district: int, *, asked_from: AskedFrom, ids: Collection[int]
) -> dict[int, list[Booking]]:
    """Open bookings by the task or conversation that they were asked for."""
    found: dict[int, list[Booking]] = defaultdict(list)
    for booking in (
        Booking.objects.filter(
            district=district,
            asked_from=asked_from.value,
            asked_id__in=ids,
            state__in=[s.value for s in OPEN],
        )
        .select_related("interpreter__user")
        .order_by("starts_at", "pk")
    ):
        if booking.asked_id is not None:
            found[booking.asked_id].append(booking)
    return found


def of_home(district: int, household: int, *, at: datetime) -> list[Booking]:
    """What is booked for this family from now on."""
    return list(
        Booking.objects.filter(
            district=district,
            household=household,
            ends_at__gte=at,
            state__in=[s.value for s in OPEN],
        )
        .select_related("interpreter__user")
        .order_by("starts_at", "pk")
    )


@dataclass(slots=True)
class Cover:
    """A language of our families, and who interprets it."""

    language: str
    families: int
    people: list[Interpreter] = field(default_factory=list)


def cover(district: District, schools: Collection[int] | None, *, today: date) -> list[Cover]:
    """The languages of families at these schools (None: all), uncovered ones first, then the larger.

    A family counts once for each language that its adults speak (else read); English is left out.
    """
    guardians = Guardian.objects.filter(
        district=district,
        ended_at=None,
        household__ended_at=None,
        household__isnull=False,
        links__ended_at=None,
        links__student__ended_at=None,
    )
    if schools is not None:
        guardians = guardians.filter(links__student__school__in=schools)
    families: Counter[str] = Counter()
    tags: dict[str, str] = {}
    for tag, number in (
        guardians.annotate(tongue=Coalesce(NullIf("speaks", Value("")), "reads"))
        .exclude(tongue="")
        .values_list("tongue")
        .annotate(number=Count("household", distinct=True))
        .order_by("-number", "tongue")
    ):
        if spoken(tag) != spoken(district.default_language):
            families[spoken(tag)] += number
            tags.setdefault(spoken(tag), tag)
    people = list(at_schools(live(district, today=today), schools))
    found = [
        Cover(tags[key], number, [one for one in people if serves(one, tags[key])])
        for key, number in families.items()
    ]
    found.sort(key=lambda one: (bool(one.people), -one.families, one.language))
    return found
