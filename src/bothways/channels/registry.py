"""Which carriers there are, and which one serves a channel by default."""

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

DEFAULTS: Mapping[Channel, str] = {
    Channel.TEXT: TwilioCarrier.name,
    Channel.EMAIL: SmtpCarrier.name,
    Channel.LETTER: LettersCarrier.name,
    Channel.HANDOVER: LettersCarrier.name,
}


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
