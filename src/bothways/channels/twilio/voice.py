"""Calls as a carrier: a machine rings, speaks, and listens for keys.

Twilio asks us for the words when somebody takes the call, so that we know whether it was a person or a
machine, can say the words again, and count as heard only what we gave out. The words come from ``find``,
which is handed in: a carrier knows no database. A school without a public address gives the words along
with the request (at most 4000 characters of TwiML); no keys can be heard then.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import aiohttp

from bothways.channels.contract import (
    CarrierError,
    Event,
    HookRequest,
    HookResponse,
    Misconfigured,
    Outcome,
    Outgoing,
    Setting,
    Settings,
    Sound,
)
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.twilio import voice_hooks
from bothways.channels.twilio.carrier import TwilioCarrier
from bothways.channels.twilio.voice_record import event_of_call
from bothways.channels.twilio.voice_script import Script, speakable

_RINGS_FOR = 30  # seconds
_LASTS_AT_MOST = 600
_MOST_BYTES = 5_000_000  # two minutes as MP3 are a fifth of it

Find = Callable[[str], Outgoing | None]
Labels = Mapping[str, Mapping[str, str]]


def nothing(key: str) -> Outgoing | None:
    """Where nobody asks back: a carrier that only sends."""
    return None


class TwilioVoiceCarrier(TwilioCarrier):
    """Calls through Twilio, or through anything that speaks so at another base address.

    ``labels``: the fixed sentences (``voice_script.KEYS``) by language; ``find``: the delivery of a key,
    or None where it is gone.
    """

    name: str = "twilio_voice"
    channels: frozenset[Channel] = frozenset({Channel.VOICE})
    settings: Sequence[Setting] = (
        Setting("account_sid", "Account SID", "Empty: that of the texts.", required=False),
        Setting(
            "auth_token", "Auth token", "Empty: that of the texts.", secret=True, required=False
        ),
        Setting(
            "from_number",
            "Calling number",
            "As +15125550100; families see it. Empty: that of the texts.",
            required=False,
        ),
        Setting(
            "base_url",
            "Base address",
            "Where Twilio is. Empty: that of the texts.",
            required=False,
            default="https://api.twilio.com",
        ),
        Setting(
            "concurrency",
            "Calls begun at once",
            "How many requests at once.",
            required=False,
            default="10",
        ),
        Setting(
            "rate",
            "Calls a second",
            "Twilio begins one call a second unless your account may do more.",
            required=False,
            default="1",
        ),
        Setting(
            "webhook_path",
            "Path for questions and reports",
            "Where Twilio asks for the words, under our public address.",
            required=False,
            default="/hooks/twilio_voice",
        ),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="30"),
    )

    _resource = "Calls"
    _since = "StartTime>"

    def __init__(
        self, settings: Settings, callback_base: str, *, labels: Labels, find: Find = nothing
    ) -> None:
        if not settings.get("from_number"):
            settings.need("account_sid")
            raise Misconfigured(
                "Calls need a calling number, such as +15125550100. Fill it in with “bothways carrier”."
            )
        super().__init__(
            Settings({"concurrency": "10", "rate": "1", **_filled(settings)}), callback_base
        )
        self._labels = labels
        self._find = find

    def handle(self, request: HookRequest) -> HookResponse:
        return voice_hooks.handle(
            request, token=self._token, path=self._path, here=self._here, find=self._script
        )

    async def fetch(self, audio: str) -> Sound:
        """A recording by Twilio's name for it. Raises LookupError where there is none (yet), CarrierError."""
        address = (
            f"{self._base}/2010-04-01/Accounts/{quote(self._account)}"
            f"/Recordings/{quote(audio, safe='')}.mp3"
        )
        try:
            async with (
                self._session() as session,
                session.get(address, allow_redirects=False) as response,
            ):
                if response.status == 404:
                    raise LookupError("The recording is not there.")
                if response.status != 200:
                    raise CarrierError(f"Twilio does not give the recording ({response.status}).")
                data = bytearray()
                async for piece in response.content.iter_chunked(65_536):
                    data += piece
                    if len(data) > _MOST_BYTES:
                        raise LookupError("The recording is too large to be kept.")
                return Sound(bytes(data), "audio/mpeg")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CarrierError(f"Twilio could not be asked ({type(error).__name__}).") from error

    def _script(self, key: str) -> Script | None:
        delivery = self._find(key)
        return Script(delivery, self._labels) if delivery and delivery.versions else None

    def _event(self, listed: Mapping[str, object]) -> Event | None:
        return event_of_call(listed, spoken=not self._callback_base)

    def _refusal(self, delivery: Outgoing) -> Outcome | None:
        refusal = super()._refusal(delivery)
        if refusal is None and not speakable(delivery):
            return Outcome(
                delivery.key,
                OutcomeKind.REJECTED,
                code="no_voice",
                detail="No voice speaks this language, and nobody has recorded the words.",
            )
        return refusal

    def _form(self, delivery: Outgoing) -> dict[str, str]:
        form = {
            "To": delivery.to,
            "MachineDetection": "DetectMessageEnd",
            "Timeout": str(_RINGS_FOR),
            "TimeLimit": str(_LASTS_AT_MOST),
            **self._sender,
        }
        if not self._callback_base:
            return {**form, "Twiml": Script(delivery, self._labels).inline()}
        return {
            **form,
            "Url": self._here("call", delivery.key),
            "StatusCallback": self._reports_to(delivery),
        }


def _filled(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in settings.values.items() if value.strip()}
