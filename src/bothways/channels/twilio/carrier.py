"""Texts as a carrier: many requests at once, one answer each."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from yarl import URL

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
    rate_of,
)
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.twilio import hooks
from bothways.channels.twilio.answers import Answer, outcome_of, unknown
from bothways.channels.twilio.record import event_of

_HOME = "https://api.twilio.com"
_MOST_BYTES = 1_000_000  # of one answer to a send
_A_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PAGE_SIZE = 1000
_MOST_PAGES = 10_000
# Below the minute after which servers close a quiet connection: sending into one that just closed
# leaves a text of which nobody knows whether it went.
_KEEP_ALIVE = 20.0
_SKEW = timedelta(minutes=5)  # Twilio's clock is not ours; what is told twice is known again


class TwilioCarrier:
    """Texts through Twilio, or through anything that speaks so at another base address.

    ``callback_base``: the public address of this installation, or "" where there is none; then
    nothing is reported and ``poll`` has to be asked.
    """

    name: str = "twilio"
    channels: frozenset[Channel] = frozenset({Channel.TEXT})
    settings: Sequence[Setting] = (
        Setting(
            "account_sid", "Account SID", "Begins with AC; on the first page of Twilio's console."
        ),
        Setting("auth_token", "Auth token", "Beside the account SID.", secret=True),
        Setting(
            "from_number",
            "Sending number",
            "As +15125550100. Leave empty if you give a messaging service.",
            required=False,
        ),
        Setting("messaging_service_sid", "Messaging service", "Begins with MG.", required=False),
        Setting("base_url", "Base address", "Where Twilio is.", required=False, default=_HOME),
        Setting(
            "concurrency",
            "Texts at once",
            "How many requests at once.",
            required=False,
            default="100",
        ),
        Setting(
            "rate",
            "Texts a second",
            "What Twilio lets your number send, such as 1, 3 or 100. Empty: no limit of ours.",
            required=False,
        ),
        Setting(
            "webhook_path",
            "Path for reports",
            "Where Twilio reports to, under our public address.",
            required=False,
            default="/hooks/twilio",
        ),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="30"),
    )

    # Where this kind of thing lies at Twilio, and by which moment its list is asked for.
    _resource = "Messages"
    _since = "DateSent>"

    def __init__(self, settings: Settings, callback_base: str) -> None:
        self._account = settings.need("account_sid")
        self._token = settings.need("auth_token")
        service = settings.get("messaging_service_sid")
        if service:
            self._sender = {"MessagingServiceSid": service}
        elif settings.get("from_number"):
            self._sender = {"From": settings.get("from_number")}
        else:
            raise Misconfigured(
                "Texts need a sending number or a messaging service. "
                "Fill in one of them with “bothways carrier”."
            )
        self._base = settings.get("base_url", _HOME).rstrip("/")
        if urlsplit(self._base).scheme not in ("http", "https"):
            raise Misconfigured("The base address for texts must begin with https://.")
        self._concurrency = _whole(settings, "concurrency", 100)
        self._timeout = _whole(settings, "timeout", 30)
        self.rate = rate_of(settings)
        self._kept: aiohttp.ClientSession | None = None
        self._path = "/" + settings.get("webhook_path", f"/hooks/{self.name}").strip("/")
        self._callback_base = callback_base.rstrip("/")
        pair = f"{self._account}:{self._token}".encode()
        self._password = f"Basic {b64encode(pair).decode()}"
        self._list = f"/2010-04-01/Accounts/{quote(self._account)}/{self._resource}.json"

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """One POST for each text, ``concurrency`` at a time, outcomes as they come in."""
        waiting = iter(batch)
        done: asyncio.Queue[Outcome] = asyncio.Queue()
        async with nullcontext(self._kept) if self._kept else self._session() as session:

            async def work() -> None:
                for delivery in waiting:
                    done.put_nowait(await self._post(session, delivery))

            workers = [
                asyncio.create_task(work()) for _ in range(min(self._concurrency, len(batch)))
            ]
            try:
                for _ in batch:
                    yield await done.get()
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def open(self) -> None:
        self._kept = self._kept or self._session()

    async def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept:
            await kept.close()

    async def poll(self, since: datetime) -> list[Event]:
        """What Twilio knows of texts sent or taken in since then, a few minutes before included.

        Receipts carry no key: match them by ``carrier_id``, or by ``to`` and ``body`` where the
        answer to the send was lost. Raises CarrierError when Twilio cannot be asked.
        """
        start = (since.astimezone(UTC) - _SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
        address: str | None = self._base + self._list
        params: Mapping[str, str] | None = {self._since: start, "PageSize": str(_PAGE_SIZE)}
        events: list[Event] = []
        async with self._session() as session:
            for _ in range(_MOST_PAGES):
                if address is None:
                    break
                page = await self._page(session, address, params)
                listed = page.get(self._resource.lower())
                for one in listed if isinstance(listed, list) else []:
                    event = self._event(one) if isinstance(one, dict) else None
                    if event:
                        events.append(event)
                address, params = self._next(page), None
        return events

    def handle(self, request: HookRequest) -> HookResponse:
        return hooks.handle(request, token=self._token, path=self._path)

    def _event(self, listed: Mapping[str, object]) -> Event | None:
        return event_of(listed)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers={"Authorization": self._password},
            connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self._timeout),
        )

    def _form(self, delivery: Outgoing) -> dict[str, str]:
        form = {"To": delivery.to, "Body": delivery.versions[0].body, **self._sender}
        if self._callback_base:
            form["StatusCallback"] = self._reports_to(delivery)
        return form

    def _here(self, step: str, key: str) -> str:
        """Our address for news of the delivery with this key."""
        return f"{self._callback_base}{self._path}/{step}/{_in_address(key)}"

    def _reports_to(self, delivery: Outgoing) -> str:
        return f"{self._here('status', delivery.key)}?p={_in_address(delivery.purpose)}"

    def _refusal(self, delivery: Outgoing) -> Outcome | None:
        """What can never go by this carrier."""
        if delivery.channel in self.channels and len(delivery.versions) == 1:
            return None
        detail = "Only words in one language, by the channel it serves, can go by this carrier."
        return Outcome(delivery.key, OutcomeKind.REJECTED, code="channel", detail=detail)

    async def _post(self, session: aiohttp.ClientSession, delivery: Outgoing) -> Outcome:
        key = delivery.key
        refusal = self._refusal(delivery)
        if refusal is not None:
            return refusal
        try:
            async with session.post(
                self._base + self._list,
                data=_encoded(self._form(delivery)),
                headers=_A_FORM,
                allow_redirects=False,
            ) as response:
                whole = (response.content_length or _MOST_BYTES) < _MOST_BYTES
                body = await (response.read() if whole else _some(response.content))
                answer = Answer(response.status, body, response.headers.get("Retry-After", ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            detail = (
                "Twilio could not be reached. Look at the internet connection and the settings."
            )
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="connection", detail=detail)
        except UnicodeEncodeError:
            detail = "The text holds broken characters. Write it again."
            return Outcome(key, OutcomeKind.REJECTED, code="text", detail=detail)
        except aiohttp.InvalidURL:
            detail = "The base address in the settings is not a web address."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="settings", detail=detail)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return unknown(key, f"Twilio's answer was lost ({type(error).__name__}).")
        except Exception as error:  # one delivery never spoils the batch
            return unknown(key, f"Sending broke off ({type(error).__name__}).")
        return outcome_of(key, answer)

    async def _page(
        self, session: aiohttp.ClientSession, address: str, params: Mapping[str, str] | None
    ) -> dict[str, object]:
        try:
            async with session.get(address, params=params, allow_redirects=False) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CarrierError(f"Twilio could not be asked ({type(error).__name__}).") from error
        if status in (401, 403):
            raise Misconfigured(
                "Twilio does not accept the account SID or the auth token. "
                "Mend them with “bothways carrier”."
            )
        try:
            page = json.loads(body) if status == 200 else None
        except ValueError:
            page = None
        if not isinstance(page, dict):
            raise CarrierError(f"Twilio did not answer with its list of texts (status {status}).")
        return page

    def _next(self, page: Mapping[str, object]) -> str | None:
        """The next page, on the same host whatever the answer says: it gets our password."""
        uri = page.get("next_page_uri")
        if not isinstance(uri, str) or not uri:
            return None
        parts = urlsplit(uri)
        return urljoin(self._base, parts._replace(scheme="", netloc="").geturl())


async def _some(content: aiohttp.StreamReader) -> bytes:
    """At most so much of an answer; the rest cannot be Twilio's."""
    got = bytearray()
    async for piece in content.iter_chunked(65_536):
        got += piece
        if len(got) > _MOST_BYTES:
            break
    return bytes(got)


def _encoded(form: Mapping[str, str]) -> bytes:
    """The form as it is posted. Raises UnicodeEncodeError for broken characters."""
    for value in form.values():
        value.encode()
    # aiohttp's own quoting: a fifth of what urlencode takes, for every text.
    return URL.build(query=form).raw_query_string.encode()


def _in_address(word: str) -> str:
    # Ours are plain nearly always; asking is a tenth of quoting, once for every text.
    return word if word.isascii() and word.isalnum() else quote(word, safe="")


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
