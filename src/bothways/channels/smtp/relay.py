"""One connection to the mail server: used for many mails, and opened again when lost."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from typing import Literal

from bothways.channels.contract import Outcome
from bothways.channels.enums import OutcomeKind
from bothways.channels.mail.writing import Mail

Tls = Literal["none", "starttls", "tls"]
_ENHANCED = re.compile(rb"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SIGN_IN_WANTED = (530, 534, 535, 538)
_AMEND = "Mend it with “bothways carrier”; the mails wait."


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are given to, and how we sign in there."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: Tls = "starttls"
    timeout: float = 30.0
    called: str = "localhost"  # how we call ourselves in the greeting


class Closed(Exception):
    """The server cannot be used at all now: nothing was sent. The text is for the office."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class _Lost(Exception):
    """The connection broke before the words went out: the server surely has no mail."""


class Relay:
    """Give mails to the server one after the other. Blocking, and for one thread only."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def give(self, key: str, mail: Mail) -> Outcome:
        """What the server said of this mail. Raises Closed when there is no server to ask."""
        for fresh in (self._smtp is None, True):
            smtp = self._connection()
            try:
                return self._give(smtp, key, mail)
            except _Lost:
                self._drop()
                if fresh:  # a kept connection may just have grown too old; a new one has not
                    break
        raise Closed("connection", "The mail server hung up. Bothways tries again later.")

    def close(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
            self._smtp = None

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    # --- opening -----------------------------------------------------------------------------

    def _connection(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._open()
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        smtp: smtplib.SMTP | None = None
        try:
            if server.tls == "tls":
                smtp = smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    local_hostname=server.called,
                    timeout=server.timeout,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(
                    server.host,
                    server.port,
                    local_hostname=server.called,
                    timeout=server.timeout,
                )
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.username:
                smtp.login(server.username, server.password)
        except (OSError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            raise _closed(error) from error
        return smtp

    # --- giving ------------------------------------------------------------------------------

    def _give(self, smtp: smtplib.SMTP, key: str, mail: Mail) -> Outcome:
        if mail.needs_utf8 and not smtp.has_extn("smtputf8"):
            detail = (
                "The mail server cannot send to an address in letters other than English ones. "
                "Ask the family for another address, or reach them another way."
            )
            return Outcome(key, OutcomeKind.REJECTED, code="5.6.7", detail=detail)
        options = ["SMTPUTF8"] if mail.needs_utf8 else []
        try:
            reply = smtp.mail(mail.sender, options)
            if reply[0] == 250:
                reply = smtp.rcpt(mail.recipient)
                if reply[0] in (250, 251):
                    reply = smtp.docmd("DATA")
                    if reply[0] == 354:
                        return self._words(smtp, key, mail)
                    return self._refused(smtp, key, reply, about_us=False)
                return self._refused(smtp, key, reply, about_us=False)
            return self._refused(smtp, key, reply, about_us=True)
        except UnicodeEncodeError as error:
            raise Closed("settings", f"The sender's address is not plain. {_AMEND}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise _Lost from error

    def _words(self, smtp: smtplib.SMTP, key: str, mail: Mail) -> Outcome:
        """From the first byte of the words on, only an answer tells whether the mail was taken."""
        words = re.sub(rb"(?m)^\.", b"..", mail.content)
        if not words.endswith(b"\r\n"):
            words += b"\r\n"
        try:
            smtp.send(words + b".\r\n")
            reply = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self._drop()
            detail = "The connection broke after the mail was sent: it may have been taken."
            return Outcome(key, OutcomeKind.UNKNOWN, carrier_id=mail.message_id, detail=detail)
        if reply[0] == 250:
            return Outcome(key, OutcomeKind.ACCEPTED, carrier_id=mail.message_id)
        return self._refused(smtp, key, reply, about_us=False)

    def _refused(
        self, smtp: smtplib.SMTP, key: str, reply: tuple[int, bytes], *, about_us: bool
    ) -> Outcome:
        number, words = reply
        if number == 421 or not _reset(smtp):
            self._drop()
        code = enhanced(number, words)
        if number in _SIGN_IN_WANTED:
            raise Closed(code, f"The mail server wants a name and a password first. {_AMEND}")
        if about_us and number >= 500:
            raise Closed(code, f"The mail server does not take mail from our address. {_AMEND}")
        if 400 <= number < 500:
            detail = f"The mail server takes no mail for this address at the moment ({code})."
            return Outcome(key, OutcomeKind.UNAVAILABLE, code=code, detail=detail)
        detail = f"The mail server refused this address or mail ({code})."
        return Outcome(key, OutcomeKind.REJECTED, code=code, detail=detail)


def enhanced(number: int, words: bytes) -> str:
    """“5.1.1” where the server says so, else its plain number."""
    found = _ENHANCED.search(words)
    return found[1].decode() if found and found[1][:1] == str(number)[:1].encode() else str(number)


def _reset(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _closed(error: Exception) -> Closed:
    """Why no connection could be opened, in words that an office can act on."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        detail = f"The mail server does not accept the name and password. {_AMEND}"
        return Closed(str(error.smtp_code), detail)
    if isinstance(error, ssl.SSLError):
        detail = f"The mail server's certificate or encryption does not fit the settings. {_AMEND}"
        return Closed("tls", detail)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        detail = f"The mail server offers no encryption or no sign-in as set. {_AMEND}"
        return Closed("settings", detail)
    if isinstance(error, smtplib.SMTPResponseException):
        return Closed(str(error.smtp_code), "The mail server takes no mail at the moment.")
    detail = (
        "The mail server could not be reached. Look at the internet connection and the settings."
    )
    return Closed("connection", detail)
