"""People's steps in the browser: the list, a call, a sheet, a visit, a plan, hours."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bothways.accounts.models import User
from bothways.core import clock
from bothways.outreach.enums import NoteKind, TaskKind, TaskState
from bothways.outreach.models import Away, FamilyPlan, PersonContact, StaffHours, Task, Visit
from bothways.outreach.services import plans, tasks, visits
from bothways.people.models import ContactPoint, Guardian
from people import Cast
from web.steps import aunt, away, going, plan, step
from web.visiting import Visit as Browser


def words(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def outcome(client: Client, task: Task, **given: str) -> int:
    data = {"result": "talked", "words": "", "way": "call", "form_key": "k", **given}
    return client.post(f"/tasks/{task.pk}/", data).status_code


def test_the_list_says_how_many_are_due_and_groups_them(everybody: Cast, visit: Browser) -> None:
    today = clock.today(everybody.district.timezone)
    step(everybody, due=today - timedelta(days=2))
    step(everybody, household=everybody.nours_home)
    step(everybody, household=everybody.troys_home, due=today + timedelta(days=3))
    page = words(visit(everybody.mrs_c), "/tasks/")
    assert "2 families to reach today" in page
    assert [page.index(h) for h in ("<h2>Overdue<", "<h2>Today<", "<h2>Later<")] == sorted(
        page.index(h) for h in ("<h2>Overdue<", "<h2>Today<", "<h2>Later<")
    )
    assert '<span class="mark">2' in page


def test_the_list_names_no_barred_adult(everybody: Cast, visit: Browser) -> None:
    step(everybody, TaskKind.READ_ORDER, household=everybody.hectors_home)
    page = words(visit(everybody.mrs_c), "/tasks/")
    assert ("Luis Núñez" in page, "Hector" in page) == (True, False)


def test_a_call_shows_a_link_to_ring_and_never_the_barred_adult(
    everybody: Cast, visit: Browser
) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    page = words(visit(everybody.mrs_c), f"/tasks/{task.pk}/")
    assert 'href="tel:+13125550101"' in page
    assert "Then one thing Troy did well this week" in page
    barred = step(everybody, TaskKind.CALL, household=everybody.hectors_home)
    page = words(visit(everybody.mrs_c), f"/tasks/{barred.pk}/")
    assert "Hector" not in page
    assert "3125550177" not in page


def test_an_adult_barred_for_one_sibling_is_not_asked_for_about_that_one(
    everybody: Cast, visit: Browser
) -> None:
    from bothways.people.enums import RestrictionKind
    from people import bar

    bar(everybody.alician, everybody.troy, RestrictionKind.CONTACT)
    about_troy = step(
        everybody, TaskKind.CALL, household=everybody.troys_home, student=everybody.troy
    )
    assert "tel:" not in words(visit(everybody.principal), f"/tasks/{about_troy.pk}/")
    in_general = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    # Who serves only Troy has nothing to ask her about; who serves his sister has.
    assert "tel:" not in words(visit(everybody.mrs_c), f"/tasks/{in_general.pk}/")
    assert "tel:" in words(visit(everybody.teacher_elsewhere), f"/tasks/{in_general.pk}/")


def test_a_hidden_home_is_on_no_page_and_no_sheet(everybody: Cast, visit: Browser) -> None:
    task = step(everybody, household=everybody.luiss_home)
    for who in (everybody.mrs_c, everybody.principal):
        for path in (f"/tasks/{task.pk}/", f"/tasks/{task.pk}/sheet/"):
            page = words(visit(who), path)
            assert "Hidden Way" not in page
            assert "kept hidden" in page
    made = going(everybody, task)
    assert "Hidden Way" not in words(visit(everybody.principal), f"/visits/{made.pk}/")


def test_another_language_asks_for_an_interpreter_never_a_child(
    everybody: Cast, visit: Browser
) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.nours_home)
    for path in (f"/tasks/{task.pk}/", f"/tasks/{task.pk}/sheet/"):
        page = words(visit(everybody.mrs_c), path)
        assert "An interpreter is needed: Arabic." in page
        assert "Never a child" in page


def test_a_talk_is_noted_and_the_task_is_done(everybody: Cast, visit: Browser) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    client = visit(everybody.mrs_c)
    assert outcome(client, task, guardian=str(everybody.alician.pk)) == 422
    told = {"words": "Homework", "learned": "After six", "guardian": str(everybody.alician.pk)}
    assert [outcome(client, task, **told) for _ in range(2)] == [302, 302]
    contact = PersonContact.objects.get()
    assert (contact.words, contact.guardian, contact.by) == (
        "Homework\n\nLearned: After six",
        everybody.alician,
        everybody.mrs_c,
    )
    task.refresh_from_db()
    assert task.state == TaskState.DONE.value


@pytest.mark.parametrize(
    ("again", "when"),
    [
        ("", None),
        ("evening", "2026-09-14 18:00"),
        ("next_morning", "2026-09-15 08:30"),
        ("next_evening", "2026-09-15 18:00"),
    ],
)
def test_nobody_answered_and_it_comes_back(
    everybody: Cast, visit: Browser, again: str, when: str | None
) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    assert outcome(visit(everybody.mrs_c), task, result="no_answer", again=again) == 302
    task.refresh_from_db()
    zone = everybody.district.zone
    kept = f"{task.not_before.astimezone(zone):%Y-%m-%d %H:%M}" if task.not_before else None
    assert (kept, task.state) == (when, "open" if when else "done")


@pytest.mark.parametrize(
    "at", ["2026-09-13T10:00", "2027-09-14T10:00", "2026-09-15T23:00", "x", ""]
)
def test_an_hour_that_is_over_far_off_or_quiet_is_refused(
    everybody: Cast, visit: Browser, at: str
) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    given = {"result": "no_answer", "again": "other", "again_at": at}
    assert outcome(visit(everybody.mrs_c), task, **given) == 422
    assert PersonContact.objects.count() == 0


def test_a_forged_adult_number_or_colleague_is_refused(everybody: Cast, visit: Browser) -> None:
    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    client = visit(everybody.mrs_c)
    for field, value in (
        ("guardian", everybody.hector.pk),
        ("guardian", 10**30),
        ("by", everybody.teacher_elsewhere.pk + 10_000),
        ("way", "telepathy"),
        ("result", "met"),
    ):
        given = {"words": "x", field: str(value)}
        assert outcome(client, task, **given) == 422, field
    assert PersonContact.objects.count() == 0


def test_a_colleague_did_it_and_somebody_else_types_it_in(everybody: Cast, visit: Browser) -> None:
    from bothways.audit.models import Entry

    task = step(everybody, TaskKind.CALL, household=everybody.troys_home)
    given = {"words": "Homework", "by": str(everybody.mrs_c.pk)}
    assert outcome(visit(everybody.office), task, **given) == 302
    assert PersonContact.objects.get().by == everybody.mrs_c
    typed = Entry.objects.filter(event__in=["task.outcome", "contact.noted"])
    assert set(typed.values_list("user_id", flat=True)) == {everybody.office.pk}


def test_the_number_on_a_sheet_leads_to_its_step(everybody: Cast, visit: Browser) -> None:
    task = step(everybody)
    found = visit(everybody.office).post("/tasks/number/", {"number": f" {task.pk} "})
    assert found.headers["Location"] == f"/tasks/{task.pk}/"
    for who, number in (
        (everybody.teacher_elsewhere, str(task.pk)),
        (everybody.office, "9" * 40),
        (everybody.office, "<b>"),
    ):
        lost = visit(who).post("/tasks/number/", {"number": number})
        assert lost.headers["Location"] == "/tasks/"


def test_a_sheet_holds_what_is_needed_and_nothing_protected(
    everybody: Cast, visit: Browser
) -> None:
    made = going(everybody)
    aunt(everybody)
    everybody.elementary.phone = "(312) 555-0100"
    everybody.elementary.save()
    page = words(visit(everybody.mrs_c), f"/tasks/{made.task_id}/sheet/")
    for needed in (
        f'class="num">{made.task_id}<',
        "Ruth Parker",
        "12 Fence Rd",
        "There is a safety note: read it before you go.",
        "The green gate",
        "(312) 555-0100",
        "Open with",
    ):
        assert needed in page
    assert "Two dogs" not in page


def test_sheets_for_today_are_mine_and_due(everybody: Cast, visit: Browser) -> None:
    today = clock.today(everybody.district.timezone)
    step(everybody)
    step(everybody, household=everybody.nours_home, due=today + timedelta(days=1))
    step(everybody, household=everybody.troys_home, owner=everybody.office)
    page = words(visit(everybody.mrs_c), "/tasks/sheet/")
    assert page.count('<article class="slip') == 1


@pytest.mark.parametrize(
    ("who", "reads"),
    [("mrs_c", True), ("counselor", True), ("principal", True), ("office", False)],
)
def test_a_safety_note_is_for_the_pair_and_named_roles(
    everybody: Cast, visit: Browser, who: str, reads: bool
) -> None:
    made = going(everybody)
    user: User = getattr(everybody, who)
    for path in (f"/visits/{made.pk}/", f"/tasks/{made.task_id}/visit/"):
        assert ("Two dogs" in words(visit(user), path)) == reads


def test_who_may_not_read_the_note_cannot_overwrite_it(everybody: Cast, visit: Browser) -> None:
    made = going(everybody)
    data = {
        "planned_at": "2026-09-14T15:00",
        "minutes": "30",
        "companion": str(everybody.counselor.pk),
        "place": "home",
        "agreed": "on",
        "safety_note": "all is well",
    }
    answer = visit(everybody.office).post(f"/tasks/{made.task_id}/visit/", data)
    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.minutes, made.safety_note) == (30, "Two dogs behind the fence")


def test_in_out_and_what_came_of_it(everybody: Cast, visit: Browser) -> None:
    made = going(everybody)
    client = visit(everybody.mrs_c)
    client.post(f"/visits/{made.pk}/in/")
    # The pair has no signal and phones in: the office checks them out.
    answer = visit(everybody.office).post(f"/visits/{made.pk}/out/")
    assert answer.headers["Location"] == f"/tasks/{made.task_id}/"
    done = Visit.objects.get()
    assert (done.checked_in_by, done.checked_out_by) == (everybody.mrs_c, everybody.office)
    given = {"words": "Coffee", "way": "visit", "guardian": str(everybody.emilys_mother.pk)}
    assert outcome(client, made.task, **given) == 302


def test_a_pair_that_is_not_back_stands_on_every_page_of_whom_it_concerns(
    everybody: Cast, visit: Browser, at: object
) -> None:
    made = visits.check_in(visit=going(everybody), by=everybody.mrs_c)
    visits.mind_visits(clock.now() + timedelta(minutes=60))
    said = "Clara Staff and Lien Staff should have been back"
    assert said in words(visit(everybody.principal), "/families/")
    assert said not in words(visit(everybody.admin), "/families/")
    visits.check_out(visit=made, by=everybody.office)
    assert said not in words(visit(everybody.principal), "/families/")


def test_somebody_on_duty_elsewhere_finds_the_pair_and_no_child(
    everybody: Cast, visit: Browser
) -> None:
    from bothways.accounts.models import Duty

    Duty.objects.create(
        district=everybody.district, school=everybody.elementary, user=everybody.teacher_elsewhere
    )
    made = visits.check_in(visit=going(everybody), by=everybody.mrs_c)
    visits.mind_visits(clock.now() + timedelta(minutes=60))
    page = words(visit(everybody.teacher_elsewhere), f"/visits/{made.pk}/")
    assert "12 Fence Rd" in page
    assert "Emily" not in page
    assert "Two dogs" not in page
    answer = visit(everybody.teacher_elsewhere).post(f"/visits/{made.pk}/out/")
    assert answer.headers["Location"] == f"/visits/{made.pk}/"


def test_what_a_student_suggests_is_for_those_who_serve_that_student(
    everybody: Cast, visit: Browser
) -> None:
    made = plans.open_plan(
        household=everybody.troys_home, owner=everybody.mrs_c, by=everybody.mrs_c
    )
    plans.note(
        plan=made,
        kind=NoteKind.STUDENT,
        words="Ask my grandmother",
        by=everybody.mrs_c,
        student=everybody.troy,
    )
    plans.note(
        plan=made, kind=NoteKind.LEARNED, words="A shelter", by=everybody.mrs_c, protected=True
    )
    path = f"/families/{everybody.troys_home.pk}/plan/"
    seen = {
        who.given: ("Ask my grandmother" in page, "A shelter" in page)
        for who in (everybody.mrs_c, everybody.counselor, everybody.teacher_elsewhere)
        for page in [words(visit(who), path)]
    }
    assert seen == {"Clara": (True, False), "Lien": (True, True), "Okafor": (False, False)}


def test_a_plan_from_begin_to_pause(everybody: Cast, visit: Browser) -> None:
    client = visit(everybody.mrs_c)
    path = f"/families/{everybody.emilys_home.pk}/plan/"
    client.post(path)
    steps = [
        ("note", {"note-kind": "learned", "note-words": "Evenings"}),
        ("trust", {"trust-name": "Aunt Jo", "trust-may_say": "Good news"}),
        (
            "next",
            {
                "next-kind": "neutral_place",
                "next-owner": str(everybody.counselor.pk),
                "next-due": "2026-09-18",
            },
        ),
        (
            "pause",
            {
                "pause-until": "2026-10-01",
                "pause-why": "They asked for it",
                "pause-reviewer": str(everybody.principal.pk),
            },
        ),
    ]
    assert [client.post(f"{path}{what}/", data).status_code for what, data in steps] == [302] * 4
    page = words(client, path)
    for said in (
        "Evenings",
        "Aunt Jo",
        "Paused until 1 October",
        "Rosa Staff",
        "They asked for it",
    ):
        assert said in page
    assert client.post(f"{path}pause/", {"pause-until": "2020-01-01"}).status_code == 422
    assert client.post(f"{path}burn/").status_code == 404


def test_a_plan_proposes_no_call_where_there_is_no_phone(everybody: Cast, visit: Browser) -> None:
    home = everybody.emilys_home
    plans.open_plan(household=home, owner=everybody.mrs_c, by=everybody.mrs_c)
    mrs_c = visit(everybody.mrs_c)

    def proposed() -> str:
        page = mrs_c.get(f"/families/{home.pk}/plan/").content.decode()
        found = re.search(r"""name="next-kind".*?<option value="(\w+)"\s+selected""", page, re.S)
        assert found
        return found[1]

    assert proposed() == "visit"
    ContactPoint.objects.create(
        district=home.district,
        guardian=everybody.emilys_mother,
        kind="phone",
        address="+13125550123",
        match="+13125550123",
    )
    assert proposed() == "call"


def test_a_plan_is_not_begun_by_the_way(everybody: Cast, visit: Browser) -> None:
    path = f"/families/{everybody.emilys_home.pk}/plan/"
    assert visit(everybody.mrs_c).post(f"{path}pause/").status_code == 404
    assert FamilyPlan.objects.count() == 0


def test_nobody_has_them_and_the_principal_hands_all_over(everybody: Cast, visit: Browser) -> None:
    step(everybody)
    step(everybody, household=everybody.nours_home)
    everybody.mrs_c.is_active = False
    everybody.mrs_c.save()
    client = visit(everybody.principal)
    assert "not here any more" in words(client, "/tasks/?whose=all")
    client.post(
        "/tasks/hand-over/", {"of": str(everybody.mrs_c.pk), "to": str(everybody.counselor.pk)}
    )
    assert tasks.open_for(everybody.counselor).count() == 2
    # Nobody of another school is offered, nor taken.
    client.post(
        "/tasks/hand-over/",
        {"of": str(everybody.counselor.pk), "to": str(everybody.teacher_elsewhere.pk)},
    )
    assert tasks.open_for(everybody.counselor).count() == 2


def test_hours_and_days_away(everybody: Cast, visit: Browser) -> None:
    client = visit(everybody.mrs_c)
    client.post("/hours/", {"from_0": "08:00", "to_0": "15:30", "from_2": "9:00", "to_2": "12:00"})
    kept = StaffHours.objects.filter(user=everybody.mrs_c).values_list("weekday", flat=True)
    assert sorted(kept) == [0, 2]
    for wrong in ({"from_0": "15:00", "to_0": "08:00"}, {"from_0": "08:00"}, {"from_0": "25:00"}):
        assert client.post("/hours/", wrong).status_code == 422
    spans = [
        ({"first": "2026-09-20", "last": "2026-09-18"}, 422),
        ({"first": "2026-09-18", "last": "2026-09-20", "stand_in": everybody.counselor.pk}, 302),
        (
            {
                "first": "2026-09-18",
                "last": "2026-09-20",
                "stand_in": everybody.teacher_elsewhere.pk,
            },
            422,
        ),
    ]
    for data, status in spans:
        answer = client.post("/hours/", {"what": "away", **data})
        assert answer.status_code == status
    assert Away.objects.get().stand_in == everybody.counselor
    assert "Clara Staff" in words(visit(everybody.counselor), "/hours/")


def test_a_stand_in_is_told_whose_step_it_is(everybody: Cast, visit: Browser) -> None:
    step(everybody)
    away(everybody)
    page = words(visit(everybody.counselor), "/tasks/")
    assert "You stand in for <bdi>Clara Staff</bdi>" in page


def test_words_typed_by_a_person_are_never_markup(everybody: Cast, visit: Browser) -> None:
    made = going(everybody, place_words="<script>x</script>", safety_note="<script>y</script>")
    plans.note(
        plan=plan(everybody),
        kind=NoteKind.LEARNED,
        words="<script>z</script>",
        by=everybody.mrs_c,
    )
    client = visit(everybody.principal)
    Guardian.objects.filter(pk=everybody.emilys_mother.pk).update(given="<script>w")
    for path in (
        f"/tasks/{made.task_id}/",
        f"/tasks/{made.task_id}/sheet/",
        f"/visits/{made.pk}/",
        f"/families/{everybody.emilys_home.pk}/plan/",
    ):
        assert "<script>" not in words(client, path)


def test_what_was_found_out_closes_its_step(everybody: Cast, visit: Browser) -> None:
    task = step(everybody, TaskKind.READ_ORDER, household=everybody.hectors_home)
    client = visit(everybody.mrs_c)
    assert client.post(f"/tasks/{task.pk}/", {"words": "It holds until June"}).status_code == 302
    assert "It holds until June" in words(client, f"/tasks/{task.pk}/")


def test_a_step_left_out_by_mistake_opens_again(everybody: Cast, visit: Browser) -> None:
    task = step(everybody, TaskKind.CALL)
    client = visit(everybody.mrs_c)
    client.post(f"/tasks/{task.pk}/drop/", {"why": "moot"})
    again = client.post(f"/tasks/{task.pk}/again/", {"why": "It was not"})
    assert "was noted by mistake: It was not" in words(client, again.headers["Location"])


def test_a_visit_that_is_not_needed_any_more_is_called_off(everybody: Cast, visit: Browser) -> None:
    made = going(everybody)
    client = visit(everybody.mrs_c)
    assert outcome(client, made.task, words="By phone") == 302
    assert "The step was done another way" in words(client, f"/visits/{made.pk}/")
    client.post(f"/visits/{made.pk}/in/")
    assert Visit.objects.get().checked_in_at is None


def test_the_inbox_says_who_stands_in(everybody: Cast, visit: Browser) -> None:
    from web.happenings import happened

    talk = happened(everybody).talk
    assert "</bdi> stands in" not in words(visit(everybody.principal), f"/inbox/{talk.pk}/")
    away(everybody)
    page = words(visit(everybody.principal), f"/inbox/{talk.pk}/")
    assert "there tomorrow from" in page
    assert "<bdi>Lien Staff</bdi> stands in" in page
