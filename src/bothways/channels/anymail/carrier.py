"""Mails by a provider, as a carrier: a few connections at once, one answer for each mail."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives

from bothways.channels.anymail import hooks
from bothways.channels.anymail.hooks import METADATA
from bothways.channels.anymail.providers import PROVIDERS, backend, reader
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
from bothways.channels.mail.writing import (
    ACKNOWLEDGEMENT,
    From,
    Undeliverable,
    answers_to,
    as_html,
    in_a_header,
    in_a_mail,
    mailbox,
    recipient_of,
)

_PATH = "/hooks/anymail"
_TAKEN = frozenset(["queued", "sent"])
_BAD_RECIPIENT = re.compile(
    r"'?to'? parameter is not a valid|not valid in to|invalid 'to'|invalid email address"
    r"|recipient.{0,30}(?:invalid|not valid)",
    re.IGNORECASE,
)
_AMEND = "Mend it with “bothways carrier”; the mails wait."


class AnymailCarrier:
    """Mails through Mailgun, Postmark, Brevo or SparkPost. Whether they are opened is not counted."""

    name: str = "anymail"
    channels: frozenset[Channel] = frozenset({Channel.EMAIL})
    settings: Sequence[Setting] = (
        Setting("provider", "Provider", "mailgun, postmark, brevo or sparkpost."),
        Setting("api_key", "Key", "Of the account; Postmark calls it server token.", secret=True),
        Setting("from_address", "Sender's address", "For example families@example.org."),
        Setting("from_name", "Sender's name", "Empty: the school's name.", required=False),
        Setting(
            "hook_secret",
            "Secret for reports",
            "Mailgun: its HTTP webhook signing key. The others: at least 16 letters and digits.",
            secret=True,
        ),
        Setting(
            "domain", "Domain", "Mailgun: if it is not the sender's.", required=False, default=""
        ),
        Setting("base_url", "Base address", "Where the provider is, as in the EU.", required=False),
        Setting("connections", "Connections", "At once.", required=False, default="4"),
        Setting("rate", "Mails a second", "Empty: no limit of ours.", required=False),
        Setting(
            "webhook_path",
            "Path for reports",
            "Where the provider reports to, under our public address.",
            required=False,
            default=_PATH,
        ),
        Setting("timeout", "Seconds to wait", "For one answer.", required=False, default="30"),
        *MAILBOX,
    )

    def __init__(self, settings: Settings) -> None:
        named = settings.need("provider").casefold()
        if named not in PROVIDERS:
            raise Misconfigured(
                f"The provider for mails is one of {', '.join(PROVIDERS)}: see “bothways carrier”."
            )
        self._provider = PROVIDERS[named]
        self._key = settings.need("api_key")
        address = settings.need("from_address")
        local, _, domain = address.rpartition("@")
        if not local or not domain or not address.isascii() or " " in address:
            raise Misconfigured(
                "The sender's address for mails is no address: see “bothways carrier”."
            )
        self._secret = settings.need("hook_secret")
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,}", self._secret):
            raise Misconfigured(
                "The secret for mail reports must be at least 16 letters and digits: "
                "see “bothways carrier”."
            )
        self.address = address
        self._from = From(address, settings.get("from_name"), answers_to=reply_address(settings))
        self._domain = settings.get("domain", domain)
        self._base = settings.get("base_url")
        self._connections = _whole(settings, "connections", 4)
        self._timeout = _whole(settings, "timeout", 30)
        self._path = "/" + settings.get("webhook_path", _PATH).strip("/")
        self.rate = rate_of(settings)

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """ACCEPTED means that the provider took it: an attempt."""
        waiting = iter(batch)
        done: asyncio.Queue[Outcome] = asyncio.Queue()

        async def work() -> None:
            connection = self.connection()
            try:
                for delivery in waiting:
                    done.put_nowait(await asyncio.to_thread(self._give, connection, delivery))
            finally:
                connection.close()

        count = min(self._connections, len(batch))
        workers = [asyncio.create_task(work()) for _ in range(count)]
        try:
            for _ in batch:
                yield await done.get()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def open(self) -> None:
        """Nothing is kept between batches."""

    async def close(self) -> None:
        pass

    async def poll(self, since: datetime) -> list[Event]:
        return []  # answers come by the mailbox (``channels.collecting``), the rest by reports

    def handle(self, request: HookRequest) -> HookResponse:
        return hooks.handle(
            request, reader=reader(self._provider, secret=self._secret), path=self._path
        )

    def connection(self) -> Any:
        """One connection to the provider, in the form of Django’s mail backends; for one thread."""
        return backend(
            self._provider,
            key=self._key,
            base_url=self._base,
            domain=self._domain,
            timeout=self._timeout,
        )

    def _give(self, connection: Any, delivery: Outgoing) -> Outcome:
        key = delivery.key
        if delivery.channel not in self.channels:
            detail = f"Mails do not go by {delivery.channel}."
            return Outcome(key, OutcomeKind.REJECTED, code="channel", detail=detail)
        try:
            message = self._message(delivery, connection)
        except Undeliverable as error:
            return Outcome(key, OutcomeKind.REJECTED, code="5.1.3", detail=str(error))
        try:
            connection.open()
            connection.send_messages([message])
        except AnymailRecipientsRefused:
            return _refused(key)
        except AnymailError as error:
            return _failed(key, error)
        except Exception as error:  # one delivery never spoils the batch
            detail = f"Sending broke off ({type(error).__name__})."
            return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)
        status: Any = getattr(message, "anymail_status", None)
        told = {found.status for found in status.recipients.values()} if status else set()
        if told <= {"unknown"} and getattr(status.esp_response, "status_code", 200) < 400:
            detail = "The provider's answer could not be understood."
            return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)
        if not told <= _TAKEN:
            return _refused(key)
        return Outcome(key, OutcomeKind.ACCEPTED, carrier_id=str(status.message_id or "")[:64])

    def _message(self, delivery: Outgoing, connection: Any) -> EmailMultiAlternatives:
        """Raises Undeliverable."""
        if len(delivery.versions) != 1:
            raise Undeliverable("A mail carries exactly one language.")
        version = delivery.versions[0]
        to, _ = recipient_of(delivery.to)
        school = in_a_header(self._from.name or delivery.sender.school)
        headers = {"Content-Language": re.sub(r"[^A-Za-z0-9-]", "", version.language)}
        if delivery.stop_url.isascii() and delivery.stop_url.startswith("https://"):
            headers["List-Unsubscribe"] = f"<{in_a_header(delivery.stop_url)}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        if delivery.purpose == ACKNOWLEDGEMENT:
            headers["Auto-Submitted"] = "auto-generated"
        reply_to = answers_to(delivery, self._from)
        message = EmailMultiAlternatives(
            subject=in_a_header(version.subject) or school,
            body=in_a_mail(version.body),
            from_email=mailbox(school, self._from.address),
            to=[to],
            reply_to=[reply_to] if reply_to else None,
            headers=headers,
            connection=connection,
        )
        message.attach_alternative(as_html(version, delivery), "text/html")
        # A fetched picture or link shows nothing: previews and scanners fetch them.
        message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]
        message.metadata = {METADATA: delivery.key}  # type: ignore[attr-defined]
        return message


def _refused(key: str) -> Outcome:
    detail = "The provider refused this address or mail."
    return Outcome(key, OutcomeKind.REJECTED, code="5.1.0", detail=detail)


def _failed(key: str, error: AnymailError) -> Outcome:
    response = getattr(error, "response", None)
    status = int(getattr(response, "status_code", 0) or 0)
    if response is None:
        if isinstance(error, requests.ConnectTimeout) or "NewConnection" in str(error):
            detail = "The mail provider could not be reached. Look at the internet connection."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code="connection", detail=detail)
        if isinstance(error, requests.RequestException):
            detail = f"The provider's answer was lost ({type(error).__name__})."
            return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)
        detail = f"The provider takes no mail that is written so ({type(error).__name__})."
        return Outcome(key, OutcomeKind.REJECTED, code="5.6.0", detail=detail)
    code = str(status)
    if 200 <= status < 300:
        detail = "The provider's answer could not be understood."
        return Outcome(key, OutcomeKind.UNKNOWN, detail=detail)
    if status in (401, 403):
        detail = f"The provider does not accept the key, or the sender's address. {_AMEND}"
        return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail)
    if status == 429 or status >= 500:
        after = response.headers.get("Retry-After", "")
        wait = float(after) if after.isdecimal() else None
        detail = "The provider takes no mail at the moment."
        return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail, retry_after=wait)
    if _BAD_RECIPIENT.search(response.text[:4000]):
        return _refused(key)
    # Taking every other refusal for a bad address would mark all addresses for one wrong setting.
    detail = f"The provider refuses our mails as they are set up (answer {status}). {_AMEND}"
    return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail)


def _whole(settings: Settings, name: str, default: int) -> int:
    value = settings.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Misconfigured(
            f"The setting “{name}” must be a number from 1: see “bothways carrier”."
        )
    return int(value)
