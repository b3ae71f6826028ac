"""What will follow from a contact: pure, so that a restart plans the same again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bothways.sandbox.clock import awake
from bothways.sandbox.contacts import Contact
from bothways.sandbox.draws import between
from bothways.sandbox.town import Town

# People do nothing about a message that only says theirs has come in.
# Without this the school's thanks and the family's answer to it would go on for ever.
ASKS_NOTHING: Final = frozenset({"acknowledgement"})

# Twilio's codes: unreachable handset, unknown handset, landline, unknown error.
DEAD_CODES: Final = (30003, 30005)
MOBILE_CODES: Final = (30003, 30005, 30008)
LANDLINE_CODE: Final = 30006


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is going to happen.

    ``what``: sent, delivered, undelivered, returned (the carrier's), act (the person's).
    ``way`` of an act: text (a text back), whatsapp (the same there), page (the reply page),
    slip (the return slip).
    """

    due: datetime
    what: str
    way: str = ""
    words: str = ""
    code: int = 0  # the carrier's error code


def follow(town: Town, contact: Contact, kind: str = "") -> list[Step]:
    """All steps after this contact, in time order. ``kind`` is the kind of phone, for texts."""
    if contact.channel == "text":
        return _after_text(town, contact, kind)
    if contact.channel == "whatsapp":
        return _after_whatsapp(town, contact)
    if contact.channel == "letter":
        return _after_posting(town, contact)
    if contact.channel == "handover" and not contact.ticket:
        return []  # brought by a person, without a printed letter: there is no slip to return
    if contact.outcome in ("delivered", "arrives"):  # email, or handed over: it is there at once
        return [Step(contact.at, "delivered"), *_reaction(town, contact, contact.at)]
    return []


def _after_text(town: Town, contact: Contact, kind: str) -> list[Step]:
    seconds = between(*town.report_seconds, town.draw(contact.to, "text", contact.nth, "seconds"))
    sent = Step(contact.at + timedelta(seconds=min(1, seconds)), "sent")
    done = contact.at + timedelta(seconds=seconds)
    if contact.outcome == "delivered":
        return [sent, Step(done, "delivered"), *_reaction(town, contact, done)]
    if contact.outcome == "landline":
        return [sent, Step(done, "undelivered", code=LANDLINE_CODE)]
    if contact.outcome == "undelivered":
        codes = MOBILE_CODES if kind == "mobile" else DEAD_CODES
        drawn = town.draw(contact.to, "text", contact.nth, "code")
        return [sent, Step(done, "undelivered", code=codes[int(drawn * len(codes))])]
    return []  # "nothing": accepted, and never heard of again


def _after_whatsapp(town: Town, contact: Contact) -> list[Step]:
    drawn = town.draw(contact.to, "whatsapp", contact.nth, "seconds")
    seconds = between(*town.report_seconds, drawn)
    sent = Step(contact.at + timedelta(seconds=min(1, seconds)), "sent")
    done = contact.at + timedelta(seconds=seconds)
    if contact.outcome == "delivered":
        return [sent, Step(done, "delivered"), *_reaction(town, contact, done)]
    if contact.outcome in ("undelivered", "landline"):
        return [Step(done, "undelivered")]
    return [sent] if contact.outcome == "nothing" else []


def _after_posting(town: Town, contact: Contact) -> list[Step]:
    _, days = town.post_fate(to=contact.to, who=contact.who, nth=contact.nth)
    drawn = town.draw(contact.to, "letter", contact.nth, "round")
    if contact.outcome == "arrives":
        arrived = _mail_round(town, contact.at, days, drawn)
        return [Step(arrived, "delivered"), *_reaction(town, contact, arrived)]
    if contact.outcome == "returned":  # out, and the same way back
        return [Step(_mail_round(town, contact.at, 2 * days, drawn), "returned")]
    return []


def _mail_round(town: Town, posted: datetime, days: int, drawn: float) -> datetime:
    """Some minute between 10:00 and 16:00 in the town, so many days later; never before posting."""
    day = posted.astimezone(town.zone) + timedelta(days=days)
    on_the_round = day.replace(
        hour=10 + int(drawn * 6), minute=int(drawn * 360) % 60, second=0, microsecond=0
    )
    return max(on_the_round.astimezone(UTC), posted + timedelta(minutes=1))


def _reaction(town: Town, contact: Contact, arrived: datetime) -> list[Step]:
    """What the person does, if anything."""
    if contact.purpose in ASKS_NOTHING:
        return []
    home = contact.who or "" if contact.channel == "handover" else contact.to

    def drawn(question: str) -> float:
        return town.draw(home, contact.channel, contact.nth, question)

    habits = town.habits_of(channel=contact.channel, to=home, who=contact.who)
    if drawn("sees") >= habits.sees:
        return []
    words = ""
    if habits.words and drawn("answers") < habits.answers:
        words = habits.words[int(drawn("words") * len(habits.words))]
    way = "text"
    if contact.channel == "whatsapp":
        way = "whatsapp"
    elif contact.channel in ("email", "push"):
        way = "page"
    elif contact.channel in ("letter", "handover"):
        way = "page" if drawn("way") < 0.5 and contact.link else "slip"
    if way == "page" and not contact.link:
        return []  # a mail without a reply link offers no gesture
    minutes = between(*habits.minutes, drawn("minutes"))
    # Whole minutes: people of one minute act side by side, which keeps a large town quick.
    due = (arrived + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    due = awake(max(due, arrived), town.zone, drawn("morning"))
    return [Step(due, "act", way, words)]
