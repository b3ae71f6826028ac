"""Which carriers there are, and which of them can serve a channel."""

from collections.abc import Mapping
from datetime import datetime

from bothways.channels.anymail.carrier import AnymailCarrier
from bothways.channels.contract import Carrier, Settings
from bothways.channels.enums import Channel
from bothways.channels.kannel.carrier import KannelCarrier
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.push.carrier import PushCarrier
from bothways.channels.smtp.carrier import SmtpCarrier
from bothways.channels.twilio.carrier import TwilioCarrier
from bothways.channels.twilio.voice import Find, TwilioVoiceCarrier, nothing
from bothways.channels.whatsapp.carrier import WhatsAppCarrier

AnyCarrier = (
    type[TwilioCarrier]
    | type[KannelCarrier]
    | type[SmtpCarrier]
    | type[AnymailCarrier]
    | type[LettersCarrier]
    | type[TwilioVoiceCarrier]
    | type[WhatsAppCarrier]
    | type[PushCarrier]
)

CARRIERS: Mapping[str, AnyCarrier] = {
    TwilioCarrier.name: TwilioCarrier,
    KannelCarrier.name: KannelCarrier,
    SmtpCarrier.name: SmtpCarrier,
    AnymailCarrier.name: AnymailCarrier,
    LettersCarrier.name: LettersCarrier,
    TwilioVoiceCarrier.name: TwilioVoiceCarrier,
    WhatsAppCarrier.name: WhatsAppCarrier,
    PushCarrier.name: PushCarrier,
}

# Which carriers can serve a channel; of several the first that is set up does, else the first of all.
# A channel without any is not offered.
SERVING: Mapping[Channel, tuple[str, ...]] = {
    Channel.TEXT: (TwilioCarrier.name, KannelCarrier.name),
    Channel.WHATSAPP: (WhatsAppCarrier.name,),
    Channel.PUSH: (PushCarrier.name,),
    Channel.VOICE: (TwilioVoiceCarrier.name,),
    Channel.EMAIL: (SmtpCarrier.name, AnymailCarrier.name),
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
    find: Find = nothing,
) -> Carrier:
    """The carrier with its settings; KeyError for a name that none has, Misconfigured as it says.

    ``callback_base``: our public address or ""; ``labels``: the fixed words of letters and calls
    by language; ``now``: the moment, in the school's time zone, that letters are dated by; ``find``: the
    delivery of a key, for a call whose words are asked for.
    """
    kind = CARRIERS[name]
    if kind is TwilioCarrier:
        return TwilioCarrier(settings, callback_base)
    if kind is TwilioVoiceCarrier:
        return TwilioVoiceCarrier(settings, callback_base, labels=labels, find=find)
    if kind is LettersCarrier:
        return LettersCarrier(settings, labels=labels, now=now)
    if kind is WhatsAppCarrier or kind is PushCarrier:
        return kind(settings)
    if kind is AnymailCarrier:
        return AnymailCarrier(settings)
    if kind is KannelCarrier:
        return KannelCarrier(settings, callback_base)
    return SmtpCarrier(settings)
