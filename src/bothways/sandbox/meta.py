"""WhatsApp as Meta's Cloud API has it: the day after a family's words, statuses, and what families send.

Sources: Meta, WhatsApp Business Platform, “Cloud API: Messages”, “Webhooks payload reference”, “Error codes”.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from bothways.sandbox.callbacks import Callbacks
from bothways.sandbox.clock import Clock
from bothways.sandbox.contacts import Contact
from bothways.sandbox.journal import Journal

NUMBER_ID: Final = "106540352242922"
OURS: Final = "15550783881"
WINDOW: Final = timedelta(hours=24)
UNDELIVERABLE: Final = 131026
_STATUS: Final = {"sent": "sent", "delivered": "delivered", "undelivered": "failed"}


@dataclass(slots=True)
class Sent:
    """What only Meta knows of a message."""

    wamid: str
    tracking: str
    buttons: tuple[str, ...] = ()  # what each sends back


@dataclass
class Meta:
    """One number at Meta."""

    clock: Clock
    callbacks: Callbacks
    carriers: Journal
    webhook: str = ""
    sent: dict[int, Sent] = field(default_factory=dict)  # by the number of the contact
    wrote_at: dict[str, datetime] = field(default_factory=dict)  # by the family's number

    def window_open(self, number: str) -> bool:
        """Whether free words may go there now."""
        wrote = self.wrote_at.get(number)
        return wrote is not None and self.clock.now() - wrote < WINDOW

    async def report(self, contact: Contact, what: str) -> None:
        """Tell the product how far this message has come."""
        sent = self.sent[contact.number]
        status: dict[str, Any] = {
            "id": sent.wamid,
            "status": _STATUS[what],
            "timestamp": self._timestamp(),
            "recipient_id": contact.to.removeprefix("+"),
            "biz_opaque_callback_data": sent.tracking,
        }
        if what == "undelivered":
            status["errors"] = [{"code": UNDELIVERABLE, "title": "Message undeliverable"}]
        await self._tell({"statuses": [status]})

    async def write_back(self, contact: Contact, words: str) -> None:
        """The family presses the first button, or writes; its day begins anew."""
        sent = self.sent[contact.number]
        message: dict[str, Any] = {
            "from": contact.to.removeprefix("+"),
            "id": f"wamid.{secrets.token_hex(20)}",
            "timestamp": self._timestamp(),
            "context": {"from": OURS, "id": sent.wamid},
        }
        if not words and sent.buttons:
            reply = {"id": sent.buttons[0], "title": "✓"}
            message |= {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": reply},
            }
        else:
            message |= {"type": "text", "text": {"body": words or "1"}}
        now = self.clock.now()
        self.wrote_at[contact.to] = now
        self.carriers.write({"wrote": contact.to, "at": self.clock.local(now)})
        profile = {"profile": {"name": "A family"}, "wa_id": message["from"]}
        await self._tell({"contacts": [profile], "messages": [message]})

    def keep(self, contact: Contact, own: Mapping[str, Any]) -> None:
        """Remember, or read back after a restart, what only Meta knows."""
        self.sent[contact.number] = Sent(own["wamid"], own["tracking"], tuple(own["buttons"]))

    def restore(self, line: Mapping[str, Any]) -> None:
        self.wrote_at[line["wrote"]] = self.clock.read(line["at"])

    async def _tell(self, value: dict[str, Any]) -> None:
        if not self.webhook:
            return
        metadata = {"display_phone_number": OURS, "phone_number_id": NUMBER_ID}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        news = {
            "object": "whatsapp_business_account",
            "entry": [
                {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
            ],
        }
        await self.callbacks.post(self.webhook, json.dumps(news).encode())

    def _timestamp(self) -> str:
        return str(int(self.clock.now().timestamp()))


class Refused(ValueError):
    """Meta does not take it; ``code`` is its number for the reason."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def read(body: object) -> tuple[str, str, str, tuple[str, ...], bool]:
    """(number, words as received, tracking, what the buttons send, whether the words are free).

    Raises Refused for what Meta would not take.
    """
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise Refused(100, "The parameter messaging_product is required")
    to = body.get("to")
    if not isinstance(to, str) or not to.removeprefix("+").isdecimal():
        raise Refused(131009, "Parameter value is not valid: to")
    number = f"+{to.removeprefix('+')}"
    tracking = body.get("biz_opaque_callback_data", "")
    try:
        words, buttons, free = _WORDS[body["type"]](body)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise Refused(131008, f"Required parameter is missing: {error}") from error
    if not words.strip():
        raise Refused(131008, "Required parameter is missing: words")
    return number, words, tracking if isinstance(tracking, str) else "", buttons, free


def key_and_purpose(tracking: str) -> tuple[str | None, str]:
    """The delivery key and the purpose (``p``) that a message carries for its statuses."""
    key, _, query = tracking.partition("?")
    return key or None, dict(parse_qsl(query)).get("p", "")


_Read = tuple[str, tuple[str, ...], bool]


def _text(body: dict[str, Any]) -> _Read:
    words: str = body["text"]["body"]
    if len(words) > 4096:
        raise Refused(131009, "Parameter value is not valid: text is too long")
    return words, (), True


def _interactive(body: dict[str, Any]) -> _Read:
    words: str = body["interactive"]["body"]["text"]
    replies = [button["reply"] for button in body["interactive"]["action"]["buttons"]]
    if len(words) > 1024 or not 1 <= len(replies) <= 3:
        raise Refused(131009, "Parameter value is not valid: interactive")
    if any(not 1 <= len(reply["title"]) <= 20 for reply in replies):
        raise Refused(131009, "Parameter value is not valid: button title")
    return words, tuple(reply["id"] for reply in replies), True


def _template(body: dict[str, Any]) -> _Read:
    places, buttons = [], []
    for component in body["template"]["components"]:
        for parameter in component["parameters"]:
            if component["type"] == "body":
                places.append(parameter["text"])
            elif component["type"] == "button":
                buttons.append(parameter["payload"])
    if len(places) != 3 or not body["template"]["name"] or not body["template"]["language"]["code"]:
        raise Refused(132000, "Number of parameters does not match the expected number of params")
    for place in places:
        if not place or any(sign in place for sign in ("\n", "\t", "     ")):
            raise Refused(132012, "Parameter format does not match format in the created template")
    if sum(map(len, places)) > 1024:
        raise Refused(132005, "Translated text too long")
    return "\n".join(places), tuple(buttons), False


_WORDS: Final = {"text": _text, "interactive": _interactive, "template": _template}
