"""Carriers as this installation has set them up, and the raw record of what they tell."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime

from django.conf import settings
from django.db import connection
from psycopg.types.json import Jsonb

from bothways.channels.contract import Carrier, Event, Settings
from bothways.channels.enums import Channel, EventKind, ReceiptState
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.models import CarrierConfig, RawEvent
from bothways.channels.push.carrier import PushCarrier
from bothways.channels.push.notice import new_private_key
from bothways.channels.registry import ALWAYS, CARRIERS, SERVING, build
from bothways.channels.twilio.carrier import TwilioCarrier
from bothways.channels.twilio.voice import Find, TwilioVoiceCarrier, nothing
from bothways.core import clock
from bothways.core.home import bothways_home, letters_folder
from bothways.core.phone import show


def carrier_named(
    name: str,
    *,
    labels: Mapping[str, Mapping[str, str]] | None = None,
    now: datetime | None = None,
    find: Find = nothing,
    told: bool = True,
) -> Carrier:
    """The carrier with this name as it is set up here; KeyError where there is none.

    ``labels``: the fixed words of letters and calls by language; ``now``: the moment letters are dated by;
    ``find``: the delivery of a key; ``told``: whether the carrier is to report to us.
    Raises Misconfigured where settings are missing or wrong.
    """
    if name not in CARRIERS:
        raise KeyError(name)
    return build(
        name,
        Settings(values_of(name)),
        callback_base=settings.PUBLIC_URL if told else "",
        labels=labels or {},
        now=now or clock.now(),
        find=find,
    )


def values_of(name: str) -> dict[str, str]:
    """The settings of a carrier as they hold here.

    The print tray lies in the home if nowhere else; calls go by the account of the texts if by no other.
    """
    config = CarrierConfig.objects.filter(carrier=name).first()
    values = dict(config.values) if config else {}
    if name == TwilioVoiceCarrier.name:
        account = values_of(TwilioCarrier.name)
        values |= {n: account.get(n, "") for n in _OF_THE_ACCOUNT if not values.get(n)}
    if name == LettersCarrier.name and not values.get("folder"):
        values["folder"] = str(letters_folder(bothways_home()))
    return values


_OF_THE_ACCOUNT = ("account_sid", "auth_token", "from_number", "base_url")


def configure(name: str, values: dict[str, str]) -> None:
    """Keep a carrier's settings; names it does not declare are refused."""
    if name == TwilioVoiceCarrier.name:
        # What is the same as for the texts follows them when it changes there.
        account = values_of(TwilioCarrier.name)
        same = {n for n in _OF_THE_ACCOUNT if values.get(n) == account.get(n, "")}
        values = {n: value for n, value in values.items() if n not in same}
    known = {setting.name for setting in CARRIERS[name].settings}
    unknown = set(values) - known
    if unknown:
        raise KeyError(f"{name} has no setting {', '.join(sorted(unknown))}")
    if name == PushCarrier.name and not values.get("private_key"):
        values = {**values, "private_key": new_private_key()}
    CarrierConfig.objects.update_or_create(carrier=name, defaults={"values": values})


def serving(channel: Channel) -> str:
    """The name of the carrier that serves this channel here; KeyError where none can."""
    able = SERVING[channel]
    if len(able) > 1:
        known = set(
            CarrierConfig.objects.filter(carrier__in=able).values_list("carrier", flat=True)
        )
        return next((name for name in able if name in known), able[0])
    return able[0]


def offered() -> frozenset[Channel]:
    """The channels that this installation can use: those always there, and those that were set up."""
    known = set(CarrierConfig.objects.values_list("carrier", flat=True))
    return ALWAYS | {channel for channel, able in SERVING.items() if known & set(able)}


def store(carrier: str, events: Iterable[Event]) -> int:
    """Keep these events once each, before anything is done about them; how many were given."""
    given = list(events)
    # One statement that commits by itself: a receipt is answered after one round trip, not after three.
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                carrier,
                clock.now(),
                [event.kind.value for event in given],
                [event.dedupe[:200] for event in given],
                [Jsonb(_plain(event)) for event in given],
            ],
        )
    return len(given)


_STORE = """
INSERT INTO channels_rawevent (carrier, received_at, outcome, kind, dedupe, event)
SELECT %s, %s, '', kind, dedupe, event
FROM unnest(%s::text[], %s::text[], %s::jsonb[]) AS e(kind, dedupe, event)
ON CONFLICT ON CONSTRAINT raw_event_once DO NOTHING
"""


def _plain(event: Event) -> dict[str, object]:
    values = asdict(event)
    values["at"] = event.at.isoformat() if event.at else None
    # PostgreSQL cannot keep NUL in text: a family's words are worth more than their NUL.
    return {k: v.replace("\x00", "") if isinstance(v, str) else v for k, v in values.items()}


def read(raw: RawEvent) -> Event:
    """The event as the carrier's code made it."""
    values = dict(raw.event)
    at = values.pop("at", None)
    state = values.pop("state", None)
    kind = values.pop("kind")
    event = Event(kind=EventKind(kind), **values)
    return replace(
        event,
        state=ReceiptState(state) if state else None,
        at=datetime.fromisoformat(at) if at else None,
    )


def our_number() -> str:
    """The number that our texts come from, as people write it; "" where it is not known."""
    values = values_of(serving(Channel.TEXT))
    return show(values.get("from_number", ""))
