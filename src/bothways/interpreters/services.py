"""Take in who interprets; ask somebody for a time, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.phone import to_e164
from bothways.interpreters.adults import must_be_adult
from bothways.interpreters.enums import OPEN, AskedFrom, BookingState, Occasion, Part
from bothways.interpreters.models import Booking, Interpreter, InterpreterHours, Tongue
from bothways.interpreters.queries import hours_of, serves
from bothways.interpreters.rules import Hours, busy, in_hours, unusable
from bothways.people.models import Household
from bothways.schools.models import District, School


class NotPossible(ValueError):
    """It cannot be done so; the text says why, and what to do."""


class Taken(NotPossible):
    """Somebody was booked for this time a moment ago, or before."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is kept of somebody who interprets; ``tongues``: pairs of languages, each both ways."""

    school: School | None
    part: Part
    tongues: Sequence[tuple[str, str]]
    hours: Sequence[Hours] = ()
    user: User | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    sis_id: str = ""
    training: str = ""
    agreement_on: date | None = None
    travel: int = 15
    ends_on: date | None = None


@transaction.atomic
def take_in(
    person: Person, *, district: District, by: User, adult: bool, identity_seen: bool = False
) -> Interpreter:
    """Somebody interprets from now on. Raises AStudent, NotPossible.

    ``adult``: who takes them in knows that they are 18 or older and no student.
    """
    _must_make_sense(person, district=district, adult=adult, identity_seen=identity_seen)
    if person.user and Interpreter.objects.filter(district=district, user=person.user).exists():
        raise NotPossible(f"{person.user.name} is on the list already. Change that line instead.")
    now = clock.now()
    made = Interpreter.objects.create(
        district=district,
        checked_by=by,
        checked_at=now,
        created_at=now,
        **_fields(person, district.region),
    )
    _keep(made, person)
    record(
        "interpreter.taken_in",
        made,
        by=by.pk,
        district=district.pk,
        identity_seen=int(identity_seen),
    )
    return made


@transaction.atomic
def change(
    interpreter: Interpreter, person: Person, *, by: User, adult: bool, identity_seen: bool = False
) -> Interpreter:
    """What is kept of somebody is this from now on. Raises AStudent, NotPossible."""
    _must_make_sense(
        person, district=interpreter.district, adult=adult, identity_seen=identity_seen
    )
    for name, value in _fields(person, interpreter.district.region).items():
        setattr(interpreter, name, value)
    interpreter.checked_by, interpreter.checked_at = by, clock.now()
    interpreter.save()
    _keep(interpreter, person)
    record("interpreter.changed", interpreter, by=by.pk, district=interpreter.district_id)
    return interpreter


def _must_make_sense(
    person: Person, *, district: District, adult: bool, identity_seen: bool
) -> None:
    if not adult:
        raise NotPossible(
            "Only adults interpret. Say that this person is 18 or older and no student."
        )
    must_be_adult(
        district=district.pk,
        name=person.name,
        sis_id=person.sis_id,
        user=person.user,
        identity_seen=identity_seen,
    )
    if person.user is None and not person.name.strip():
        raise NotPossible("Write a name, or choose a colleague.")
    if person.user is not None and person.user.district_id != district.pk:
        raise NotPossible("This colleague works elsewhere now. Open the page again.")
    if not person.tongues:
        raise NotPossible("Choose at least one language.")
    if any(one == other for one, other in person.tongues):
        raise NotPossible("Choose two different languages.")


def _fields(person: Person, region: str) -> dict[str, object]:
    outside = person.user is None
    return {
        "school": person.school,
        "user": person.user,
        "name": person.name.strip() if outside else "",
        "phone": to_e164(person.phone, region) or person.phone.strip(),
        "email": person.email,
        "part": person.part.value,
        "training": person.training,
        "agreement_on": person.agreement_on,
        "travel": person.travel,
        "ends_on": person.ends_on,
    }


def _keep(interpreter: Interpreter, person: Person) -> None:
    interpreter.tongues.all().delete()
    Tongue.objects.bulk_create(
        Tongue(interpreter=interpreter, language=one, other=other)
        for one, other in dict.fromkeys(person.tongues)
    )
    interpreter.hours.all().delete()
    InterpreterHours.objects.bulk_create(
        InterpreterHours(
            interpreter=interpreter, weekday=one.weekday, starts=one.starts, ends=one.ends
        )
        for one in person.hours
    )


@transaction.atomic
def ask(
    *,
    interpreter: Interpreter,
    language: str,
    occasion: Occasion,
    starts: datetime,
    ends: datetime,
    by: User,
    household: Household | None = None,
    place: str = "",
    words: str = "",
    other: str = "en",
    asked_from: AskedFrom | None = None,
    asked_id: int | None = None,
    outside_hours: bool = False,
) -> Booking:
    """Ask somebody for this time; who is a colleague answers on their own page, others are called.

    Raises Taken where the time is not free, NotPossible for the rest. ``outside_hours``: they agreed to come
    outside the hours that they gave.
    """
    if occasion is Occasion.PLACE and not place.strip():
        raise NotPossible("Say where it is, so that the interpreter finds you.")
    _must_fit(interpreter, language, starts, ends, outside_hours=outside_hours)
    span = busy(starts, ends, travel=interpreter.travel if occasion.travels else 0)
    booking = Booking(
        district_id=interpreter.district_id,
        interpreter=interpreter,
        language=language,
        other=other,
        occasion=occasion.value,
        household=household,
        asked_from=asked_from.value if asked_from else "",
        asked_id=asked_id,
        place=place.strip(),
        words=words.strip(),
        starts_at=starts,
        ends_at=ends,
        busy_from=span.first,
        busy_to=span.last,
        asked_by=by,
        asked_at=clock.now(),
    )
    _save(booking)
    record("booking.asked", booking, by=by.pk, district=booking.district_id)
    return booking


def _must_fit(
    interpreter: Interpreter,
    language: str,
    starts: datetime,
    ends: datetime,
    *,
    outside_hours: bool,
) -> None:
    if why := unusable(starts, ends, now=clock.now()):
        raise NotPossible(why)
    zone = interpreter.district.zone
    local = starts.astimezone(zone), ends.astimezone(zone)
    if interpreter.ends_on is not None and local[1].date() > interpreter.ends_on:
        raise NotPossible(f"{interpreter.called} does not interpret for us any more on that day.")
    if not serves(interpreter, language):
        raise NotPossible(f"{interpreter.called} does not interpret this language.")
    if not outside_hours and not in_hours(hours_of(interpreter), *local):
        raise NotPossible(
            f"That is outside the hours that {interpreter.called} gave. Choose another time, or ask them "
            "and say that they agreed."
        )


def _save(booking: Booking) -> None:
    """The database says whether the time is free: of two who ask at once the second is told."""
    try:
        with transaction.atomic():
            # One after the other: two rows that exclude each other, written at once, wait for each other.
            Interpreter.objects.select_for_update(no_key=True).get(pk=booking.interpreter_id)
            booking.save()
    except IntegrityError as error:
        if "booking_alone" not in str(error):
            raise
        raise Taken(
            f"{booking.interpreter.called} is booked then, or on the way. Choose another time or another "
            "person."
        ) from error


@transaction.atomic
def accept(*, booking: Booking, by: User) -> Booking:
    """The interpreter comes; said by them, or by whoever called them."""
    return _decide(booking, BookingState.ACCEPTED, by=by, from_=(BookingState.ASKED,))


@transaction.atomic
def decline(*, booking: Booking, by: User, why: str = "") -> Booking:
    """The interpreter cannot; the time is free again."""
    return _decide(booking, BookingState.DECLINED, by=by, from_=OPEN, why=why)


@transaction.atomic
def cancel(*, booking: Booking, by: User, why: str = "") -> Booking:
    """We do not need them after all."""
    return _decide(booking, BookingState.CANCELLED, by=by, from_=OPEN, why=why)


@transaction.atomic
def took_place(*, booking: Booking, by: User) -> Booking:
    _must_have_begun(booking)
    return _decide(booking, BookingState.TOOK_PLACE, by=by, from_=(*OPEN, BookingState.NO_SHOW))


@transaction.atomic
def no_show(*, booking: Booking, by: User) -> Booking:
    """The interpreter did not come: the family was left without, and somebody has to make good for it."""
    _must_have_begun(booking)
    return _decide(booking, BookingState.NO_SHOW, by=by, from_=(*OPEN, BookingState.TOOK_PLACE))


def _must_have_begun(booking: Booking) -> None:
    if clock.now() < booking.starts_at:
        raise NotPossible("It has not begun yet. Say how it went afterwards.")


def _decide(
    booking: Booking,
    state: BookingState,
    *,
    by: User,
    from_: Sequence[BookingState],
    why: str = "",
) -> Booking:
    locked = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("interpreter")
        .get(pk=booking.pk)
    )
    if locked.state == state.value:
        return locked  # a double click
    if locked.state not in from_:
        raise NotPossible("Somebody has decided about this booking meanwhile. Open the page again.")
    locked.state, locked.why = state.value, why.strip()
    locked.decided_by, locked.decided_at = by, clock.now()
    _save(locked)
    record(f"booking.{state.value}", locked, by=by.pk, district=locked.district_id)
    return locked


@transaction.atomic
def move(
    *, booking: Booking, starts: datetime, ends: datetime, by: User, outside_hours: bool = False
) -> Booking:
    """Another time; the interpreter is asked again. Raises Taken, NotPossible."""
    locked = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("interpreter__district", "interpreter__user")
        .get(pk=booking.pk)
    )
    if locked.state not in OPEN:
        raise NotPossible("This booking is over or called off. Book anew.")
    _must_fit(locked.interpreter, locked.language, starts, ends, outside_hours=outside_hours)
    travels = Occasion(locked.occasion).travels
    span = busy(starts, ends, travel=locked.interpreter.travel if travels else 0)
    locked.starts_at, locked.ends_at = starts, ends
    locked.busy_from, locked.busy_to = span.first, span.last
    locked.state = BookingState.ASKED.value
    locked.decided_by, locked.decided_at = None, None
    _save(locked)
    record("booking.moved", locked, by=by.pk, district=locked.district_id)
    return locked
