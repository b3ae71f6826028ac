"""Email as a carrier: a few kept connections, each in its own thread."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import get_args

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
from bothways.channels.mail.settings import MAILBOX, reply_address
from bothways.channels.mail.writing import From, Undeliverable, mail_of
from bothways.channels.smtp.relay import Closed, Relay, Server, Tls
from bothways.core import clock

_FAILURES_UNTIL_REST = 2


class SmtpCarrier:
    """Mails through one server. Bounces and answers come by the mailbox (``channels.collecting``)."""

    name: str = "smtp"
    channels: frozenset[Channel] = frozenset({Channel.EMAIL})
    settings: Sequence[Setting] = (
        Setting("host", "Mail server", "For example smtp.example.org."),
        Setting("port", "Port", "Mostly 587.", required=False, default="587"),
        Setting("username", "Name", "To sign in; empty if none is needed.", required=False),
        Setting("password", "Password", secret=True, required=False),
        Setting("tls", "Encryption", "starttls, tls or none.", required=False, default="starttls"),
        Setting("from_address", "Sender's address", "For example families@example.org."),
        Setting("from_name", "Sender's name", "Empty: the school's name.", required=False),
        Setting(
            "plus_addresses",
            "Bounces name the delivery",
            "yes: bounces come to families+KEY@…; no: if the server takes no such sender.",
            required=False,
            default="yes",
        ),
        Setting("connections", "Connections", "At once.", required=False, default="2"),
        Setting("rate", "Mails a second", "Empty: no limit of ours.", required=False),
        *MAILBOX,
    )

    def __init__(self, settings: Settings, now: Callable[[], datetime] = clock.now) -> None:
        address = settings.need("from_address")
        local, _, domain = address.rpartition("@")
        if not local or not domain or not address.isascii() or " " in address:
            raise Misconfigured(
                "The sender's address for mails is no address: see “bothways carrier”."
            )
        tls = settings.get("tls", "starttls")
        if tls not in get_args(Tls):
            raise Misconfigured(
                "Encryption for mails is starttls, tls or none: see “bothways carrier”."
            )
        self._from = From(
            address=address,
            name=settings.get("from_name"),
            bounces_to_key=settings.get("plus_addresses", "yes") == "yes",
            answers_to=reply_address(settings),
        )
        self._server = Server(
            host=settings.need("host"),
            port=_whole(settings, "port", 587),
            username=settings.get("username"),
            password=settings.get("password"),
            tls=tls,  # type: ignore[arg-type]  # one of Tls, as checked above
            called=domain,
        )
        self._connections = _whole(settings, "connections", 2)
        self.rate = rate_of(settings)
        self._now = now

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """ACCEPTED means that the server took it: an attempt. One bad address spoils no other."""
        loop = asyncio.get_running_loop()
        done: asyncio.Queue[Outcome] = asyncio.Queue()
        work = _Work(batch, lambda outcome: loop.call_soon_threadsafe(done.put_nowait, outcome))
        count = min(self._connections, len(batch))
        threads = [asyncio.create_task(asyncio.to_thread(self._drain, work)) for _ in range(count)]
        try:
            for _ in batch:
                yield await done.get()
        finally:
            work.stop()
            await asyncio.gather(*threads, return_exceptions=True)

    async def open(self) -> None:
        """Nothing is kept between batches."""

    async def close(self) -> None:
        pass

    async def poll(self, since: datetime) -> list[Event]:
        return []  # a mail server cannot be asked what became of a mail

    def handle(self, request: HookRequest) -> HookResponse:
        return HookResponse(status=404)

    def _drain(self, work: "_Work") -> None:
        relay = Relay(self._server)
        failures = 0
        closed: Closed | None = None
        while (delivery := work.next()) is not None:
            # A server that is away answers after half a minute: once or twice is enough to know.
            if closed is not None and failures >= _FAILURES_UNTIL_REST:
                work.done(_waits(delivery.key, closed))
                continue
            try:
                outcome = self._give(relay, delivery)
                failures = 0
            except Closed as error:
                closed = error
                failures += 1
                outcome = _waits(delivery.key, error)
            except Exception as error:  # one delivery never spoils the batch
                relay.close()
                detail = f"Sending broke off ({type(error).__name__})."
                outcome = Outcome(delivery.key, OutcomeKind.UNKNOWN, detail=detail)
            work.done(outcome)
        relay.close()

    def _give(self, relay: Relay, delivery: Outgoing) -> Outcome:
        if delivery.channel not in self.channels:
            detail = f"Mails do not go by {delivery.channel}."
            return Outcome(delivery.key, OutcomeKind.REJECTED, code="channel", detail=detail)
        try:
            mail = mail_of(delivery, self._from, self._now())
        except Undeliverable as error:
            return Outcome(delivery.key, OutcomeKind.REJECTED, code="5.1.3", detail=str(error))
        except (ValueError, IndexError) as error:  # what the mail library refuses to write
            detail = f"No mail can be made of these words ({type(error).__name__})."
            return Outcome(delivery.key, OutcomeKind.REJECTED, code="5.6.0", detail=detail)
        return relay.give(delivery.key, mail)


class _Work:
    """A batch that several threads share."""

    def __init__(self, batch: Sequence[Outgoing], done: Callable[[Outcome], object]) -> None:
        self._left = iter(batch)
        self._lock = threading.Lock()
        self._stopped = False
        self.done = done

    def next(self) -> Outgoing | None:
        with self._lock:
            return None if self._stopped else next(self._left, None)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True


def _waits(key: str, closed: Closed) -> Outcome:
    return Outcome(key, OutcomeKind.UNAVAILABLE, code=closed.code, detail=closed.detail)


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
