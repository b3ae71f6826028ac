"""What a carrier of mails wants to know about the mailbox that bounces and answers come to."""

from dataclasses import dataclass
from typing import Literal, get_args

from bothways.channels.contract import Misconfigured, Setting, Settings
from bothways.channels.mail.reading import Ours

ImapTls = Literal["tls", "starttls", "none"]

MAILBOX: tuple[Setting, ...] = (
    Setting(
        "imap_host",
        "Mailbox: server",
        "For example imap.example.org. Empty: nobody reads the mailbox but you.",
        required=False,
    ),
    Setting("imap_port", "Mailbox: port", "993, with starttls or none 143.", required=False),
    Setting(
        "imap_tls", "Mailbox: encryption", "tls, starttls or none.", required=False, default="tls"
    ),
    Setting("imap_user", "Mailbox: name", required=False),
    Setting("imap_password", "Mailbox: password", secret=True, required=False),
    Setting("imap_folder", "Mailbox: folder", required=False, default="INBOX"),
    Setting(
        "imap_done",
        "Mailbox: folder for what was read",
        "Made where it is missing.",
        required=False,
        default="Bothways",
    ),
    Setting(
        "imap_aside",
        "Mailbox: folder for what is not ours",
        "For a person to look at.",
        required=False,
        default="Bothways aside",
    ),
    Setting(
        "reply_address",
        "Address for answers",
        "If it is not the sender’s; its mails come into the mailbox.",
        required=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mailbox is, and how we sign in there."""

    host: str
    port: int
    tls: ImapTls
    user: str
    password: str
    folder: str
    done: str
    aside: str


def place_of(settings: Settings) -> Place | None:
    """The mailbox to read; None where none is set. Raises Misconfigured."""
    host = settings.get("imap_host")
    if not host:
        return None
    tls = settings.get("imap_tls", "tls")
    if tls not in get_args(ImapTls):
        raise Misconfigured(
            "Encryption for the mailbox is tls, starttls or none: see “bothways carrier”."
        )
    port = settings.get("imap_port", "993" if tls == "tls" else "143")
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Misconfigured("The mailbox’s port must be a number, such as 993.")
    place = Place(
        host=host,
        port=int(port),
        tls=tls,  # type: ignore[arg-type]  # one of them, as checked above
        user=settings.need("imap_user"),
        password=settings.need("imap_password"),
        folder=settings.get("imap_folder", "INBOX"),
        done=settings.get("imap_done", "Bothways"),
        aside=settings.get("imap_aside", "Bothways aside"),
    )
    if len({place.folder, place.done, place.aside}) < 3:
        raise Misconfigured("The mailbox’s three folders must differ: see “bothways carrier”.")
    return place


def reply_address(settings: Settings) -> str:
    """Where families' answers go when the mailbox is read; "" where it is not."""
    if not settings.get("imap_host"):
        return ""
    address = settings.get("reply_address") or settings.get("from_address")
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isascii() or " " in address or "+" in address:
        raise Misconfigured(
            "The address for answers must be a plain address, without a +: see “bothways carrier”."
        )
    return address


def ours(settings: Settings) -> Ours:
    """The addresses that our mails come from and go back to."""
    named = (settings.get("from_address"), settings.get("reply_address"))
    return Ours(tuple(dict.fromkeys(address for address in named if address)))
