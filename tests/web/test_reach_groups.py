"""Groups of families: with denominators and ranges, and never a handful, not even by subtraction."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.audit.models import Entry as Audit
from bothways.reach.board import Share
from bothways.web.staff.csv_out import as_text
from bothways.web.staff.figures import LEAST, groups
from people import Cast, guardian, home, student
from web.happenings import write
from web.visiting import Visit

SIZES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60), max_size=12
)


def _shares(sizes: dict[str, int]) -> dict[str, Share]:
    return {key: Share(size, size // 3, size // 4) for key, size in sizes.items()}


@given(SIZES)
def test_no_small_group_is_shown_and_none_follows_by_subtraction(sizes: dict[str, int]) -> None:
    found = groups(_shares(sizes), str)
    shown = sum(group.families for group in found if not group.hidden)
    assert all(group.families >= LEAST for group in found if not group.hidden)
    assert all(
        (group.families, group.reached, group.two_way) == (0, 0, 0)
        for group in found
        if group.hidden
    )
    # Who knows the whole and subtracts all that is shown is left with nobody, with ten families or more,
    # or with the whole, which is small itself.
    left = sum(sizes.values()) - shown
    assert left == 0 or left >= LEAST or shown == 0
    # And what is left is several groups, unless one is hidden that is all there is.
    hidden = [group for group in found if group.hidden]
    assert len(hidden) != 1 or shown == 0


@given(SIZES)
def test_every_group_is_named_whatever_its_size(sizes: dict[str, int]) -> None:
    found = groups(_shares(sizes), str)
    assert sorted(group.key for group in found) == sorted(key for key, n in sizes.items() if n)


@given(SIZES)
def test_no_more_is_hidden_than_needed(sizes: dict[str, int]) -> None:
    """What is hidden besides the small groups is one group, and only where they are few together."""
    hidden = [group.key for group in groups(_shares(sizes), str) if group.hidden]
    large = [key for key in hidden if sizes[key] >= LEAST]
    small = sum(sizes[key] for key in hidden if sizes[key] < LEAST)
    assert len(large) <= 1
    assert not large or 0 < small < LEAST


def _many(cast: Cast, number: int, language: str, grade: str = "05") -> None:
    for each in range(number):
        child = student(
            f"Child{each}", f"Ngo{language}", cast.elementary, cast.room_12, grade=grade
        )
        adult = guardian(
            cast.district, "Adult", "Ngo", email=f"{language}{each}@example.org", reads=language
        )
        home([child], [adult])


def test_a_range_stands_beside_each_share(everybody: Cast, visit: Visit) -> None:
    _many(everybody, 10, "uk")  # goes along with the few who read Arabic and Spanish
    _many(everybody, 12, "vi")
    write(everybody, None)
    page = visit(everybody.admin).get("/reach/").content.decode()
    assert "0 of 12" in page
    assert ">0–25 %</span>" in page  # Wilson: none of 12


def test_the_page_of_a_small_group_lists_its_families_and_counts_nobody(
    everybody: Cast, visit: Visit
) -> None:
    _many(everybody, 12, "vi")
    write(everybody, None)
    page = visit(everybody.admin).get("/reach/?language=ar").content.decode().split("<main")[1]
    assert "Nour Haddad" in page
    assert "No figures here" in page
    assert "1 of 1" not in page
    assert "How far we came" not in page


def test_the_page_of_a_group_that_may_be_shown_counts(everybody: Cast, visit: Visit) -> None:
    _many(everybody, 10, "uk")
    _many(everybody, 12, "vi")
    write(everybody, None)
    page = visit(everybody.admin).get("/reach/?language=vi").content.decode()
    assert "0 of 12 families reached since" in page
    # One filter more makes a part of it that could be subtracted.
    both = f"/reach/?language=vi&school={everybody.elementary.pk}"
    assert "No figures here" in visit(everybody.admin).get(both).content.decode()


def test_by_grade_counts_the_children_one_serves(everybody: Cast, visit: Visit) -> None:
    _many(everybody, 11, "vi", "04")
    _many(everybody, 12, "so", "KG")
    write(everybody, None)
    shown = {
        group.key: group.families
        for group in visit(everybody.mrs_c).get("/reach/").context["by_grade"]
        if not group.hidden
    }
    # Maya’s grade 7 is at another school: Mrs. C’s page does not speak of it.
    assert "07" not in [g.key for g in visit(everybody.mrs_c).get("/reach/").context["by_grade"]]
    assert shown == {"KG": 12}
    assert visit(everybody.admin).get("/reach/").context["by_grade"] == []
    assert visit(everybody.admin).get("/reach/?by=grade").context["by_grade"] != []


def _text(answer: object) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def _table(answer: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(answer))))


def test_the_file_of_groups_hides_what_the_page_hides(everybody: Cast, visit: Visit) -> None:
    _many(everybody, 12, "vi")
    _many(everybody, 20, "so")
    write(everybody, None)
    rows = _table(visit(everybody.admin).get("/reach/groups.csv?language=ar"))
    by_name = {row["Name"]: row for row in rows if row["Group"] == "language"}
    assert by_name["Arabic"]["Families"] == "too few to show"
    assert (by_name["Somali"]["Families"], by_name["Somali"]["At most (95 %)"]) == ("20", "17")
    assert Audit.objects.get(event="reach.groups_exported").user_id == everybody.admin.pk


def test_the_file_of_families_names_who_and_why_and_no_way_to_reach_them(
    everybody: Cast, visit: Visit
) -> None:
    write(everybody, None)
    text = _text(visit(everybody.mrs_c).get("/reach/families.csv"))
    assert "Troy Washington" in text
    assert "Maya" not in text
    for secret in ("555", "@", "Elm St", "Hidden Way"):
        assert secret not in text
    assert Audit.objects.get(event="reach.families_exported").details == {"rows": 5}


def test_the_file_keeps_to_the_readers_scope_and_filters(everybody: Cast, visit: Visit) -> None:
    write(everybody, None)
    elsewhere = _table(visit(everybody.teacher_elsewhere).get("/reach/families.csv"))
    assert [row["Children"] for row in elsewhere] == ["Maya Washington"]
    barred = _table(visit(everybody.admin).get("/reach/families.csv?reason=no_lawful_contact"))
    assert [row["Adults"] for row in barred] == ["Hector Núñez"]


def test_a_name_that_is_a_formula_stays_a_name(everybody: Cast, visit: Visit) -> None:
    everybody.emily.given, everybody.emily.family = '=HYPERLINK("http://x")', ""
    everybody.emily.save()
    write(everybody, None)
    rows = _table(visit(everybody.mrs_c).get("/reach/families.csv"))
    assert '\'=HYPERLINK("http://x")' in [row["Children"] for row in rows]


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = as_text(text)
    assert cell.removeprefix("'") in (text, text.removeprefix("'"))
    assert cell.lstrip(" \u00a0")[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("cell", ["=1+1", " =1+1", "+1", "-1", "@x", "\t=1", "＝1", "\n=1"])
def test_known_beginnings_of_formulas_get_an_apostrophe(cell: str) -> None:
    assert as_text(cell) == f"'{cell}"


def test_our_own_numbers_stay_numbers() -> None:
    assert [as_text(12), as_text(-3)] == ["12", "-3"]
