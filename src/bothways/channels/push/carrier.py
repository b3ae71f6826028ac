"""Web push as a carrier: each browser has its own push service, named in its subscription."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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
from bothways.channels.push.hosts import NotPublic, PublicOnly, acceptable, origin
from bothways.channels.push.notice import Signature, encrypted, headers_for, words_of

_GONE = (404, 410)  # the browser has taken its agreement back, or is no more


class PushCarrier:
    """Notices by web push. “Taken” is all that a push service ever says: an attempt."""

    name: str = "push"
    channels: frozenset[Channel] = frozenset({Channel.PUSH})
    settings: Sequence[Setting] = (
        Setting(
            "contact",
            "Your address",
            "An email address under which push services may reach you, as office@school.example.",
        ),
        Setting(
            "private_key",
            "Private key",
            "Made by itself. With another one all families have to agree anew.",
            secret=True,
        ),
        Setting(
            "own_services",
            "Own push services",
            "Addresses such as https://push.school.example:8443, divided by commas; all others must be "
            "public ones.",
            required=False,
        ),
        Setting(
            "concurrency",
            "Notices at once",
            "How many requests at once.",
            required=False,
            default="50",
        ),
        Setting("rate", "Notices a second", "Empty: no limit of ours.", required=False),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="20"),
    )

    def __init__(self, settings: Settings) -> None:
        self._signature = Signature(
            settings.need("private_key"), contact_of(settings.need("contact"))
        )
        self._own = own_services(settings)
        self._concurrency = _whole(settings, "concurrency", 50)
        self._timeout = _whole(settings, "timeout", 20)
        self.rate = rate_of(settings)
        self._kept: aiohttp.ClientSession | None = None

    @property
    def public_key(self) -> str:
        """What a browser subscribes to."""
        return self._signature.public_key

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """One POST for each notice, ``concurrency`` at a time, outcomes as they come in."""
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
        """Push services tell nothing later."""
        return []

    def handle(self, request: HookRequest) -> HookResponse:
        return HookResponse(status=404)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers={"User-Agent": "bothways"},
            connector=aiohttp.TCPConnector(
                limit=self._concurrency, resolver=PublicOnly(self._own), use_dns_cache=False
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self._timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _give(self, session: aiohttp.ClientSession, delivery: Outgoing) -> Outcome:
        key, subscription = delivery.key, delivery.subscription
        if delivery.channel not in self.channels or len(delivery.versions) != 1:
            detail = "Only a notice in one language can go to a browser."
            return Outcome(key, OutcomeKind.REJECTED, code="channel", detail=detail)
        if subscription is None:
            detail = "This browser takes no notices from us any more."
            return Outcome(key, OutcomeKind.REJECTED, code="gone", detail=detail)
        if not acceptable(subscription.endpoint, self._own):
            return _inside(key)
        try:
            body = encrypted(subscription, words_of(delivery))
        except Exception as error:  # broken keys raise whatever the libraries raise
            detail = f"The keys of this browser are broken ({type(error).__name__})."
            return Outcome(key, OutcomeKind.REJECTED, code="keys", detail=detail)
        headers = {
            **headers_for(delivery),
            # Signatures end by the clock of the push service, not by a simulated one.
            **self._signature.headers(origin(subscription.endpoint), time.time()),
        }
        try:
            async with session.post(
                subscription.endpoint, data=body, headers=headers, allow_redirects=False
            ) as response:
                return outcome_of(key, response.status, response.headers.get("Retry-After", ""))
        except NotPublic:
            return _inside(key)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            if isinstance(error.__cause__, NotPublic) or isinstance(
                getattr(error, "os_error", None), NotPublic
            ):
                return _inside(key)
            detail = "The push service could not be reached."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="connection", detail=detail)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            detail = f"The push service's answer was lost ({type(error).__name__})."
            return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)
        except Exception as error:  # one delivery never spoils the batch
            detail = f"Sending broke off ({type(error).__name__})."
            return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)


def outcome_of(key: str, status: int, retry_after: str = "") -> Outcome:
    """What became of one notice, by the push service's answer (RFC 8030, section 5)."""
    if status in (200, 201, 202, 204):
        return Outcome(key, OutcomeKind.ACCEPTED)
    if status in _GONE:
        detail = "This browser takes no notices from us any more."
        return Outcome(key, OutcomeKind.REJECTED, code="gone", detail=detail)
    if status == 429 or status >= 500:
        after = seconds(retry_after, datetime.now(UTC))
        detail = "The push service is busy."
        return Outcome(
            key, OutcomeKind.UNAVAILABLE, code=str(status), detail=detail, retry_after=after
        )
    if status == 413:
        detail = "The notice is too long for this push service."
        return Outcome(key, OutcomeKind.REJECTED, code="setup", detail=detail)
    detail = (
        f"The push service does not accept our signature or request (status {status}). "
        "Look at “bothways carrier push”."
    )
    return Outcome(key, OutcomeKind.UNAVAILABLE, code="setup", detail=detail)


def seconds(retry_after: str, now: datetime) -> float | None:
    """Retry-After as seconds from now, whichever way it is written."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def contact_of(written: str) -> str:
    """The claim “sub” of a signature. Raises Misconfigured.

    >>> contact_of("office@school.example")
    'mailto:office@school.example'
    """
    if written.startswith("https://"):
        return written
    address = written.removeprefix("mailto:")
    if "@" not in address.strip("@") or " " in address:
        raise Misconfigured(
            "The setting “contact” must be an email address, such as office@school.example."
        )
    return f"mailto:{address}"


def own_services(settings: Settings) -> frozenset[str]:
    """The origins among the settings. Raises Misconfigured."""
    written = [part.strip() for part in settings.get("own_services").split(",")]
    found = frozenset(origin(part) for part in written if part)
    if any(not one.startswith(("http://", "https://")) for one in found):
        raise Misconfigured(
            "The setting “own_services” must be web addresses, such as https://push.school.example."
        )
    return found


def _inside(key: str) -> Outcome:
    detail = "This browser names a push service that is not on the public internet."
    return Outcome(key, OutcomeKind.REJECTED, code="not_public", detail=detail)


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
