"""WhatsApp as a carrier: a template outside of the family's day, free text inside it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import quote, urlsplit

import aiohttp

from bothways.channels.abreast import abreast
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
    rate_of,
)
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.whatsapp import hooks, message
from bothways.channels.whatsapp.answers import (
    NO_TRANSLATION,
    WINDOW_CLOSED,
    Answer,
    outcome_of,
    unknown,
)

_HOME = "https://graph.facebook.com"
_VERSION = "v23.0"
_MOST_BYTES = 1_000_000
_MOST_SOUND = 16 * 1024 * 1024  # what Meta takes of a voice message
_SAFE = {True: ("http://", "https://"), False: ("https://",)}
_KEEP_ALIVE = 20.0
_YES = frozenset({"yes", "true", "1", "on"})


class WhatsAppCarrier:
    """WhatsApp through Meta's Cloud API, or through anything that speaks so at another base address.

    Meta cannot be asked what became of a message: without its reports nothing is known beyond “taken”.
    """

    name: str = "whatsapp"
    channels: frozenset[Channel] = frozenset({Channel.WHATSAPP})
    settings: Sequence[Setting] = (
        Setting(
            "phone_number_id",
            "Phone number ID",
            "A long number on the page “API setup” of your app at Meta; not the phone number itself.",
        ),
        Setting(
            "access_token",
            "Access token",
            "Of a system user that may use whatsapp_business_messaging; one that does not end.",
            secret=True,
        ),
        Setting(
            "app_secret",
            "App secret",
            "On the page “Basic settings” of your app: by it we know that reports are Meta's.",
            secret=True,
        ),
        Setting(
            "verify_token",
            "Verify token",
            "A word that you make up, and give to Meta with the address for reports.",
            secret=True,
        ),
        Setting(
            "template",
            "Template",
            "The name of your approved template with {{1}} school, {{2}} words, {{3}} link.",
        ),
        Setting(
            "template_languages",
            "Template languages",
            "What Meta calls them, as es=es_MX, prs=fa; the usual ones are known.",
            required=False,
        ),
        Setting(
            "template_fallback",
            "Template's other language",
            "For families in whose language the template is not approved.",
            required=False,
            default="en_US",
        ),
        Setting(
            "template_buttons",
            "Template has buttons",
            "“yes” if it has three quick replies: got it, please call me, I do not understand.",
            required=False,
            default="no",
        ),
        Setting("base_url", "Base address", "Where Meta is.", required=False, default=_HOME),
        Setting("version", "Version", "Of Meta's API.", required=False, default=_VERSION),
        Setting(
            "concurrency",
            "Messages at once",
            "How many requests at once.",
            required=False,
            default="20",
        ),
        Setting(
            "rate",
            "Messages a second",
            "Meta lets a number send 80. Empty: no limit of ours.",
            required=False,
            default="80",
        ),
        Setting(
            "webhook_path",
            "Path for reports",
            "Where Meta reports to, under our public address.",
            required=False,
            default="/hooks/whatsapp/in",
        ),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="30"),
    )

    def __init__(self, settings: Settings) -> None:
        self._number = settings.need("phone_number_id")
        self._token = settings.need("access_token")
        self._app_secret = settings.need("app_secret")
        self._verify_token = settings.need("verify_token")
        self._template = settings.need("template")
        self._languages = message.read_languages(settings.get("template_languages"))
        self._fallback = settings.get("template_fallback", "en_US")
        self._buttons = settings.get("template_buttons").lower() in _YES
        base = settings.get("base_url", _HOME).rstrip("/")
        if urlsplit(base).scheme not in ("http", "https"):
            raise Misconfigured("The base address for WhatsApp must begin with https://.")
        version = quote(settings.get("version", _VERSION), safe="")
        self._base = f"{base}/{version}"
        self._plain = urlsplit(base).scheme == "http"
        self._address = f"{self._base}/{quote(self._number, safe='')}/messages"
        self._concurrency = _whole(settings, "concurrency", 20)
        self._timeout = _whole(settings, "timeout", 30)
        self.rate: float | None = rate_of(settings) or 80.0
        self._path = "/" + settings.get("webhook_path", "/hooks/whatsapp/in").strip("/")
        self._kept: aiohttp.ClientSession | None = None

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """One POST for each message, ``concurrency`` at a time, outcomes as they come in."""
        async with nullcontext(self._kept) if self._kept else self._session() as session:
            async for outcome in abreast(
                batch, lambda delivery: self._give(session, delivery), at_once=self._concurrency
            ):
                yield outcome

    async def open(self) -> None:
        self._kept = self._kept or self._session()

    async def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept:
            await kept.close()

    async def poll(self, since: datetime) -> list[Event]:
        """Meta cannot be asked."""
        return []

    def handle(self, request: HookRequest) -> HookResponse:
        return hooks.handle(
            request,
            app_secret=self._app_secret,
            verify_token=self._verify_token,
            path=self._path,
            phone_number_id=self._number,
        )

    async def fetch(self, audio: str) -> Sound:
        """A family's voice message, by Meta's number for it. Raises LookupError, CarrierError.

        Meta says where it lies for five minutes, and keeps it for thirty days.
        """
        try:
            async with self._session() as session:
                about = await self._get(session, f"{self._base}/{quote(audio, safe='')}")
                told = json.loads(about.data)
                address = told.get("url") if isinstance(told, dict) else None
                # It gets our token: never to whoever listens without encryption.
                if not isinstance(address, str) or not address.startswith(_SAFE[self._plain]):
                    raise CarrierError("WhatsApp did not say where the recording is.")
                return await self._get(session, address)
        except ValueError as error:
            raise CarrierError("WhatsApp did not say where the recording is.") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CarrierError(f"WhatsApp could not be asked ({type(error).__name__}).") from error

    async def _get(self, session: aiohttp.ClientSession, address: str) -> Sound:
        async with session.get(address, allow_redirects=False) as response:
            if response.status in (400, 404):
                raise LookupError("The recording is not there any more.")
            if response.status != 200:
                raise CarrierError(f"WhatsApp does not give the recording ({response.status}).")
            data = bytearray()
            async for piece in response.content.iter_chunked(65_536):
                data += piece
                if len(data) > _MOST_SOUND:
                    raise LookupError("The recording is too large to be kept.")
            return Sound(bytes(data), response.content_type)

    async def _give(self, session: aiohttp.ClientSession, delivery: Outgoing) -> Outcome:
        """Free text or template, and what Meta still takes where it refuses the first for its form."""
        if delivery.channel not in self.channels or len(delivery.versions) != 1:
            detail = "Only a message in one language can go by WhatsApp."
            return Outcome(delivery.key, OutcomeKind.REJECTED, code="channel", detail=detail)
        if delivery.in_session:
            outcome = await self._post(session, delivery.key, message.free_text(delivery))
            # Meta's clock decides when the day is over. Refused, it surely was not sent.
            if outcome.code != WINDOW_CLOSED:
                return outcome
        language = self._languages.get(delivery.versions[0].language, self._fallback)
        outcome, missing = await self._post_template(session, delivery, language)
        if missing and language != self._fallback:
            outcome, _ = await self._post_template(session, delivery, self._fallback)
        return outcome

    async def _post_template(
        self, session: aiohttp.ClientSession, delivery: Outgoing, language: str
    ) -> tuple[Outcome, bool]:
        """The outcome, and whether the template is missing in this language."""
        body = message.template(
            delivery, name=self._template, language=language, with_buttons=self._buttons
        )
        outcome = await self._post(session, delivery.key, body)
        return outcome, outcome.code == "setup" and NO_TRANSLATION in outcome.detail

    async def _post(self, session: aiohttp.ClientSession, key: str, body: message.Body) -> Outcome:
        try:
            async with session.post(
                self._address, data=json.dumps(body).encode(), allow_redirects=False
            ) as response:
                read = await response.content.read(_MOST_BYTES)
                while not response.content.at_eof() and len(read) < _MOST_BYTES:
                    read += await response.content.read(_MOST_BYTES)
                answer = Answer(response.status, read, response.headers.get("Retry-After", ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            detail = (
                "WhatsApp could not be reached. Look at the internet connection and the settings."
            )
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="connection", detail=detail)
        except aiohttp.InvalidURL:
            detail = "The base address in the settings is not a web address."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="setup", detail=detail)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return unknown(key, f"WhatsApp's answer was lost ({type(error).__name__}).")
        except Exception as error:  # one delivery never spoils the batch
            return unknown(key, f"Sending broke off ({type(error).__name__}).")
        return outcome_of(key, answer)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": "bothways",
            },
            connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self._timeout),
        )


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
