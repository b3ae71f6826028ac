"""Nobody is in two places at once, nobody is a child, and a booking opens a page only while it lives."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.core import clock
from bothways.interpreters.adults import AStudent
from bothways.interpreters.calendar import calendar
from bothways.interpreters.enums import Occasion, Part
from bothways.interpreters.models import Booking, Interpreter
from bothways.interpreters.queries import (
    bookings_of,
    choices,
    cover,
    households_of,
    live,
    of_home,
)
from bothways.interpreters.rules import Hours, busy
from bothways.interpreters.services import (
    NotPossible,
    Person,
    Taken,
    accept,
    ask,
    cancel,
    change,
    decline,
    move,
    no_show,
    take_in,
    took_place,
)
from people import Cast, cast, guardian, home, staff, student

NOON = datetime(2026, 9, 15, 17, 0, tzinfo=UTC)  # Tuesday, 12:00 in Chicago
HOUR = timedelta(hours=1)


@pytest.fixture
def everybody(db: None, at: object) -> Cast:
    return cast()


def hodan(cast: Cast, **fields: object) -> Interpreter:
    """Hodan Ali from the town interprets Somali."""
    return take_in(
        Person(
            school=None,
            part=Part.INTERPRETER,
            tongues=[("so", "en")],
            name="Hodan Ali",
            phone="+13125550150",
            **fields,  # type: ignore[arg-type]
        ),
        district=cast.district,
        by=cast.office,
        adult=True,
    )


def samir(cast: Cast) -> tuple[Interpreter, User]:
    """Samir, a colleague, interprets Arabic."""
    user = staff("Samir", Role.COUNSELOR, cast.district, cast.middle)
    made = take_in(
        Person(school=None, part=Part.INTERPRETER, tongues=[("ar", "en")], user=user),
        district=cast.district,
        by=cast.office,
        adult=True,
    )
    return made, user


def book(
    who: Interpreter,
    cast: Cast,
    starts: datetime = NOON,
    ends: datetime | None = None,
    language: str = "so",
    occasion: Occasion = Occasion.CALL,
    **fields: object,
) -> Booking:
    return ask(
        interpreter=who,
        language=language,
        occasion=occasion,
        starts=starts,
        ends=ends or starts + HOUR,
        by=cast.mrs_c,
        **fields,  # type: ignore[arg-type]
    )


def test_nobody_is_booked_twice_for_one_time(everybody: Cast) -> None:
    who = hodan(everybody)
    book(who, everybody)
    with pytest.raises(Taken, match="Hodan Ali is booked then"):
        book(who, everybody, NOON + timedelta(minutes=59))
    book(who, everybody, NOON + HOUR)
    assert Booking.objects.count() == 2


def test_getting_there_and_back_takes_time_too(everybody: Cast) -> None:
    who = hodan(everybody, travel=20)
    book(who, everybody)
    with pytest.raises(Taken):
        book(who, everybody, NOON + HOUR + timedelta(minutes=19), occasion=Occasion.VISIT)
    book(who, everybody, NOON + HOUR + timedelta(minutes=20), occasion=Occasion.VISIT)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.tuples(st.integers(0, 600), st.integers(5, 180), st.sampled_from(Occasion)),
    st.tuples(st.integers(0, 600), st.integers(5, 180), st.sampled_from(Occasion)),
)
def test_the_database_keeps_bookings_apart_just_as_the_rule_says(
    everybody: Cast, one: tuple[int, int, Occasion], other: tuple[int, int, Occasion]
) -> None:
    with transaction.atomic():
        who = hodan(everybody, travel=15)
        spans, refused = [], False
        for start, length, occasion in (one, other):
            starts = NOON + timedelta(minutes=start)
            ends = starts + timedelta(minutes=length)
            spans.append(busy(starts, ends, travel=15 if occasion.travels else 0))
            try:
                book(who, everybody, starts, ends, occasion=occasion, place="Library")
            except Taken:
                refused = True
        assert refused == spans[0].meets(spans[1])
        transaction.set_rollback(True)


def test_two_people_can_be_booked_for_the_same_time(everybody: Cast) -> None:
    book(hodan(everybody), everybody)
    book(samir(everybody)[0], everybody, language="ar")
    assert Booking.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_book_at_the_same_moment_one_is_told(at: object) -> None:
    everybody = cast()
    who = hodan(everybody)
    start, results = threading.Barrier(2), []

    def run() -> None:
        try:
            start.wait()
            book(who, everybody)
            results.append("booked")
        except Taken:
            results.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["booked", "taken"]


def test_a_declined_or_cancelled_time_is_free_again(everybody: Cast) -> None:
    who = hodan(everybody)
    decline(booking=book(who, everybody), by=everybody.office, why="Has a class")
    cancel(booking=book(who, everybody), by=everybody.mrs_c)
    book(who, everybody)
    states = Booking.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["declined", "cancelled", "asked"]


def test_the_database_itself_refuses_a_second_booking(everybody: Cast) -> None:
    first = book(hodan(everybody), everybody)
    first.pk = None
    with pytest.raises(IntegrityError, match="booking_alone"), transaction.atomic():
        first.save(force_insert=True)


def test_moving_asks_again_and_takes_no_time_that_is_taken(everybody: Cast) -> None:
    who = hodan(everybody)
    first = accept(booking=book(who, everybody), by=everybody.office)
    book(who, everybody, NOON + 3 * HOUR)
    with pytest.raises(Taken):
        move(booking=first, starts=NOON + 3 * HOUR, ends=NOON + 4 * HOUR, by=everybody.mrs_c)
    moved = move(
        booking=first,
        starts=NOON + timedelta(minutes=30),
        ends=NOON + 90 * timedelta(minutes=1),
        by=everybody.mrs_c,
    )
    assert (moved.state, moved.starts_at) == ("asked", NOON + timedelta(minutes=30))


def test_hours_that_somebody_gave_are_kept_unless_they_agreed(everybody: Cast) -> None:
    who = hodan(everybody, hours=(Hours(1, time(8), time(12)),))
    with pytest.raises(NotPossible, match="outside the hours that Hodan Ali gave"):
        book(who, everybody)
    assert book(who, everybody, outside_hours=True).state == "asked"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"language": "ar"}, "does not interpret this language"),
        ({"starts": datetime(2026, 9, 1, 17, tzinfo=UTC)}, "has passed"),
        ({"occasion": Occasion.PLACE}, "Say where it is"),
    ],
)
def test_what_cannot_be_booked_is_told(
    everybody: Cast, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(NotPossible, match=words):
        book(hodan(everybody), everybody, **fields)  # type: ignore[arg-type]


def test_who_stopped_interpreting_is_not_booked(everybody: Cast) -> None:
    who = hodan(everybody, ends_on=date(2026, 9, 14))
    with pytest.raises(NotPossible, match="not interpret for us any more"):
        book(who, everybody)
    assert list(live(everybody.district, today=date(2026, 9, 15))) == []


def test_how_it_went_is_said_afterwards(everybody: Cast, at: object) -> None:
    booking = book(hodan(everybody), everybody)
    with pytest.raises(NotPossible, match="not begun yet"):
        no_show(booking=booking, by=everybody.mrs_c)
    clock.stop_at(at, NOON + HOUR)  # type: ignore[arg-type]
    assert no_show(booking=booking, by=everybody.mrs_c).state == "no_show"
    # Said by mistake: they came.
    assert took_place(booking=booking, by=everybody.mrs_c).state == "took_place"
    with pytest.raises(NotPossible, match="meanwhile"):
        cancel(booking=booking, by=everybody.mrs_c)


def test_a_student_is_never_an_interpreter(everybody: Cast) -> None:
    def nour(**fields: object) -> Person:
        return Person(school=None, part=Part.INTERPRETER, tongues=[("ar", "en")], **fields)  # type: ignore[arg-type]

    with pytest.raises(AStudent, match="Children never interpret"):
        take_in(
            nour(name="nour  HADDAD"),
            district=everybody.district,
            by=everybody.office,
            adult=True,
        )
    with pytest.raises(AStudent, match="number of a student"):
        take_in(
            nour(name="N. Haddad", sis_id=everybody.nour.sis_id),
            district=everybody.district,
            by=everybody.office,
            adult=True,
            identity_seen=True,
        )
    with pytest.raises(NotPossible, match="Only adults interpret"):
        take_in(
            nour(name="Somebody Else"),
            district=everybody.district,
            by=everybody.office,
            adult=False,
        )
    # An aunt with the same name, whose identity the office has seen.
    aunt = take_in(
        nour(name="Nour Haddad"),
        district=everybody.district,
        by=everybody.office,
        adult=True,
        identity_seen=True,
    )
    assert aunt.checked_by == everybody.office
    with pytest.raises(AStudent):
        change(aunt, nour(name="Troy Washington"), by=everybody.office, adult=True)


def test_the_account_of_a_student_is_no_interpreters(everybody: Cast) -> None:
    account = User.objects.create_user(
        "nour@grandbend.example",
        district=everybody.district,
        given="Nour",
        family="Haddad",
        sis_id=everybody.nour.sis_id,
    )
    person = Person(school=None, part=Part.INTERPRETER, tongues=[("ar", "en")], user=account)
    with pytest.raises(AStudent, match="account is a student"):
        take_in(
            person,
            district=everybody.district,
            by=everybody.office,
            adult=True,
            identity_seen=True,
        )


def test_a_booking_opens_a_family_only_while_it_lives(everybody: Cast, at: object) -> None:
    who, user = samir(everybody)
    booking = book(who, everybody, language="ar", household=everybody.nours_home)

    def opened() -> list[int | None]:
        return list(households_of(user, at=clock.now()))

    assert opened() == []  # only asked for
    accept(booking=booking, by=user)
    assert opened() == [everybody.nours_home.pk]
    assert list(households_of(everybody.mrs_c, at=clock.now())) == []
    clock.stop_at(at, NOON + HOUR + timedelta(hours=23))  # type: ignore[arg-type]
    assert opened() == [everybody.nours_home.pk]
    clock.stop_at(at, NOON + HOUR + timedelta(hours=25))  # type: ignore[arg-type]
    assert opened() == []


def test_a_cancelled_booking_closes_the_family_again(everybody: Cast) -> None:
    who, user = samir(everybody)
    booking = book(who, everybody, language="ar", household=everybody.nours_home)
    cancel(booking=accept(booking=booking, by=user), by=everybody.mrs_c)
    assert list(households_of(user, at=clock.now())) == []
    assert of_home(everybody.district.pk, everybody.nours_home.pk, at=clock.now()) == []


def test_languages_that_nobody_speaks_stand_first_with_their_families(everybody: Cast) -> None:
    for name in ("Asha", "Farah"):
        child = student(name, "Ali", everybody.elementary, everybody.room_12)
        home([child], [guardian(everybody.district, f"{name}s mother", "Ali", reads="so")])
    samir(everybody)
    found = cover(everybody.district, [everybody.elementary.pk], today=date(2026, 9, 14))
    assert [(c.language, c.families, [p.called for p in c.people]) for c in found] == [
        ("so", 2, []),
        ("es", 1, []),
        ("ar", 1, ["Samir Staff"]),
    ]


def test_who_can_stands_before_who_is_booked(everybody: Cast) -> None:
    one, two = hodan(everybody), hodan(everybody, hours=(Hours(0, time(8), time(12)),))
    three = hodan(everybody)
    book(one, everybody)
    found = choices(
        live(everybody.district, today=date(2026, 9, 14)),
        language="so",
        starts=NOON,
        ends=NOON + HOUR,
        travels=False,
    )
    assert [(c.interpreter, c.why_not) for c in found] == [
        (three, ""),
        (two, "hours"),
        (one, "booked"),
    ]


def test_the_calendar_names_no_child_and_no_home(everybody: Cast) -> None:
    who, user = samir(everybody)
    booking = book(
        who,
        everybody,
        language="ar",
        occasion=Occasion.VISIT,
        household=everybody.nours_home,
        place="3 Nour Haddad Street",
        words="Nour's father asked for it",
    )
    accept(booking=booking, by=user)
    made = calendar(bookings_of(user), host="school.example")
    event = icalendar.Calendar.from_ical(made).walk("VEVENT")[0]
    assert str(event["summary"]) == "Interpreting Arabic: home visit"
    assert event.decoded("dtstart") == NOON
    assert str(event["status"]) == "CONFIRMED"
    assert b"Nour" not in made
    assert b"Haddad" not in made
