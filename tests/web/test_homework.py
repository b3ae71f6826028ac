"""Homework on the web: teachers post for their classes; who has the number reads, and no child is named."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.channels.services import configure
from bothways.core import clock
from bothways.hotline.enums import Source
from bothways.hotline.models import ClassCode, Posting, SpokenWork
from bothways.hotline.services.posting import codes, put
from bothways.schools.models import ClosedDay, Section
from bothways.web.family.homework import guesses
from people import Cast, section, student
from web.visiting import Visit

MONDAY = date(2026, 9, 14)


@pytest.fixture(autouse=True)
def _no_misses() -> None:
    guesses.forget()


def post(cast: Cast, words: str = "Read pages 4-9.", day: date = MONDAY, **more: str) -> Posting:
    posting = put(
        section=cast.room_12,
        day=day,
        bodies={"en": words, **more},
        due=None,
        by=cast.mrs_c,
        source=Source.WEB,
        language="en",
    )
    assert posting is not None
    return posting


def form(where: Section, words: str = "Read pages 4-9.", **more: str) -> dict[str, str]:
    return {
        f"body-{where.pk}-en": words,
        f"seen-{where.pk}": "",
        **{name.replace("_", "-") + f"-{where.pk}": value for name, value in more.items()},
    }


def page_of(where: Section) -> str:
    return f"/hw/{codes([where])[where.pk]}"


def test_mrs_c_posts_for_today_and_families_read_it(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.mrs_c).post("/homework/", form(everybody.room_12, due="2026-09-16"))
    assert answer.status_code == 302
    posting = Posting.objects.get()
    assert (posting.section, posting.day, posting.bodies, posting.due, posting.author) == (
        everybody.room_12,
        MONDAY,
        {"en": "Read pages 4-9."},
        date(2026, 9, 16),
        everybody.mrs_c,
    )
    page = Client().get(page_of(everybody.room_12)).content.decode()
    assert "Read pages 4-9." in page
    assert "Due on Wednesday, September 16, 2026" in page


def test_only_ones_own_classes_are_posted_to(everybody: Cast, visit: Visit) -> None:
    visit(everybody.mrs_c).post("/homework/", form(everybody.room_7))
    visit(everybody.principal).post("/homework/", form(everybody.room_12))
    assert Posting.objects.count() == 0


def test_the_same_form_twice_changes_nothing_twice(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    client.post("/homework/", form(everybody.room_12))
    first = Posting.objects.get().changed_at
    assert client.post("/homework/", form(everybody.room_12)).status_code == 302
    assert Posting.objects.get().changed_at == first


def test_what_a_colleague_wrote_meanwhile_is_not_wiped_out(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    post(everybody, "Learn the poem.")
    answer = client.post("/homework/", form(everybody.room_12, "Read pages 4-9."))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert ("Learn the poem." in shown, "Read pages 4-9.</textarea>" in shown) == (True, True)
    assert Posting.objects.get().bodies == {"en": "Learn the poem."}
    seen = Posting.objects.get().changed_at.isoformat()
    again = {**form(everybody.room_12), f"seen-{everybody.room_12.pk}": seen}
    assert client.post("/homework/", again).status_code == 302
    assert Posting.objects.get().bodies == {"en": "Read pages 4-9."}


def test_what_is_right_is_kept_beside_what_is_wrong(everybody: Cast, visit: Visit) -> None:
    other = section("Room 14", everybody.elementary, everybody.mrs_c)
    answer = visit(everybody.mrs_c).post(
        "/homework/",
        {**form(everybody.room_12, due="tomorrow"), **form(other, "Learn the poem.")},
    )
    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()
    assert [p.section for p in Posting.objects.all()] == [other]


@pytest.mark.parametrize(
    ("words", "due", "said"),
    [
        ("x" * 2001, "", "2000 characters are the most"),
        ("Read.", "2026-09-01", "lies before the day"),
        ("Read.", "0000-00-00", "cannot be read"),
    ],
)
def test_what_cannot_be_posted_says_why(
    everybody: Cast, visit: Visit, words: str, due: str, said: str
) -> None:
    answer = visit(everybody.mrs_c).post("/homework/", form(everybody.room_12, words, due=due))
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert Posting.objects.count() == 0


def test_undo_goes_back_one_change_and_forth_again(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    posting = post(everybody, "Read pages 4-9.")
    post(everybody, "Read pages 4-90.")
    client.post(f"/homework/{posting.pk}/undo/")
    assert Posting.objects.get().bodies == {"en": "Read pages 4-9."}
    client.post(f"/homework/{posting.pk}/undo/")
    assert Posting.objects.get().bodies == {"en": "Read pages 4-90."}


def test_undo_of_the_only_change_leaves_nothing(everybody: Cast, visit: Visit) -> None:
    posting = post(everybody)
    visit(everybody.mrs_c).post(f"/homework/{posting.pk}/undo/")
    assert Posting.objects.count() == 0


def test_languages_that_families_of_the_class_read_are_offered(
    everybody: Cast, visit: Visit
) -> None:
    page = visit(everybody.mrs_c).get("/homework/").content.decode()
    pk = everybody.room_12.pk
    assert [f'name="body-{pk}-{tag}"' in page for tag in ("en", "ar", "es", "vi")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "2026-13-01", "1900-01-01"])
def test_a_day_that_is_none_is_today(everybody: Cast, visit: Visit, day: str) -> None:
    answer = visit(everybody.mrs_c).get("/homework/", {"day": day})
    assert "<h1>Homework today</h1>" in answer.content.decode()


def test_days_before_pass_over_the_weekend_and_closed_days(everybody: Cast, visit: Visit) -> None:
    ClosedDay.objects.create(district=everybody.district, day=date(2026, 9, 11), title="Flood")
    page = visit(everybody.mrs_c).get("/homework/").content.decode()
    assert 'href="?day=2026-09-10"' in page


def test_a_teacher_with_five_classes_asks_the_database_as_often_as_with_one(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.mrs_c)
    client.get("/homework/")
    one = _queries(client, "/homework/")
    for number in range(4):
        extra = section(f"Room {20 + number}", everybody.elementary, everybody.mrs_c)
        student(f"Child{number}", "Ngo", everybody.elementary, extra)
    client.get("/homework/")  # new classes get their numbers
    assert _queries(client, "/homework/") == one


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


# The page with the number


def test_the_page_names_no_child_and_no_adult_and_is_light(everybody: Cast) -> None:
    for day in range(1, 15):
        post(everybody, "word " * 300, date(2026, 9, day))
    answer = Client().get(page_of(everybody.room_12))
    page = answer.content.decode()
    names = ("Troy", "Emily", "Nour", "Luis", "Washington", "Alician", "Clara", "Staff")
    assert [name for name in names if name in page] == []
    assert len(answer.content) < 30_000
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_visitor_reads_it_in_the_own_language_or_is_told_that_it_is_not(
    everybody: Cast,
) -> None:
    post(everybody, "Read pages 4-9.", es="Lean las páginas 4 a 9.")
    path = page_of(everybody.room_12)
    spanish = Client().get(path, headers={"Accept-Language": "es-MX"}).content.decode()
    arabic = Client().get(f"{path}?lang=ar").content.decode()
    assert ('<html lang="es"' in spanish, "Lean las páginas 4 a 9." in spanish) == (True, True)
    assert '<html lang="ar" dir="rtl">' in arabic
    assert '<div lang="en" dir="ltr"><p>Read pages 4-9.</p></div>' in arabic
    assert spanish.index('class="tongues"') < spanish.index("<h1>")


def test_what_a_teacher_wrote_is_shown_as_words(everybody: Cast) -> None:
    post(everybody, "<script>alert(1)</script> https://example.org/a")
    page = Client().get(page_of(everybody.room_12)).content.decode()
    assert "<script>alert" not in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_where_nothing_is_posted_the_page_says_so(everybody: Cast) -> None:
    page = Client().get(page_of(everybody.room_12)).content.decode()
    assert "Nothing has been posted for Room 12 yet." in page


def test_work_of_tomorrow_is_not_shown_today(everybody: Cast) -> None:
    post(everybody, "A surprise.", date(2026, 9, 15))
    assert "A surprise." not in Client().get(page_of(everybody.room_12)).content.decode()


@pytest.mark.parametrize("code", ["00000", "9" * 40, "abc", "%00", "１２３４５", "48213/x"])
def test_a_number_that_is_nobodys_opens_nothing(everybody: Cast, code: str) -> None:
    assert Client().get(f"/hw/{code}").status_code == 404


def test_guessing_numbers_is_stopped(everybody: Cast) -> None:
    client = Client()
    for number in range(20):
        client.get(f"/hw/{number:05}")
    assert client.get(page_of(everybody.room_12)).status_code == 429


def test_a_class_that_ended_is_closed(everybody: Cast) -> None:
    path = page_of(everybody.room_12)
    Section.objects.filter(pk=everybody.room_12.pk).update(ended_at=clock.now())
    assert Client().get(path).status_code == 404


def test_the_number_is_typed_with_any_blanks(everybody: Cast) -> None:
    code = codes([everybody.room_12])[everybody.room_12.pk]
    answer = Client().post("/hw/", {"code": f" {code[:2]} {code[2:]}"})
    assert (answer.status_code, answer["Location"]) == (303, f"/hw/{code}")


def test_a_sound_of_another_class_does_not_open_with_this_number(everybody: Cast) -> None:
    posting = post(everybody)
    SpokenWork.objects.create(
        posting=posting,
        carrier="twilio_voice",
        audio="RE1",
        seconds=3,
        data=b"ID3",
        content_type="audio/mpeg",
        fetched_at=clock.now(),
    )
    other = codes([everybody.room_7])[everybody.room_7.pk]
    own = codes([everybody.room_12])[everybody.room_12.pk]
    assert Client().get(f"/hw/{other}/{posting.pk}/sound").status_code == 404
    assert Client().get(f"/hw/{own}/{posting.pk}/sound").content == b"ID3"
    assert f'src="/hw/{own}/{posting.pk}/sound"' in Client().get(f"/hw/{own}").content.decode()


def test_codes_are_drawn_once_and_differ(everybody: Cast) -> None:
    sections = [everybody.room_12, everybody.room_7]
    first = codes(sections)
    assert codes(sections) == first
    assert len(set(first.values())) == ClassCode.objects.count() == 2
    assert all(len(code) == 5 and code.isdecimal() for code in first.values())


# On paper


def test_the_week_on_paper_is_in_the_familys_language_with_number_and_address(
    everybody: Cast, visit: Visit
) -> None:
    configure("twilio", {"account_sid": "A", "auth_token": "t", "from_number": "+13125550100"})
    post(everybody, "Read pages 4-9.", es="Lean las páginas 4 a 9.")
    post(everybody, "Learn the poem.", date(2026, 9, 11))
    page = (
        visit(everybody.mrs_c)
        .get(f"/homework/classes/{everybody.room_12.pk}/", {"lang": "es"})
        .content.decode()
    )
    code = codes([everybody.room_12])[everybody.room_12.pk]
    assert f"Por teléfono: (312) 555-0100, número de clase {code}" in page
    assert page.index("Learn the poem.") < page.index("Lean las páginas 4 a 9.")
    assert "data:image/svg+xml" in page
    assert [name for name in ("Troy", "Emily", "Nour") if name in page] == []


def test_a_pin_is_kept_as_a_hash(everybody: Cast, visit: Visit) -> None:
    visit(everybody.mrs_c).post("/homework/pin/", {"pin": "604182"})
    assert "604182" not in everybody.mrs_c.homework_pin.hash
