"""What every carrier keeps to, whatever it carries."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bothways.channels.contract import Carrier, HookRequest, Misconfigured, Settings
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.registry import ALWAYS, CARRIERS, SERVING, build
from channels.deliveries import outcomes, to_alician
from channels.letter_words import WORDS
from channels.mail_provider import MailProvider
from channels.mailbox import Mailbox
from channels.meta_stand_in import MetaStandIn
from channels.push_service import Browser, PushService
from channels.smsbox_stand_in import Smsbox
from channels.twilio_stand_in import StandIn

NOW = datetime(2021, 9, 13, 14, 0, tzinfo=UTC)
Make = Callable[[str], Carrier]


@pytest.fixture
def make(
    twilio: StandIn,
    mailbox: Mailbox,
    meta: MetaStandIn,
    push_service: PushService,
    smsbox: Smsbox,
    provider: MailProvider,
    tmp_path: Path,
) -> Make:
    """Each carrier with what it talks to on this machine."""
    twilio.lists[""] = {"messages": [], "next_page_uri": None}
    values = {
        "twilio": {
            "account_sid": "AC" + "0" * 32,
            "auth_token": "12345",
            "from_number": "+15125550100",
            "base_url": twilio.url,
        },
        "smtp": {
            "host": "127.0.0.1",
            "port": str(mailbox.port),
            "tls": "none",
            "from_address": "families@grandbend.example",
        },
        "twilio_voice": {
            "account_sid": "AC" + "0" * 32,
            "auth_token": "12345",
            "from_number": "+15125550100",
            "base_url": twilio.url,
        },
        "letters": {"folder": str(tmp_path)},
        "kannel": smsbox.values(),
        "anymail": provider.values(),
        "whatsapp": meta.values(),
        "push": push_service.values(),
    }

    def carrier(name: str) -> Carrier:
        return build(
            name,
            Settings(values[name]),
            callback_base="https://grandbend.example",
            labels=WORDS,
            now=NOW,
        )

    return carrier


SECRETS = {
    *("auth_token", "password", "secret", "hook_secret", "imap_password", "api_key"),
    *("access_token", "app_secret", "verify_token", "private_key"),
}
each = pytest.mark.parametrize("name", sorted(CARRIERS))


# What a printer has taken is no attempt yet.
TAKEN = defaultdict(lambda: OutcomeKind.ACCEPTED, letters=OutcomeKind.PRINTED)


@each
async def test_each_key_has_one_outcome(make: Make, name: str, push_service: PushService) -> None:
    carrier = make(name)
    phone = Browser().subscription(f"{push_service.url}/push/1")
    batch = [
        to_alician(channel, f"{channel}-{n}", subscription=phone if channel == "push" else None)
        for channel in Channel
        for n in range(3)
    ]
    told = await outcomes(carrier, *batch)
    assert {key: outcome.kind for key, outcome in told.items()} == {
        d.key: TAKEN[name] if d.channel in carrier.channels else OutcomeKind.REJECTED for d in batch
    }
    assert all(outcome.key == key for key, outcome in told.items())


@each
async def test_nothing_to_send_is_nothing(make: Make, name: str) -> None:
    assert await outcomes(make(name)) == {}


@each
async def test_carrier_sends_twice(make: Make, name: str, push_service: PushService) -> None:
    carrier = make(name)
    channel = min(carrier.channels)
    phone = Browser().subscription(f"{push_service.url}/push/1") if name == "push" else None
    for key in ("first", "second"):
        assert (await outcomes(carrier, to_alician(channel, key, subscription=phone)))[
            key
        ].kind is TAKEN[name]


@each
async def test_quiet_carrier_has_nothing_to_tell(make: Make, name: str) -> None:
    assert await make(name).poll(NOW) == []


@each
def test_foreign_path_is_not_there(make: Make, name: str) -> None:
    request = HookRequest("https://grandbend.example/hooks/other", "POST", {}, b"")
    assert make(name).handle(request).status == 404


@each
def test_settings_are_declared_and_missing_ones_told(name: str) -> None:
    settings = CARRIERS[name].settings
    assert len({setting.name for setting in settings}) == len(settings) > 0
    assert all(setting.label for setting in settings)
    assert {s.name for s in settings if s.secret} <= SECRETS
    with pytest.raises(Misconfigured):
        build(name, Settings(), callback_base="", labels=WORDS, now=NOW)


def test_every_channel_has_a_carrier_that_serves_it() -> None:
    served = {channel for channel, able in SERVING.items() if able}
    assert served >= ALWAYS
    assert {c for kind in CARRIERS.values() for c in kind.channels} == served
    assert all(c in CARRIERS[name].channels for c, able in SERVING.items() for name in able)


def test_carriers_are_named_as_they_call_themselves() -> None:
    assert {name: kind.name for name, kind in CARRIERS.items()} == {n: n for n in CARRIERS}
