"""The people of the town, and the office's letter tray to which slips come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.contacts import Contact, Contacts
from bothways.sandbox.forms import Browser
from bothways.sandbox.journal import Journal
from bothways.sandbox.meta import Meta
from bothways.sandbox.plan import Step
from bothways.sandbox.texts import Texts
from bothways.sandbox.twilio_wire import opt_out_type

# Simulated waits of a person who found the page down; then they let it be.
PATIENCE: Final = tuple(timedelta(minutes=m) for m in (5, 60, 600))
_BY_KEYWORD: Final = {"STOP": "stopped", "START": "started"}
SEEN: Final = "1"  # the text back that only says "got it"


@dataclass
class Office:
    """Return slips and returned mail, waiting until a person at the school takes them."""

    carriers: Journal
    waiting: list[dict[str, str]] = field(default_factory=list)

    def put(self, slip: dict[str, str]) -> None:
        self.waiting.append(slip)
        self.carriers.write({"slip": slip})

    def take(self) -> list[dict[str, str]]:
        taken, self.waiting = self.waiting, []
        if taken:
            self.carriers.write({"taken": len(taken)})
        return taken

    def restore(self, line: Mapping[str, Any]) -> None:
        if "slip" in line:
            self.waiting.append(line["slip"])
        else:
            del self.waiting[: line["taken"]]


@dataclass
class People:
    """Carries out the steps of a plan, each through the way a family would take."""

    agenda: Agenda
    contacts: Contacts
    texts: Texts
    meta: Meta
    office: Office
    browser: Browser
    gave_up: int = 0  # visits to a reply page that never worked

    def expect(self, contact: Contact, steps: list[Step]) -> None:
        """Put the steps on the agenda."""
        for step in steps:
            self.agenda.put(step.due, partial(self.do, contact, step))

    async def do(self, contact: Contact, step: Step) -> None:
        """Let one step happen."""
        if step.what == "act":
            await self.act(contact, step.way, step.words)
            return
        if step.what == "returned":
            self.contacts.happened(contact, "returned")
            self._slip(contact, "returned", "")
        elif step.what != "sent" and not contact.has(step.what):
            self.contacts.happened(contact, step.what)
        if contact.channel == "text":
            message = self.texts.by_sid[contact.sid]
            await self.texts.report(message, step.what, step.code or None)
        elif contact.channel == "whatsapp":
            await self.meta.report(contact, step.what)

    async def act(self, contact: Contact, way: str, words: str, tries: int = 0) -> str:
        """Make the gesture, or write the words; why it did not work, or ""."""
        what = "answered" if words else "seen"
        if way == "text":
            await self._text_back(contact, words)
            return ""
        if way == "whatsapp":
            keyword = opt_out_type(words) if words else None
            self.contacts.happened(contact, _BY_KEYWORD.get(keyword or "", what), words)
            await self.meta.write_back(contact, words)
            return ""
        if way == "slip":
            self.contacts.happened(contact, what, words)
            self._slip(contact, "slip", words)
            return ""
        values = {"words": words} if words else {}
        visit = await self.browser.press(contact.link, "send" if words else "seen", values)
        if visit.done:
            self.contacts.happened(contact, what, words)
        elif visit.again and tries < len(PATIENCE):
            due = self.agenda.clock.now() + PATIENCE[tries]
            self.agenda.put(due, partial(self._again, contact, way, words, tries + 1))
        else:
            self.gave_up += 1
            self.contacts.happened(contact, "gave_up", words, why=visit.why)
        return visit.why

    async def _again(self, contact: Contact, way: str, words: str, tries: int) -> None:
        await self.act(contact, way, words, tries)

    async def _text_back(self, contact: Contact, words: str) -> None:
        what = "answered" if words.strip() not in ("", SEEN) else "seen"
        what = _BY_KEYWORD.get(opt_out_type(words) or "", what)
        sender = self.texts.by_sid[contact.sid].sender
        more = {"sender": sender} if what in ("stopped", "started") else {}
        self.contacts.happened(contact, what, words, **more)
        await self.texts.write_back(contact, words or SEEN)

    def _slip(self, contact: Contact, kind: str, words: str) -> None:
        clock = self.agenda.clock
        self.office.put(
            {
                "code": contact.code,
                "key": contact.ref or "",
                "words": words,
                "at": clock.local(clock.now()),
                "kind": kind,
            }
        )
