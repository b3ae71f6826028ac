"""Texts through Kannel's smsbox: one request each, over its HTTP interface."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import quote, urlsplit

import aiohttp

from bothways.channels.abreast import abreast
from bothways.channels.contract import (
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
from bothways.channels.kannel import hooks
from bothways.channels.kannel.answers import REPORTS, outcome_of, unknown
from bothways.core.gsm import is_plain

_HERE = "http://127.0.0.1:13013"
_PATH = "/hooks/kannel"
_MOST_BYTES = 10_000  # of one answer
_KEEP_ALIVE = 5.0  # smsbox closes a quiet connection early; sending into one loses the answer
_PLAIN, _UCS_2 = "0", "2"
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,}")


class KannelCarrier:
    """Texts by a gateway that the school runs itself.

    ``callback_base``: the public address of this installation, or "" where there is none; then nothing is
    reported, unless the setting “hook_base” says how the gateway reaches us inside the school.
    """

    name: str = "kannel"
    channels: frozenset[Channel] = frozenset({Channel.TEXT})
    settings: Sequence[Setting] = (
        Setting(
            "base_url",
            "Kannel’s address",
            "Of smsbox: sendsms-port.",
            required=False,
            default=_HERE,
        ),
        Setting("username", "Name", "Of the group sendsms-user in kannel.conf."),
        Setting("password", "Password", "Of the same group.", secret=True),
        Setting("from_number", "Sending number", "As +15125550100; of the modem or account."),
        Setting(
            "hook_secret",
            "Secret for reports",
            "At least 16 letters and digits; the same stands in kannel.conf.",
            secret=True,
        ),
        Setting(
            "hook_base",
            "Our address for Kannel",
            "If Kannel reaches Bothways by another than the public address.",
            required=False,
        ),
        Setting(
            "country",
            "Country",
            "Of numbers that come in without one, such as US.",
            required=False,
            default="US",
        ),
        Setting(
            "smsc", "Way out", "smsc-id of one connection; empty: Kannel chooses.", required=False
        ),
        Setting("concurrency", "Texts at once", required=False, default="10"),
        Setting(
            "rate",
            "Texts a second",
            "What modem or operator take, such as 0.2 or 10. Empty: no limit of ours.",
            required=False,
        ),
        Setting(
            "webhook_path",
            "Path for reports",
            "Where Kannel reports to, under our address.",
            required=False,
            default=_PATH,
        ),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="30"),
    )

    def __init__(self, settings: Settings, callback_base: str) -> None:
        self._username = settings.need("username")
        self._password = settings.need("password")
        self._from = settings.need("from_number")
        self._secret = settings.need("hook_secret")
        if not _SECRET.fullmatch(self._secret):
            raise Misconfigured(
                "The secret for Kannel’s reports must be at least 16 letters and digits: "
                "see “bothways carrier”."
            )
        self._base = settings.get("base_url", _HERE).rstrip("/")
        self._callback_base = settings.get("hook_base", callback_base).rstrip("/")
        for address in filter(None, (self._base, self._callback_base)):
            if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
                raise Misconfigured(
                    "The addresses for Kannel must begin with http:// or https://: "
                    "see “bothways carrier”."
                )
        self._concurrency = _whole(settings, "concurrency", 10)
        self._timeout = _whole(settings, "timeout", 30)
        self._country = settings.get("country", "US").upper()
        self._smsc = settings.get("smsc")
        self._path = "/" + settings.get("webhook_path", _PATH).strip("/")
        for value in (self._username, self._password, self._from, self._smsc):
            if not value.isascii() or not value.isprintable():
                raise Misconfigured(
                    "Kannel’s name, password and sending number are plain English letters, digits "
                    "and signs: see “bothways carrier”."
                )
        self.rate = rate_of(settings)
        self._kept: aiohttp.ClientSession | None = None

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """One POST for each text, ``concurrency`` at a time, outcomes as they come in."""
        async with nullcontext(self._kept) if self._kept else self._session() as session:

            async def give(delivery: Outgoing) -> Outcome:
                return await self._post(session, delivery)

            async for outcome in abreast(batch, give, at_once=self._concurrency):
                yield outcome

    async def open(self) -> None:
        self._kept = self._kept or self._session()

    async def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept:
            await kept.close()

    async def poll(self, since: datetime) -> list[Event]:
        return []  # smsbox keeps no list of what it sent; its reports come by themselves

    def handle(self, request: HookRequest) -> HookResponse:
        return hooks.handle(request, secret=self._secret, path=self._path, country=self._country)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self._timeout),
        )

    def _headers(self, delivery: Outgoing, body: str) -> dict[str, str]:
        # The words go in the body and all else in headers: smsbox writes addresses into its log.
        headers = {
            "Content-Type": 'text/plain; charset="UTF-8"',
            "X-Kannel-Username": self._username,
            "X-Kannel-Password": self._password,
            "X-Kannel-From": self._from,
            "X-Kannel-To": delivery.to,
            "X-Kannel-Coding": _PLAIN if is_plain(body) else _UCS_2,
        }
        if self._smsc:
            headers["X-Kannel-SMSC"] = self._smsc
        if self._callback_base:
            parts = urlsplit(self._callback_base)
            # Kannel fills in what begins with %: type, the operator's reply, and when it was made.
            headers["X-Kannel-DLR-Mask"] = str(REPORTS)
            headers["X-Kannel-DLR-Url"] = (
                f"{parts.scheme}://kannel:{self._secret}@{parts.netloc}{parts.path}{self._path}"
                f"/status/{quote(delivery.key, safe='').replace('%', '%%')}"
                "?type=%d&at=%T&reply=%A"
            )
        return headers

    async def _post(self, session: aiohttp.ClientSession, delivery: Outgoing) -> Outcome:
        key = delivery.key
        if delivery.channel not in self.channels or len(delivery.versions) != 1:
            detail = "Only a text in one language can go by this carrier."
            return Outcome(key, OutcomeKind.REJECTED, code="channel", detail=detail)
        if not _NUMBER.fullmatch(delivery.to):
            detail = "This is no phone number that a text can go to."
            return Outcome(key, OutcomeKind.REJECTED, code="number", detail=detail)
        body = delivery.versions[0].body.replace("\x00", "")
        try:
            async with session.post(
                f"{self._base}/cgi-bin/sendsms",
                data=body.encode(),
                headers=self._headers(delivery, body),
                allow_redirects=False,
            ) as response:
                words = (await response.content.read(_MOST_BYTES)).decode(errors="replace")
                return outcome_of(key, response.status, words)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            detail = "Kannel could not be reached. See that bearerbox and smsbox run."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="connection", detail=detail)
        except UnicodeEncodeError:
            detail = "The text holds broken characters. Write it again."
            return Outcome(key, OutcomeKind.REJECTED, code="text", detail=detail)
        except aiohttp.InvalidURL:
            detail = "Kannel’s address in the settings is not a web address."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="settings", detail=detail)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return unknown(key, f"Kannel’s answer was lost ({type(error).__name__}).")
        except Exception as error:  # one delivery never spoils the batch
            return unknown(key, f"Sending broke off ({type(error).__name__}).")


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
