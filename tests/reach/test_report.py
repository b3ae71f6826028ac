"""The report counts every family and claims no more than is proved."""

from datetime import timedelta
from pathlib import Path

from bothways.channels.contract import Event, Outcome
from bothways.channels.enums import EventKind, OutcomeKind
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.messaging.models import Delivery
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.outreach.enums import Result, StepChannel, Way
from bothways.outreach.queries import next_steps
from bothways.outreach.services.contacts import note_contact
from bothways.people.models import Student
from bothways.reach.enums import Reason
from bothways.reach.queries import Report, report
from messaging.world import MONDAY_MORNING, FakeCarrier, World

SINCE = MONDAY_MORNING - timedelta(days=7)


def now_report(world: World) -> Report:
    return report(
        world.district,
        students=Student.objects.filter(district=world.district),
        since=SINCE,
        now=clock.now(),
    )


def reasons(world: World) -> dict[str, str]:
    names = dict(Student.objects.values_list("sis_id", "given"))
    return {names[r.students[0]]: str(r.reason) for r in now_report(world).rows}


def test_before_anything_is_sent_the_gap_is_the_schools(world: World) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+13125550101")])
    world.home(world.student("Nobody"))
    assert reasons(world) == {"Troy": "not_attempted", "Nobody": "no_guardian"}


def test_levels_add_up_to_all_families(world: World, carrier: FakeCarrier) -> None:
    for n, child in enumerate(("Troy", "Luis", "Hodan")):
        guardian = world.guardian(f"of {child}", mobile=f"+1312555010{n}")
        world.home(world.student(child), guardians=[guardian])
    world.home(world.student("Nobody"))
    world.write()
    send_due(world.district, urgent=False)
    store("twilio", [Event(EventKind.INBOUND, "1", from_="+13125550100", body="Can we talk?")])
    store("twilio", [Event(EventKind.INBOUND, "2", from_="+13125550101", body="ok")])
    apply_waiting()
    found = now_report(world)
    assert found.levels == {
        "NONE": 1,
        "ATTEMPTED": 1,
        "DELIVERED": 0,
        "SEEN": 1,
        "ANSWERED": 1,
        "MET": 0,
    }
    assert (found.families, found.reached, found.students, found.students_two_way) == (4, 2, 4, 1)
    assert len(found.unreached) == 2


def test_reasons_follow_what_happened(world: World, carrier: FakeCarrier, at: Path) -> None:
    failing = "+13125550102"
    for n, child in enumerate(("Waiting", "Stopped", "Failed")):
        guardian = world.guardian(f"of {child}", mobile=f"+1312555010{n}")
        world.home(world.student(child), guardians=[guardian])
    world.home(
        world.student("Spoken"), guardians=[world.guardian("D", address="4 Ln", can_read=False)]
    )
    carrier.answer = lambda out: Outcome(
        out.key, OutcomeKind.REJECTED if out.to == failing else OutcomeKind.ACCEPTED, code="21211"
    )
    world.write()
    send_due(world.district, urgent=False)
    stop(
        district=world.district,
        kind="phone",
        match="+13125550101",
        by=Stop.By.OURS,
        at=clock.now(),
    )
    assert reasons(world) == {
        "Waiting": "waiting",
        "Stopped": "stopped",
        "Failed": "undelivered",
        "Spoken": "no_translation",
    }
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=3))
    assert reasons(world)["Waiting"] == "no_sign"


def test_a_call_noted_by_a_person_reaches_the_family(world: World) -> None:
    from bothways.accounts.models import User

    ruth = world.guardian("Ruth", phone="+13125550103")
    home = world.home(world.student("Emily"), guardians=[ruth])
    user = User.objects.create_user(
        "c@example.org", district=world.district, given="Mrs.", family="C"
    )
    for _ in range(2):
        note_contact(
            household=home,
            guardian=ruth,
            way=Way.VISIT,
            result=Result.TALKED,
            words="She hopes Emily will draw more.",
            by=user,
            form_key="once",
        )
    found = now_report(world)
    assert (found.levels["MET"], home.person_contacts.count()) == (1, 1)


def test_each_unreached_family_has_a_next_step_in_a_fixed_number_of_queries(world: World) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for n in range(3):
        guardian = world.guardian(f"G{n}", address=f"{n} Elm St")
        world.home(world.student(f"S{n}"), guardians=[guardian])
        with CaptureQueriesContext(connection) as queries:
            found = now_report(world)
            steps = next_steps(world.district, found.rows, since=SINCE, now=clock.now())
        counts.append(len(queries))
        assert len(steps) == n + 1
    assert counts[0] == counts[2]


def test_a_home_that_moved_away_is_not_counted(world: World) -> None:
    home = world.home(world.student("Troy"), guardians=[world.guardian("A")])
    assert now_report(world).families == 1
    home.ended_at = clock.now()
    home.save()
    assert now_report(world).families == 0


def test_the_step_of_an_unwritten_family_is_to_write(world: World) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+13125550101")])
    found = now_report(world)
    steps = next_steps(world.district, found.rows, since=SINCE, now=clock.now())
    assert [s.channel for s in steps.values()] == [StepChannel.WRITE]
    assert found.rows[0].reason is Reason.NOT_ATTEMPTED
    assert Delivery.objects.count() == 0
