"""What stands in the way, on staff pages: one tap, who may read what, and the matrix without small groups."""

import csv
import io
from urllib.parse import urlsplit

import pytest

from bothways.audit.models import Entry as Look
from bothways.barriers.enums import HelpState, Source
from bothways.barriers.models import FamilyBarrier, Telling
from bothways.barriers.queries import catalogue
from bothways.barriers.services import note, solve
from bothways.people.enums import WordClass
from people import Cast, guardian, home, student
from web import steps
from web.happenings import happened
from web.visiting import Visit

pytestmark = pytest.mark.django_db


def many(cast: Cast, number: int, code: str = "transport", *, covered: int = 0) -> None:
    """So many families of room 12 of whom this was told, some with a ride."""
    for one in range(number):
        child = student(f"Child{code}{one}", "Ngo", cast.elementary, cast.room_12)
        family = home([child], [guardian(cast.district, f"Adult{one}", "Ngo")])
        note(household=family, barrier=code, by=cast.mrs_c, source=Source.SURVEY)
        if one < covered:
            solve(household=family, solution="ride", state=HelpState.IN_PLACE, by=cast.mrs_c)


def test_one_tap_on_a_familys_page_notes_it_and_one_takes_it_back(
    everybody: Cast, visit: Visit
) -> None:
    hers = visit(everybody.mrs_c)
    page = f"/families/{everybody.troys_home.pk}/"
    assert "Work is at night, sleep by day" in hers.get(page).content.decode()
    tapped = hers.post(f"{page}barriers/", {"barrier": "nights"}, follow=True)
    shown = tapped.content.decode()
    assert "Nothing that rings before two in the afternoon." in shown
    assert "Nothing rings there from seven in the morning until two" in shown
    row = FamilyBarrier.objects.get()
    hers.post(f"{page}barriers/help/", {"solution": "texts", "state": "in_place"})
    assert "help is in place" in hers.get(page).content.decode()
    hers.post(f"{page}barriers/{row.pk}/", {"do": "undo"})
    row.refresh_from_db()
    assert row.ended_how == "undone"
    assert "help is in place" not in hers.get(page).content.decode()


def test_a_tap_in_a_conversation_or_at_an_outcome_goes_back_to_it(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    hers = visit(everybody.mrs_c)
    step = steps.step(everybody)
    for page, source, family in (
        (f"/inbox/{did.talk.pk}/", "conversation", did.talk.household_id),
        (f"/tasks/{step.pk}/", "outcome", step.household_id),
    ):
        assert f'value="{source}"' in hers.get(page).content.decode()
        tapped = hers.post(
            f"/families/{family}/barriers/",
            {"barrier": "internet", "source": source, "source_ref": "7", "next": page},
        )
        assert tapped.headers["Location"] == page
        assert Telling.objects.latest("pk").source == source


def test_what_is_in_the_way_stands_before_the_words_of_a_call(
    everybody: Cast, visit: Visit
) -> None:
    step = steps.step(everybody)
    note(household=step.household, barrier="safety", by=everybody.mrs_c, source=Source.VISIT)
    page = visit(everybody.mrs_c).get(f"/tasks/{step.pk}/").content.decode()
    assert page.index("Nobody goes to their home unless they ask") < page.index("Open with")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"barrier": "lazy"},
        {"barrier": "\x00"},
        {"barrier": "nights", "words": "x" * 10_000},
        {"barrier": "x" * 10_000},
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_noted(
    everybody: Cast, visit: Visit, sent: dict[str, str]
) -> None:
    page = f"/families/{everybody.troys_home.pk}/"
    answer = visit(everybody.mrs_c).post(f"{page}barriers/", sent, follow=True)
    page = answer.content.decode()
    assert "The list has no such line any more" in page or "more than 4000 characters" in page
    assert not FamilyBarrier.objects.exists()


def test_a_tap_sends_nobody_to_another_site(everybody: Cast, visit: Visit) -> None:
    there = f"/families/{everybody.troys_home.pk}/barriers/"
    for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = visit(everybody.mrs_c).post(there, {"barrier": "nights", "next": evil})
        assert urlsplit(answer.headers["Location"]).path == f"/families/{everybody.troys_home.pk}/"


def test_a_child_of_another_family_is_not_noted_with_it(everybody: Cast, visit: Visit) -> None:
    visit(everybody.mrs_c).post(
        f"/families/{everybody.troys_home.pk}/barriers/",
        {"barrier": "nights", "student": str(everybody.emily.pk), "source": "page"},
    )
    telling = Telling.objects.get()
    assert (telling.student, telling.source) == (None, "staff")


def test_protected_words_are_read_by_named_staff_and_by_who_wrote_them(
    everybody: Cast, visit: Visit
) -> None:
    note(
        household=everybody.troys_home,
        barrier="safety",
        by=everybody.liaison,
        source=Source.VISIT,
        words="The uncle waits outside.",
        word_class=WordClass.PROTECTED,
    )
    page = f"/families/{everybody.troys_home.pk}/"
    read = {
        who.given: "The uncle waits outside." in visit(who).get(page).content.decode()
        for who in (everybody.mrs_c, everybody.counselor, everybody.liaison, everybody.office)
    }
    assert read == {"Clara": False, "Lien": True, "Marisol": True, "Ken": False}


def test_the_matrix_counts_families_with_and_without_help(everybody: Cast, visit: Visit) -> None:
    many(everybody, 12, covered=4)
    page = visit(everybody.principal).get("/barriers/").content.decode()
    assert "12 families of" in page
    assert "4 with help in place" in page
    assert "8 with nothing yet" in page
    listed = visit(everybody.principal).get("/barriers/transport/?help=ride&state=in_place")
    assert "4 families whom you serve" in listed.content.decode()
    gap = visit(everybody.principal).get("/barriers/transport/?state=open").content.decode()
    assert "8 families whom you serve" in gap
    assert Look.objects.filter(event="barriers.families_seen").count() == 2


def test_groups_under_ten_are_hidden_on_the_page_and_in_the_file(
    everybody: Cast, visit: Visit
) -> None:
    many(everybody, 9, "reading", covered=3)
    many(everybody, 10, "money")
    his = visit(everybody.admin)
    page = his.get("/barriers/").content.decode()
    assert "few families" in page
    assert "9 families" not in page
    assert "10 families of" in page
    file = b"".join(his.get("/barriers/barriers.csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file)))
    (reading,) = [row for row in rows if row[1] == "Long written words are hard"]
    assert reading[2:] == ["too few to show", "", "", "", "", "", ""]
    assert {row[2] for row in rows if row[1] == "School asks for things that cost money"} == {"10"}


def test_a_schools_figure_is_hidden_where_another_gives_it_away(
    everybody: Cast, visit: Visit
) -> None:
    """Twelve at one school and one at the other: neither is shown by itself, or the sum would tell."""
    many(everybody, 12)
    family = everybody.troys_home
    note(household=family, barrier="transport", by=everybody.mrs_c, source=Source.SURVEY)
    his = visit(everybody.admin)
    assert "13 families of" in his.get("/barriers/").content.decode()
    for school in (everybody.elementary, everybody.middle):
        page = his.get(f"/barriers/?school={school.pk}").content.decode()
        assert "few families" in page
        assert "families of" not in page


def test_each_sees_the_families_whom_they_serve_and_no_others(
    everybody: Cast, visit: Visit
) -> None:
    many(everybody, 12)
    elsewhere = visit(everybody.teacher_elsewhere)
    assert "There is no way to get to school" not in elsewhere.get("/barriers/").content.decode()
    listed = elsewhere.get("/barriers/transport/").content.decode()
    assert "0 families whom you serve" in listed
    assert "Ngo" not in listed
    assert elsewhere.get("/barriers/nothing-of-this-kind/").status_code == 404


def test_a_district_words_a_line_and_staff_see_it_at_once(everybody: Cast, visit: Visit) -> None:
    his = visit(everybody.admin)
    form = {
        "words": "The mill changes shifts each week",
        "level": "family",
        "advice": "Ask which shift this week.",
        "effects": ["no_calls_by_day"],
        "helps": ["texts", "paper"],
    }
    assert his.post("/set-up/barriers/add/", form).status_code == 302
    page = visit(everybody.mrs_c).get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "The mill changes shifts each week" in page
    assert his.post("/set-up/barriers/add/", form).status_code == 422
    (own,) = [one for one in catalogue(everybody.district).barriers.values() if one.own]
    assert own.helps == ("texts", "paper")
    line = f"/set-up/barriers/lines/{own.code}/"
    assert his.post(line, {**form, "effects": ["reads_minds"]}).status_code == 422
    assert his.post(line, {"what": "retire"}).status_code == 302
    page = visit(everybody.mrs_c).get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "The mill changes shifts each week" not in page
    assert "Offer it again" in his.get("/set-up/barriers/").content.decode()
    assert (
        his.post("/set-up/barriers/solutions/", {"words": "A taxi", "removes": "on"}).status_code
        == 302
    )
    assert "A taxi" in his.get(line).content.decode()
