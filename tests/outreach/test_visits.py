"""Visits: voluntary, in a pair, and somebody notices when they are not back."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from bothways.channels.enums import Channel, OutcomeKind
from bothways.core import clock, jobs
from bothways.outreach import tasks as work
from bothways.outreach.enums import Place, TaskKind
from bothways.outreach.models import Task, Visit, VisitAlarm
from bothways.outreach.services import tasks, visits
from bothways.outreach.services.opening import NotPossible
from messaging.world import FakeCarrier
from people import Cast, cast


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCarrier]:
    fake = FakeCarrier()
    monkeypatch.setattr("bothways.messaging.services.telling.carrier_for", lambda channel: fake)
    return fake


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run inside the test's own transaction: they must not drop its connection."""
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)


def a_task(cast: Cast) -> Task:
    return tasks.open_task(
        household=cast.emilys_home,
        kind=TaskKind.VISIT,
        by=None,
        owner=cast.mrs_c,
        due=date(2026, 9, 14),
    )


def planned(cast: Cast, **given: object) -> Visit:
    values: dict[str, object] = {
        "task": given.get("task") or a_task(cast),
        "visitor": cast.mrs_c,
        "companion": cast.counselor,
        "agreed": True,
        "agreed_how": "By a note that Emily brought back",
        "place": Place.HOME,
        "place_words": "",
        "planned_at": clock.now() + timedelta(minutes=30),
        "minutes": 45,
        "safety_asked": True,
        "safety_note": "Two dogs behind the fence.",
        "by": cast.mrs_c,
    }
    return visits.plan_visit(**{**values, **given})  # type: ignore[arg-type]


def later(at: Path, minutes: int) -> None:
    clock.stop_at(at, clock.now() + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0},
        {"minutes": 10_000},
        {"agreed": False, "agreed_how": " \u200b "},
        {"place": Place.NEUTRAL},
        {"planned_at": "yesterday"},
        {"companion": "herself"},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_a_visit_that_nobody_wants_or_that_cannot_be_is_not_planned(
    everybody: Cast, wrong: dict[str, object]
) -> None:
    if wrong.get("planned_at") == "yesterday":
        wrong = {"planned_at": clock.now() - timedelta(days=1)}
    if wrong.get("companion") == "herself":
        wrong = {"companion": everybody.mrs_c}
    with pytest.raises(NotPossible):
        planned(everybody, **wrong)
    assert Visit.objects.count() == 0


def test_nobody_goes_alone(everybody: Cast) -> None:
    visit = planned(everybody, companion=None)
    with pytest.raises(NotPossible, match="Nobody goes alone"):
        visits.check_in(visit=visit, by=everybody.mrs_c)
    # Not even where code forgets to ask: the database does not take it.
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(checked_in_at=clock.now())


def test_in_and_out_twice_is_once(everybody: Cast, at: Path) -> None:
    visit = planned(everybody)
    for _ in range(2):
        went = visits.check_in(visit=visit, by=everybody.mrs_c)
    assert went.expected_out == clock.now() + timedelta(minutes=45)
    began = clock.now()
    later(at, 20)
    visits.check_in(visit=visit, by=everybody.office)
    for person in (everybody.office, everybody.mrs_c):
        back = visits.check_out(visit=visit, by=person)
    assert (back.checked_in_at, back.checked_out_at, back.checked_out_by) == (
        began,
        clock.now(),
        everybody.office,
    )


def test_a_changed_plan_is_the_same_visit_and_one_under_way_is_not_changed(
    everybody: Cast,
) -> None:
    visit = planned(everybody)
    again = planned(everybody, task=visit.task, minutes=60)
    assert (again.pk, Visit.objects.get().minutes) == (visit.pk, 60)
    visits.check_in(visit=visit, by=everybody.mrs_c)
    with pytest.raises(NotPossible):
        planned(everybody, task=visit.task)
    with pytest.raises(NotPossible):
        visits.call_off(visit=visit, why="rain", by=everybody.mrs_c)
    with pytest.raises(NotPossible):
        tasks.reassign(task=visit.task, to=everybody.principal, by=everybody.mrs_c)


def test_out_without_in_and_in_after_calling_off_are_refused(everybody: Cast) -> None:
    visit = planned(everybody)
    with pytest.raises(NotPossible):
        visits.check_out(visit=visit, by=everybody.mrs_c)
    visits.call_off(visit=visit, why="They asked for another day", by=everybody.mrs_c)
    with pytest.raises(NotPossible):
        visits.check_in(visit=visit, by=everybody.mrs_c)
    assert planned(everybody, task=visit.task).pk != visit.pk


def test_nobody_back_is_told_once_then_every_quarter_of_an_hour_until_they_are_out(
    everybody: Cast, at: Path, told: FakeCarrier
) -> None:
    everybody.principal.phone = "+13125550150"
    everybody.principal.save()
    visit = visits.check_in(visit=planned(everybody), by=everybody.mrs_c)
    rounds = []
    for minutes in (45, 9, 1, 1, 13, 1, 1):
        later(at, minutes)
        work.mind()
        jobs.run_all()
        rounds.append(len({out.key for out in told.sent}))
        told.sent.clear()
    # Five people by mail (the pair, principal, office; the principal by text too), at 55 and 70 minutes.
    assert rounds == [0, 0, 5, 0, 0, 5, 0]
    assert {a.user for a in visits.visit_alarms(everybody.principal)} == {everybody.principal}
    visits.check_out(visit=visit, by=everybody.office)
    later(at, 60)
    work.mind()
    jobs.run_all()
    assert (told.sent, list(visits.visit_alarms(everybody.principal))) == ([], [])


def test_what_is_told_names_no_family(everybody: Cast, at: Path, told: FakeCarrier) -> None:
    visits.check_in(visit=planned(everybody), by=everybody.mrs_c)
    later(at, 60)
    work.mind()
    jobs.run_all()
    words = {out.versions[0].body for out in told.sent}
    assert len(words) == 1
    said = words.pop()
    assert "Clara Staff and Lien Staff" in said
    for secret in ("Emily", "Parker", "Fence", "dogs"):
        assert secret not in said


def test_fifteen_minutes_more_take_the_alarm_back_until_they_are_late_again(
    everybody: Cast, at: Path, told: FakeCarrier
) -> None:
    visit = visits.check_in(visit=planned(everybody), by=everybody.mrs_c)
    later(at, 60)
    work.mind()
    assert VisitAlarm.objects.count() == 4
    visits.stay_longer(visit=visit, minutes=15, by=everybody.mrs_c)
    assert VisitAlarm.objects.count() == 0
    jobs.run_all()
    assert told.sent == []
    later(at, 25)
    work.mind()
    assert VisitAlarm.objects.count() == 4


def test_a_way_of_telling_that_is_down_leaves_the_alarm_on_the_pages(
    everybody: Cast, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(channel: Channel) -> FakeCarrier:
        raise OSError("down")

    monkeypatch.setattr("bothways.messaging.services.telling.carrier_for", down)
    visits.check_in(visit=planned(everybody), by=everybody.mrs_c)
    later(at, 60)
    work.mind()
    with pytest.raises(RuntimeError):
        jobs.run_all()
    assert len(visits.visit_alarms(everybody.office)) == 1


def test_whatever_is_pressed_in_whatever_order_nobody_is_left_behind(everybody: Cast) -> None:
    """Once they are there, only “out” ends it; the services follow a model of eight lines."""
    moves = {
        ("planned", "in"): "there",
        ("planned", "off"): "off",
        ("there", "in"): "there",
        ("there", "longer"): "there",
        ("there", "out"): "back",
        ("back", "in"): "back",
        ("back", "out"): "back",
        ("off", "off"): "off",
    }
    press = {
        "in": lambda v: visits.check_in(visit=v, by=everybody.mrs_c),
        "out": lambda v: visits.check_out(visit=v, by=everybody.mrs_c),
        "off": lambda v: visits.call_off(visit=v, why="rain", by=everybody.mrs_c),
        "longer": lambda v: visits.stay_longer(visit=v, minutes=15, by=everybody.mrs_c),
    }
    for steps in product(press, repeat=3):
        visit, state = planned(everybody), "planned"
        for step in steps:
            after = moves.get((state, step))
            if after is None:
                with pytest.raises(NotPossible):
                    press[step](visit)
            else:
                visit, state = press[step](visit), after
        found = Visit.objects.get(pk=visit.pk)
        seen = (
            "back"
            if found.checked_out_at
            else "there"
            if found.checked_in_at
            else "off"
            if found.called_off_at
            else "planned"
        )
        assert seen == state


def test_carriers_that_refuse_are_not_counted_as_told(
    everybody: Cast, at: Path, told: FakeCarrier
) -> None:
    from bothways.channels.contract import Outcome

    told.answer = lambda out: Outcome(out.key, OutcomeKind.REJECTED)
    visits.check_in(visit=planned(everybody), by=everybody.mrs_c)
    later(at, 60)
    work.mind()
    with pytest.raises(RuntimeError):
        jobs.run_all()
    assert set(VisitAlarm.objects.values_list("times", flat=True)) == {0}
