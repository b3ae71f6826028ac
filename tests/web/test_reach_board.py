"""The board says in words how many are reached, and gives each who is not a next step."""

from bothways.messaging.enums import Meaning
from people import Cast, district, staff
from web.happenings import says, to, write
from web.visiting import Visit


def test_the_title_counts_families_of_the_children_one_serves(
    everybody: Cast, visit: Visit
) -> None:
    message = write(everybody, None)
    says(to(message, everybody.nours_home), button=Meaning.ACKNOWLEDGED)
    assert "1 of 5 families reached since" in visit(everybody.admin).get("/reach/").content.decode()
    page = visit(everybody.teacher_elsewhere).get("/reach/").content.decode()
    assert "0 of 1 family reached since" in page


def test_each_unreached_family_has_a_reason_and_a_next_step(everybody: Cast, visit: Visit) -> None:
    write(everybody, None)
    answer = visit(everybody.mrs_c).get("/reach/?reason=no_lawful_contact")
    rows = answer.context["unreached"]
    assert [row.home.adults for row in rows] == [["Hector Núñez"]]
    assert rows[0].step.what == "Read the restriction again and find out who may be told"


def test_filters_are_links_that_keep_each_other(everybody: Cast, visit: Visit) -> None:
    write(everybody, None)
    answer = visit(everybody.admin).get(f"/reach/?school={everybody.elementary.pk}&language=ar")
    assert [row.home.adults for row in answer.context["unreached"]] == [["Karim Haddad"]]
    assert f'href="?school={everybody.elementary.pk}&amp;language=ar&amp;reason=' in (
        answer.content.decode()
    )


def test_what_is_asked_wrongly_is_left_out(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.admin).get("/reach/?school=x&reason=y&since=tomorrow&page=z")
    assert answer.status_code == 200
    assert len(answer.context["unreached"]) == 5


def test_small_groups_stay_hidden(everybody: Cast, visit: Visit) -> None:
    write(everybody, None)
    answer = visit(everybody.admin).get("/reach/")
    assert all(group.hidden for group in answer.context["by_language"])


def test_without_a_roster_the_board_says_where_to_begin(everybody: Cast, visit: Visit) -> None:
    from bothways.accounts.enums import Role

    new = staff("Zoe", Role.DISTRICT_ADMIN, district("New District"))
    assert 'href="/roster/"' in visit(new).get("/reach/").content.decode().split("<main")[1]


def test_before_anything_was_sent_the_board_says_so(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.principal).get("/reach/").content.decode()
    assert "Nothing has been sent in this time" in page


def test_a_childs_name_that_is_markup_stays_words(everybody: Cast, visit: Visit) -> None:
    everybody.emily.family = "<script>alert(1)</script>"
    everybody.emily.save()
    page = visit(everybody.admin).get("/reach/").content.decode().split("<main")[1]
    assert "<script" not in page
    assert "Emily &lt;script&gt;" in page
