"""Lists ask the database as often for three rows as for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.barriers.enums import Source as Heard
from bothways.barriers.services import note as note_barrier
from bothways.cases.enums import About
from bothways.cases.enums import How as Said
from bothways.cases.models import Case
from bothways.cases.services import goals, talks
from bothways.cases.services.opening import note_consent
from bothways.cases.services.speaking import Words, say_at_home
from bothways.core import clock
from bothways.feedback.enums import Kind, Source
from bothways.feedback.services.items import open_item
from bothways.interpreters.enums import Occasion, Part
from bothways.interpreters.services import Person, ask, take_in
from bothways.messaging.audience import Audience
from bothways.messaging.models import HeldHome, Message
from bothways.outreach.enums import NoteKind, Result, Way
from bothways.outreach.services import plans
from bothways.outreach.services.contacts import note_contact
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.progress.models import Attendance, Told
from bothways.surveys.models import Invitation, Survey
from bothways.surveys.services.answering import Given, finish
from bothways.web.staff.kept import KeptDraft
from bothways.welcome.enums import How
from bothways.welcome.services import answer as tell
from bothways.welcome.services import begin
from people import Cast, guardian, home, student
from web import cases_made, steps, surveying, together, welcomed
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


def _welcomed(cast: Cast, number: int) -> None:
    """One more family whose welcome conversation has begun."""
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(cast.district, f"Adult{number}", "Ngo", reads="es")
    family = home([child], [adult])
    talk = begin(household=family, guardian=adult, how=How.CALL, language="es", by=cast.mrs_c)
    tell(talk=talk, question="help", student=None, words="Más tiempo", how=How.CALL, by=None)


def _told(cast: Cast, number: int) -> None:
    """One more answer of Emily's mother."""
    question = ("story", "help", "reach")[number - 1]
    welcomed.told(cast, question, f"Answer {number}")


def _children(cast: Cast, number: int) -> tuple[Student, Guardian, Household]:
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(cast.district, f"Adult{number}", "Ngo", email=f"ngo{number}@example.org")
    return child, adult, home([child], [adult])


def _cases(cast: Cast, number: int) -> None:
    """One more case, which the principal leads."""
    child, adult, _home = _children(cast, number)
    cases_made.of(cast, child, adult, f"case-{number}", cast.principal)


def _said_in_the_case(cast: Cast, number: int) -> None:
    """One more thing that Emily's mother sees, in the principal's case with her."""
    words = Words(f"She sleeps badly {number}.", "en", About.SEES, WordClass.FAMILY, Said.PAGE)
    case = Case.objects.get(form_key="emilys")
    say_at_home(case=case, guardian=cast.emilys_mother, words=words, form_key=f"said-{number}")


def _barriers(cast: Cast, number: int) -> None:
    """One more family, with one more thing in the way."""
    code = ("transport", "time", "language")[number - 1]
    for family in (_children(cast, number)[2], cast.emilys_home):
        note_barrier(household=family, barrier=code, by=cast.mrs_c, source=Heard.STAFF)


def _owed(cast: Cast, number: int) -> None:
    """One more item of Emily's family, which the administrator owes."""
    open_item(
        household=cast.emilys_home,
        guardian=cast.emilys_mother,
        student=cast.emily,
        kind=Kind.REQUEST,
        words=f"A ride on day {number}, please.",
        language="en",
        source=Source.TALK,
        source_ref=f"ride-{number}",
        by=cast.mrs_c,
        owner=cast.admin,
    )


def _surveys(cast: Cast, number: int) -> None:
    surveying.draft(cast, title=f"Survey {number}")


def _answers(cast: Cast, number: int) -> None:
    """One more family has answered Mr. Khan's survey, with words of its own."""
    waiting = Invitation.objects.filter(survey__title="The one", done=False).order_by("pk")[0]
    finish(invitation=waiting, given=Given({"p1": 4}, {"p6": f"More like this {number}"}, "en"))


def _asked_by_a_person(cast: Cast, number: int) -> None:
    """One more family for which the survey has no words is invited."""
    _child, adult, family = _children(cast, number)
    Guardian.objects.filter(pk=adult.pk).update(reads="haw", speaks="haw")
    survey = Survey.objects.get(title="The one")
    Invitation.objects.create(
        district=cast.district,
        survey=survey,
        household=family,
        promise=survey.promise,
        code=f"code{number}",
        language="haw",
        questions=1,
        at=clock.now(),
    )


def _goals(cast: Cast, number: int) -> None:
    child = _children(cast, number)[0]
    goals.set_goal(
        student=child,
        draft=goals.GoalDraft("Reads every evening", "en", clock.now().date() + timedelta(days=60)),
        by=cast.mrs_c,
        form_key=f"goal-{number}",
    )


def _notes_of_the_talk(cast: Cast, number: int) -> None:
    talks.add_note(
        talk=together.talk(cast),
        words=f"Begin with drawing {number}.",
        word_class=WordClass.FAMILY,
        by=cast.mrs_c,
        form_key=f"note-{number}",
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
        ("/welcome/", _families),
        ("/welcome/?state=half", _welcomed),
        ("/families/{emily}/", _told),
        ("/cases/", _cases),
        ("/cases/{case}/", _said_in_the_case),
        ("/barriers/", _barriers),
        ("/families/{emily}/", _barriers),
        ("/feedback/", _owed),
        ("/feedback/?show=all", _owed),
        ("/families/{emily}/", _owed),
        ("/surveys/", _surveys),
        ("/surveys/{survey}/", _asked_by_a_person),
        ("/surveys/{survey}/results/", _answers),
        ("/goals/", _goals),
        ("/talks/{tense}/", _notes_of_the_talk),
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
        **_new(everybody, path),
    )
    leads = path.startswith("/cases/")  # nobody but its members opens a case
    client = visit(everybody.principal if leads else everybody.admin)
    grow(everybody, 1)
    client.get(path)  # whoever comes first works out what changed
    one = _queries(client.get, path)
    for number in (2, 3):
        grow(everybody, number)
    client.get(path)
    assert _queries(client.get, path) == one


def _new(cast: Cast, path: str) -> dict[str, int]:
    """What the pages of some paths are about."""
    if "{case}" in path:
        made = cases_made.of(cast, cast.emily, cast.emilys_mother, "emilys", cast.principal)
        note_consent(
            case=made, guardian=cast.emilys_mother, given=True, how=Said.CALL, by=cast.principal
        )
        return {"case": made.pk}
    if "{survey}" in path:
        return {"survey": surveying.opened(cast, title="The one").pk}
    return {"tense": together.talk(cast).pk} if "{tense}" in path else {}


def _queries(get: Callable[[str], object], path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        get(path)
    return len(captured)
