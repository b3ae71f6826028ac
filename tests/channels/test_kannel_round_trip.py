"""Texts through a real Kannel and back: bearerbox, smsbox, and an operator that answers."""

from collections.abc import Iterator

import pytest

from bothways.channels.contract import Event, HookRequest, HookResponse, Version
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from channels.deliveries import outcomes, to_alician
from channels.gateway import NUMBER, PROGRAMS, Gateway, eventually

pytestmark = pytest.mark.skipif(
    not all(PROGRAMS.values()), reason="there is no Kannel here: scripts/kannel.sh installs it"
)
ALICIAN = "+15125550143"
SPANISH = "Señora Brown: ¿puede venir mañana? El café cuesta 2 €, ¡Troy sonríe [sí]!".replace(
    "í", "i"
)
AMHARIC = "ውድ ወላጅ፣ ልጅዎ በዚህ ሳምንት የቤት ሥራውን በሙሉ አስረክቧል። እናመሰግናለን።"
ARABIC = "عزيزتي الأم، سلّم تروي جميع واجباته هذا الأسبوع. شكرًا لكم."
EMOJI = "Troy ❤️ math: 👍👍🏽 🎉👨‍👩‍👧‍👦"


@pytest.fixture(scope="module")
def kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("kannel"))
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()


@pytest.fixture(autouse=True)
def _nothing_told_yet(kannel: Gateway) -> None:
    kannel.events.clear()
    kannel.addresses.clear()
    kannel.answers.clear()


def told_of(kannel: Gateway, key: str) -> list[Event]:
    return [event for event in kannel.events if event.key == key]


@pytest.mark.parametrize(
    ("words", "charset", "parts"),
    [
        ("Troy turned in all of his homework.", "utf-8", 1),
        (SPANISH, "utf-8", 1),
        (ARABIC, "utf-16-be", 1),
        (AMHARIC, "utf-16-be", 1),
        (EMOJI, "utf-16-be", 1),
        ("We are glad that Troy reads more. " * 12, "utf-8", 3),
        (f"{ARABIC} " * 4, "utf-16-be", 4),
        (f"{AMHARIC} 👍 " * 5, "utf-16-be", 5),
        ("👍" * 80, "utf-16-be", 3),
    ],
    ids=[
        "English",
        "Spanish in plain letters",
        "Arabic",
        "Amharic",
        "emoji",
        "long English",
        "long Arabic",
        "long Amharic with emoji",
        "only emoji",
    ],
)
async def test_text_arrives_as_written_and_is_reported_delivered(
    kannel: Gateway, words: str, charset: str, parts: int
) -> None:
    kannel.connect()
    text = to_alician(Channel.TEXT, f"k{abs(hash(words))}", versions=(Version("en", words),))
    (outcome,) = (await outcomes(kannel.carrier(), text)).values()
    assert outcome.kind is OutcomeKind.ACCEPTED, outcome.detail
    eventually(lambda: len(told_of(kannel, text.key)) == 2, "both reports")
    assert kannel.received(charset) == [words.strip()] or kannel.received(charset) == [words]
    assert kannel.parts() == parts
    # Types 8 and 1 come in either order.
    assert {event.state for event in told_of(kannel, text.key)} == {
        ReceiptState.ACCEPTED,
        ReceiptState.DELIVERED,
    }
    assert {event.dedupe.rpartition(":")[0] for event in kannel.events} == {
        f"{text.key}:1",
        f"{text.key}:8",
    }


async def test_many_texts_at_once_each_have_their_own_report(kannel: Gateway) -> None:
    kannel.connect()
    batch = [to_alician(Channel.TEXT, f"many-{n}", to=f"+1512555{n:04}") for n in range(60)]
    told = await outcomes(kannel.carrier(), *batch)
    assert {outcome.kind for outcome in told.values()} == {OutcomeKind.ACCEPTED}
    eventually(lambda: len(kannel.events) == 120, "all reports")
    delivered = [e.key for e in kannel.events if e.state is ReceiptState.DELIVERED]
    assert sorted(delivered) == sorted(told)


async def test_text_waits_in_the_gateway_while_the_operator_is_away(kannel: Gateway) -> None:
    kannel.connect()
    kannel._hang_up()
    told = await outcomes(kannel.carrier(), to_alician(Channel.TEXT, "later"))
    assert told["later"].kind is OutcomeKind.ACCEPTED
    assert kannel.events == []
    kannel.connect()
    eventually(lambda: len(told_of(kannel, "later")) == 2, "the reports")


@pytest.mark.parametrize(
    "words", ["Gracias, señora 👍", "شكرا", "አመሰግናለሁ", "STOP", "one\ntwo & three = 100%"]
)
def test_text_from_a_family_comes_in_as_written(kannel: Gateway, words: str) -> None:
    kannel.write(ALICIAN, words)
    eventually(lambda: len(kannel.events) == 1, "the text")
    (event,) = kannel.events
    assert event == Event(
        kind=EventKind.INBOUND,
        dedupe=f"in:{event.carrier_id}",
        carrier_id=event.carrier_id,
        from_=ALICIAN,
        to=NUMBER,
        body=words,
    )
    assert len(event.carrier_id) == 36
    assert kannel.parts() == 0, "nothing goes back to the family by itself"


def test_long_text_from_a_family_comes_in_whole(kannel: Gateway) -> None:
    words = "Troy says that he did it on Sunday, and I saw him at the table. " * 6
    kannel.write_long(ALICIAN, words)
    eventually(lambda: len(kannel.events) == 1, "the text")
    assert kannel.events[0].body == words


def test_number_without_a_plus_is_the_same_family(kannel: Gateway) -> None:
    kannel.write("15125550143", "ok")
    eventually(lambda: len(kannel.events) == 1, "the text")
    assert kannel.events[0].from_ == ALICIAN


def test_text_is_told_again_until_we_took_it(kannel: Gateway) -> None:
    kannel.refuse = 2
    kannel.write(ALICIAN, "Troy is ill today")
    eventually(lambda: len(kannel.events) == 1, "the text")
    assert len(kannel.addresses) == 3
    assert kannel.events[0].body == "Troy is ill today"


async def test_neither_words_nor_numbers_stand_in_an_address(kannel: Gateway) -> None:
    kannel.write(ALICIAN, "our secret")
    eventually(lambda: len(kannel.events) == 1, "the text")
    kannel.connect()
    await outcomes(kannel.carrier(), to_alician(Channel.TEXT, "quiet"))
    eventually(lambda: len(told_of(kannel, "quiet")) == 2, "the reports")
    assert not [a for a in kannel.addresses if "5550143" in a or "secret" in a or "knows" in a]


async def test_wrong_password_waits_and_blames_no_number(kannel: Gateway) -> None:
    told = await outcomes(kannel.carrier(password="guessed"), to_alician(Channel.TEXT))
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, "403")
    assert "name and password" in told["k1"].detail


def test_stranger_who_calls_the_hook_is_forbidden(kannel: Gateway) -> None:
    for path in ("/in?id=1", "/status/k1?type=1"):
        request = HookRequest(
            f"http://127.0.0.1/hooks/kannel{path}", "POST", {"x-kannel-from": ALICIAN}, b"ok"
        )
        assert kannel.carrier().handle(request) == HookResponse(403, "wrong secret")
