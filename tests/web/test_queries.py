"""Lists ask the database as often for three rows as for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.core import clock
from bothways.interpreters.enums import Occasion, Part
from bothways.interpreters.services import Person, ask, take_in
from bothways.messaging.audience import Audience
from bothways.messaging.models import HeldHome, Message
from bothways.outreach.enums import NoteKind, Result, Way
from bothways.outreach.services import plans
from bothways.outreach.services.contacts import note_contact
from bothways.progress.models import Attendance, Told
from bothways.web.staff.kept import KeptDraft
from people import Cast, guardian, home, student
from web import steps
from web.happenings import happened, says, to, write
from web.visiting import Visit

Grow = Callable[[Cast, int], None]


def _families(cast: Cast, number: int) -> None:
    """One more family in room 12, which gets a letter that cannot be shown to be read."""
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(
        cast.district, f"Adult{number}", "Ngo", email=f"ngo{number}@example.org", reads="es"
    )
    home([child], [adult])


def _messages(cast: Cast, number: int) -> None:
    write(cast, cast.mrs_c, Audience(sections=(cast.room_12.sis_id,)))


def _unreached(cast: Cast, number: int) -> None:
    """One more family that the latest message to the class did not reach."""
    child = student(f"Lost{number}", "Ngo", cast.elementary, cast.room_12)
    family = home([child], [guardian(cast.district, f"Far{number}", "Ngo")])
    message = Message.objects.filter(student=None).order_by("-pk")[0]
    HeldHome.objects.create(
        district=cast.district, message=message, household=family, why="no_contact_point"
    )


def _talks(cast: Cast, number: int) -> None:
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(cast.district, f"Adult{number}", "Ngo", email=f"ngo{number}@example.org")
    family = home([child], [adult])
    message = write(cast, cast.mrs_c, Audience(households=(family.pk,)))
    says(to(message, family), "Can you call me after six?")


def _words(cast: Cast, number: int) -> None:
    message = write(cast, cast.mrs_c, Audience(students=(cast.troy.sis_id or "",)), cast.troy)
    says(to(message, cast.troys_home), f"Answer number {number}")


def _points(cast: Cast, number: int) -> None:
    from bothways.people.models import ContactPoint

    email = f"ruth{number}@example.org"
    ContactPoint.objects.create(
        district=cast.district,
        guardian=cast.emilys_mother,
        kind="email",
        address=email,
        match=email,
    )


def _steps(cast: Cast, number: int) -> None:
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    steps.step(cast, household=home([child], [guardian(cast.district, "Adult", "Ngo")]))


def _tries(cast: Cast, number: int) -> None:
    note_contact(
        household=cast.emilys_home,
        guardian=cast.emilys_mother,
        way=Way.CALL,
        result=Result.NO_ANSWER,
        words=f"Try {number}",
        by=cast.mrs_c,
    )


def _plan_notes(cast: Cast, number: int) -> None:
    steps.aunt(cast)
    plans.note(plan=steps.plan(cast), kind=NoteKind.LEARNED, words=f"Note {number}", by=cast.mrs_c)


def _absences(cast: Cast, number: int) -> None:
    """One more child who is not in school, whose family was asked and has answered."""
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(cast.district, f"Adult{number}", "Ngo", email=f"ngo{number}@example.org")
    family = home([child], [adult])
    today = clock.today(cast.district.timezone)
    Attendance.objects.create(
        district=cast.district,
        student=child,
        school=cast.elementary,
        day=today,
        kind="unexcused",
        first_at=clock.now(),
    )
    message = write(cast, cast.office, Audience(students=(child.sis_id or "",)), child)
    Told.objects.create(
        district=cast.district,
        student=child,
        what="absence",
        period=today,
        message=message,
        at=clock.now(),
    )
    says(to(message, family), "She is ill until Thursday")


def _bookings(cast: Cast, number: int) -> None:
    """One more interpreter, who is booked for one more family."""
    child = student(f"Child{number}", "Ali", cast.elementary, cast.room_12)
    family = home([child], [guardian(cast.district, f"Adult{number}", "Ali", reads="so")])
    person = Person(
        school=cast.elementary,
        part=Part.INTERPRETER,
        tongues=[("so", "en")],
        name=f"Hodan {number}",
    )
    starts = clock.now() + timedelta(hours=2)
    ask(
        interpreter=take_in(person, district=cast.district, by=cast.office, adult=True),
        language="so",
        occasion=Occasion.CALL,
        starts=starts,
        ends=starts + timedelta(hours=1),
        by=cast.mrs_c,
        household=family,
    )


@pytest.mark.parametrize(
    ("path", "grow"),
    [
        ("/", _families),
        ("/", _talks),
        ("/reach/", _families),
        ("/families/", _families),
        ("/families/{emily}/", _points),
        ("/families/{troy}/", _words),
        ("/sent/", _messages),
        ("/sent/{message}/", _talks),
        ("/sent/{message}/", _unreached),
        ("/sent/{message}/not-got.csv", _unreached),
        ("/write/", _families),
        ("/write/hers/", _families),
        ("/inbox/?whose=all", _talks),
        ("/inbox/{talk}/", _words),
        ("/interpreters/", _bookings),
        ("/letters/", _messages),
        ("/absences/", _absences),
        ("/tasks/?whose=all", _steps),
        ("/tasks/{step}/", _tries),
        ("/tasks/{step}/", _points),
        ("/tasks/{step}/sheet/", _points),
        ("/families/{emily}/plan/", _plan_notes),
        ("/hours/", _steps),
        ("/good-news/", _families),
    ],
)
def test_three_rows_cost_as_many_queries_as_one(
    everybody: Cast, visit: Visit, path: str, grow: Grow
) -> None:
    did = happened(everybody)
    form = {"who": ["all"], "purpose": ["routine"], "body-en": ["Hello."], "body-es": ["Hola."]}
    KeptDraft.objects.create(key="hers", user=everybody.admin, form=form, at=clock.now())
    path = path.format(
        emily=everybody.emilys_home.pk,
        troy=everybody.troys_home.pk,
        message=did.message.pk,
        talk=did.talk.pk,
        step=steps.step(everybody).pk,
    )
    client = visit(everybody.admin)
    grow(everybody, 1)
    client.get(path)  # whoever comes first works out what changed
    one = _queries(client.get, path)
    for number in (2, 3):
        grow(everybody, number)
    client.get(path)
    assert _queries(client.get, path) == one


def _queries(get: Callable[[str], object], path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        get(path)
    return len(captured)
