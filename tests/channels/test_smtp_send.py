"""Mails against a real server on this machine: refusals, lost connections, signing in."""

import asyncio
import socket

import pytest

from bothways.channels.contract import Misconfigured, Outcome, Outgoing, Settings
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.smtp.carrier import SmtpCarrier
from channels.deliveries import outcomes, to_alician
from channels.mailbox import HANG_UP, Mailbox


def batch(count: int) -> list[Outgoing]:
    return [to_alician(Channel.EMAIL, f"k{n}", to=f"p{n}@families.example") for n in range(count)]


async def test_mail_arrives_with_its_key(mailbox: Mailbox) -> None:
    told = await outcomes(mailbox.carrier(), to_alician(Channel.EMAIL))
    assert told == {"k1": Outcome("k1", OutcomeKind.ACCEPTED, carrier_id="<k1@grandbend.example>")}
    assert mailbox.envelopes == [("families+k1@grandbend.example", "alician@families.example")]
    assert mailbox.mails[0]["X-Bothways-Delivery"] == "k1"


async def test_line_that_begins_with_a_dot_arrives(mailbox: Mailbox) -> None:
    from bothways.channels.contract import Version

    words = Version("en", "one\n.\n..two\n.three", "s")
    await outcomes(mailbox.carrier(), to_alician(Channel.EMAIL, versions=(words,)))
    plain = mailbox.mails[0].get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == "one\n.\n..two\n.three\n"


async def test_two_connections_carry_the_whole_batch(mailbox: Mailbox) -> None:
    told = await outcomes(mailbox.carrier(), *batch(60))
    assert {o.kind for o in told.values()} == {OutcomeKind.ACCEPTED}
    assert len(told) == len(mailbox.mails) == 60
    assert mailbox.connections == 2


async def test_refusals_say_why_and_spoil_no_other(mailbox: Mailbox) -> None:
    mailbox.at_rcpt = {
        "p1@families.example": "550 5.1.1 no such mailbox",
        "p2@families.example": "450 4.2.1 try later",
        "p3@families.example": "553 never",
    }
    mailbox.at_data = {
        "p4@families.example": "554 5.7.1 looks like spam",
        "p5@families.example": "451 4.3.0 disk full",
    }
    told = await outcomes(mailbox.carrier(connections="1"), *batch(8))
    assert {key: (o.kind, o.code) for key, o in told.items()} == {
        "k0": (OutcomeKind.ACCEPTED, ""),
        "k1": (OutcomeKind.REJECTED, "5.1.1"),
        "k2": (OutcomeKind.UNAVAILABLE, "4.2.1"),
        "k3": (OutcomeKind.REJECTED, "553"),
        "k4": (OutcomeKind.REJECTED, "5.7.1"),
        "k5": (OutcomeKind.UNAVAILABLE, "4.3.0"),
        "k6": (OutcomeKind.ACCEPTED, ""),
        "k7": (OutcomeKind.ACCEPTED, ""),
    }
    assert all("families.example" not in o.detail for o in told.values())
    assert [m["X-Bothways-Delivery"] for m in mailbox.mails] == ["k0", "k6", "k7"]


async def test_answer_lost_after_the_words_is_unknown_and_is_not_sent_again(
    mailbox: Mailbox,
) -> None:
    mailbox.at_data = {"p1@families.example": HANG_UP}
    told = await outcomes(mailbox.carrier(connections="1"), *batch(3))
    assert {key: o.kind for key, o in told.items()} == {
        "k0": OutcomeKind.ACCEPTED,
        "k1": OutcomeKind.UNKNOWN,
        "k2": OutcomeKind.ACCEPTED,
    }
    assert mailbox.asked == 3
    assert mailbox.connections == 2


async def test_dropped_connection_is_opened_again_and_nothing_is_lost_or_doubled(
    mailbox: Mailbox,
) -> None:
    mailbox.drops = lambda asked: asked in (2, 5)
    told = await outcomes(mailbox.carrier(connections="1"), *batch(6))
    assert {o.kind for o in told.values()} == {OutcomeKind.ACCEPTED}
    assert [m["X-Bothways-Delivery"] for m in mailbox.mails] == [f"k{n}" for n in range(6)]
    assert mailbox.connections == 3


async def test_server_that_always_hangs_up_is_unavailable(mailbox: Mailbox) -> None:
    mailbox.drops = lambda asked: True
    told = await outcomes(mailbox.carrier(connections="1"), *batch(5))
    assert {(o.kind, o.code) for o in told.values()} == {(OutcomeKind.UNAVAILABLE, "connection")}


async def test_sender_that_the_server_does_not_take_is_our_fault_not_the_familys(
    mailbox: Mailbox,
) -> None:
    mailbox.at_mail = "550 5.7.1 not from you"
    told = await outcomes(mailbox.carrier(), to_alician(Channel.EMAIL))
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, "5.7.1")
    assert "our address" in told["k1"].detail


async def test_no_server_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Mailbox(port=free.getsockname()[1])
    told = await outcomes(nobody.carrier(), *batch(40))
    assert {(o.kind, o.code) for o in told.values()} == {(OutcomeKind.UNAVAILABLE, "connection")}
    assert len(told) == 40


async def test_wrong_password_is_told_to_the_office(mailbox: Mailbox) -> None:
    mailbox.password = "right"
    mailbox.reopen()
    wrong = await outcomes(mailbox.carrier(username="u", password="wrong"), *batch(1))
    assert (wrong["k0"].kind, wrong["k0"].code) == (OutcomeKind.UNAVAILABLE, "535")
    assert "password" in wrong["k0"].detail
    without = await outcomes(mailbox.carrier(), *batch(1))
    assert (without["k0"].kind, "password" in without["k0"].detail) == (
        OutcomeKind.UNAVAILABLE,
        True,
    )
    right = await outcomes(mailbox.carrier(username="u", password="right"), *batch(1))
    assert right["k0"].kind is OutcomeKind.ACCEPTED


async def test_encryption_that_the_server_lacks_is_never_left_out(mailbox: Mailbox) -> None:
    told = await outcomes(mailbox.carrier(tls="starttls"), *batch(1))
    assert (told["k0"].kind, told["k0"].code) == (OutcomeKind.UNAVAILABLE, "settings")
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("speaks", "kind", "code"),
    [(True, OutcomeKind.ACCEPTED, ""), (False, OutcomeKind.REJECTED, "5.6.7")],
)
async def test_address_in_other_letters_goes_only_where_the_server_can(
    mailbox: Mailbox, speaks: bool, kind: OutcomeKind, code: str
) -> None:
    mailbox.reopen(enable_SMTPUTF8=speaks)
    told = await outcomes(mailbox.carrier(), to_alician(Channel.EMAIL, to="josé@families.example"))
    assert (told["k1"].kind, told["k1"].code) == (kind, code)
    expected = [("families+k1@grandbend.example", "josé@families.example")] if speaks else []
    assert mailbox.envelopes == expected


async def test_what_is_no_address_is_rejected_without_asking(mailbox: Mailbox) -> None:
    told = await outcomes(
        mailbox.carrier(), to_alician(Channel.EMAIL, "bad", to="a@b\r\nRCPT TO:<c@d>"), *batch(1)
    )
    assert (told["bad"].kind, told["bad"].code) == (OutcomeKind.REJECTED, "5.1.3")
    assert told["k0"].kind is OutcomeKind.ACCEPTED
    assert mailbox.asked == 1


async def test_stopping_early_sends_no_more(mailbox: Mailbox) -> None:
    sending = mailbox.carrier().send(batch(50))
    await anext(sending)
    await sending.aclose()  # type: ignore[attr-defined]
    sent = len(mailbox.mails)
    await asyncio.sleep(0.1)
    assert len(mailbox.mails) == sent < 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", ""),
        ("from_address", "nobody"),
        ("from_address", "fämilies@grandbend.example"),
        ("tls", "maybe"),
        ("port", "smtp"),
        ("connections", "0"),
    ],
)
def test_wrong_setting_is_told(name: str, value: str) -> None:
    values = {"host": "mx.example", "from_address": "a@b.example", name: value}
    with pytest.raises(Misconfigured, match="bothways carrier"):
        SmtpCarrier(Settings(values))
