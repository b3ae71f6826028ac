"""A mailbox over IMAP: what is new in it, and where to put what was dealt with.

A mail stays where it is until the program says that it was kept: dying in between reads it again.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import imapclient
from imapclient.exceptions import IMAPClientError, LoginError

from bothways.channels.contract import CarrierError, Misconfigured
from bothways.channels.mail.settings import Place

MOST_BYTES = 2_000_000  # of one mail; words are in its beginning
AT_ONCE = 20
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """One mail in the mailbox."""

    uid: int
    raw: bytes
    whole: bool


class Mailbox:
    """One connection to one folder; a context."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._imap: Any = None

    def __enter__(self) -> Self:
        place = self._place
        context = ssl.create_default_context()
        try:
            self._imap = imapclient.IMAPClient(
                place.host,
                port=place.port,
                ssl=place.tls == "tls",
                ssl_context=context if place.tls == "tls" else None,
                timeout=_TIMEOUT,
            )
            if place.tls == "starttls":
                self._imap.starttls(context)
            self._imap.login(place.user, place.password)
        except LoginError as error:
            self._hang_up()
            raise Misconfigured(
                "The mailbox does not accept the name and password. Mend them with “bothways carrier”."
            ) from error
        except (OSError, IMAPClientError) as error:
            self._hang_up()
            raise CarrierError(
                f"The mailbox could not be opened ({type(error).__name__}). "
                "Look at the internet connection and the settings."
            ) from error
        try:
            for folder in (place.done, place.aside):
                if not self._imap.folder_exists(folder):
                    self._imap.create_folder(folder)
            self._imap.select_folder(place.folder)
        except (OSError, IMAPClientError) as error:
            self._hang_up()
            raise Misconfigured(
                "The mailbox has no folder of the names in the settings, and none could be made: "
                "see “bothways carrier”."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        if self._imap is not None:
            try:
                self._imap.logout()
            except (OSError, IMAPClientError):
                self._imap.shutdown()
            self._imap = None

    def waiting(self) -> int:
        """How many mails are in the folder. Raises CarrierError."""
        try:
            return len(self._imap.search(["NOT", "DELETED"]))
        except (OSError, IMAPClientError) as error:
            raise CarrierError(f"The mailbox hung up ({type(error).__name__}).") from error

    def new(self) -> Iterator[Found]:
        """Every mail in the folder, oldest first. Raises CarrierError when the connection breaks."""
        try:
            uids = sorted(self._imap.search(["NOT", "DELETED"]))
            for at in range(0, len(uids), AT_ONCE):
                sizes = self._imap.fetch(uids[at : at + AT_ONCE], ["RFC822.SIZE"])
                for uid in sorted(sizes):
                    # The server's own mark for "read" stays untouched.
                    got = self._imap.fetch([uid], [f"BODY.PEEK[]<0.{MOST_BYTES}>"]).get(uid, {})
                    raw = next((v for k, v in got.items() if k.startswith(b"BODY[")), None)
                    if raw is not None:
                        yield Found(uid, raw, int(sizes[uid][b"RFC822.SIZE"]) <= MOST_BYTES)
        except (OSError, IMAPClientError, KeyError) as error:
            raise CarrierError(f"The mailbox hung up ({type(error).__name__}).") from error

    def put(self, uid: int, *, done: bool) -> None:
        """Move a mail to the folder of what was read, or of what is for a person."""
        folder = self._place.done if done else self._place.aside
        try:
            if self._imap.has_capability("MOVE"):
                self._imap.move([uid], folder)
            else:
                self._imap.copy([uid], folder)
                self._imap.delete_messages([uid], silent=True)
                if self._imap.has_capability("UIDPLUS"):
                    self._imap.uid_expunge([uid])
        except (OSError, IMAPClientError) as error:
            raise CarrierError(f"The mailbox hung up ({type(error).__name__}).") from error
