"""The carrier of a channel, with the words that its letters need."""

from functools import cache

from bothways.channels.contract import Carrier
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.letters.labels import KEYS
from bothways.channels.services import carrier_named, serving
from bothways.core import clock
from bothways.languages.phrases import languages, raw
from bothways.schools.models import District


def carrier_for(channel: Channel, district: District | None = None) -> Carrier:
    """The carrier that serves this channel here; letters are dated by the district's calendar.

    KeyError for a channel that no carrier serves.
    """
    return with_words(serving(channel), district)


def with_words(name: str, district: District | None = None) -> Carrier:
    """The carrier of this name, and for letters the fixed words that are printed on them."""
    now = clock.now()
    return carrier_named(
        name,
        labels=_labels() if name == LettersCarrier.name else None,
        now=now.astimezone(district.zone) if district else now,
    )


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {
        tag: {key: text for key in KEYS if (text := raw(tag, key)) is not None}
        for tag in languages()
    }
