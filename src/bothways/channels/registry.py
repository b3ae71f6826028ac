"""Which carriers there are, and which of them can serve a channel."""

from collections.abc import Mapping
from datetime import datetime

from bothways.channels.contract import Carrier, Settings
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.smtp.carrier import SmtpCarrier
from bothways.channels.twilio.carrier import TwilioCarrier

AnyCarrier = type[TwilioCarrier] | type[SmtpCarrier] | type[LettersCarrier]

CARRIERS: Mapping[str, AnyCarrier] = {
    TwilioCarrier.name: TwilioCarrier,
    SmtpCarrier.name: SmtpCarrier,
    LettersCarrier.name: LettersCarrier,
}

# Which carriers can serve a channel; of several the first that is set up does, else the first of all.
# A channel without any is not offered.
SERVING: Mapping[Channel, tuple[str, ...]] = {
    Channel.TEXT: (TwilioCarrier.name,),
    Channel.EMAIL: (SmtpCarrier.name,),
    Channel.LETTER: (LettersCarrier.name,),
    Channel.HANDOVER: (LettersCarrier.name,),
}
# Ways that every installation is meant to have: they wait for their carrier rather than being left out.
ALWAYS = frozenset({Channel.TEXT, Channel.EMAIL, Channel.LETTER, Channel.HANDOVER})


def build(
    name: str,
    settings: Settings,
    *,
    callback_base: str,
    labels: Mapping[str, Mapping[str, str]],
    now: datetime,
) -> Carrier:
    """The carrier with its settings; KeyError for a name that none has, Misconfigured as it says.

    ``callback_base``: our public address or ""; ``labels``: the fixed words of letters by language;
    ``now``: the moment, in the school's time zone, that letters are dated by.
    """
    kind = CARRIERS[name]
    if kind is TwilioCarrier:
        return TwilioCarrier(settings, callback_base)
    if kind is LettersCarrier:
        return LettersCarrier(settings, labels=labels, now=now)
    return SmtpCarrier(settings)
