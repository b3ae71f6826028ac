"""The town: how likely it is that something arrives, is seen and is answered.

A town file may lack any part; what it lacks is taken from ``DEFAULTS``. ``people`` overrides by
guardian id or by address, and an address overrides a guardian.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bothways.sandbox.draws import Odds, between, chance, pick

DEFAULTS: Final[Mapping[str, Any]] = {
    "seed": 7,
    "timezone": "America/Chicago",
    "start": "2021-09-13",
    "kinds": {
        "mobile": {
            "text": {"delivered": 0.93, "undelivered": 0.05, "nothing": 0.02},
            "voice": {"person": 0.35, "machine": 0.5, "none": 0.15},
        },
        "landline": {
            "text": {"landline": 1.0},
            "voice": {"person": 0.45, "machine": 0.35, "none": 0.2},
        },
        "dead": {"text": {"undelivered": 1.0}, "voice": {"none": 1.0}},
        "email": {"delivered": 0.88, "bounced": 0.12},
        "address": {"arrives": 0.93, "returned": 0.07, "days": [1, 4]},
        "home": {
            "call": {"person": 0.5, "none": 0.4, "wrong": 0.1},
            "visit": {"met": 0.55, "none": 0.35, "moved": 0.1},
            "handover": {"arrives": 0.8},
        },
    },
    "report_seconds": [2, 20],
    "phone_kind": {
        "sms": {"mobile": 0.97, "dead": 0.03},
        "phone": {"mobile": 0.55, "landline": 0.35, "dead": 0.1},
    },
    "after_arrival": {
        "sees": 0.7,
        "answers": 0.3,
        "minutes": [3, 900],
        "by_channel": {
            "email": {"sees": 0.45},
            "letter": {"sees": 0.85, "answers": 0.2, "minutes": [600, 6000]},
        },
        "words": [
            "Gracias",
            "ok thank you",
            "STOP",
            "wrong number",
            "me puede llamar despues de las 6?",
            "👍",
        ],
    },
    "people": {},
}

TEXT_OUTCOMES: Final = ("delivered", "undelivered", "nothing", "landline")
VOICE_OUTCOMES: Final = ("person", "machine", "none")
EMAIL_OUTCOMES: Final = ("delivered", "bounced")
POST_OUTCOMES: Final = ("arrives", "returned")
CALL_OUTCOMES: Final = ("person", "none", "wrong")
VISIT_OUTCOMES: Final = ("met", "none", "moved")
_HABITS: Final = ("sees", "answers", "minutes", "words", "keys")


class TownError(ValueError):
    """The town file cannot be used; the text names the place and what belongs there."""


@lru_cache(maxsize=1 << 18)
def place(address: str) -> str:
    """One spelling for one address: spaces, commas and capitals do not make two homes."""
    return " ".join(re.split(r"[\s,]+", address.strip())).casefold()


@dataclass(frozen=True, slots=True)
class Habits:
    """What a person does with something that arrived."""

    sees: float  # makes the gesture that the message offers
    answers: float  # of those who see: writes words instead
    minutes: tuple[int, int]  # after arrival
    words: tuple[str, ...]
    keys: tuple[
        str, ...
    ] = ()  # pressed in a call, one after another, "" none; (): as they are drawn


@dataclass(frozen=True, slots=True)
class Person:
    """What is known to be different about one guardian or one address."""

    kind: str | None = None
    text: Odds | None = None
    voice: Odds | None = None
    email: Odds | None = None
    address: Odds | None = None
    days: tuple[int, int] | None = None
    handover: float | None = None
    call: Odds | None = None
    visit: Odds | None = None
    habits: Mapping[str, Any] | None = None
    by_channel: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Town:
    """Probabilities in, fates out. Every fate is drawn again the same way."""

    seed: int
    zone: ZoneInfo
    start: date
    text: Mapping[str, Odds]  # by kind of phone
    voice: Mapping[str, Odds]  # by kind of phone
    email: Odds
    address: Odds
    days: tuple[int, int]
    handover: float
    call: Odds
    visit: Odds
    report_seconds: tuple[int, int]  # from a text to its last report
    phone_kind: Mapping[str, Odds]  # by roster column
    habits: Mapping[str, Any]
    by_channel: Mapping[str, Mapping[str, Any]]
    people: Mapping[str, Person]

    def draw(self, address: str, channel: str, nth: int, question: str) -> float:
        """A repeatable number in [0, 1) for this question about this address."""
        return chance(self.seed, place(address), channel, nth, question)

    def text_fate(
        self, *, to: str, who: str | None, column: str | None, nth: int
    ) -> tuple[str, str]:
        """(kind of phone, outcome). The kind is drawn once for a number, the outcome every time."""
        persons = self._persons(to, who)
        kind = next((p.kind for p in persons if p.kind), None)
        if kind is None:
            odds = self.phone_kind["sms" if column == "sms" else "phone"]
            kind = pick(odds, self.draw(to, "text", 0, "kind"))
        outcomes = next((p.text for p in persons if p.text), None) or self.text[kind]
        return kind, pick(outcomes, self.draw(to, "text", nth, "outcome"))

    def voice_fate(
        self, *, to: str, who: str | None, column: str | None, nth: int
    ) -> tuple[str, str]:
        """(kind of phone, who takes a machine's call): the kind is the one that texts find, too."""
        kind, _ = self.text_fate(to=to, who=who, column=column, nth=0)
        odds = next((p.voice for p in self._persons(to, who) if p.voice), None) or self.voice[kind]
        return kind, pick(odds, self.draw(to, "voice", nth, "outcome"))

    def whatsapp_fate(
        self, *, to: str, who: str | None, column: str | None, nth: int
    ) -> tuple[str, str]:
        """(kind of phone, outcome): as a text to this number fares, each drawn for itself."""
        kind, _ = self.text_fate(to=to, who=who, column=column, nth=0)
        odds = next((p.text for p in self._persons(to, who) if p.text), None) or self.text[kind]
        return kind, pick(odds, self.draw(to, "whatsapp", nth, "outcome"))

    def email_fate(self, *, to: str, who: str | None, nth: int) -> str:
        """``delivered`` or ``bounced``."""
        odds = next((p.email for p in self._persons(to, who) if p.email), None) or self.email
        return pick(odds, self.draw(to, "email", nth, "outcome"))

    def post_fate(self, *, to: str, who: str | None, nth: int) -> tuple[str, int]:
        """(``arrives`` or ``returned``, days on the way)."""
        persons = self._persons(to, who)
        odds = next((p.address for p in persons if p.address), None) or self.address
        low, high = next((p.days for p in persons if p.days), None) or self.days
        outcome = pick(odds, self.draw(to, "letter", nth, "outcome"))
        return outcome, between(low, high, self.draw(to, "letter", nth, "days"))

    def handover_arrives(self, *, who: str, nth: int) -> bool:
        """Whether staff meet someone to hand the letter to."""
        odds = next((p.handover for p in self._persons(who, who) if p.handover is not None), None)
        likely = self.handover if odds is None else odds
        return self.draw(who, "handover", nth, "outcome") < likely

    def call_fate(self, *, to: str, who: str | None, column: str | None, nth: int) -> str:
        """Who answers when the staff ring this number: the right ``person``, ``none``, or a ``wrong`` one.

        A number that is dead for texts is dead for a person's call too.
        """
        kind, _ = self.text_fate(to=to, who=who, column=column, nth=0)
        if kind == "dead":
            return "none"
        odds = next((p.call for p in self._persons(to, who) if p.call), None) or self.call
        return pick(odds, self.draw(to, "call", nth, "outcome"))

    def visit_fate(self, *, to: str, who: str | None, nth: int) -> str:
        """Whether a visit finds the family: ``met``, ``none`` at home, or ``moved``."""
        odds = next((p.visit for p in self._persons(to, who) if p.visit), None) or self.visit
        return pick(odds, self.draw(to, "visit", nth, "outcome"))

    def habits_of(self, *, channel: str, to: str, who: str | None) -> Habits:
        """The habits for one arrival: everyone's, then the channel's, then the person's own."""
        # A letter handed over is read as a letter, unless the town says otherwise.
        # WhatsApp is read as a text is, unless the town says otherwise.
        like = {"handover": ("letter", "handover"), "whatsapp": ("text", "whatsapp")}
        ways = like.get(channel, (channel,))
        values = dict(self.habits)
        for way in ways:
            values |= self.by_channel.get(way, {})
        for person in reversed(self._persons(to, who)):
            values |= person.habits or {}
            for way in ways:
                values |= (person.by_channel or {}).get(way, {})
        return Habits(
            values["sees"],
            values["answers"],
            values["minutes"],
            values["words"],
            values.get("keys", ()),
        )

    def knows(self, address: str) -> bool:
        """Whether the town says something of its own about this address."""
        return place(address) in self.people

    def _persons(self, address: str, who: str | None) -> tuple[Person, ...]:
        """What is known of the address, then of the guardian."""
        if not self.people:
            return ()
        found = (self.people.get(place(address)), self.people.get(place(who)) if who else None)
        return tuple(person for person in found if person is not None)


def load(path: Path | None) -> Town:
    """Read a town file, or the built-in town when there is none. TownError if it is unusable."""
    if path is None:
        return parse({})
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise TownError(f"The town file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise TownError(f"The town file {path} is not JSON ({error}).") from error
    return parse(raw)


def parse(raw: object) -> Town:
    """A town from the JSON of a town file; parts that are missing come from ``DEFAULTS``."""
    given = _object(raw, "the town")
    kinds = _object(given.get("kinds", {}), "kinds")
    text = {
        kind: _odds(
            _object(kinds.get(kind, {}), f"kinds.{kind}").get(
                "text", DEFAULTS["kinds"][kind]["text"]
            ),
            f"kinds.{kind}.text",
            TEXT_OUTCOMES,
        )
        for kind in ("mobile", "landline", "dead")
    }
    voice = {
        kind: _odds(
            _object(kinds.get(kind, {}), f"kinds.{kind}").get(
                "voice", DEFAULTS["kinds"][kind]["voice"]
            ),
            f"kinds.{kind}.voice",
            VOICE_OUTCOMES,
        )
        for kind in text
    }
    post = _object(kinds.get("address", {}), "kinds.address")
    home = _object(kinds.get("home", {}), "kinds.home")
    handed = _object(home.get("handover", {}), "kinds.home.handover")
    at_home = DEFAULTS["kinds"]["home"]
    phones = _object(given.get("phone_kind", {}), "phone_kind")
    after = _object(given.get("after_arrival", {}), "after_arrival")
    return Town(
        seed=_whole(given.get("seed", DEFAULTS["seed"]), "seed"),
        zone=_zone(given.get("timezone", DEFAULTS["timezone"])),
        start=_date(given.get("start", DEFAULTS["start"])),
        text=text,
        voice=voice,
        email=_odds(kinds.get("email", DEFAULTS["kinds"]["email"]), "kinds.email", EMAIL_OUTCOMES),
        address=_post(post, "kinds.address")
        or _post(DEFAULTS["kinds"]["address"], "kinds.address")
        or (),
        days=_range(post.get("days", DEFAULTS["kinds"]["address"]["days"]), "kinds.address.days"),
        handover=_share(handed.get("arrives", 0.8), "kinds.home.handover.arrives"),
        call=_odds(home.get("call", at_home["call"]), "kinds.home.call", CALL_OUTCOMES),
        visit=_odds(home.get("visit", at_home["visit"]), "kinds.home.visit", VISIT_OUTCOMES),
        report_seconds=_range(
            given.get("report_seconds", DEFAULTS["report_seconds"]), "report_seconds"
        ),
        phone_kind={
            column: _odds(
                phones.get(column, DEFAULTS["phone_kind"][column]),
                f"phone_kind.{column}",
                tuple(text),
            )
            for column in ("sms", "phone")
        },
        habits=_habits({**DEFAULTS["after_arrival"], **after}, "after_arrival"),
        by_channel=_by_channel(
            after.get("by_channel", DEFAULTS["after_arrival"]["by_channel"]), "after_arrival"
        ),
        people={
            place(key): _person(value, f"people.{key}")
            for key, value in _object(given.get("people", {}), "people").items()
        },
    )


def _person(raw: object, where: str) -> Person:
    value = _object(raw, where)
    post = _object(value.get("address", {}), f"{where}.address")
    kind = value.get("kind")
    if kind is not None and kind not in ("mobile", "landline", "dead"):
        raise TownError(f"{where}.kind must be mobile, landline or dead.")
    handed = _object(value.get("handover", {}), f"{where}.handover").get("arrives")
    return Person(
        kind=kind,
        text=_odds(value["text"], f"{where}.text", TEXT_OUTCOMES) if "text" in value else None,
        voice=_odds(value["voice"], f"{where}.voice", VOICE_OUTCOMES) if "voice" in value else None,
        email=_odds(value["email"], f"{where}.email", EMAIL_OUTCOMES) if "email" in value else None,
        address=_post(post, f"{where}.address"),
        days=_range(post["days"], f"{where}.address.days") if "days" in post else None,
        handover=None if handed is None else _share(handed, f"{where}.handover.arrives"),
        call=_odds(value["call"], f"{where}.call", CALL_OUTCOMES) if "call" in value else None,
        visit=_odds(value["visit"], f"{where}.visit", VISIT_OUTCOMES) if "visit" in value else None,
        habits=_habits(value, where),
        by_channel=_by_channel(value.get("by_channel", {}), where),
    )


def _habits(value: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Those of sees, answers, minutes, words and keys that are there."""
    found: dict[str, Any] = {}
    for name in _HABITS:
        if name in value:
            at = f"{where}.{name}"
            if name == "minutes":
                found[name] = _range(value[name], at)
            elif name == "words":
                found[name] = _words(value[name], at)
            elif name == "keys":
                found[name] = _keys(value[name], at)
            else:
                found[name] = _share(value[name], at)
    return found


def _by_channel(raw: object, where: str) -> dict[str, dict[str, Any]]:
    return {
        channel: _habits(_object(value, f"{where}.by_channel.{channel}"), f"{where}.{channel}")
        for channel, value in _object(raw, f"{where}.by_channel").items()
    }


def _post(value: Mapping[str, Any], where: str) -> Odds | None:
    """The odds of a letter; one of the two shares is enough."""
    shares = {
        name: _share(value[name], f"{where}.{name}") for name in POST_OUTCOMES if name in value
    }
    if not shares:
        return None
    if len(shares) == 1:
        (known,) = shares
        other = POST_OUTCOMES[1 - POST_OUTCOMES.index(known)]
        shares[other] = 1.0 - shares[known]
    return _odds(shares, where, POST_OUTCOMES)


def _object(raw: object, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise TownError(f"{where} must be a JSON object.")
    return raw


def _odds(raw: object, where: str, allowed: Sequence[str]) -> Odds:
    value = _object(raw, where)
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise TownError(f"{where} knows {', '.join(allowed)}, not {', '.join(unknown)}.")
    odds = tuple((name, _share(weight, f"{where}.{name}")) for name, weight in value.items())
    if sum(weight for _, weight in odds) <= 0:
        raise TownError(f"{where} needs at least one share above 0.")
    return tuple(sorted(odds))  # the order in the file must not change a fate


def _share(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        raise TownError(f"{where} must be a number from 0 to 1.")
    return float(raw)


def _whole(raw: object, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise TownError(f"{where} must be a whole number.")
    return raw


def _range(raw: object, where: str) -> tuple[int, int]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise TownError(f"{where} must be two whole numbers, the lower first.")
    low, high = (_whole(value, where) for value in raw)
    if not 0 <= low <= high <= 1_000_000:
        raise TownError(f"{where} must be two whole numbers, the lower first.")
    return low, high


def _words(raw: object, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise TownError(f"{where} must be a list of texts.")
    try:
        "".join(raw).encode()
    except UnicodeEncodeError as error:
        raise TownError(f"{where} has half a character (a lone surrogate).") from error
    return tuple(text for text in raw if text.strip())


def _keys(raw: object, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(
        isinstance(keys, str) and re.fullmatch("[0-9*#]{0,20}", keys) for keys in raw
    ):
        raise TownError(f'{where} must be a list of keys of a telephone, such as ["4", "", "*"].')
    return tuple(raw)


def _zone(raw: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(raw))
    except (ValueError, OSError, KeyError) as error:
        raise TownError("timezone must be a name such as America/Chicago.") from error


def _date(raw: object) -> date:
    try:
        return date.fromisoformat(str(raw))
    except ValueError as error:
        raise TownError("start must be a date such as 2021-09-13.") from error
