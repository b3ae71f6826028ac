"""A mail server on this machine that refuses, drops and keeps as a test wants."""

import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from bothways.channels.contract import Settings
from bothways.channels.smtp.carrier import SmtpCarrier

HANG_UP = "hang up"


class _Controller(Controller):
    def __init__(self, handler: Any, **settings: Any) -> None:
        self._settings = settings
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mx.example", **self._settings)

    def _trigger_server(self) -> None:
        """Port 0 means a free one: the greeting is asked for where the server really is."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass
class Mailbox:
    """What it holds, and how it answers."""

    at_rcpt: dict[str, str] = field(default_factory=dict)  # by address
    at_data: dict[str, str] = field(default_factory=dict)  # by address
    at_mail: str = ""
    password: str = ""
    drops: Callable[[int], bool] = lambda _: False  # hang up before this numbered MAIL?
    settings: dict[str, Any] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    asked: int = 0
    port: int = 0

    def open(self, **settings: Any) -> None:
        if self.password:
            settings |= {"auth_required": True, "auth_require_tls": False}
            settings["authenticator"] = self._sign_in
        self._controller = _Controller(self, **settings)
        self._controller.start()
        self.port = self._controller.port

    def close(self) -> None:
        self._controller.stop(no_assert=True)

    def reopen(self, **settings: Any) -> None:
        self.close()
        self.open(**settings)

    def carrier(self, **more: str) -> SmtpCarrier:
        values = {
            "host": "127.0.0.1",
            "port": str(self.port),
            "tls": "none",
            "from_address": "families@grandbend.example",
            **more,
        }
        return SmtpCarrier(Settings(values))

    # --- what aiosmtpd asks ------------------------------------------------------------------

    def _sign_in(self, server: Any, session: Any, envelope: Any, way: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == self.password.encode(), handled=False)

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if self.drops(self.asked):
            server.transport.abort()
            return "421 gone"
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.at_data.get(envelope.rcpt_tos[0], "")
        if answer == HANG_UP:
            server.transport.abort()
            return "250 nobody hears this"
        if answer:
            return answer
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=email.policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos[0]))
        return "250 2.0.0 Taken"
