"""“Is this still right?”: masked; proved by a code or made sure of by a person, never by a link alone."""

import re

import pytest
from django.test import Client

from bothways.consent.models import Stop
from bothways.core import clock, jobs
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import Delivery
from bothways.messaging.services import proving
from bothways.people.models import ContactPoint, Guardian, PointChange, Student
from bothways.web.family import right
from messaging.world import FakeCarrier, World
from web.family.reading import Letter


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    right.filling.forget()
    right.typing.forget()


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> FakeCarrier:
    carrier = FakeCarrier()
    monkeypatch.setattr(proving, "carrier_for", lambda channel: carrier)
    for place in ("sending", "recovery"):
        monkeypatch.setattr(
            f"bothways.messaging.services.{place}.carrier_for",
            lambda channel, district=None: carrier,
        )
    return carrier


@pytest.fixture
def known(world: World, alician: Guardian) -> Guardian:
    """Alician has a mailbox that works, a number and a home besides."""
    ContactPoint.objects.filter(guardian=alician).update(state="working")
    for kind, address in (("phone", "+13125550143"), ("postal", "9 Elm Street\nGrand Bend")):
        ContactPoint.objects.create(
            district=world.district, guardian=alician, kind=kind, address=address,
            match=address.lower().replace("\n", " "), position=5,
        )  # fmt: skip
    return alician


def page(client: Client, delivery: Delivery, query: str = "?lang=en") -> str:
    answer = client.get(f"/r/{delivery.code}/right{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, delivery: Delivery, **fields: str) -> tuple[int, str]:
    """As a browser does: with the hidden fields of the page. (status, where to)"""
    hidden = dict(
        re.findall(r'name="(csrfmiddlewaretoken|form_key)" value="(\w+)"', page(client, delivery))
    )
    answer = client.post(f"/r/{delivery.code}/right?lang=en", {**hidden, **fields})
    return answer.status_code, answer.get("Location", "")


def point(guardian: Guardian, kind: str) -> ContactPoint:
    return ContactPoint.objects.get(guardian=guardian, kind=kind, ended_at=None)


def test_what_we_have_is_shown_in_part_only(letter: Letter, phone: Client, known: Guardian) -> None:
    shown = page(phone, letter())
    assert [re.sub(r"<[^>]+>", "", x) for x in re.findall(r"<legend>(.*?)</legend>", shown)] == [
        "Email a•••@example.org",
        "Phone ••• 43",
        "Home address E••• S•••",
    ]
    for whole in ("3125550143", "alician@", "Elm", "Dyer"):
        assert whole not in shown


def test_a_hidden_home_is_shown_to_nobody(letter: Letter, phone: Client, known: Guardian) -> None:
    Guardian.objects.filter(pk=known.pk).update(address_hidden=True)
    shown = page(phone, letter())
    assert "E•••" not in shown


def test_of_a_letter_to_two_no_point_is_shown(
    world: World, letter: Letter, phone: Client, known: Guardian, troy: Student
) -> None:
    delivery = letter()
    other = world.guardian("Joy", mobile="+13125550199")
    from bothways.messaging.models import Recipient
    from bothways.people.models import Link

    link = Link.objects.create(district=world.district, student=troy, guardian=other)
    Recipient.objects.create(delivery=delivery, link=link)
    shown = page(phone, delivery)
    assert "<legend>" not in shown
    status, _ = send(phone, delivery, whose=str(other.pk), new_phone="312 555 0155")
    assert status == 303
    assert PointChange.objects.get().guardian == other


def test_a_new_number_is_changed_once_the_code_is_typed_and_the_old_ways_hear_of_it(
    letter: Letter, phone: Client, known: Guardian, codes: FakeCarrier
) -> None:
    delivery, old = letter(), point(known, "phone")
    status, there = send(
        phone, delivery, **{f"point_{old.pk}": "wrong", "new_phone": "(312) 555-0155"}
    )
    assert status == 303
    jobs.run_all()
    (code_mail,) = [out for out in codes.sent if out.purpose == proving.PURPOSE]
    assert code_mail.to == "alician@example.org"
    code = re.findall(r"\d{6}", code_mail.versions[0].body)[0]
    asks = phone.get(there).content.decode()
    assert "a•••@example.org" in asks
    assert point(known, "phone") == old
    form = re.findall(r"form=(\w+)", there)[0]
    status, there = send(phone, delivery, form=form, code=code)
    assert status == 303
    assert "It is changed" in phone.get(there).content.decode()
    assert point(known, "phone").address == "+13125550155"
    change = PointChange.objects.get()
    assert (change.old, change.new, change.said_by, change.confirmed_by) == (
        "+13125550143", "+13125550155", "guardian", None,
    )  # fmt: skip
    told = Delivery.objects.filter(message__kind="changed").order_by("match")
    assert [d.match for d in told] == ["+13125550143", "alician@example.org"]


def test_a_wrong_code_changes_nothing_and_says_so(
    letter: Letter, phone: Client, known: Guardian, codes: FakeCarrier
) -> None:
    delivery = letter()
    _, there = send(phone, delivery, new_phone="(312) 555-0155")
    jobs.run_all()
    form = re.findall(r"form=(\w+)", there)[0]
    for _ in range(proving.TRIES):
        status, _there = send(phone, delivery, form=form, code="12")
        assert status in (200, 422)
    assert "a person at" in phone.get(there).content.decode()
    assert PointChange.objects.get().confirmed_at is None
    assert point(known, "phone").address == "+13125550143"


def test_without_a_way_that_works_a_person_makes_sure(
    letter: Letter, phone: Client, known: Guardian, codes: FakeCarrier
) -> None:
    ContactPoint.objects.update(state="unknown")
    _, there = send(phone, letter(), new_phone="(312) 555-0155")
    jobs.run_all()
    assert codes.sent == []
    assert "Before it is changed, a person at Lincoln School" in phone.get(there).content.decode()
    assert PointChange.objects.get().confirmed_at is None


def test_still_right_changes_nothing_and_is_a_sign(
    letter: Letter, phone: Client, known: Guardian
) -> None:
    status, there = send(phone, letter())
    assert "Everything stays as it is" in phone.get(there).content.decode()
    assert (status, PointChange.objects.count()) == (303, 0)
    assert ContactEvent.objects.filter(level=3, direction="from_family").count() == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("new_phone", "twelve"),
        ("new_email", "a@b"),
        ("new_postal", "somewhere"),
        ("new_phone", "<script>alert(1)</script>"),
        ("new_email", "x" * 5000),
    ],
)
def test_what_cannot_be_read_is_said_and_kept_in_the_field(
    letter: Letter, phone: Client, known: Guardian, name: str, typed: str
) -> None:
    delivery = letter()
    hidden = dict(
        re.findall(r'name="(csrfmiddlewaretoken|form_key)" value="(\w+)"', page(phone, delivery))
    )
    answer = phone.post(f"/r/{delivery.code}/right?lang=en", {**hidden, name: typed})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "We could not read this" in body
    assert "<script>alert" not in body
    assert PointChange.objects.count() == 0


def test_a_form_from_elsewhere_is_not_taken(letter: Letter, phone: Client, known: Guardian) -> None:
    answer = phone.post(f"/r/{letter().code}/right", {"new_phone": "3125550155"})
    assert answer.status_code == 403
    assert PointChange.objects.count() == 0


def test_another_familys_form_cannot_be_proved_here(
    world: World, letter: Letter, phone: Client, known: Guardian, codes: FakeCarrier
) -> None:
    delivery = letter()
    other = world.guardian("Karim", email="karim@example.org")
    PointChange.objects.create(
        district=world.district, guardian=other, kind="phone", new="+13125550100", said_by="guardian",
        how="page", at=clock.now(), form="theirs",
    )  # fmt: skip
    send(phone, delivery, form="theirs", code="123456")
    assert PointChange.objects.get().confirmed_at is None
    assert (
        "karim" not in phone.get(f"/r/{delivery.code}/right?form=theirs&lang=en").content.decode()
    )


def test_who_is_barred_or_has_somebody_elses_number_sees_nothing(
    world: World, letter: Letter, phone: Client, known: Guardian, troy: Student
) -> None:
    delivery = letter()
    ContactPoint.objects.filter(kind="email").update(state="failing", why="wrong_person")
    assert phone.get(f"/r/{delivery.code}/right").status_code == 404
    assert phone.get(f"/r/{delivery.code}").status_code == 404
    ContactPoint.objects.filter(kind="email").update(state="working", why="")
    world.bar(troy, known)
    assert phone.get(f"/r/{delivery.code}/right").status_code == 404


def test_no_code_goes_to_a_stopped_mailbox(
    world: World, letter: Letter, phone: Client, known: Guardian, codes: FakeCarrier
) -> None:
    delivery = letter()
    Stop.objects.create(
        district=world.district,
        kind="email",
        match="alician@example.org",
        by="ours",
        at=clock.now(),
    )
    send(phone, delivery, new_phone="(312) 555-0155")
    jobs.run_all()
    assert codes.sent == []


def test_a_machine_with_a_link_cannot_fill_the_offices_list(
    letter: Letter, phone: Client, known: Guardian
) -> None:
    delivery = letter()
    answers = [send(phone, delivery, new_phone=f"(312) 555-01{n:02}")[0] for n in range(12)]
    assert answers == [303] * 10 + [429] * 2


def test_the_same_form_twice_is_one(letter: Letter, phone: Client, known: Guardian) -> None:
    delivery = letter()
    hidden = dict(
        re.findall(r'name="(csrfmiddlewaretoken|form_key)" value="(\w+)"', page(phone, delivery))
    )
    for _ in range(2):
        phone.post(f"/r/{delivery.code}/right", {**hidden, "new_phone": "(312) 555-0155"})
    assert PointChange.objects.count() == 1


@pytest.mark.parametrize("language", ["ar", "zh-Hans", "so", "ps"])
def test_the_page_speaks_the_familys_language(
    letter: Letter, phone: Client, known: Guardian, language: str
) -> None:
    shown = page(phone, letter(), f"?lang={language}")
    assert f'lang="{language}"' in shown
    assert "Is this still right" not in shown


def test_a_wrong_code_opens_nothing_and_counts(phone: Client, world: World) -> None:
    assert phone.get("/r/BCDFGHJKMNPQ/right").status_code == 404
