"""The page behind a link: one message, in its family’s language, for as long as somebody has standing."""

import gzip
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.accounts.models import User
from bothways.core import clock
from bothways.core.ids import show_code
from bothways.ledger.models import ContactEvent
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery, Entry, Message
from bothways.people.models import Guardian, Link, Student
from bothways.schools.models import School
from bothways.web.family import links, tongues
from messaging.world import World
from web.family.reading import Letter, text_of

ANOTHER = "BCDFGHJKMNPQ"


def get(phone: Client, delivery: Delivery, query: str = "") -> str:
    page = phone.get(f"/r/{delivery.code}{query}")
    assert page.status_code == 200
    return page.content.decode()


def test_the_page_opens_in_the_language_it_was_sent_in(letter: Letter, phone: Client) -> None:
    html = get(phone, letter())
    assert '<html lang="es" dir="ltr">' in html
    assert "<title>Sobre Troy</title>" in html
    read = text_of(html)
    assert read.index("Español") < read.index("Sobre Troy") < read.index("Troy participa mucho")
    assert "Mrs. C Lincoln School" in read
    assert "takes part" not in read


def test_the_page_can_be_read_in_another_language(letter: Letter, phone: Client) -> None:
    html = get(phone, letter(), "?lang=en")
    assert '<html lang="en" dir="ltr">' in html
    assert "Troy takes part a lot" in text_of(html)


def test_a_language_without_a_version_says_so_and_changes_the_buttons(
    letter: Letter, phone: Client
) -> None:
    html = get(phone, letter(), "?lang=ar")
    assert '<html lang="ar" dir="rtl">' in html
    assert '<div class="told" lang="es" dir="ltr">' in html
    assert text_of(html).index("لغتكم") < text_of(html).index("Troy participa")


@pytest.mark.parametrize("wish", ["xx", "", "%00", "../../etc", "en'--", "💬"])
def test_an_unknown_language_is_passed_over(letter: Letter, phone: Client, wish: str) -> None:
    assert '<html lang="es"' in get(phone, letter(), f"?lang={wish}")


def test_the_switch_shows_the_message_s_languages_first_and_each_of_ours_once(
    letter: Letter, phone: Client
) -> None:
    html = get(phone, letter())
    tags = re.findall(r'href="\?lang=([\w-]+)"', html)
    assert tags[:2] == ["en", "es"]
    assert sorted(tags) == sorted(set(tags))
    assert len(tags) == 12


def test_what_is_written_elsewhere_is_not_on_the_page(
    letter: Letter, phone: Client, world: World, troy: Student
) -> None:
    other = world.guardian("Ron", email="ron@example.org", reads="es")
    world.home(troy, guardians=[other])
    delivery = letter(about=None)
    apart = Delivery.objects.get(message=delivery.message, household=other.household)
    phone_of_ron = Client()
    phone_of_ron.post(f"/r/{apart.code}", {"words": "Ron’s own words", "send": "1"})
    assert Entry.objects.get().body == "Ron’s own words"
    assert "Ron" not in get(phone, delivery)
    assert "Ron’s own words" in get(phone, apart)


def test_a_page_about_all_children_of_a_home_names_them(
    letter: Letter, phone: Client, world: World, alician: Guardian
) -> None:
    home = alician.household
    assert home is not None
    maya = world.student("Maya")
    Link.objects.create(district=world.district, student=maya, guardian=alician)
    home.children.create(student=maya)
    delivery = letter(about=None)
    assert "Para la familia de Troy y Maya" in text_of(get(phone, delivery))
    world.bar(troy_of(alician), alician)
    assert "Para la familia de Maya" in text_of(get(phone, delivery))


def troy_of(guardian: Guardian) -> Student:
    return Student.objects.get(given="Troy", links__guardian=guardian)


def closed(phone: Client, path: str) -> str:
    page = phone.get(path)
    assert page.status_code == 404
    return text_of(page.content.decode())


def test_wrong_expired_barred_and_withheld_look_the_same(
    letter: Letter, phone: Client, world: World, troy: Student, alician: Guardian
) -> None:
    unknown = closed(phone, f"/r/{ANOTHER}?lang=es")
    assert "Llame a la escuela" in unknown
    assert "(312) 555-0100" in unknown
    assert "Troy" not in unknown

    expired = letter()
    Message.objects.filter(pk=expired.message_id).update(expires_at=clock.now())
    withheld, queued = letter(state=State.WITHHELD), letter(state=State.QUEUED)
    barred = letter()
    assert text_of(get(phone, barred)) != unknown
    world.bar(troy, alician)
    for delivery in (expired, withheld, queued, barred):
        assert closed(phone, f"/r/{delivery.code}?lang=es") == unknown


def test_an_order_about_records_closes_what_is_about_the_child(
    letter: Letter, phone: Client, world: World, troy: Student, alician: Guardian
) -> None:
    personal, news = letter(), letter(about=None)
    world.bar(troy, alician, kind="records")
    closed(phone, f"/r/{personal.code}")
    get(phone, news)


def test_an_order_that_is_over_opens_again(
    letter: Letter, phone: Client, world: World, troy: Student, alician: Guardian
) -> None:
    yesterday = clock.today(world.district.timezone) - timedelta(days=1)
    world.bar(troy, alician, ends_on=yesterday)
    get(phone, letter())


def test_a_message_expires_by_the_school_s_clock(letter: Letter, phone: Client) -> None:
    delivery = letter()
    message = delivery.message
    message.expires_at = clock.now() + timedelta(minutes=5)
    message.save()
    get(phone, delivery)
    message.expires_at = clock.now() - timedelta(seconds=1)
    message.save()
    closed(phone, f"/r/{delivery.code}")


def test_a_page_that_is_looked_at_proves_nothing(letter: Letter, phone: Client) -> None:
    delivery = letter()
    before = ContactEvent.objects.count()
    get(phone, delivery)
    assert phone.head(f"/r/{delivery.code}").status_code == 200
    delivery.refresh_from_db()
    assert (delivery.state, ContactEvent.objects.count()) == (State.ACCEPTED, before)
    assert Entry.objects.count() == 0


def test_the_address_leads_nowhere_else(letter: Letter, phone: Client) -> None:
    page = phone.get(f"/r/{letter().code}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Content-Language"] == "es"
    assert not page.cookies
    html = page.content.decode()
    # To nowhere but the door of their own pages, and this message's own page about contact data.
    own = f"/r/{page.request['PATH_INFO'].split('/')[2]}/right"
    there = re.findall(r'(?:src|href|action)="(?!/static/|\?lang=|tel:)([^"]*)"', html)
    door = own.replace("/r/", "/home/enter/").removesuffix("/right")
    assert [address.partition("?")[0] for address in there] == [door, own]
    assert not re.search(r"<script(?! src)|<style|style=|onclick", html)


def test_the_code_opens_however_it_is_typed(letter: Letter, phone: Client) -> None:
    code = letter().code
    for typed in (code.lower(), show_code(code), f" {code[:6]} {code[6:]} ", f"{code}/"):
        assert phone.get(f"/r/{typed}").status_code == 200
    posted = phone.post("/r/", {"code": show_code(code).lower()})
    assert (posted.status_code, posted.headers["Location"]) == (303, f"/r/{code}")


def test_what_cannot_be_a_code_is_asked_for_again(phone: Client, world: World) -> None:
    assert phone.get("/r/").status_code == 200
    page = phone.post("/r/?lang=en", {"code": "<b>1234"})
    assert page.status_code == 422
    assert "&lt;b&gt;1234" in page.content.decode()
    assert phone.get("/r").status_code == 200


@pytest.mark.parametrize("typed", ["%00", "x" * 5000, "%E2%80%AE" * 12, "0", "🙂" * 12, "%ff"])
def test_what_is_no_code_at_all_is_closed(phone: Client, world: World, typed: str) -> None:
    assert phone.get(f"/r/{typed}").status_code == 404


def test_guessing_is_slowed_and_a_slip_of_the_pen_is_not(letter: Letter) -> None:
    delivery = letter()
    guesser, neighbour = Client(REMOTE_ADDR="203.0.113.5"), Client(REMOTE_ADDR="203.0.113.6")
    statuses = [
        guesser.get(f"/r/{ANOTHER[:-1]}{letter_}").status_code for letter_ in "BCDFGHJKMNPRTVWBCDFG"
    ]
    assert statuses == [404] * 20
    page = guesser.get(f"/r/{delivery.code}?lang=en")
    assert page.status_code == 429
    assert "ten minutes" in page.content.decode()
    assert guesser.get(f"/stop/{delivery.code}").status_code == 429
    assert neighbour.get(f"/r/{delivery.code}").status_code == 200


def test_a_code_of_the_wrong_length_is_no_guess(letter: Letter, phone: Client) -> None:
    for _ in range(25):
        assert phone.get("/r/BCD").status_code == 404
    get(phone, letter())


def test_the_page_costs_few_queries_whatever_it_holds(
    letter: Letter, phone: Client, world: World, alician: Guardian
) -> None:
    def queries(delivery: Delivery) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            get(phone, delivery)
        return len(seen)

    delivery = letter(about=None)
    assert queries(delivery) == 6
    home = alician.household
    assert home is not None
    for name in ("Maya", "Sam"):
        child = world.student(name)
        Link.objects.create(district=world.district, student=child, guardian=alician)
        home.children.create(student=child)
    bigger = letter(about=None, en="a", es="b", ar="c", uk="d")
    for number in range(3):
        phone_post(bigger, f"words {number}")
    assert queries(bigger) == 6


def phone_post(delivery: Delivery, words: str) -> None:
    assert Client().post(f"/r/{delivery.code}", {"words": words}).status_code == 303


def test_the_whole_page_is_small(letter: Letter, phone: Client) -> None:
    from django.contrib.staticfiles import finders

    html = get(phone, letter())
    size = len(html.encode())
    for name in re.findall(r'"/static/([^"]+)"', html):
        found = finders.find(name)
        assert isinstance(found, str)
        with open(found, "rb") as file:
            # As the server hands it out (tests/commands/test_up.py).
            size += len(gzip.compress(file.read()))
    assert size < 30_000


def test_a_school_without_a_number_shows_none(letter: Letter, phone: Client, world: World) -> None:
    School.objects.update(phone="")
    type(world.district).objects.update(phone="")
    assert "tel:" not in get(phone, letter())


def test_an_author_s_name_and_words_are_text(
    letter: Letter, phone: Client, mrs_c: User, troy: Student
) -> None:
    mrs_c.family = "<script>alert(1)</script>"
    mrs_c.save()
    troy.given = '"><img src=x>'
    troy.save()
    html = get(phone, letter(es='<b>1</b> & https://a.example/?q=1&b="x"\'>'))
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;b&gt;1&lt;/b&gt; &amp; " in html


def test_only_web_addresses_become_links_and_show_where_they_lead() -> None:
    [html] = links.paragraphs("See https://a.example/x_(1). javascript:alert(1) HTTP://b.example)")
    assert re.findall(r'href="([^"]*)"', html) == ["https://a.example/x_(1", "HTTP://b.example"]
    assert re.sub("<[^>]+>", "", html) == (
        "See https://a.example/x_(1). javascript:alert(1) HTTP://b.example)"
    )


def test_paragraphs_are_divided_by_blank_lines() -> None:
    assert links.paragraphs("one\ntwo\n \n\n three\r\n\r\nfour\n") == ["one\ntwo", "three", "four"]


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de, uk;q=0.5, so;q=0.7", "so"),
        ("fa-IR", "prs"),
        ("zh-CN", "zh-Hans"),
        ("", "en"),
        ("x;q=y, ,;;", "en"),
    ],
)
def test_a_browser_s_language_is_understood(header: str, tag: str) -> None:
    assert tongues.of_browser(header) == tag
