"""The second proof: a code to a point that is known to be theirs, or a PIN from the office’s hand."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bothways.accounts.models import User
from bothways.consent.models import Stop
from bothways.core import clock, jobs
from bothways.messaging.models import Delivery
from bothways.people.models import ContactPoint, Guardian, PointChange
from bothways.web.family import door, entering
from bothways.web.family.inside import COOKIE
from bothways.web.family.models import FamilyCode, FamilyPin, FamilySession
from messaging.world import FakeCarrier, World
from web.family.homes import Family, at_door, code_in, family, open_pages, works
from web.family.reading import Letter, text_of

NUMBER = "(312) 555-0143"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    entering.asking.forget()
    entering.typing.forget()


@pytest.fixture(autouse=True)
def carrier(monkeypatch: pytest.MonkeyPatch) -> FakeCarrier:
    fake = FakeCarrier()
    monkeypatch.setattr(door, "carrier_for", lambda channel: fake)
    return fake


@pytest.fixture
def home(world: World) -> Family:
    return family(world)


def enters(phone: Client, address: str, code: str, **more: str) -> int:
    return phone.post(address, {"code": code, **more}).status_code


def test_a_code_to_her_own_number_opens_her_pages(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    assert enters(phone, address, code_in(carrier)) == 303
    assert carrier.sent[-1].to == "+13125550143"
    read = text_of(phone.get("/home/").content.decode())
    assert "Troy" in read
    assert "Maya" in read


def test_the_cookie_is_for_these_pages_alone_and_nothing_of_it_is_kept(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    phone.post(at_door(phone, NUMBER), {"code": code_in(carrier)})
    cookie = phone.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/home", True, "Lax")
    session = FamilySession.objects.get()
    assert session.guardian == home.alician
    assert cookie.value not in session.digest
    assert len(FamilyCode.objects.get().digest) == 64


def test_what_is_typed_at_the_door_is_answered_alike(
    home: Family, phone: Client, carrier: FakeCarrier, world: World
) -> None:
    barred = world.guardian("Hector", mobile="+13125550177")
    world.home(home.troy, guardians=[barred])
    works(barred)
    world.bar(home.troy, barred)
    pages = []
    for typed in (NUMBER, "312 555 0199", "+13125550177", "nobody@example.org", "x", "💬" * 90):
        address = at_door(phone, typed)
        page = phone.get(address)
        pages.append((page.status_code, re.sub(r"[0-9a-f]{32}", "", page.content.decode())))
    assert len(set(pages)) == 1
    jobs.run_all()
    assert [sent.to for sent in carrier.sent] == ["+13125550143"]


def test_five_wrong_codes_close_it_and_the_right_one_is_then_too_late(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    code = code_in(carrier)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [enters(phone, address, wrong) for _ in range(5)] == [422] * 5
    assert enters(phone, address, code) == 422
    assert FamilySession.objects.count() == 0


def test_a_code_opens_once_and_is_too_old_after_ten_minutes(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    code = code_in(carrier)
    assert enters(phone, address, code) == 303
    assert enters(Client(), address, code) == 422
    again = at_door(phone, NUMBER)
    code = code_in(carrier)
    FamilyCode.objects.update(made_at=door._now() - door.GOOD_FOR)
    assert enters(Client(), again, code) == 422


def test_digits_of_her_own_script_are_read(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    code = code_in(carrier).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert enters(phone, address, f" {code[:3]} {code[3:]} ") == 303


def test_codes_to_one_number_are_few_whoever_asks(home: Family, carrier: FakeCarrier) -> None:
    for number in range(6):
        at_door(Client(REMOTE_ADDR=f"203.0.113.{number}"), NUMBER)
    jobs.run_all()
    assert len(carrier.sent) == door.MOST_AN_HOUR


def test_one_visitor_asks_ten_times_an_hour(home: Family, phone: Client) -> None:
    codes = [
        phone.post("/home/enter", {"contact": f"31255501{n}"}).status_code for n in range(10, 22)
    ]
    assert codes == [303] * 10 + [429] * 2


def test_a_number_that_was_changed_lately_gets_no_code_unless_a_code_confirmed_it(
    home: Family, phone: Client, carrier: FakeCarrier, mrs_c: User
) -> None:
    change = PointChange.objects.create(
        district=home.world.district,
        guardian=home.alician,
        kind="phone",
        new="+13125550143",
        said_by="staff",
        how="desk",
        at=clock.now() - timedelta(days=2),
        confirmed_at=clock.now(),
        confirmed_by=mrs_c,
    )
    at_door(phone, NUMBER)
    jobs.run_all()
    assert carrier.sent == []
    change.confirmed_by = None  # proved by a code to an older point
    change.save()
    at_door(phone, NUMBER)
    jobs.run_all()
    assert len(carrier.sent) == 1


@pytest.mark.parametrize("state", ["unknown", "failing"])
def test_a_point_of_which_nothing_shows_that_it_works_gets_no_code(
    home: Family, phone: Client, carrier: FakeCarrier, state: str
) -> None:
    ContactPoint.objects.update(state=state)
    at_door(phone, NUMBER)
    jobs.run_all()
    assert carrier.sent == []


def test_a_stopped_number_is_left_in_peace(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    Stop.objects.create(
        district=home.world.district,
        kind="phone",
        match="+13125550143",
        by=Stop.By.OURS,
        at=clock.now(),
    )
    at_door(phone, NUMBER)
    jobs.run_all()
    assert carrier.sent == []


def test_an_order_that_comes_between_asking_and_sending_stops_the_code(
    home: Family, phone: Client, carrier: FakeCarrier, world: World
) -> None:
    at_door(phone, NUMBER)
    for child in (home.troy, home.maya):
        world.bar(child, home.alician)
    jobs.run_all()
    assert carrier.sent == []


# Two adults at one number


@pytest.fixture
def ron(home: Family) -> Guardian:
    ron = home.world.guardian("Ron", mobile="+13125550143")
    home.world.home(home.troy, guardians=[ron])
    works(ron)
    return ron


def test_of_two_at_one_number_one_says_who_and_reads_no_name(
    home: Family, ron: Guardian, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    assert enters(phone, address, code_in(carrier)) == 303
    html = phone.get(address).content.decode()
    assert "Ron" not in html
    assert "Alician" not in html
    assert phone.post(address, {"name": "Somebody Else"}).status_code == 422
    assert phone.post(address, {"name": "rón dyer"}).status_code == 303
    assert FamilySession.objects.get().guardian == ron
    assert "Maya" not in phone.get("/home/").content.decode()


def test_the_name_alone_opens_nothing(
    home: Family, ron: Guardian, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    assert phone.post(address, {"name": "Ron Dyer"}).status_code == 422
    assert FamilySession.objects.count() == 0


def test_names_are_tried_five_times(
    home: Family, ron: Guardian, phone: Client, carrier: FakeCarrier
) -> None:
    address = at_door(phone, NUMBER)
    enters(phone, address, code_in(carrier))
    for name in ("A", "B", "C", "D", "E"):
        phone.post(address, {"name": name})
    assert phone.post(address, {"name": "Ron Dyer"}).status_code == 422


def test_a_number_that_a_barred_parent_has_too_proves_nobody(
    home: Family, ron: Guardian, phone: Client, carrier: FakeCarrier, world: World
) -> None:
    world.bar(home.troy, ron)
    at_door(phone, NUMBER)
    jobs.run_all()
    assert carrier.sent == []


# From a message


def test_a_message_offers_her_points_masked_and_sends_the_code_there(
    letter: Letter, alician: Guardian, phone: Client, carrier: FakeCarrier
) -> None:
    works(alician)
    delivery = letter()
    html = phone.get(f"/r/{delivery.code}?lang=en").content.decode()
    assert f'href="/home/enter/{delivery.code}?lang=en"' in html
    page = phone.get(f"/home/enter/{delivery.code}?lang=en").content.decode()
    assert "a•••@example.org" in page
    assert "alician@example.org" not in page
    address = ask_from(phone, delivery, page)
    assert enters(phone, address, code_in(carrier)) == 303
    assert carrier.sent[-1].to == "alician@example.org"
    assert FamilySession.objects.get().guardian == alician


def ask_from(phone: Client, delivery: Delivery, page: str) -> str:
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    sent = phone.post(f"/home/enter/{delivery.code}", fields)
    assert sent.status_code == 303
    return str(sent.headers["Location"])


def test_the_other_parent_s_letter_in_a_barred_hand_opens_nothing(
    letter: Letter, alician: Guardian, phone: Client, carrier: FakeCarrier, world: World
) -> None:
    works(alician)
    delivery = letter()
    hector = world.guardian("Hector", mobile="+13125550177")
    world.home(letter_child(delivery), guardians=[hector])
    works(hector)
    world.bar(letter_child(delivery), hector)
    page = phone.get(f"/home/enter/{delivery.code}").content.decode()
    assert "77" not in text_of(page)
    # Whatever he asks for, the code goes to her; his own number is not known here.
    ask_from(phone, delivery, page)
    at_door(phone, "+13125550177")
    jobs.run_all()
    assert [sent.to for sent in carrier.sent] == ["alician@example.org"]


def letter_child(delivery: Delivery):  # type: ignore[no-untyped-def]
    assert delivery.student is not None
    return delivery.student


def test_a_letter_to_two_asks_them_for_their_own_number(
    letter: Letter, alician: Guardian, phone: Client, world: World
) -> None:
    works(alician)
    delivery = letter()
    partner = world.guardian("Sam", email="sam@example.org")
    world.home(letter_child(delivery), guardians=[partner])
    link = partner.links.get()
    delivery.recipients.create(link=link)
    page = phone.get(f"/home/enter/{delivery.code}")
    assert page.status_code == 303
    assert page.headers["Location"].startswith("/home/enter?")


def test_a_code_from_last_year_a_guess_and_an_expired_message_open_no_choice(
    letter: Letter, alician: Guardian, phone: Client
) -> None:
    works(alician)
    delivery = letter()
    message = delivery.message
    message.expires_at = clock.now() - timedelta(days=300)
    message.save()
    for code in (delivery.code, "BCDFGHJKMNPQ", "x", "%00"):
        assert phone.get(f"/home/enter/{code}").status_code == 404


# PINs


def test_a_pin_from_the_office_opens_once(home: Family, phone: Client, mrs_c: User) -> None:
    pin = door.make_pin(of=home.alician, by=mrs_c)
    kept = FamilyPin.objects.get()
    assert pin not in kept.digest
    typed = door.show_pin(pin).lower()
    assert phone.post("/home/pin", {"pin": typed}).status_code == 303
    assert FamilySession.objects.get().guardian == home.alician
    assert Client().post("/home/pin", {"pin": typed}).status_code == 422


def test_a_new_pin_ends_the_one_before_and_an_old_one_opens_nothing(
    home: Family, phone: Client, mrs_c: User
) -> None:
    first, second = (door.make_pin(of=home.alician, by=mrs_c) for _ in range(2))
    assert phone.post("/home/pin", {"pin": first}).status_code == 422
    FamilyPin.objects.update(expires_at=door._now())
    assert phone.post("/home/pin", {"pin": second}).status_code == 422


@pytest.mark.parametrize(
    "typed", ["", "BCDFG", "BCDFG-HJKMN", "💬" * 10, "\x00" * 10, "ا" * 10, "x" * 5000]
)
def test_what_is_no_pin_is_told_so(home: Family, phone: Client, typed: str) -> None:
    assert phone.post("/home/pin", {"pin": typed}).status_code == 422


def test_guessing_pins_is_slowed(home: Family, phone: Client) -> None:
    statuses = [
        phone.post("/home/pin", {"pin": f"BCDFGHJKM{c}"}).status_code for c in "BCDFGHJKMN" * 4
    ]
    assert statuses == [422] * 30 + [429] * 10


# Sessions


def test_somebody_else_s_phone_closes_after_an_hour(
    home: Family, phone: Client, carrier: FakeCarrier
) -> None:
    enters(phone, at_door(phone, NUMBER), code_in_after(phone, carrier), once="1")
    session = FamilySession.objects.get()
    assert session.expires_at - session.made_at == door.STAYS_ONCE
    assert phone.cookies[COOKIE]["expires"] == ""


def code_in_after(phone: Client, carrier: FakeCarrier) -> str:
    return code_in(carrier)


def test_an_expired_an_ended_and_a_made_up_cookie_lead_to_the_door(
    home: Family, phone: Client
) -> None:
    open_pages(home.alician, phone)
    assert phone.get("/home/").status_code == 200
    FamilySession.objects.update(expires_at=door._now())
    assert phone.get("/home/").headers["Location"] == "/home/enter"
    phone.cookies[COOKIE] = "made-up"
    assert phone.get("/home/help").headers["Location"] == "/home/enter"
    phone.cookies[COOKIE] = "x" * 4000
    assert phone.get("/home/said").status_code == 303


def test_closing_ends_the_session_not_the_cookie_alone(home: Family, phone: Client) -> None:
    open_pages(home.alician, phone)
    stolen = phone.cookies[COOKIE].value
    assert phone.post("/home/leave").status_code == 303
    assert phone.get("/home/").status_code == 303
    other = Client()
    other.cookies[COOKIE] = stolen
    assert other.get("/home/").status_code == 303


def test_where_it_is_open_is_listed_and_another_phone_can_be_closed(home: Family) -> None:
    mine, lost = open_pages(home.alician), open_pages(home.alician)
    html = mine.get("/home/devices").content.decode()
    key = re.search(r'name="end" value="(\d+)"', html)
    assert key is not None
    assert html.count('name="end"') == 1
    mine.post("/home/devices", {"end": key[1]})
    assert lost.get("/home/").status_code == 303
    assert mine.get("/home/").status_code == 200


def test_nobody_closes_another_family_s_phone(home: Family, world: World) -> None:
    other = world.guardian("Ruth", email="ruth@example.org")
    world.home(world.student("Emily"), guardians=[other])
    theirs = open_pages(other)
    open_pages(home.alician).post(
        "/home/devices", {"end": str(FamilySession.objects.get(guardian=other).pk)}
    )
    assert theirs.get("/home/").status_code == 200


def test_the_door_on_the_same_phone_belongs_to_one_adult_never_to_a_home(
    home: Family, world: World
) -> None:
    partner = world.guardian("Sam", email="sam@example.org")
    partner.household = home.alician.household
    partner.save()
    works(partner)
    # Sam lives there and holds no link: nothing.
    assert door.proving_points(partner) == []
    client = open_pages(partner)
    assert client.get("/home/").status_code == 404
