"""The pages of cases: for staff who are members, and for the family's members in their language."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bothways.audit.models import Entry
from bothways.cases.enums import About, How
from bothways.cases.models import CaseAlert, Contribution, GoalAlarm, MeasurePoint, Talk
from bothways.cases.services.goals import Danger, GoalDraft, set_goal
from bothways.cases.services.opening import note_consent
from bothways.cases.services.speaking import Words, say, say_at_home
from bothways.core import clock
from bothways.feedback.models import Item
from bothways.languages.services import remember
from bothways.people.enums import RestrictionKind, WordClass
from messaging.world import MONDAY_MORNING
from people import Cast, bar, guardian, home
from web import cases_made
from web.family.homes import open_pages
from web.visiting import Visit


def test_a_look_at_a_case_is_on_the_record(everybody: Cast, visit: Visit) -> None:
    case = cases_made.running(everybody)
    page = visit(everybody.mrs_c).get(f"/cases/{case.pk}/").content.decode()
    assert "Tau-U" in page
    assert "<svg" in page
    assert Entry.objects.filter(event="case.seen", object_id=case.pk).count() == 1


def test_what_is_said_in_confidence_is_not_on_the_other_parents_page(
    everybody: Cast, visit: Visit
) -> None:
    case = cases_made.running(everybody)
    father = guardian(everybody.district, "Andre", "Washington", email="andre@example.org")
    home([everybody.troy], [father], "father")
    path = f"/home/cases/{case.pk}"
    assert open_pages(father).get(path).status_code == 404
    members = visit(everybody.mrs_c).post(
        f"/cases/{case.pk}/members/", {"adult": father.pk, "part": "teacher"}
    )
    assert members.status_code == 302
    hers = open_pages(everybody.alician)
    said = {"what": "say", "words": "I lost my job.", "readers": "school", "form_key": "k"}
    assert hers.post(path, said).status_code == 303
    assert "I lost my job." in hers.get(path).content.decode()
    assert "I lost my job." not in open_pages(father).get(path).content.decode()
    bar(father, everybody.troy, RestrictionKind.RECORDS)
    assert open_pages(father).get(path).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"what": "number", "value": "3", "day": "2026-09-14"}, 303),
        ({"what": "number", "value": "-3", "day": "2026-09-14"}, 422),
        ({"what": "number", "value": "3", "day": "2026-09-15"}, 422),
        ({"what": "number", "value": "3", "day": "nonsense"}, 422),
        ({"what": "number", "value": "3", "day": "2026-09-14", "measure": "0"}, 404),
        ({"what": "say", "words": " \x00 "}, 422),
        ({"what": "say", "words": "x" * 10_001}, 422),
        ({"what": "share", "one": "0"}, 404),
        ({"what": "rate", "level": "9"}, 422),
        ({"what": "other"}, 422),
        ({}, 422),
    ],
)
def test_a_form_of_the_family_is_taken_or_says_what_is_wrong(
    everybody: Cast, sent: dict[str, str], status: int
) -> None:
    case = cases_made.running(everybody)
    hers = open_pages(everybody.alician)
    measure = str(case.measures.get().pk)
    answer = hers.post(f"/home/cases/{case.pk}", {"measure": measure, "form_key": "k", **sent})
    assert answer.status_code == status
    taken = MeasurePoint.objects.filter(how="page").values_list("value", flat=True)
    assert list(taken) == ([Decimal(3)] if status == 303 else [])


def test_a_family_ends_a_case_with_one_press(everybody: Cast) -> None:
    case = cases_made.running(everybody)
    hers = open_pages(everybody.alician)
    assert hers.post(f"/home/cases/{case.pk}", {"what": "no"}).status_code == 303
    case.refresh_from_db()
    assert case.closed_why == "no_consent"
    assert hers.get(f"/home/cases/{case.pk}").status_code == 200


def test_words_of_danger_tell_staff_what_the_law_asks_of_them(
    everybody: Cast, visit: Visit
) -> None:
    everybody.district.report_to, everybody.district.report_phone = "State hotline", "800-555-0100"
    everybody.district.save()
    alert = cases_made.danger(everybody)
    case = alert.contribution.case
    page = visit(everybody.mrs_c).get(f"/cases/{case.pk}/").content.decode()
    assert "does not replace your own report" in page
    assert "800-555-0100" in page
    assert everybody.duty.name in page
    duty = visit(everybody.duty)
    assert f"/cases/alerts/{alert.pk}/open/" in duty.get("/").content.decode()
    assert duty.get(f"/cases/{case.pk}/").status_code == 404
    assert duty.post(f"/cases/alerts/{alert.pk}/open/").status_code == 302
    alert.refresh_from_db()
    assert alert.seen_at is not None


def test_one_tap_on_today_is_schools_number(everybody: Cast, visit: Visit) -> None:
    measure = cases_made.running(everybody).measures.get()
    hers = visit(everybody.mrs_c)
    assert "One tap for a case" in hers.get("/").content.decode()
    hers.post(f"/cases/numbers/{measure.pk}/tap/", {"day": "2026-09-14", "value": "2"})
    point = MeasurePoint.objects.get(day="2026-09-14")
    assert (point.side, point.value, point.how) == ("school", Decimal(2), "tap")
    assert "One tap for a case" not in hers.get("/").content.decode()


def test_what_home_wrote_stands_on_today_until_it_was_read(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    case = cases_made.begun(everybody)
    hers, his = visit(everybody.mrs_c), visit(everybody.principal)

    def told() -> bool:
        return "New from home" in hers.get("/").content.decode()

    note_consent(
        case=case, guardian=everybody.alician, given=True, how=How.CALL, by=everybody.mrs_c
    )
    assert not told()  # she wrote it down herself
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=1))
    say_at_home(
        case=case,
        guardian=everybody.alician,
        words=Words("Le gusta enseñar.", "es", About.STRENGTH, WordClass.FAMILY, How.PAGE),
        form_key="home-1",
    )
    assert told()
    assert "New from home" not in his.get("/").content.decode()  # no member
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=2))
    hers.get(f"/cases/{case.pk}/")
    assert not told()


def test_the_family_takes_its_case_along_without_what_another_said(everybody: Cast) -> None:
    case = cases_made.running(everybody)
    (kept,) = open_pages(everybody.alician).get("/home/take.json").json()["cases"]
    assert kept["title"] == case.title
    assert len(kept["words"]) == Contribution.objects.filter(case=case).count()


def test_what_home_said_becomes_somebodys_to_do_from_the_case_in_its_own_words(
    everybody: Cast, visit: Visit
) -> None:
    case = cases_made.running(everybody)
    hers = open_pages(everybody.alician)
    for words, readers in (("He needs a desk.", "all"), ("I lost my job.", "school")):
        said = {"what": "say", "words": words, "readers": readers, "form_key": words}
        assert hers.post(f"/home/cases/{case.pk}", said).status_code == 303
    desk, job = (
        Contribution.objects.get(words=words) for words in ("He needs a desk.", "I lost my job.")
    )
    teacher = visit(everybody.mrs_c)
    page = teacher.get(f"/cases/{case.pk}/").content.decode()
    assert f'name="source_ref" value="{desk.pk}"' in page
    assert f'name="source_ref" value="{job.pk}"' not in page
    assert f'action="/families/{everybody.troys_home.pk}/barriers/"' in page
    form = {"household": everybody.troys_home.pk, "kind": "request", "source": "case"}
    made = teacher.post("/feedback/make/", {**form, "source_ref": desk.pk, "words": "Not hers."})
    assert made.status_code == 302
    item = Item.objects.get()
    assert (item.words, item.guardian, item.student) == (
        "He needs a desk.",
        everybody.alician,
        everybody.troy,
    )
    assert teacher.post("/feedback/make/", {**form, "source_ref": job.pk}).status_code == 404
    # Who serves Troy and is no member of the case reads nothing of it.
    principal = visit(everybody.principal)
    for one in (desk, job):
        sent = {**form, "kind": "observation", "source_ref": one.pk}
        assert principal.post("/feedback/make/", sent).status_code == 404
    family = principal.get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "You said, we did" in family
    assert "He needs a desk." in family


def test_a_talk_begins_out_of_a_case(everybody: Cast, visit: Visit) -> None:
    case = cases_made.running(everybody)
    teacher = visit(everybody.mrs_c)
    page = teacher.get(f"/cases/{case.pk}/").content.decode()
    assert f'action="/families/{everybody.troys_home.pk}/talks/"' in page
    sent = {"student": everybody.troy.pk, "case": case.pk, "form_key": "k"}
    for _ in range(2):
        assert teacher.post(f"/families/{everybody.troys_home.pk}/talks/", sent).status_code == 302
    assert Talk.objects.get().case == case


def test_with_nobody_on_duty_the_principal_is_told_and_reads_it_on_the_first_page(
    everybody: Cast, visit: Visit
) -> None:
    """Of a case, and of what a student wrote where a goal was asked for."""
    case = cases_made.begun(everybody)
    said = Words(
        "He told me that his uncle wants to kill him.",
        "en",
        About.NOTE,
        WordClass.FAMILY,
        How.PAGE,
    )
    say(case=case, words=said, by=everybody.mrs_c, form_key="d")
    with pytest.raises(Danger) as goal:
        set_goal(
            student=everybody.troy,
            draft=GoalDraft("I want to kill myself", "en", date(2026, 12, 1)),
            by=everybody.troy,
            form_key="b",
        )
    goal.value.tell()
    assert [alert.user for alert in CaseAlert.objects.all()] == [everybody.principal]
    assert [alarm.user for alarm in GoalAlarm.objects.all()] == [everybody.principal]
    today = visit(everybody.principal).get("/").content.decode()
    assert "Words of danger in a case" in today
    assert "I want to kill myself" in today
    assert "I want to kill myself" not in visit(everybody.mrs_c).get("/").content.decode()


def test_a_step_suggests_words_that_are_known_and_keeps_what_was_typed(
    everybody: Cast, visit: Visit
) -> None:
    """Only where a box is empty; nothing of the case changes before somebody keeps it."""
    case = cases_made.running(everybody, everybody.luis)
    assert remember(
        everybody.district,
        source="en",
        source_text="Opens his bag.",
        target="es",
        target_text="Abre su mochila.",
        by=everybody.mrs_c.pk,
        reviewed=False,
    )
    path, her = f"/cases/{case.pk}/definition/", visit(everybody.mrs_c)
    sent = {"definition": "Opens his bag.", "definition-es": "", "do": "suggest"}
    page = her.post(path, sent)
    assert page.status_code == 200
    assert "Abre su mochila." in page.content.decode()
    assert "From memory" in page.content.decode()
    typed = her.post(path, {**sent, "definition-es": "Abre la mochila."}).content.decode()
    assert "Abre la mochila." in typed
    assert "Abre su mochila." not in typed
    assert her.post(path, {**sent, "definition": "x\0" * 9000}).status_code == 200
    case.refresh_from_db()
    assert case.definition == "Puts the day’s homework into the tray when he comes in."


def test_the_coach_reads_each_box_whose_language_it_knows(everybody: Cast, visit: Visit) -> None:
    case = cases_made.running(everybody, everybody.luis)
    page = visit(everybody.mrs_c).get(f"/cases/{case.pk}/definition/").content.decode()
    assert 'data-coach="id_definition" data-coach-lang="en"' in page
    assert 'data-coach="id_definition-es" data-coach-lang="es"' in page
