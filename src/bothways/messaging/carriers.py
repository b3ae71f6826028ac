"""The carrier of a channel, with the words that its letters and calls need."""

from functools import cache

from bothways.channels.contract import Carrier, Outgoing
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.letters.labels import KEYS
from bothways.channels.services import carrier_named, serving
from bothways.channels.twilio import voice_script
from bothways.channels.twilio.voice import TwilioVoiceCarrier
from bothways.core import clock
from bothways.languages.phrases import languages, raw
from bothways.messaging.models import Delivery
from bothways.messaging.rendering import outgoing
from bothways.schools.models import District


def carrier_for(channel: Channel, district: District | None = None) -> Carrier:
    """The carrier that serves this channel here; letters are dated by the district's calendar.

    KeyError for a channel that no carrier serves.
    """
    return with_words(serving(channel), district)


def with_words(name: str, district: District | None = None, *, told: bool = True) -> Carrier:
    """The carrier of this name, with the fixed words of its letters or calls.

    ``told``: whether it is to report to us; a test of the settings stays outside of all that is counted.
    """
    now = clock.now()
    return carrier_named(
        name,
        labels=_labels(_FIXED[name]) if name in _FIXED else None,
        now=now.astimezone(district.zone) if district else now,
        find=_delivery,
        told=told,
    )


_FIXED = {LettersCarrier.name: KEYS, TwilioVoiceCarrier.name: voice_script.KEYS}


def _delivery(key: str) -> Outgoing | None:
    """What a call with this key has to say."""
    ids = Delivery.objects.filter(key=key, channel=Channel.VOICE.value).values_list("pk", flat=True)
    return next(iter(outgoing(list(ids))), None)


@cache
def _labels(keys: frozenset[str]) -> dict[str, dict[str, str]]:
    return {
        tag: {key: text for key in keys if (text := raw(tag, key)) is not None}
        for tag in languages()
    }
