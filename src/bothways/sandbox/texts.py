"""The text carrier's own memory: messages, receipts, incoming texts, and its stop list."""

import secrets
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from bothways.sandbox.callbacks import Callbacks
from bothways.sandbox.clock import Clock
from bothways.sandbox.contacts import Contact
from bothways.sandbox.journal import Journal
from bothways.sandbox.twilio_wire import (
    Message,
    incoming_params,
    opt_out_type,
    status_params,
)


def number_of(service: str) -> str:
    """The one number from which a messaging service writes here, always the same for it."""
    return f"+1500555{int(sha256(service.encode()).hexdigest(), 16) % 10_000:04d}"


@dataclass
class Texts:
    """State of one account. Messages stand in the order in which they were made."""

    account: str
    clock: Clock
    callbacks: Callbacks
    carriers: Journal
    webhook: str = ""
    messages: list[Message] = field(default_factory=list)
    by_sid: dict[str, Message] = field(default_factory=dict)
    stopped: set[tuple[str, str]] = field(default_factory=set)  # our number, the family's number

    def keep(self, message: Message) -> None:
        self.messages.append(message)
        self.by_sid[message.sid] = message

    def accept(
        self, *, to: str, sender: str, service: str | None, body: str, callback: str
    ) -> Message:
        """A new outbound message, queued."""
        now = self.clock.now()
        message = Message(
            sid=f"SM{secrets.token_hex(16)}",
            account=self.account,
            to=to,
            sender=sender,
            service=service,
            body=body,
            direction="outbound-api",
            status="queued",
            created=now,
            updated=now,
            callback=callback,
        )
        self.keep(message)
        return message

    async def report(self, message: Message, status: str, code: int | None) -> None:
        """The message has come this far: remember it and tell the product."""
        message.status, message.error, message.updated = status, code, self.clock.now()
        if message.callback:
            params = status_params(message)
            await self.callbacks.post(
                message.callback, params, partial(self._told, message, status)
            )

    def _told(self, message: Message, status: str) -> None:
        """The product knows: a restart must not tell it again, nor anything that it was not told."""
        self.carriers.write({"told": message.sid, "status": status})

    async def write_back(self, contact: Contact, body: str) -> None:
        """A family's text to the number that wrote to it; a keyword changes the stop list."""
        outbound = self.by_sid[contact.sid]
        now = self.clock.now()
        message = Message(
            sid=f"SM{secrets.token_hex(16)}",
            account=self.account,
            to=outbound.sender,
            sender=contact.to,
            service=outbound.service,
            body=body,
            direction="inbound",
            status="received",
            created=now,
            updated=now,
        )
        # Kept before the call: the product can still ask for it when its webhook is down.
        self.keep(message)
        self.carriers.write(
            {
                "inbound": message.sid,
                "at": self.clock.local(now),
                "from": message.sender,
                "to": message.to,
                "service": message.service,
                "body": body,
            }
        )
        keyword = opt_out_type(body)
        pair = (outbound.sender, contact.to)
        if keyword == "STOP":
            self.stopped.add(pair)
        elif keyword == "START":
            self.stopped.discard(pair)
        await self.tell_inbound(message)

    async def tell_inbound(self, message: Message) -> None:
        """An incoming text reaches the product, or is given up."""
        if self.webhook:
            params = incoming_params(message)
            await self.callbacks.post(
                self.webhook, params, partial(self._told, message, message.status)
            )

    def restore(self, contact: Contact, line: dict[str, Any]) -> Message:
        """An outbound message read back after a restart."""
        message = Message(
            sid=contact.sid,
            account=self.account,
            to=contact.to,
            sender=line["sender"],
            service=line["service"],
            body=contact.body,
            direction="outbound-api",
            status="queued",
            created=contact.at,
            updated=contact.at,
            callback=line["callback"],
        )
        self.keep(message)
        return message

    def restore_inbound(self, line: dict[str, Any]) -> Message:
        """An incoming text read back after a restart."""
        at = self.clock.read(line["at"])
        message = Message(
            sid=line["inbound"],
            account=self.account,
            to=line["to"],
            sender=line["from"],
            service=line["service"],
            body=line["body"],
            direction="inbound",
            status="received",
            created=at,
            updated=at,
        )
        self.keep(message)
        return message

    def listed(
        self,
        *,
        since: datetime | None,
        until: datetime | None,
        to: str | None,
        sender: str | None,
        after: str | None,
        skip: int,
        count: int,
    ) -> tuple[list[Message], bool]:
        """A page of messages, newest first, and whether there are more.

        ``after`` is the last id of the page before: pages stay right while new messages come in.
        """
        at = len(self.messages)
        if until is not None:
            while at and self.messages[at - 1].created > until:
                at -= 1
        low = 0
        if since is not None:
            low = bisect_left(self.messages, since, key=lambda message: message.created)
        page: list[Message] = []
        waiting = after
        for index in range(at - 1, low - 1, -1):
            message = self.messages[index]
            if waiting is not None:
                waiting = None if message.sid == waiting else waiting
                continue
            if (to and message.to != to) or (sender and message.sender != sender):
                continue
            if skip:
                skip -= 1
                continue
            if len(page) == count:
                return page, True
            page.append(message)
        return page, False
