"""Words for messages and what becomes of them."""

from datetime import UTC, datetime
from enum import StrEnum

from bothways.channels.enums import Channel
from bothways.people.enums import PointKind


class Purpose(StrEnum):
    EMERGENCY = "emergency"
    TIMELY = "timely"  # loses its worth within a day or so
    ROUTINE = "routine"
    PERSONAL = "personal"  # about one child

    @property
    def lane(self) -> int:
        """Emergencies pass everything that waits."""
        return {"emergency": 0, "personal": 1, "timely": 1, "routine": 2}[self.value]


class Tone(StrEnum):
    """What a personal note is for the family that reads it, as its author says."""

    NEITHER = ""
    GOOD = "good"
    CONCERN = "concern"


EMERGENCY_LANE = 0
ROUTINE_LANE = 2
LANES = (0, 1, 2)
# Routine words that wait for their family's digest: no claim looks here, gathering takes them out.
DIGEST_LANE = 3
# A delivery that waits for nothing: due whatever the clock says, even one that was stepped back.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)


class MessageKind(StrEnum):
    NEWS = "news"  # written for an audience
    CONVERSATION = "conversation"  # staff to one family
    ACKNOWLEDGEMENT = "acknowledgement"  # the system: who will read it, and when
    ANSWER = "answer"  # the system: what a family asked it for
    CARD = "card"  # good news on a postcard: by paper alone, and it never climbs
    MEND = "mend"  # the system: a number or address does not work, what is the right one
    CHANGED = "changed"  # the system: a number or address of yours was changed
    QUESTION = (
        "question"  # a question whose answer is taken in: it never climbs and waits for no digest
    )


class State(StrEnum):
    """The life of a delivery. Ranks only grow, so receipts may come twice, late and out of order."""

    QUEUED = "queued"
    CLAIMED = "claimed"  # given to a carrier, or about to be
    WITHHELD = "withheld"  # consent ended before it was sent
    GATHERED = "gathered"  # its words go with another delivery of the same digest: that one's fate is its own
    HELD = "held"  # nobody knows whether it went out: a person decides
    PRINTED = "printed"  # it lies in the print tray: nobody has tried yet
    ACCEPTED = "accepted"  # the carrier has it; of a letter: it was posted
    REJECTED = "rejected"  # the carrier refused it
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    SEEN = "seen"
    ANSWERED = "answered"

    @property
    def rank(self) -> int:
        return RANKS[self]

    @property
    def label(self) -> str:
        return _LABELS[self]


RANKS: dict[State, int] = {
    State.QUEUED: 0,
    State.CLAIMED: 10,
    State.WITHHELD: 12,
    State.GATHERED: 14,
    State.HELD: 15,
    State.PRINTED: 17,
    State.ACCEPTED: 20,
    State.REJECTED: 30,
    State.UNDELIVERED: 31,
    State.DELIVERED: 40,
    State.SEEN: 50,
    State.ANSWERED: 60,
}
_LABELS = {
    State.QUEUED: "waiting to go out",
    State.CLAIMED: "going out",
    State.WITHHELD: "not sent: may not be contacted",
    State.GATHERED: "goes with the digest",
    State.HELD: "unclear whether it went out",
    State.PRINTED: "printed, not on its way yet",
    State.ACCEPTED: "sent, no word yet",
    State.REJECTED: "refused by the carrier",
    State.UNDELIVERED: "did not arrive",
    State.DELIVERED: "delivered",
    State.SEEN: "seen",
    State.ANSWERED: "answered",
}
FAILED = (State.REJECTED, State.UNDELIVERED)
OPEN = (State.QUEUED, State.CLAIMED, State.HELD, State.ACCEPTED, State.DELIVERED)

KIND_OF_CHANNEL: dict[Channel, PointKind] = {
    Channel.TEXT: PointKind.PHONE,
    Channel.WHATSAPP: PointKind.WHATSAPP,
    Channel.PUSH: PointKind.PUSH,
    Channel.VOICE: PointKind.PHONE,
    Channel.EMAIL: PointKind.EMAIL,
    Channel.LETTER: PointKind.POSTAL,
    Channel.HANDOVER: PointKind.POSTAL,
}

# How long a sign may still be expected, in days: a letter travels, lies on a table and comes back.
DAYS_TO_WAIT: dict[Channel, int] = {
    Channel.TEXT: 2,
    Channel.WHATSAPP: 2,
    Channel.PUSH: 1,
    Channel.VOICE: 1,
    Channel.EMAIL: 3,
    Channel.LETTER: 10,
    Channel.HANDOVER: 7,
}


class Hold(StrEnum):
    """Why a home that a message meant got nothing."""

    NO_GUARDIAN = "no_guardian"
    NO_LAWFUL_CONTACT = "no_lawful_contact"
    NO_CONTACT_POINT = "no_contact_point"
    STOPPED = "stopped"
    NO_TRANSLATION = "no_translation"
    TOO_SLOW = "too_slow"  # only the post goes there, and tomorrow it is worth nothing
    SPOKEN_NEEDED = "spoken_needed"  # nobody there reads, and there is no spoken way yet


class Meaning(StrEnum):
    """What a family's words were taken for."""

    WORDS = "words"
    ACKNOWLEDGED = "acknowledged"
    STOP = "stop"
    START = "start"
    HELP = "help"
    WRONG_PERSON = "wrong_person"
    AUTO_REPLY = "auto_reply"
    EMPTY = "empty"
    SPOKEN = "spoken"  # a voice message: only a person who listens knows what it says
    CALL_ME = "call_me"  # the button
    NOT_UNDERSTOOD = "not_understood"  # the button
    TOLD = "told"  # the answer to a question of ours and nothing besides: who asked takes it in


class Takes(StrEnum):
    """What a question takes for an answer."""

    SCALE = "scale"  # a whole number, from low to high
    NUMBER = "number"  # a number that is not below nothing
    YES_NO = "yes_no"  # 1 or 0
    CHOICE = "choice"  # one of several, by letter, by number or in its own words: 1 for the first
    WORDS = "words"


class Per(StrEnum):
    """Of whom a question takes one answer."""

    GUARDIAN = "guardian"
    HOUSEHOLD = "household"


# Meanings that a person has to read and answer.
NEEDS_ANSWER = frozenset(
    {
        Meaning.WORDS,
        Meaning.HELP,
        Meaning.SPOKEN,
        Meaning.CALL_ME,
        Meaning.NOT_UNDERSTOOD,
    }
)


class Origin(StrEnum):
    """Where the words of a version come from; only a machine's wait for a person before vital ones go out."""

    PERSON = "person"  # somebody here wrote or translated them
    PHRASEBOOK = "phrasebook"  # a message of the phrasebook, filled in
    MEMORY = "memory"  # what a person wrote for the same words before
    MACHINE = (
        "machine"  # an engine's, and marked so to the reader until a person has gone through them
    )


class SettledWhy(StrEnum):
    """Why nobody waits for a written answer any more."""

    CALLED = "called"  # we spoke on the phone
    MET = "met"
    THANKS = "thanks"  # it asked for nothing
    NOT_OURS = "not_ours"  # it was not meant for us
    DOUBLE = "double"  # answered elsewhere
    OTHER = "other"
