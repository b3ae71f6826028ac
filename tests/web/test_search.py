"""The room Families: what is typed stays out of addresses, and nobody is found whom one does not serve."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line
from bothways.ledger.services import write as write_line
from bothways.people.enums import RestrictionKind
from bothways.people.models import Guardian
from people import Cast, bar, guardian, home, student
from web import steps
from web.visiting import Visit


def _listed(client: Client, path: str = "/families/") -> list[int]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [row.home.id for row in answer.context["rows"]]


def _find(client: Client, words: str, path: str = "/families/") -> list[int]:
    answer = client.post(path, {"q": words})
    assert answer.status_code == 302
    if answer["Location"].split("?")[0] != "/families/":
        return [int(answer["Location"].rstrip("/").split("/")[-1])]
    return _listed(client, answer["Location"])


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ("Troy Washington", "troys_home"),
        ("312 555 0101", "troys_home"),
        ("karim@example.org", "nours_home"),
        ("9 Elm St", "troys_home"),
        ("Núñez", None),
        ("\u202eTroy", "troys_home"),
        ("أحمد", None),
    ],
)
def test_no_address_holds_what_was_typed(
    everybody: Cast, visit: Visit, words: str, opens: str | None
) -> None:
    client = visit(everybody.mrs_c)
    answer = client.post("/families/?mine=1&q=Troy", {"q": words})
    home = f"/families/{getattr(everybody, opens).pk}/" if opens else "/families/?mine=1"
    assert answer["Location"] == home
    page = client.get("/families/").content.decode()
    assert f"q={quote(words)}" not in page


def test_one_sure_hit_is_opened_at_once(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.mrs_c).post("/families/", {"q": "alician"})
    assert answer["Location"] == f"/families/{everybody.troys_home.pk}/"


def test_one_hit_with_a_slip_is_shown_first(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    assert client.post("/families/", {"q": "aliciam"})["Location"] == "/families/"
    page = client.get("/families/").content.decode()
    assert "A name nearly like it: <bdi>Alician Washington</bdi>" in page


@pytest.mark.parametrize(
    ("who", "words", "found"),
    [
        ("mrs_c", "maya", []),  # she teaches Troy, not his sister
        ("mrs_c", "alic", ["troys_home"]),
        ("mrs_c", "nunez LUIS", ["luiss_home", "hectors_home"]),
        ("mrs_c", "arker", ["emilys_home"]),
        ("mrs_c", "%", []),
        ("teacher_elsewhere", "emily", []),
        ("teacher_elsewhere", "ruth parker", []),
        ("teacher_elsewhere", "maya", ["troys_home"]),
        ("office", "0101", ["troys_home"]),
        ("office", "hidden way", []),
        ("admin", "washington", ["troys_home"]),
    ],
)
def test_only_those_one_serves_are_found(
    everybody: Cast, visit: Visit, who: str, words: str, found: list[str]
) -> None:
    homes = [getattr(everybody, name).pk for name in found]
    assert _find(visit(getattr(everybody, who)), words) == homes


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("restriction=1", {"luiss_home", "hectors_home"}),
        ("language=ar", {"nours_home"}),
        ("language=es", {"luiss_home"}),
        ("language=-", {"troys_home", "emilys_home", "hectors_home"}),
        ("no_phone=1", {"emilys_home", "nours_home", "luiss_home"}),
        ("interpreter=1", {"nours_home"}),
        ("grade=07", {"troys_home"}),
        ("level=met", {"nours_home"}),
        ("level=none", {"troys_home", "emilys_home", "luiss_home", "hectors_home"}),
        ("reason=no_lawful_contact", {"hectors_home"}),
        ("no_phone=1&language=es", {"luiss_home"}),
        ("mine=1", {"emilys_home"}),
    ],
)
def test_filters_are_links(everybody: Cast, visit: Visit, query: str, found: set[str]) -> None:
    Guardian.objects.filter(pk=everybody.karim.pk).update(wants_interpreter=True)
    steps.step(everybody, owner=everybody.admin)
    write_line(
        [
            Line(
                district_id=everybody.district.pk,
                household_id=everybody.nours_home.pk,
                at=clock.now(),
                level=Level.MET,
                direction=Direction.TO_FAMILY,
                channel="visit",
                source_kind=SourceKind.VISIT,
                source_id=1,
            )
        ]
    )
    listed = _listed(visit(everybody.admin), f"/families/?{query}")
    assert set(listed) == {getattr(everybody, name).pk for name in found}


def test_a_class_is_a_filter_and_another_school_is_empty(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    assert len(_listed(client, f"/families/?class={everybody.room_12.pk}")) == 5
    assert _listed(client, f"/families/?class={everybody.room_7.pk}") == []
    assert _listed(client, f"/families/?school={everybody.middle.pk}") == []


def test_a_search_keeps_the_filters_that_are_on(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    assert _find(client, "Karim", "/families/?language=es") == []
    assert _find(client, "Karim", "/families/?language=ar") == [everybody.nours_home.pk]


@pytest.mark.parametrize(
    "query",
    [
        "level=9",
        "level=",
        "reason=%00",
        "language=" + "x" * 5000,
        "language=%27%20OR%201%3D1",
        "school=-1",
        "school=99999999999999999999",
        "school=%D9%A1",
        "class=0",
        "grade=%E2%80%AE",
        "page=-3",
        "page=9999",
        "no_phone=yes&mine=2",
        "q=Troy",
    ],
)
def test_any_filter_is_answered(everybody: Cast, visit: Visit, query: str) -> None:
    assert visit(everybody.mrs_c).get(f"/families/?{query}").status_code == 200


@pytest.mark.parametrize(
    "words",
    [
        *("", " ", "\x00", "\x00Troy\x00", "x" * 20_000, "🙂", "' OR 1=1 --", "\\", "%", "_"),
        *(":*&|!()<->", "@", "@@", "\u202e\u2066\u200b", "1" * 300, "+", "((((", "٠" * 9, "﷽" * 50),
        "<script>alert(1)</script>",
    ],
)
def test_anything_may_be_typed(everybody: Cast, visit: Visit, words: str) -> None:
    client = visit(everybody.mrs_c)
    assert client.post("/families/", {"q": words}).status_code == 302
    page = client.get("/families/")
    assert page.status_code == 200
    assert b"<script>alert" not in page.content


def test_a_language_that_is_typed_becomes_a_link(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    client.get("/families/?reason=no_sign")  # whoever comes first works out what changed
    client.post("/families/", {"q": "arabic"})
    assert 'href="/families/?language=ar"' in client.get("/families/").content.decode()


def test_the_words_are_forgotten_when_asked(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    client.post("/families/", {"q": "parker"})
    client.post("/families/", {"q": ""})
    assert len(_listed(client)) == 5


def test_words_of_one_are_not_anothers(everybody: Cast, visit: Visit) -> None:
    visit(everybody.mrs_c).post("/families/", {"q": "parker"})
    assert b"parker" not in visit(everybody.office).get("/families/").content


def test_a_restriction_that_has_run_out_is_no_filter(everybody: Cast, visit: Visit) -> None:
    order = bar(everybody.emilys_father, everybody.emily, RestrictionKind.PICK_UP)
    client = visit(everybody.admin)
    assert everybody.emilys_home.pk in _listed(client, "/families/?restriction=1")
    order.ends_on = clock.today(everybody.district.timezone).replace(year=2020)
    order.save()
    assert everybody.emilys_home.pk not in _listed(client, "/families/?restriction=1")


@pytest.mark.parametrize("words", ["", "ngo"])
def test_a_long_list_costs_as_many_queries(everybody: Cast, visit: Visit, words: str) -> None:
    client = visit(everybody.admin)

    def grow(number: int) -> None:
        child = student(f"Child{number}", "Ngo", everybody.elementary, everybody.room_12)
        home([child], [guardian(everybody.district, f"Adult{number}", "Ngo")])

    def cost() -> int:
        client.post("/families/", {"q": words})
        client.get("/families/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/families/")
        return len(seen)

    # Eight people of the name: who is named nearly so is not asked for.
    for number in range(4):
        grow(number)
    few = cost()
    for number in range(4, 8):
        grow(number)
    assert cost() == few


def test_the_families_last_looked_at_are_at_hand(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visit(everybody.mrs_c)
    client.get(f"/families/{everybody.emilys_home.pk}/")
    client.get(f"/families/{everybody.troys_home.pk}/")
    monkeypatch.setattr("bothways.web.staff.paging.PER_PAGE", 2)
    monkeypatch.setattr("bothways.web.staff.families.page_of", _pages_of_two)
    lately = client.get("/families/").context["lately"]
    assert [one.id for one in lately] == [everybody.troys_home.pk, everybody.emilys_home.pk]
    # Served no more: not named any more.
    everybody.emily.enrollments.all().delete()
    lately = client.get("/families/").context["lately"]
    assert [one.id for one in lately] == [everybody.troys_home.pk]


def _pages_of_two(request, rows):  # type: ignore[no-untyped-def]
    from bothways.web.staff.paging import page_of

    return page_of(request, rows, 2)
