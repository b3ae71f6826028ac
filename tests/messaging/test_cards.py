"""A postcard with good news: paper alone, a sheet for four, and never a hidden address."""

import json
from pathlib import Path

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.contract import Outgoing, Sender, Version
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.services import configure
from bothways.ledger.models import ContactEvent
from bothways.messaging.carriers import with_words
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.cards import send_card
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.sending import send_due
from bothways.people.models import Guardian, Household, Link, Student
from messaging.world import FakeCarrier, World

ELM = "9 Elm St\nGrand Bend, TX 78834"


@pytest.fixture
def mrs_c(world: World) -> User:
    user = User.objects.create_user("c@example.org", district=world.district, given="C")
    Membership.objects.create(
        district=world.district, user=user, role=Role.PRINCIPAL, school=world.school
    )
    return user


def home_of(world: World, child: Student, **guardian: object) -> tuple[Household, Guardian]:
    adult = world.guardian("Alician", address=ELM, **guardian)  # type: ignore[arg-type]
    return world.home(child, guardians=[adult]), adult


def test_a_card_goes_by_paper_where_a_text_would_be_quicker_and_counts_when_posted(
    world: World, mrs_c: User, carrier: FakeCarrier
) -> None:
    troy = world.student("Troy")
    home, _mother = home_of(world, troy, mobile="+13125550101", reads="en")
    message = send_card(household=home, student=troy, bodies={"en": "Troy shared."}, by=mrs_c)
    assert (message.tone, message.records) == ("good", True)
    assert list(message.deliveries.values_list("channel", flat=True)) == ["letter"]
    send_due(world.district, urgent=False)
    (out,) = carrier.sent
    assert (out.channel, out.card, out.to) == (Channel.LETTER, True, ELM)
    assert out.versions[0].body == "Troy shared."


def test_a_hidden_address_is_not_on_the_card(
    world: World, mrs_c: User, carrier: FakeCarrier
) -> None:
    troy = world.student("Troy")
    home, _mother = home_of(world, troy, address_hidden=True, reads="en")
    send_card(household=home, student=troy, bodies={"en": "Troy shared."}, by=mrs_c)
    send_due(world.district, urgent=False)
    (out,) = carrier.sent
    assert (out.channel, out.to) == (Channel.HANDOVER, "")


def test_a_barred_parent_gets_no_card(world: World, mrs_c: User) -> None:
    troy = world.student("Troy")
    home_of(world, troy)
    father = world.guardian("Hector", address="1 Oak St\nGrand Bend, TX 78834")
    other = world.home(world.student("Ana"), guardians=[father])
    Link.objects.create(district=world.district, student=troy, guardian=father)
    world.bar(troy, father)
    with pytest.raises(UnusableMessage):
        send_card(household=other, student=troy, bodies={"en": "Troy shared."}, by=mrs_c)
    assert not Message.objects.exists()


@pytest.mark.parametrize("words", ["", "  ", "x" * 421, "a\x00b"])
def test_words_that_do_not_fit_on_a_card_are_refused(world: World, mrs_c: User, words: str) -> None:
    troy = world.student("Troy")
    home, _mother = home_of(world, troy, reads="en")
    with pytest.raises(UnusableMessage):
        send_card(household=home, student=troy, bodies={"en": words}, by=mrs_c)
    assert not Delivery.objects.exists()


def test_a_printed_card_lies_in_the_tray_and_is_no_attempt_yet(
    world: World, mrs_c: User, tmp_path: Path
) -> None:
    configure("letters", {"folder": str(tmp_path)})
    troy = world.student("Troy")
    home, _mother = home_of(world, troy, reads="ar")
    send_card(household=home, student=troy, bodies={"ar": "ساعد تروي زميله اليوم."}, by=mrs_c)
    send_due(world.district, urgent=False)
    assert Delivery.objects.get().state == State.PRINTED.value
    assert not ContactEvent.objects.exists()
    (ticket,) = tmp_path.glob("*.json")
    (line,) = json.loads(ticket.read_text())["letters"]
    assert line["pages"] == 2
    assert ticket.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_four_cards_share_a_sheet_and_one_that_cannot_be_printed_spoils_none(
    world: World, tmp_path: Path
) -> None:
    configure("letters", {"folder": str(tmp_path)})
    press = with_words("letters", world.district)
    assert isinstance(press, LettersCarrier)

    def card(n: int, body: str) -> Outgoing:
        return Outgoing(
            key=f"k{n}",
            channel=Channel.LETTER,
            to=ELM,
            versions=(Version("en", body, ""),),
            purpose="personal",
            sender=Sender(school="Lincoln School"),
            names=("Alician",),
            children=("Troy",),
            card=True,
        )

    pdf, refused = press.once_more([card(n, "Troy shared.") for n in range(5)])
    assert (refused, pdf[:4]) == ([], b"%PDF")
    pdf, refused = press.once_more([card(1, "Troy shared."), card(2, "\U0001f9ff\ue000")])
    assert [one.key for one in refused] == ["k2"]
    assert pdf[:4] == b"%PDF"
