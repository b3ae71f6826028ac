"""People's steps: what an outcome does to the ledger, the family's numbers, the task and the climb."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bothways.accounts.models import Membership
from bothways.audit.models import Entry as AuditEntry
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.outreach.enums import ClimbState, Result, TaskKind, TaskState, Way
from bothways.outreach.models import Away, Climb, PersonContact, Task
from bothways.outreach.ringing import adults_to_ask, numbers
from bothways.outreach.services import tasks
from bothways.outreach.services.contacts import NotAllowed
from bothways.outreach.services.hours import candidates, loads
from bothways.people.enums import PointKind, RestrictionKind
from bothways.people.models import ContactPoint, Guardian, Household, HouseholdStudent
from people import Cast, bar, cast

TODAY = date(2026, 9, 14)


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


def call(cast: Cast, home: object = None, **given: object) -> Task:
    values: dict[str, object] = {
        "household": home or cast.troys_home,
        "kind": TaskKind.CALL,
        "by": None,
        "owner": cast.mrs_c,
        "due": TODAY,
    }
    return tasks.open_task(**{**values, **given})  # type: ignore[arg-type]


def test_a_talk_by_phone_is_an_answer_and_closes_the_task(everybody: Cast) -> None:
    task = call(everybody)
    climb = Climb.objects.create(
        district=everybody.district,
        household=everybody.troys_home,
        purpose="reach",
        opened_at=clock.now(),
        next_at=clock.now() + timedelta(days=9),
    )
    contact = tasks.finish(
        task=task,
        way=Way.CALL,
        result=Result.TALKED,
        words="He does it, and it stays in his bag.",
        by=everybody.mrs_c,
        guardian=everybody.alician,
    )
    task.refresh_from_db()
    climb.refresh_from_db()
    assert (task.state, task.contact, task.closed_by) == (
        TaskState.DONE.value,
        contact,
        everybody.mrs_c,
    )
    line = ContactEvent.objects.get(household=everybody.troys_home)
    assert (line.level, line.guardian, line.channel) == (
        Level.ANSWERED,
        everybody.alician,
        "call",
    )
    assert (climb.state, climb.next_at) == (ClimbState.OPEN.value, clock.now())


def test_the_same_form_twice_is_one_contact(everybody: Cast) -> None:
    task = call(everybody)
    done = [
        tasks.finish(
            task=task,
            way=Way.CALL,
            result=Result.NO_ANSWER,
            words="",
            by=everybody.mrs_c,
            again_at=clock.now() + timedelta(hours=9),
            form_key="one-form",
        )
        for _ in range(2)
    ]
    assert done[0] == done[1]
    assert (PersonContact.objects.count(), ContactEvent.objects.count()) == (1, 1)


def test_no_answer_keeps_the_task_for_another_hour_with_a_line_each_time(everybody: Cast) -> None:
    task = call(everybody)
    tomorrow = clock.now() + timedelta(days=1)
    for again in (clock.now() + timedelta(hours=9), tomorrow):
        tasks.finish(
            task=task,
            way=Way.CALL,
            result=Result.NO_ANSWER,
            words="",
            by=everybody.mrs_c,
            again_at=again,
        )
    task.refresh_from_db()
    assert (task.state, task.owner, task.not_before, task.due) == (
        TaskState.OPEN.value,
        everybody.mrs_c,
        tomorrow,
        TODAY + timedelta(days=1),
    )
    assert list(ContactEvent.objects.values_list("level", flat=True)) == [1, 1]


def test_an_evening_late_in_utc_is_due_on_the_schools_own_day(everybody: Cast) -> None:
    task = call(everybody)
    evening = datetime(2026, 9, 14, 19, 30, tzinfo=everybody.district.zone)
    tasks.finish(
        task=task,
        way=Way.CALL,
        result=Result.NO_ANSWER,
        words="",
        by=everybody.mrs_c,
        again_at=evening,
    )
    task.refresh_from_db()
    assert task.due == TODAY


def test_no_answer_without_another_hour_leaves_the_rest_to_the_climb(everybody: Cast) -> None:
    task = call(everybody)
    tasks.finish(task=task, way=Way.CALL, result=Result.NO_ANSWER, words="", by=everybody.mrs_c)
    task.refresh_from_db()
    assert task.state == TaskState.DONE.value


def test_a_number_of_somebody_else_is_not_rung_again(everybody: Cast) -> None:
    second = ContactPoint.objects.create(
        district=everybody.district,
        guardian=everybody.alician,
        kind="phone",
        address="+13125550102",
        match="+13125550102",
        position=1,
    )
    tasks.finish(
        task=call(everybody),
        way=Way.CALL,
        result=Result.WRONG_PERSON,
        words="A shop.",
        by=everybody.mrs_c,
    )
    assert numbers(everybody.troys_home, at=clock.now()) == [second]
    tasks.finish(
        task=call(everybody),
        way=Way.CALL,
        result=Result.WRONG_PERSON,
        words="",
        by=everybody.mrs_c,
        point=second,
    )
    assert numbers(everybody.troys_home, at=clock.now()) == []


def test_moved_stops_letters_to_the_old_address(everybody: Cast) -> None:
    tasks.finish(
        task=call(everybody, everybody.emilys_home, kind=TaskKind.VISIT),
        way=Way.VISIT,
        result=Result.MOVED,
        words="A neighbour says: in June.",
        by=everybody.mrs_c,
    )
    points = ContactPoint.objects.filter(guardian__household=everybody.emilys_home)
    assert set(points.values_list("state", "why")) == {("failing", "moved")}


def test_what_did_not_feel_safe_is_protected(everybody: Cast) -> None:
    contact = tasks.finish(
        task=call(everybody, everybody.emilys_home, kind=TaskKind.VISIT),
        way=Way.VISIT,
        result=Result.NOT_SAFE,
        words="Somebody shouted.",
        by=everybody.mrs_c,
    )
    assert contact.word_class == "protected"
    assert ContactEvent.objects.get().word_class == "protected"


def test_a_barred_adult_is_neither_asked_for_nor_noted(everybody: Cast) -> None:
    home = everybody.hectors_home
    assert adults_to_ask(home, at=clock.now()) == []
    assert numbers(home, at=clock.now()) == []
    with pytest.raises(NotAllowed):
        call(everybody, home, guardian=everybody.hector)
    task = call(everybody, home)
    with pytest.raises(NotAllowed):
        tasks.finish(
            task=task,
            way=Way.CALL,
            result=Result.TALKED,
            words="x",
            by=everybody.mrs_c,
            guardian=everybody.hector,
        )
    task.refresh_from_db()
    assert (task.state, PersonContact.objects.count()) == (TaskState.OPEN.value, 0)


def test_an_order_of_this_minute_empties_the_list_of_numbers(everybody: Cast) -> None:
    assert len(numbers(everybody.troys_home, at=clock.now())) == 1
    for child in (everybody.troy, everybody.maya):
        bar(everybody.alician, child, RestrictionKind.CONTACT)
    assert numbers(everybody.troys_home, at=clock.now()) == []


def test_a_number_that_said_stop_is_not_rung_and_one_that_takes_no_texts_is(
    everybody: Cast,
) -> None:
    point = everybody.alician.points.get(kind="phone")
    ContactPoint.objects.filter(pk=point.pk).update(state="failing", why="30006")
    assert [p.pk for p in numbers(everybody.troys_home, at=clock.now())] == [point.pk]
    Stop.objects.create(
        district=everybody.district,
        kind=PointKind.PHONE.value,
        match=point.match,
        by=Stop.By.OURS,
        at=clock.now(),
    )
    assert numbers(everybody.troys_home, at=clock.now()) == []


def test_what_works_is_rung_first(everybody: Cast) -> None:
    works = ContactPoint.objects.create(
        district=everybody.district,
        guardian=everybody.alician,
        kind="phone",
        address="+13125550109",
        match="+13125550109",
        position=7,
        state="working",
    )
    assert numbers(everybody.troys_home, at=clock.now())[0] == works


def test_evidence_that_came_meanwhile_does_not_lose_what_was_done(everybody: Cast) -> None:
    task = call(everybody)
    Task.objects.filter(pk=task.pk).update(state=TaskState.DROPPED.value)
    tasks.finish(task=task, way=Way.CALL, result=Result.LEFT_WORD, words="", by=everybody.mrs_c)
    task.refresh_from_db()
    assert (task.state, PersonContact.objects.count()) == (TaskState.DROPPED.value, 1)


def test_leaving_a_step_out_needs_a_reason_and_is_on_record(everybody: Cast) -> None:
    task = call(everybody)
    with pytest.raises(tasks.NotPossible):
        tasks.drop(task=task, why="  \u202e ", by=everybody.principal)
    tasks.drop(task=task, why="She was here this morning", by=everybody.principal)
    task.refresh_from_db()
    assert (task.state, task.closed_by, task.closed_why) == (
        TaskState.DROPPED.value,
        everybody.principal,
        "She was here this morning",
    )
    assert AuditEntry.objects.filter(event="task.dropped", user_id=everybody.principal.pk).exists()


def test_who_left_owns_nothing_new_and_all_of_theirs_goes_to_a_colleague(everybody: Cast) -> None:
    mine = [call(everybody), call(everybody, everybody.emilys_home)]
    everybody.mrs_c.is_active = False
    everybody.mrs_c.save()
    assert set(tasks.without_owner(everybody.principal)) == set(mine)
    with pytest.raises(tasks.NotPossible):
        call(everybody)
    moved = tasks.hand_over_all(
        from_=everybody.mrs_c,
        to=everybody.counselor,
        by=everybody.principal,
        among=tasks.tasks_for(everybody.principal),
    )
    assert moved == 2
    assert set(tasks.open_for(everybody.counselor)) == set(mine)
    assert list(tasks.without_owner(everybody.principal)) == []


def test_a_task_is_not_handed_to_another_district(everybody: Cast) -> None:
    from bothways.accounts.enums import Role
    from people import district, staff

    stranger = staff("Zoe", Role.PRINCIPAL, district("Far Away"))
    with pytest.raises(tasks.NotPossible):
        tasks.reassign(task=call(everybody), to=stranger, by=everybody.principal)


def test_a_stand_in_sees_the_steps_of_who_is_away_and_only_then(everybody: Cast) -> None:
    task = call(everybody, everybody.emilys_home)
    assert list(tasks.open_for(everybody.counselor)) == []
    away = Away.objects.create(
        district=everybody.district,
        user=everybody.mrs_c,
        first=TODAY,
        last=TODAY,
        stand_in=everybody.counselor,
    )
    assert list(tasks.open_for(everybody.counselor)) == [task]
    away.first = away.last = TODAY + timedelta(days=1)
    away.save()
    assert list(tasks.open_for(everybody.counselor)) == []


def test_a_stand_in_who_serves_other_children_sees_nothing_more(everybody: Cast) -> None:
    call(everybody, everybody.emilys_home)
    Away.objects.create(
        district=everybody.district,
        user=everybody.mrs_c,
        first=TODAY,
        last=TODAY,
        stand_in=everybody.teacher_elsewhere,
    )
    assert list(tasks.open_for(everybody.teacher_elsewhere)) == []


def test_a_sisters_teacher_does_not_see_a_step_about_troy(everybody: Cast) -> None:
    about_troy = call(everybody, student=everybody.troy)
    in_general = call(everybody)
    assert list(tasks.tasks_for(everybody.teacher_elsewhere)) == [in_general]
    assert set(tasks.tasks_for(everybody.mrs_c)) == {about_troy, in_general}


def test_whoever_lost_the_role_sees_nothing(everybody: Cast) -> None:
    call(everybody)
    Membership.objects.filter(user=everybody.office).update(ended_at=clock.now())
    assert list(tasks.tasks_for(everybody.office)) == []


def test_a_mistake_is_kept_and_the_step_opens_again(everybody: Cast) -> None:
    task = call(everybody, automatic=True)
    tasks.finish(
        task=task,
        way=Way.CALL,
        result=Result.TALKED,
        words="wrong family",
        by=everybody.mrs_c,
    )
    task.refresh_from_db()
    again = tasks.open_again(task=task, why="It was another family", by=everybody.mrs_c)
    assert (again.owner, again.automatic, again.state) == (
        everybody.mrs_c,
        False,
        TaskState.OPEN.value,
    )
    assert again.why == f"Number {task.pk} was noted by mistake: It was another family"
    assert PersonContact.objects.count() == 1


def test_what_is_to_be_found_out_ends_with_words_and_reaching_out_does_not(
    everybody: Cast,
) -> None:
    order = call(everybody, everybody.hectors_home, kind=TaskKind.READ_ORDER)
    with pytest.raises(tasks.NotPossible):
        tasks.settle(task=order, words=" ", by=everybody.principal)
    tasks.settle(task=order, words="It holds until June", by=everybody.principal)
    order.refresh_from_db()
    assert (order.state, order.closed_why) == (TaskState.DONE.value, "It holds until June")
    with pytest.raises(tasks.NotPossible):
        tasks.settle(task=call(everybody), words="x", by=everybody.mrs_c)


def test_case_load_counts_what_is_open_and_overdue_counts_today(everybody: Cast) -> None:
    call(everybody)
    call(everybody, everybody.emilys_home, due=TODAY - timedelta(days=3))
    call(everybody, everybody.nours_home, due=TODAY + timedelta(days=1))
    Away.objects.create(
        district=everybody.district,
        user=everybody.office,
        first=TODAY,
        last=TODAY,
        stand_in=None,
    )
    found = candidates([everybody.mrs_c.pk, everybody.office.pk], today=TODAY)
    assert [found[u.pk].open_tasks for u in (everybody.mrs_c, everybody.office)] == [3, 0]
    assert found[everybody.office.pk].is_away(TODAY)
    assert loads([everybody.mrs_c.pk], today=TODAY)[everybody.mrs_c.pk] == {
        TODAY: 2,
        TODAY + timedelta(days=1): 1,
    }


def test_a_step_goes_along_when_a_family_is_recorded_anew(everybody: Cast) -> None:
    about_emily = call(everybody, everybody.emilys_home, student=everybody.emily)
    for_ruth = call(everybody, everybody.emilys_home, guardian=everybody.emilys_mother)
    in_general = call(everybody, everybody.emilys_home)
    automatic = call(everybody, everybody.emilys_home, student=everybody.emily, automatic=True)
    new = Household.objects.create(district=everybody.district, created_at=clock.now())
    HouseholdStudent.objects.filter(student=everybody.emily).update(household=new)
    Guardian.objects.filter(household=everybody.emilys_home).update(household=new)
    Household.objects.filter(pk=everybody.emilys_home.pk).update(ended_at=clock.now())
    asked = call(everybody, new, automatic=True)
    assert tasks.follow_families() == 4
    assert set(tasks.tasks_for(everybody.mrs_c)) == {about_emily, for_ruth, asked}
    for gone in (in_general, automatic):
        gone.refresh_from_db()
        assert gone.state == TaskState.DROPPED.value
    assert tasks.follow_families() == 0
