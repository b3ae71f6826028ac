"""The voice carrier: it rings, fetches the words, lets people press keys, and reports.

A call is settled when it is answered or not, some seconds after it was ordered; then it is written down with
what was heard. A restart goes on with the calls that are not over: what the product is told twice carries the
same ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

import aiohttp
from yarl import URL

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.callbacks import Callbacks, Failed
from bothways.sandbox.contacts import Contact, Contacts
from bothways.sandbox.draws import between
from bothways.sandbox.journal import Journal
from bothways.sandbox.plan import ASKS_NOTHING
from bothways.sandbox.town import Habits, Town
from bothways.sandbox.twilio_wire import opt_out_type, signature
from bothways.sandbox.twiml import BadTwiML, Verb, parse

_MOST_STEPS: Final = 20  # documents of one call; a loop of redirects is an error of the product
_HEARD, _AGAIN, _CALL_ME, _SPEAK, _STOP = "1", "2", "3", "4", "5"
_HIGHEST_DRAWN = 3  # of the keys with which somebody answers a question
# What people do with a menu that offers more than "I have heard it".
_AGAIN_SHARE, _CALL_ME_SHARE, _BUSY_SHARE = 0.1, 0.5, 0.3
_SECONDS_TO_ANSWER: Final = {"person": (4, 20), "machine": (22, 30), "none": (30, 30)}


@dataclass(slots=True, eq=False)
class Call:
    """A Call resource."""

    sid: str
    account: str
    to: str
    sender: str
    url: str
    twiml: str
    callback: str
    events: tuple[str, ...]
    detects: bool  # machine detection was asked for
    who: str | None
    ref: str | None
    purpose: str
    kind: str
    outcome: str
    nth: int
    created: datetime
    updated: datetime
    status: str = "queued"
    answered_by: str | None = None
    seconds: int = 0
    contact: Contact | None = None

    def kept(self) -> dict[str, Any]:
        """What a restart needs."""
        names = ("to", "sender", "url", "twiml", "callback", "who", "ref", "purpose")
        more = ("detects", "kind", "outcome", "nth")
        return {n: getattr(self, n) for n in (*names, *more)} | {"events": list(self.events)}


@dataclass(frozen=True, slots=True)
class Recording:
    """What a person said after the tone."""

    sid: str
    words: str
    seconds: int


@dataclass
class Calls:
    """State of one account: its calls in the order in which they were made, and recordings."""

    account: str
    town: Town
    agenda: Agenda
    callbacks: Callbacks
    carriers: Journal
    contacts: Contacts
    all: list[Call] = field(default_factory=list)
    by_sid: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    ringing: dict[str, int] = field(default_factory=dict)  # calls under way by number
    url: str = ""  # where this carrier is, for the addresses of recordings

    def tries(self, to: str) -> int:
        """How many times before, those that ring just now included."""
        return self.contacts.tries("voice", to) + self.ringing.get(to, 0)

    def begin(self, call: Call) -> None:
        """Take the order, and ring."""
        self.carriers.write(
            {"call": call.sid, "at": self.agenda.clock.local(call.created), **call.kept()}
        )
        self.expect(call)

    def expect(self, call: Call) -> None:
        """Keep the call and let it be settled in time; also after a restart."""
        self.all.append(call)
        self.by_sid[call.sid] = call
        if call.contact is None:
            self.ringing[call.to] = self.ringing.get(call.to, 0) + 1
        drawn = self._draw(call, "seconds")
        due = call.created + timedelta(seconds=between(*_SECONDS_TO_ANSWER[call.outcome], drawn))
        self.agenda.put(max(due, self.agenda.clock.now()), partial(self._settle, call))

    def _draw(self, call: Call, question: str) -> float:
        return self.town.draw(call.to, "voice", call.nth, question)

    async def _settle(self, call: Call) -> None:
        """Somebody takes the call, a machine does, or nobody."""
        await self._report(call, "initiated")
        await self._report(call, "ringing")
        if call.outcome == "none":
            self._written(call, "")
            if call.kind == "dead":
                await self._over(call, "failed")
            else:
                busy = self._draw(call, "busy") < _BUSY_SHARE
                await self._over(call, "busy" if busy else "no-answer")
            return
        if call.detects:
            call.answered_by = "human" if call.outcome == "person" else "machine_end_beep"
        await self._report(call, "in-progress", event="answered")
        talk = _Talk(self, call)
        await talk.open()
        contact = self._written(call, talk.words())
        if talk.verbs and not contact.has("delivered"):
            self.contacts.happened(contact, "delivered")
        if talk.verbs and call.outcome == "person":
            await self._react(call, contact, talk)
        call.seconds = max(1, 3 + len(contact.body) // 15)
        await self._over(call, "completed")

    def _written(self, call: Call, body: str) -> Contact:
        if call.contact is None:
            self.ringing[call.to] -= 1
            call.contact = self.contacts.add(
                channel="voice",
                to=call.to,
                who=call.who,
                ref=call.ref,
                purpose=call.purpose,
                outcome=call.outcome,
                body=body,
                own={"call_sid": call.sid},
            )
        return call.contact

    async def _react(self, call: Call, contact: Contact, talk: "_Talk") -> None:
        """Press what this person presses, if anything."""
        if call.purpose in ASKS_NOTHING:
            return
        habits = self.town.habits_of(channel="voice", to=call.to, who=call.who)
        if self._draw(call, "sees") >= habits.sees:
            return  # hangs up, or listens to the end
        if habits.keys:
            await self._press_all(call, contact, talk, habits.keys)
            return
        if not await self._answer(call, talk):
            return
        if self._draw(call, "again") < _AGAIN_SHARE and not await talk.press(_AGAIN):
            return
        key, words = self._choice(call, habits)
        if not await talk.press(key):
            return
        what = {_HEARD: "seen", _STOP: "stopped"}.get(key, "answered")
        if key == _SPEAK and not await talk.speak(words):
            return
        if not contact.has(what):
            self.contacts.happened(contact, what, words, key=key)

    async def _press_all(
        self, call: Call, contact: Contact, talk: "_Talk", keys: Sequence[str]
    ) -> None:
        """Press just these, one after another; nothing for an empty one."""
        for one in keys:
            if not one:
                talk.wait()
            elif not await talk.press(one):
                return
            elif not contact.has("answered"):
                self.contacts.happened(contact, "answered", "", key=one)

    async def _answer(self, call: Call, talk: "_Talk") -> bool:
        """Answer what is asked before the menu, by keys that are drawn; whether a menu is left."""
        for nth in range(_MOST_STEPS):
            if not talk.asks:
                return True
            key = str(between(1, _HIGHEST_DRAWN, self._draw(call, f"key {nth}")))
            if not await talk.press(key):
                return False
        return False

    def _choice(self, call: Call, habits: Habits) -> tuple[str, str]:
        """(key, words after the tone)."""
        if not habits.words or self._draw(call, "answers") >= habits.answers:
            return _HEARD, ""
        words = habits.words[int(self._draw(call, "words") * len(habits.words))]
        if opt_out_type(words) == "STOP":
            return _STOP, ""
        if self._draw(call, "way") < _CALL_ME_SHARE:
            return _CALL_ME, ""
        return _SPEAK, words

    def record(self, call: Call, words: str) -> Recording:
        """Keep what was said; the same call has the same recording, however often it is told."""
        sid = "RE" + sha256(call.sid.encode()).hexdigest()[:32]
        if sid not in self.recordings:
            self.recordings[sid] = Recording(sid, words, max(2, len(words) // 12))
            self.carriers.write(
                {"recording": sid, "words": words, "seconds": self.recordings[sid].seconds}
            )
        return self.recordings[sid]

    async def ask(self, url: str, params: Mapping[str, str]) -> tuple[Verb, ...]:
        """Fetch the next words from the product; nothing where Twilio would say that it failed."""
        headers = {
            "X-Twilio-Signature": signature(self.callbacks.token, url, params),
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            async with self.callbacks.session().post(
                URL(url, encoded=True), data=params, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.text("utf-8", "strict")
                if answer.status >= 300:
                    raise BadTwiML(f"status {answer.status}")
                return parse(body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            now = self.agenda.clock.now()
            self.callbacks.failed += 1
            self.callbacks.last_failed.append(
                Failed(now, url, f"{type(error).__name__}: {error}", params)
            )
            return ()

    async def hear(self, address: str) -> bool:
        """Whether a recording can be played."""
        try:
            async with self.callbacks.session().get(URL(address, encoded=True)) as answer:
                kind = answer.content_type
                return answer.status == 200 and kind.startswith("audio/")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False

    async def _report(self, call: Call, status: str, *, event: str = "") -> None:
        call.status, call.updated = status, self.agenda.clock.now()
        if call.callback and (event or status) in call.events:
            await self.callbacks.post(call.callback, call_params(call))

    async def _over(self, call: Call, status: str) -> None:
        call.status, call.updated = status, self.agenda.clock.now()
        if call.callback:
            await self.callbacks.post(call.callback, call_params(call), partial(self._told, call))
        else:
            self._told(call)

    def _told(self, call: Call) -> None:
        self.carriers.write(
            {
                "over": call.sid,
                "status": call.status,
                "seconds": call.seconds,
                "answered_by": call.answered_by,
                "ended": self.agenda.clock.local(call.updated),
            }
        )


class _Talk:
    """One answered call: the document that runs, and what was heard so far."""

    def __init__(self, calls: Calls, call: Call) -> None:
        self.calls = calls
        self.call = call
        self.verbs: tuple[Verb, ...] = ()
        self._unheard: set[str] = set()  # recordings that cannot be played

    async def open(self) -> None:
        """Fetch the first words."""
        if self.call.twiml:
            try:
                self.verbs = parse(self.call.twiml)
            except BadTwiML:
                self.verbs = ()
        else:
            self.verbs = await self.calls.ask(self.call.url, call_params(self.call))
        await self._follow()
        for verb in self.verbs:
            for one in (verb, *verb.inner):
                if one.name == "Play" and not await self.calls.hear(one.text):
                    self._unheard.add(one.text)

    def words(self) -> str:
        """All that is said until somebody can press a key, or to the end."""
        said: list[str] = []
        for verb in self.verbs:
            said += [self._said(one) for one in (verb, *verb.inner)]
            if verb.name in ("Gather", "Hangup"):
                break
        return "\n".join(part for part in said if part)

    def _said(self, verb: Verb) -> str:
        if verb.name == "Play":
            return "" if verb.text in self._unheard else "(a recording)"
        return verb.text if verb.name == "Say" else ""

    @property
    def asks(self) -> bool:
        """Whether the keys pressed now go elsewhere than those of the menu at the end."""
        actions = [
            verb.attributes.get("action", "") for verb in self.verbs if verb.name == "Gather"
        ]
        return bool(actions) and actions[0] != actions[-1]

    def wait(self) -> None:
        """Press nothing: the document goes on behind the keys that it listens for."""
        names = [verb.name for verb in self.verbs]
        if "Gather" in names:
            self.verbs = self.verbs[names.index("Gather") + 1 :]

    async def press(self, key: str) -> bool:
        """Whether there was a menu to press it at."""
        gather = next((verb for verb in self.verbs if verb.name == "Gather"), None)
        if gather is None or not gather.attributes.get("action"):
            return False
        # The pound key only says that this was all.
        ended = "#" if gather.attributes.get("finishOnKey") == "#" else ""
        told = call_params(self.call) | {"Digits": key.rstrip("#"), "FinishedOnKey": ended}
        self.verbs = await self.calls.ask(gather.attributes["action"], told)
        await self._follow()
        return bool(self.verbs)

    async def speak(self, words: str) -> bool:
        """Whether there was a tone to speak after."""
        record = next((verb for verb in self.verbs if verb.name == "Record"), None)
        if record is None or not record.attributes.get("action"):
            return False
        kept = self.calls.record(self.call, words)
        place = f"{self.calls.url}/2010-04-01/Accounts/{self.call.account}/Recordings/{kept.sid}"
        told = call_params(self.call) | {
            "Digits": "hangup",
            "RecordingSid": kept.sid,
            "RecordingUrl": place,
            "RecordingDuration": str(kept.seconds),
        }
        self.verbs = await self.calls.ask(record.attributes["action"], told)
        return bool(self.verbs)

    async def _follow(self) -> None:
        """Go where a document only redirects to."""
        for _ in range(_MOST_STEPS):
            if not self.verbs or self.verbs[0].name != "Redirect":
                return
            self.verbs = await self.calls.ask(self.verbs[0].text, call_params(self.call))
        self.verbs = ()


def call_params(call: Call) -> dict[str, str]:
    """The form fields with which Twilio asks and tells in the course of a call."""
    params = {
        "AccountSid": call.account,
        "ApiVersion": "2010-04-01",
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Called": call.to,
        "Caller": call.sender,
        "Direction": "outbound-api",
        "From": call.sender,
        "To": call.to,
    }
    if call.answered_by:
        params["AnsweredBy"] = call.answered_by
    if call.status == "completed":
        params["CallDuration"] = str(call.seconds)
    return params
