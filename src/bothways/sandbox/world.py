"""The sandbox as one thing: what each carrier does with a message, and how time moves."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.browsers import Browsers, Notice
from bothways.sandbox.callbacks import AGAIN, Callbacks
from bothways.sandbox.calls import Call, Calls
from bothways.sandbox.clock import Clock
from bothways.sandbox.contacts import Contacts, same_home
from bothways.sandbox.faults import Faults
from bothways.sandbox.home import PROOF, outcome_of, read_tries
from bothways.sandbox.journal import Journal
from bothways.sandbox.meta import Meta, Refused
from bothways.sandbox.meta import key_and_purpose as key_and_purpose_of
from bothways.sandbox.meta import read as read_whatsapp
from bothways.sandbox.people import Office, People
from bothways.sandbox.plan import follow
from bothways.sandbox.residents import Residents
from bothways.sandbox.texts import Texts, number_of
from bothways.sandbox.town import Town
from bothways.sandbox.tray import Letter, Tray
from bothways.sandbox.twilio_wire import Message, status_params


class Unknown(LookupError):
    """Nothing here has that key."""


class NotNow(RuntimeError):
    """It cannot be done in the state in which things are."""


@dataclass(frozen=True, slots=True)
class Options:
    """How this sandbox is set up."""

    home: Path
    tray: Path
    account: str
    token: str
    control_token: str
    webhook: str = ""
    whatsapp_webhook: str = ""
    latency: float = 0.0  # seconds before each answer of the text carrier
    now: datetime | None = None
    speed: float | None = None  # None: simulated time
    again: tuple[int, ...] = AGAIN  # seconds before each further try of a call to the product


@dataclass
class World:
    """The town, its carriers, and what is going to happen."""

    options: Options
    town: Town
    clock: Clock
    agenda: Agenda
    carriers: Journal  # what only the carriers know
    contacts: Contacts
    residents: Residents
    callbacks: Callbacks
    texts: Texts
    calls: Calls
    meta: Meta
    browsers: Browsers
    people: People
    office: Office
    tray: Tray
    faults: Faults = field(default_factory=Faults)
    url: str = ""  # where the sandbox itself is

    def send_text(
        self, *, to: str, sender: str | None, service: str | None, body: str, callback: str
    ) -> Message | None:
        """Take one text; None when the carrier's own stop list refuses it."""
        sender = sender or number_of(service or "")
        resident = self.residents.at("text", to)
        who = resident.who[0] if resident and resident.who else None
        ref, purpose = key_and_purpose(callback)
        if (sender, to) in self.texts.stopped:
            self.contacts.add(
                channel="text",
                to=to,
                who=who,
                ref=ref,
                purpose=purpose,
                outcome="blocked",
                body=body,
            )
            return None
        nth = self.contacts.tries("text", to)
        column = self._column(to)
        kind, outcome = self.town.text_fate(to=to, who=who, column=column, nth=nth)
        message = self.texts.accept(
            to=to, sender=sender, service=service, body=body, callback=callback
        )
        contact = self.contacts.add(
            channel="text",
            to=to,
            who=who,
            ref=ref,
            purpose=purpose,
            outcome=outcome,
            body=body,
            own={
                "sid": message.sid,
                "sender": sender,
                "service": service,
                "callback": callback,
                "kind": kind,
            },
        )
        self.people.expect(contact, follow(self.town, contact, kind))
        return message

    async def report_early(self, message: Message) -> None:
        """Report all that will become of this text now, the last first; nothing has happened yet."""
        contact = self.contacts.by_address[same_home("text", message.to, None)][-1]
        kind, _ = self.town.text_fate(
            to=contact.to,
            who=contact.who,
            column=self._column(contact.to),
            nth=contact.nth,
        )
        for step in reversed(follow(self.town, contact, kind)):
            if step.what != "act" and message.callback:
                told = replace(message, status=step.what, error=step.code or None)
                await self.callbacks.post(message.callback, status_params(told))

    def _column(self, number: str) -> str | None:
        resident = self.residents.at("text", number)
        return resident.column if resident else None

    def refuse_text(self, *, to: str, body: str, callback: str) -> None:
        """A number that is none: nobody was reached for, and that is on the record too."""
        ref, purpose = key_and_purpose(callback)
        self.contacts.add(
            channel="text", to=to, who=None, ref=ref, purpose=purpose, outcome="invalid", body=body
        )

    def send_whatsapp(self, body: object) -> tuple[str, str]:
        """(number, Meta's id) of a message that was taken. Raises meta.Refused."""
        to, words, tracking, buttons, free = read_whatsapp(body)
        resident = self.residents.at("text", to)
        who = resident.who[0] if resident and resident.who else None
        ref, purpose = key_and_purpose_of(tracking)
        if free and not self.meta.window_open(to):
            raise Refused(131047, "Message failed to send because more than 24 hours have passed")
        nth = self.contacts.tries("whatsapp", to)
        kind, outcome = self.town.whatsapp_fate(to=to, who=who, column=self._column(to), nth=nth)
        own = {
            "wamid": f"wamid.{secrets.token_hex(20)}",
            "tracking": tracking,
            "buttons": list(buttons),
            "kind": kind,
        }
        contact = self.contacts.add(
            channel="whatsapp",
            to=to,
            who=who,
            ref=ref,
            purpose=purpose,
            outcome=outcome,
            body=words,
            own=own,
        )
        self.meta.keep(contact, own)
        self.people.expect(contact, follow(self.town, contact, kind))
        return to, str(own["wamid"])

    def show_notice(self, name: str, notice: Notice, *, ref: str | None) -> None:
        """A family's phone shows it at once: phones that are off are no part of this town."""
        contact = self.contacts.add(
            channel="push",
            to=f"{self.url}/push/{name}",
            who=self.browsers.who[name],
            ref=ref,
            purpose=notice.purpose,
            outcome="delivered",
            body=notice.words,
            own={"link": notice.link},
        )
        self.people.expect(contact, follow(self.town, contact))

    def subscribe(self, who: str) -> dict[str, str]:
        """A guardian's browser agrees to notices: what it tells the page."""
        agreed = self.browsers.subscribe(who, self.url)
        self.carriers.write({"browser": agreed["endpoint"].rpartition("/")[2], "who": who})
        return agreed

    def place_call(
        self,
        *,
        to: str,
        sender: str,
        url: str,
        twiml: str,
        callback: str,
        events: tuple[str, ...],
        detects: bool,
    ) -> Call:
        """Take the order for one call; whether and by whom it is answered shows in a while."""
        resident = self.residents.at("text", to)
        who = resident.who[0] if resident and resident.who else None
        ref, purpose = key_and_purpose(callback or url)
        nth = self.calls.tries(to)
        kind, outcome = self.town.voice_fate(to=to, who=who, column=self._column(to), nth=nth)
        now = self.clock.now()
        call = Call(
            sid=f"CA{secrets.token_hex(16)}",
            account=self.options.account,
            to=to,
            sender=sender,
            url=url,
            twiml=twiml,
            callback=callback,
            events=events,
            detects=detects,
            who=who,
            ref=ref,
            purpose=purpose,
            kind=kind,
            outcome=outcome,
            nth=nth,
            created=now,
            updated=now,
        )
        self.calls.begin(call)
        return call

    def refuse_call(self, *, to: str, callback: str) -> None:
        """A number that is none cannot be called."""
        ref, purpose = key_and_purpose(callback)
        self.contacts.add(
            channel="voice", to=to, who=None, ref=ref, purpose=purpose, outcome="invalid", body=""
        )

    def email_bounces(self, address: str) -> bool:
        """Whether this mailbox will refuse the next mail."""
        resident = self.residents.at("email", address)
        if resident is None and self.residents.has("email") and not self.town.knows(address):
            return False  # not a family of this town: a teacher's mailbox works
        nth = self.contacts.tries("email", address)
        fate = self.town.email_fate(to=address, who=self._mailbox(address), nth=nth)
        return fate == "bounced"

    def take_email(
        self, *, to: str, ref: str | None, purpose: str, body: str, link: str, bounced: bool
    ) -> None:
        """One mail for one mailbox, delivered or refused."""
        contact = self.contacts.add(
            channel="email",
            to=to,
            who=self._mailbox(to),
            ref=ref,
            purpose=purpose,
            outcome="bounced" if bounced else "delivered",
            body=body,
            own={"link": link} if link else {},
        )
        self.people.expect(contact, follow(self.town, contact))

    def read_tray(self) -> int:
        """Post what lies in the print tray; how many letters those were."""
        posted = 0
        for name, letters in self.tray.new_tickets():
            for letter in letters:
                if letter.channel == "letter":
                    self._post(letter)
                    posted += 1
            # Written after its letters: a kill in between posts the rest at the next start.
            self.carriers.write({"printed": name})
            if any(letter.channel == "letter" for letter in letters):
                self.tray.confirm(name)
        return posted

    def _post(self, letter: Letter) -> None:
        resident = self.residents.at("letter", letter.to)
        meant = resident.addressed(letter.names) if resident else ()
        who = meant[0] if meant else None
        nth = self.contacts.tries("letter", letter.to)
        outcome, _ = self.town.post_fate(to=letter.to, who=who, nth=nth)
        contact = self.contacts.add(
            channel="letter",
            to=letter.to,
            who=who,
            ref=letter.key,
            purpose=letter.purpose,
            outcome=outcome,
            body=letter.body,
            own=letter.own(),
        )
        self.people.expect(contact, follow(self.town, contact))

    def hand_over(self, key: str, who: str) -> bool:
        """The simulated staff try to hand a printed letter over; whether they met someone.

        Raises Unknown when no letter with this key waits to be handed over, NotNow when it was.
        """
        self.read_tray()
        letter = self.tray.handovers.get(key)
        if letter is None:
            raise Unknown(f"No letter with the key {key} waits to be handed over.")
        if key in self.tray.handed:
            raise NotNow(f"The letter {key} was handed over already.")
        nth = self.contacts.tries("handover", "", who)
        arrives = self.town.handover_arrives(who=who, nth=nth)
        if arrives:
            self.tray.handed.add(key)
        contact = self.contacts.add(
            channel="handover",
            to=letter.to,
            who=who,
            ref=key,
            purpose=letter.purpose,
            outcome="arrives" if arrives else "missed",
            body=letter.body,
            own=letter.own(),
        )
        self.people.expect(contact, follow(self.town, contact))
        return arrives

    def try_in_person(self, raw: object) -> list[dict[str, str]]:
        """The simulated staff ring, knock or bring something; what came of each, in their order.

        Raises TriesError, and then nobody was tried.
        """
        found = []
        for one in read_tries(raw):
            nth = self.contacts.tries(one.how, one.to, one.who)
            outcome = outcome_of(self.town, one, column=self._column(one.to), nth=nth)
            contact = self.contacts.add(
                channel=one.how,
                to=one.to,
                who=one.who,
                ref=one.ref,
                purpose=one.purpose,
                outcome=outcome,
                body=one.body,
            )
            if outcome in PROOF:
                self.contacts.happened(contact, PROOF[outcome])
            found.append({"ref": one.ref, "outcome": outcome})
        return found

    def _mailbox(self, address: str) -> str | None:
        resident = self.residents.at("email", address)
        return resident.who[0] if resident and resident.who else None

    async def advance(self, to: datetime) -> dict[str, Any]:
        """Fire what is due by ``to``. NotNow when the clock runs by itself."""
        if self.clock.speed is not None:
            raise NotNow("The clock of this sandbox runs by itself; nothing needs to be advanced.")
        self.read_tray()
        before = self.callbacks.failed
        fired = await self.agenda.advance(to)
        self.carriers.write({"clock": self.clock.local(self.clock.now())})
        return {"fired": fired, "failed_callbacks": self.callbacks.failed - before, **self.times()}

    def times(self) -> dict[str, str | None]:
        due = self.agenda.next_due()
        return {
            "now": self.clock.local(self.clock.now()),
            "next_due": None if due is None else self.clock.local(due),
        }

    async def close(self) -> None:
        await self.callbacks.close()
        await self.people.browser.close()
        self.carriers.close()
        self.contacts.close()


def key_and_purpose(callback: str) -> tuple[str | None, str]:
    """The delivery key (last part of the path) and the purpose (``p``) of a callback address."""
    if not callback:
        return None, ""
    parts = urlsplit(callback)
    key = parts.path.rstrip("/").rpartition("/")[2]
    return key or None, dict(parse_qsl(parts.query)).get("p", "")
