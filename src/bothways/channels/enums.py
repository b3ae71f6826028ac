"""Words for ways of reaching a family, and for what carriers say."""

from enum import StrEnum


class Channel(StrEnum):
    """A way of reaching a family. ``handover`` is a letter given in person, without an address."""

    TEXT = "text"
    WHATSAPP = "whatsapp"
    PUSH = "push"
    VOICE = "voice"  # a machine calls and speaks; a person's call is outreach
    EMAIL = "email"
    LETTER = "letter"
    HANDOVER = "handover"


# The code of a receipt for a call whose words were left on a machine: they arrived, and nobody need have heard.
MACHINE = "machine"


class OutcomeKind(StrEnum):
    """What a carrier said when it was given a message."""

    PRINTED = (
        "printed"  # it lies in our own print tray: no attempt before somebody posts or gives it
    )
    ACCEPTED = "accepted"  # the carrier has it: an attempt, no more
    REJECTED = "rejected"  # it will never arrive: bad number, blocked sender
    UNAVAILABLE = (
        "unavailable"  # it surely was not taken and may be later: refused connection, 429, 5xx
    )
    UNKNOWN = (
        "unknown"  # it may have been taken: the answer was lost; ask with poll before sending again
    )


class ReceiptState(StrEnum):
    """What a carrier reported later."""

    PRINTED = "printed"  # it lies in our own print tray
    ACCEPTED = "accepted"  # queued or sent on by the carrier
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"


class EventKind(StrEnum):
    """What a carrier tells us on its own."""

    RECEIPT = "receipt"
    INBOUND = "inbound"
    GESTURE = "gesture"  # a pressed key or button; ``Event.button`` says which


class KeyKind(StrEnum):
    """How a question is answered by the keys of a telephone."""

    CHOICE = "choice"  # one key for each of several words
    DIGIT = "digit"  # one key, a digit that stands for itself
    NUMBER = "number"  # digits, and the pound key


class Button(StrEnum):
    """The gestures that a message offers, on whatever channel."""

    HEARD = "heard"  # "I have got it"
    CALL_ME = "call_me"
    NOT_UNDERSTOOD = "not_understood"
